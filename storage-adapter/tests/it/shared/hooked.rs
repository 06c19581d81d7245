//! A log in memory that calls the test back while it is being rewritten, and fails when told to.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use storage_adapter::log::{Frame, LogError, Place};
use storage_adapter::{LogRewrite, LogStore, MemoryLog, MemoryReader, MemoryRewrite};

type Hook = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

#[derive(Clone)]
pub(super) struct Hooked {
    log: MemoryLog,
    on_push: Hook,
    on_clear: Hook,
    fail_sync: Arc<Mutex<bool>>,
    syncs: Arc<Mutex<usize>>,
}

/// What a test holds on to.
#[derive(Clone, Default)]
pub(super) struct Strings {
    on_push: Hook,
    on_clear: Hook,
    fail_sync: Arc<Mutex<bool>>,
    syncs: Arc<Mutex<usize>>,
}

impl Strings {
    /// How many syncs there were.
    pub(super) fn syncs(&self) -> usize {
        *self.syncs.lock().unwrap()
    }

    /// Calls this once, at the next frame of a rewrite.
    pub(super) fn on_push(&self, hook: impl FnOnce() + Send + 'static) {
        *self.on_push.lock().unwrap() = Some(Box::new(hook));
    }

    /// Calls this once, when what a rewrite replaced is cleared.
    pub(super) fn on_clear(&self, hook: impl FnOnce() + Send + 'static) {
        *self.on_clear.lock().unwrap() = Some(Box::new(hook));
    }

    pub(super) fn fail_syncs(&self) {
        *self.fail_sync.lock().unwrap() = true;
    }
}

impl Hooked {
    pub(super) fn new(header: &[u8]) -> (Self, Strings) {
        let strings = Strings::default();
        let log = Self {
            log: MemoryLog::new(header),
            on_push: Arc::clone(&strings.on_push),
            on_clear: Arc::clone(&strings.on_clear),
            fail_sync: Arc::clone(&strings.fail_sync),
            syncs: Arc::clone(&strings.syncs),
        };
        (log, strings)
    }
}

pub(super) struct Rewrite {
    rewrite: MemoryRewrite,
    on_push: Hook,
}

impl LogStore for Hooked {
    type Rewrite = Rewrite;
    type Finished = MemoryRewrite;
    type Obsolete = Hook;
    type Reader = MemoryReader;

    fn place(&self) -> PathBuf {
        self.log.place()
    }
    fn header(&self) -> &[u8] {
        self.log.header()
    }
    fn commit(&self) -> u64 {
        self.log.commit()
    }
    fn commit_time_micros(&self) -> u64 {
        self.log.commit_time_micros()
    }
    fn durable_commit(&self) -> u64 {
        self.log.durable_commit()
    }
    fn write(&mut self, frames: Vec<Frame>, time: u64) -> Result<u64, LogError> {
        self.log.write(frames, time)
    }
    fn sync(&mut self) -> Result<u64, LogError> {
        if *self.fail_sync.lock().unwrap() {
            let (path, why) = (self.place(), "told to fail".to_owned());
            return Err(LogError::Poisoned { path, why });
        }
        *self.syncs.lock().unwrap() += 1;
        // Long enough for others to queue up behind it.
        std::thread::sleep(std::time::Duration::from_millis(2));
        self.log.sync()
    }
    fn reader(&self) -> MemoryReader {
        self.log.reader()
    }
    fn seams(&self) -> Vec<u64> {
        self.log.seams()
    }
    fn begin_rewrite_after(&mut self, standing: u64) -> Result<Rewrite, LogError> {
        Ok(Rewrite {
            rewrite: self.log.begin_rewrite_after(standing)?,
            on_push: Arc::clone(&self.on_push),
        })
    }
    fn publish(&mut self, finished: MemoryRewrite) -> Result<Hook, LogError> {
        self.log.publish(finished)?;
        Ok(Arc::clone(&self.on_clear))
    }
    fn clear(obsolete: &mut Hook) {
        let hook = obsolete.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
    }
    fn remove(&mut self, _: Hook) -> Result<(), LogError> {
        Ok(())
    }
    fn disk_bytes(&self) -> Result<u64, LogError> {
        self.log.disk_bytes()
    }
    fn parts(&self) -> usize {
        1
    }
}

impl LogRewrite for Rewrite {
    type Finished = MemoryRewrite;

    fn commit(&self) -> u64 {
        self.rewrite.commit()
    }
    fn push(&mut self, frame: Frame) -> Result<Option<Place>, LogError> {
        let hook = self.on_push.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        self.rewrite.push(frame)
    }
    fn finish(self) -> Result<MemoryRewrite, LogError> {
        self.rewrite.finish()
    }
}
