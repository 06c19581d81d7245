//! A log with one fault.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use storage_adapter::log::{Entry, Frame, LogError, Place, VerifyReport};
use storage_adapter::{
    LogReader, LogRewrite, LogStore, MemoryCursor, MemoryLog, MemoryReader, MemoryRewrite,
    SealedFrames,
};

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    SkipsNumbers,
    TellsBackwards,
    NoHeader,
    LosesFrame,
    TellsEqualFramesOnce,
    WritesEmptyBatch,
    CutsLargeBodies,
    TakesReservedKind,
    WritesBeforeRefusing,
    RewriteTakesReservedKind,
    VerifyCountsNothing,
    NoSize,
    LiveReaders,
    ReadersFollowReplacements,
    SharedCursor,
    RenumbersAfterPublish,
    ForgetsPushed,
    PublishesAtFinish,
    EmptyCountsAnew,
    ForgetsLater,
    IgnoresStanding,
    ForgetsSeams,
    TakesAnySeam,
    StaysBusy,
    NeverBusy,
    DurableAtWrite,
    ReopensWithoutLast,
    ReopensTorn,
    ReopensWithoutHeader,
    ReopensUnpublished,
    ReopensAbandoned,
    SaysOfSome,
    EndsNowhere,
    EndsAnywhere,
    FetchesTheNext,
    FetchesNothingReplaced,
    LastOfAnyLength,
    ReadsOnFromTheBegin,
}

/// A log in memory that does what it should but for its fault.
pub(super) struct Broken {
    log: Arc<Mutex<MemoryLog>>,
    header: Vec<u8>,
    fault: Fault,
    /// As it was before the last replacement.
    before: Option<MemoryLog>,
    /// How many replacements were published.
    published: Arc<Mutex<u64>>,
    /// The frames of the last rewrite begun.
    pushed: Arc<Mutex<Vec<Frame>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl Broken {
    pub(super) fn new(header: &[u8], fault: Fault) -> Self {
        Self::over(MemoryLog::new(header), fault)
    }

    fn over(log: MemoryLog, fault: Fault) -> Self {
        Self {
            header: log.header().to_vec(),
            log: Arc::new(Mutex::new(log)),
            fault,
            before: None,
            published: Arc::default(),
            pushed: Arc::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Opens it again.
    pub(super) fn reopened(self) -> Self {
        let log = lock(&self.log).clone();
        let all: Vec<Entry> = log.reader().frames().map(Result::unwrap).collect();
        let last = log.commit();
        match self.fault {
            Fault::ReopensWithoutLast => {
                let kept = all.iter().filter(|entry| entry.commit < last);
                Self::over(copy(log.header(), kept), self.fault)
            }
            Fault::ReopensTorn if log.durable_commit() < last => {
                let kept = &all[..all.len() - 1];
                Self::over(copy(log.header(), kept), self.fault)
            }
            Fault::ReopensWithoutHeader => Self::over(copy(b"", &all), self.fault),
            Fault::ReopensUnpublished => Self::over(self.before.unwrap_or(log), self.fault),
            Fault::EmptyCountsAnew if all.is_empty() => Self::new(&self.header, self.fault),
            Fault::ReopensAbandoned => {
                let mut log = log;
                let frames = lock(&self.pushed).clone();
                log.write(frames, 1).unwrap();
                Self::over(log, self.fault)
            }
            _ => Self::over(log, self.fault),
        }
    }
}

/// A log of these commits, numbered from 1 on.
fn copy<'a>(header: &[u8], entries: impl IntoIterator<Item = &'a Entry>) -> MemoryLog {
    let mut log = MemoryLog::new(header);
    let mut batch = (0, 0, Vec::new());
    for entry in entries {
        if entry.commit != batch.0 {
            let (_, time, frames) = std::mem::take(&mut batch);
            log.write(frames, time).unwrap();
            batch.0 = entry.commit;
        }
        batch.1 = entry.commit_time_micros;
        batch.2.push(Frame::new(entry.kind, entry.body.clone()));
    }
    log.write(batch.2, batch.1).unwrap();
    log.sync().unwrap();
    log
}

impl LogStore for Broken {
    type Rewrite = BrokenRewrite;
    type Finished = BrokenRewrite;
    type Obsolete = ();
    type Reader = BrokenReader;

    fn place(&self) -> PathBuf {
        "broken".into()
    }

    fn header(&self) -> &[u8] {
        if self.has(Fault::NoHeader) {
            b""
        } else {
            &self.header
        }
    }

    fn commit(&self) -> u64 {
        lock(&self.log).commit()
    }

    fn commit_time_micros(&self) -> u64 {
        lock(&self.log).commit_time_micros()
    }

    fn durable_commit(&self) -> u64 {
        let log = lock(&self.log);
        if self.has(Fault::DurableAtWrite) {
            log.commit()
        } else {
            log.durable_commit()
        }
    }

    fn write(&mut self, mut frames: Vec<Frame>, time: u64) -> Result<u64, LogError> {
        let mut log = lock(&self.log);
        match self.fault {
            Fault::LosesFrame if frames.len() > 2 => {
                frames.pop();
            }
            Fault::WritesEmptyBatch if frames.is_empty() => frames.push(Frame::new(1, *b"")),
            Fault::CutsLargeBodies => frames.iter_mut().for_each(|f| f.body.truncate(4096)),
            Fault::TakesReservedKind => frames.iter_mut().for_each(|f| f.kind = f.kind.max(1)),
            Fault::WritesBeforeRefusing => {
                if let Some(at) = frames.iter().position(|f| f.kind == 0) {
                    log.write(frames[..at].to_vec(), time)?;
                }
            }
            _ => {}
        }
        log.write(frames, time)
    }

    fn sync(&mut self) -> Result<u64, LogError> {
        lock(&self.log).sync()
    }

    fn reader(&self) -> BrokenReader {
        BrokenReader {
            reader: lock(&self.log).reader(),
            log: Arc::clone(&self.log),
            fault: self.fault,
            published: Arc::clone(&self.published),
            made_at: *lock(&self.published),
            place: Mutex::default(),
        }
    }

    fn seams(&self) -> Vec<u64> {
        if self.has(Fault::ForgetsSeams) {
            return Vec::new();
        }
        lock(&self.log).seams()
    }

    fn begin_rewrite_after(&mut self, standing: u64) -> Result<BrokenRewrite, LogError> {
        let is_seam = self.seams().contains(&standing);
        let standing = match self.fault {
            Fault::IgnoresStanding if is_seam => 0,
            Fault::TakesAnySeam if !is_seam => 0,
            _ => standing,
        };
        let rewrite = match lock(&self.log).begin_rewrite_after(standing) {
            Err(LogError::Busy { .. }) if self.has(Fault::NeverBusy) => {
                MemoryLog::new(b"").begin_rewrite()?
            }
            begun => begun?,
        };
        self.pushed = Arc::default();
        Ok(BrokenRewrite {
            rewrite: Some(rewrite),
            log: Arc::clone(&self.log),
            fault: self.fault,
            pushed: Arc::clone(&self.pushed),
        })
    }

    fn publish(&mut self, mut finished: BrokenRewrite) -> Result<(), LogError> {
        let Some(rewrite) = finished.rewrite.take() else {
            return Ok(());
        };
        let mut log = lock(&self.log);
        self.before = Some(log.clone());
        *lock(&self.published) += 1;
        lock(&self.pushed).clear();
        if self.has(Fault::ForgetsLater) {
            // As it was when the rewrite began, if commits came since.
            let all: Vec<Entry> = log.reader().frames().map(Result::unwrap).collect();
            let kept = all.iter().filter(|entry| entry.commit <= rewrite.commit());
            *log = copy(&self.header, kept);
        }
        log.publish(rewrite)
    }

    fn remove(&mut self, (): ()) -> Result<(), LogError> {
        Ok(())
    }

    fn disk_bytes(&self) -> Result<u64, LogError> {
        if self.has(Fault::NoSize) {
            return Ok(0);
        }
        lock(&self.log).disk_bytes()
    }

    fn parts(&self) -> usize {
        1
    }
}

/// A rewrite of such a log.
pub(super) struct BrokenRewrite {
    rewrite: Option<MemoryRewrite>,
    log: Arc<Mutex<MemoryLog>>,
    fault: Fault,
    pushed: Arc<Mutex<Vec<Frame>>>,
}

impl Drop for BrokenRewrite {
    fn drop(&mut self) {
        if self.fault == Fault::StaysBusy {
            std::mem::forget(self.rewrite.take());
        }
    }
}

impl LogRewrite for BrokenRewrite {
    type Finished = Self;

    fn commit(&self) -> u64 {
        self.rewrite.as_ref().map_or(0, LogRewrite::commit)
    }

    fn push(&mut self, mut frame: Frame) -> Result<Option<Place>, LogError> {
        match self.fault {
            Fault::ForgetsPushed => return Ok(None),
            Fault::RewriteTakesReservedKind => frame.kind = frame.kind.max(1),
            _ => {}
        }
        lock(&self.pushed).push(frame.clone());
        let place = self.rewrite.as_mut().unwrap().push(frame)?;
        let is_first = place.is_some_and(|place| place.offset == 0);
        Ok(place.filter(|_| self.fault != Fault::SaysOfSome || is_first))
    }

    fn finish(mut self) -> Result<Self, LogError> {
        if self.fault == Fault::PublishesAtFinish {
            let rewrite = self.rewrite.take().unwrap();
            lock(&self.log).publish(rewrite)?;
        }
        Ok(self)
    }
}

/// A view of such a log.
pub(super) struct BrokenReader {
    reader: MemoryReader,
    log: Arc<Mutex<MemoryLog>>,
    fault: Fault,
    published: Arc<Mutex<u64>>,
    made_at: u64,
    /// The cursor of all who share one.
    place: Mutex<MemoryCursor>,
}

impl BrokenReader {
    fn now(&self) -> MemoryReader {
        let follows = match self.fault {
            Fault::LiveReaders => true,
            Fault::ReadersFollowReplacements => *lock(&self.published) > self.made_at,
            _ => false,
        };
        if follows {
            lock(&self.log).reader()
        } else {
            self.reader.clone()
        }
    }
}

impl LogReader for BrokenReader {
    type Cursor = MemoryCursor;

    fn commit(&self) -> u64 {
        self.now().commit()
    }

    fn verify(&self) -> Result<VerifyReport, LogError> {
        if self.fault == Fault::VerifyCountsNothing {
            return Ok(VerifyReport::default());
        }
        self.now().verify()
    }

    fn read(&self, cursor: &mut MemoryCursor) -> Option<Result<Entry, LogError>> {
        let reader = self.now();
        let shared = &mut *lock(&self.place);
        let cursor = if self.fault == Fault::SharedCursor {
            shared
        } else {
            cursor
        };
        let mut entry = reader.read(cursor)?.unwrap();
        match self.fault {
            Fault::SkipsNumbers => entry.commit *= 2,
            Fault::RenumbersAfterPublish if self.made_at > 0 => entry.commit = 1,
            Fault::TellsEqualFramesOnce => {
                let mut next = *cursor;
                if let Some(Ok(second)) = reader.read(&mut next)
                    && (second.commit, &second.body) == (entry.commit, &entry.body)
                {
                    *cursor = next;
                }
            }
            Fault::TellsBackwards => {
                // The last frame of the same commit for the first, and so on.
                let all = reader.frames().map(Result::unwrap);
                let batch: Vec<Entry> = all.filter(|e| e.commit == entry.commit).collect();
                let at = batch.iter().position(|e| e.offset == entry.offset);
                entry = batch[batch.len() - 1 - at.unwrap()].clone();
            }
            _ => {}
        }
        Some(Ok(entry))
    }

    fn ends(&self) -> Vec<u64> {
        match self.fault {
            Fault::EndsNowhere => Vec::new(),
            _ => self.now().ends(),
        }
    }

    fn sealed(&self, end: u64) -> Option<Arc<dyn SealedFrames>> {
        let now = self.now();
        let end = if self.fault == Fault::EndsAnywhere {
            now.commit()
        } else {
            end
        };
        Some(Arc::new(BrokenSealed {
            sealed: now.sealed(end)?,
            log: Arc::clone(&self.log),
            fault: self.fault,
        }))
    }

    fn behind(&self, end: u64) -> Option<MemoryCursor> {
        let behind = self.now().behind(end)?;
        Some(match self.fault {
            Fault::ReadsOnFromTheBegin => MemoryCursor::default(),
            _ => behind,
        })
    }
}

/// Single frames of such a log.
struct BrokenSealed {
    sealed: Arc<dyn SealedFrames>,
    log: Arc<Mutex<MemoryLog>>,
    fault: Fault,
}

impl SealedFrames for BrokenSealed {
    fn fetch(&self, mut place: Place) -> Result<Frame, LogError> {
        match self.fault {
            Fault::FetchesTheNext => {
                place.offset += 1;
                let next = self.sealed.fetch(place);
                place.offset -= 1;
                next.or_else(|_| self.sealed.fetch(place))
            }
            Fault::FetchesNothingReplaced => {
                let now = lock(&self.log).reader();
                let end = now.ends().into_iter().find(|end| *end >= place.part);
                now.sealed(end.unwrap_or_default()).unwrap().fetch(place)
            }
            _ => self.sealed.fetch(place),
        }
    }

    fn last(&self, len: usize) -> Result<Option<Frame>, LogError> {
        match self.fault {
            Fault::LastOfAnyLength => Ok((0..len + 2)
                .filter_map(|len| self.sealed.last(len).unwrap())
                .next_back()),
            _ => self.sealed.last(len),
        }
    }

    fn name(&self, place: Place) -> String {
        self.sealed.name(place)
    }
}
