//! A log in memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::log::{Entry, Frame, LogError, Place, VerifyReport};
use crate::log_store::{LogReader, LogRewrite, LogStore, SealedFrames};

/// A log that lives as long as the process: for tests, and for stores that others make durable.
///
/// ```
/// use storage_adapter::log::Frame;
/// use storage_adapter::{LogReader, LogStore, MemoryLog};
///
/// let mut log = MemoryLog::new(b"");
/// log.write(vec![Frame::new(1, *b"a")], 10)?;
/// assert_eq!((log.commit(), log.durable_commit()), (1, 0));
/// assert_eq!(log.sync()?, 1);
/// assert_eq!(log.reader().frames().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryLog {
    header: Vec<u8>,
    batches: im::Vector<Arc<Batch>>,
    durable: u64,
    /// Whether a rewrite is alive.
    rewriting: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Batch {
    commit: u64,
    time: u64,
    frames: Vec<Frame>,
}

const NAME: &str = "memory";

impl MemoryLog {
    /// An empty log with this header.
    pub fn new(header: &[u8]) -> Self {
        Self {
            header: header.to_vec(),
            ..Self::default()
        }
    }
}

impl LogStore for MemoryLog {
    type Rewrite = MemoryRewrite;
    type Finished = MemoryRewrite;
    type Obsolete = ();
    type Reader = MemoryReader;

    fn place(&self) -> PathBuf {
        NAME.into()
    }

    fn header(&self) -> &[u8] {
        &self.header
    }

    fn commit(&self) -> u64 {
        self.batches.last().map_or(0, |batch| batch.commit)
    }

    fn commit_time_micros(&self) -> u64 {
        self.batches.last().map_or(0, |batch| batch.time)
    }

    fn durable_commit(&self) -> u64 {
        self.durable
    }

    fn write(&mut self, frames: Vec<Frame>, time: u64) -> Result<u64, LogError> {
        for (index, frame) in (0..).zip(&frames) {
            frame.admit(index)?;
        }
        if !frames.is_empty() {
            let commit = self.commit().saturating_add(1);
            self.batches.push_back(Arc::new(Batch {
                commit,
                time,
                frames,
            }));
        }
        Ok(self.commit())
    }

    fn sync(&mut self) -> Result<u64, LogError> {
        self.durable = self.commit();
        Ok(self.durable)
    }

    fn reader(&self) -> MemoryReader {
        MemoryReader(self.batches.clone())
    }

    /// Every commit is one.
    fn seams(&self) -> Vec<u64> {
        let commits = self.batches.iter().map(|batch| batch.commit);
        commits.filter(|commit| *commit < self.commit()).collect()
    }

    fn begin_rewrite_after(&mut self, standing: u64) -> Result<MemoryRewrite, LogError> {
        if standing > 0 && !self.seams().contains(&standing) {
            let path = self.place();
            return Err(LogError::NoSeam {
                path,
                commit: standing,
            });
        }
        if self.rewriting.swap(true, Ordering::AcqRel) {
            return Err(LogError::Busy { path: self.place() });
        }
        Ok(MemoryRewrite {
            standing,
            commit: self.commit(),
            time: self.commit_time_micros(),
            frames: Vec::new(),
            _alive: Alive(Arc::clone(&self.rewriting)),
        })
    }

    fn publish(&mut self, rewrite: MemoryRewrite) -> Result<(), LogError> {
        let MemoryRewrite {
            standing,
            commit,
            time,
            frames,
            ..
        } = rewrite;
        let (before, since) = (
            self.batches.iter().filter(|b| b.commit <= standing),
            self.batches.iter().filter(|b| b.commit > commit),
        );
        let batch = (commit > 0).then_some(Batch {
            commit,
            time,
            frames,
        });
        let batches = before.cloned().chain(batch.map(Arc::new));
        self.batches = batches.chain(since.cloned()).collect();
        Ok(())
    }

    fn remove(&mut self, (): ()) -> Result<(), LogError> {
        Ok(())
    }

    /// The bodies in memory; there is no disk.
    fn disk_bytes(&self) -> Result<u64, LogError> {
        Ok(self.reader().bytes())
    }

    fn parts(&self) -> usize {
        1
    }
}

/// Lets the next rewrite begin when this one is gone.
#[derive(Debug)]
struct Alive(Arc<AtomicBool>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// A replacement for commits of a [`MemoryLog`].
#[derive(Debug)]
pub struct MemoryRewrite {
    standing: u64,
    commit: u64,
    time: u64,
    frames: Vec<Frame>,
    _alive: Alive,
}

impl LogRewrite for MemoryRewrite {
    type Finished = Self;

    fn commit(&self) -> u64 {
        self.commit
    }

    fn push(&mut self, frame: Frame) -> Result<Option<Place>, LogError> {
        let (part, offset) = (self.commit, self.frames.len() as u64);
        frame.admit(offset)?;
        self.frames.push(frame);
        Ok(Some(Place { part, offset }))
    }

    fn finish(self) -> Result<Self, LogError> {
        Ok(self)
    }
}

/// A consistent view of a [`MemoryLog`].
#[derive(Debug, Clone)]
pub struct MemoryReader(im::Vector<Arc<Batch>>);

/// A place in a [`MemoryReader`].
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryCursor {
    batch: usize,
    /// Frames before it in the batch.
    frame: usize,
    /// Frames before it in all.
    count: u64,
}

impl MemoryReader {
    fn bodies(&self) -> impl Iterator<Item = &Frame> {
        self.0.iter().flat_map(|batch| &batch.frames)
    }

    fn bytes(&self) -> u64 {
        self.bodies().map(|frame| frame.body.len() as u64).sum()
    }
}

impl LogReader for MemoryReader {
    type Cursor = MemoryCursor;

    fn commit(&self) -> u64 {
        self.0.last().map_or(0, |batch| batch.commit)
    }

    /// The offset of an entry is the number of frames before it.
    fn read(&self, cursor: &mut MemoryCursor) -> Option<Result<Entry, LogError>> {
        loop {
            let batch = self.0.get(cursor.batch)?;
            let Some(frame) = batch.frames.get(cursor.frame) else {
                (cursor.batch, cursor.frame) = (cursor.batch.saturating_add(1), 0);
                continue;
            };
            let entry = Entry {
                kind: frame.kind,
                body: frame.body.clone(),
                file: NAME.into(),
                offset: cursor.count,
                commit: batch.commit,
                commit_time_micros: batch.time,
            };
            cursor.frame = cursor.frame.saturating_add(1);
            cursor.count = cursor.count.saturating_add(1);
            return Some(Ok(entry));
        }
    }

    /// Nothing can be damaged.
    fn verify(&self) -> Result<VerifyReport, LogError> {
        Ok(VerifyReport {
            frames: self.bodies().count() as u64,
            bytes: self.bytes(),
            damage: Vec::new(),
        })
    }

    /// Every commit is one.
    fn ends(&self) -> Vec<u64> {
        self.0.iter().map(|batch| batch.commit).collect()
    }

    fn sealed(&self, end: u64) -> Option<Arc<dyn SealedFrames>> {
        Some(Arc::new(Self(self.0.take(self.behind(end)?.batch))))
    }

    fn behind(&self, end: u64) -> Option<MemoryCursor> {
        let at = self.0.binary_search_by_key(&end, |batch| batch.commit);
        let batch = at.ok()?.saturating_add(1);
        let frames = self
            .0
            .iter()
            .take(batch)
            .map(|batch| batch.frames.len() as u64);
        Some(MemoryCursor {
            batch,
            frame: 0,
            count: frames.sum(),
        })
    }
}

impl SealedFrames for MemoryReader {
    fn fetch(&self, Place { part, offset }: Place) -> Result<Frame, LogError> {
        let at = self.0.binary_search_by_key(&part, |batch| batch.commit);
        let batch = at.ok().and_then(|at| self.0.get(at));
        let index = usize::try_from(offset).unwrap_or(usize::MAX);
        let frame = batch.and_then(|batch| batch.frames.get(index));
        frame.cloned().ok_or_else(|| LogError::Corrupt {
            file: NAME.into(),
            offset,
            expected: format!("a frame of commit {part}"),
            found: "none".to_owned(),
        })
    }

    fn last(&self, len: usize) -> Result<Option<Frame>, LogError> {
        let last = self.0.last().and_then(|batch| batch.frames.last());
        Ok(last.filter(|frame| frame.body.len() == len).cloned())
    }

    fn name(&self, _place: Place) -> String {
        NAME.to_owned()
    }
}
