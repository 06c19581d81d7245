//! A replacement of commits of a log, in a table of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::Durability;
use storage_adapter::LogRewrite;
use storage_adapter::log::{Frame, LogError, Place};

use crate::database::Db;
use crate::parts;
use crate::value::{Mark, admit};

/// How much is put in one transaction; the owner waits that long at most.
const CHUNK_BYTES: usize = 1 << 20;

/// A new part for what was committed when it was begun, while it is written.
///
/// It can be sent to another thread. Dropping it gives it up. It keeps the file open, as its log does.
#[must_use = "dropping a rewrite gives it up"]
pub struct RedbRewrite {
    pub(crate) draft: Draft,
    pub(crate) commit: u64,
    pub(crate) time: u64,
    /// How many parts at the beginning stay.
    pub(crate) kept: usize,
    /// The part that commits since go to.
    pub(crate) tail: u64,
    /// Frames that are not in a transaction yet, and their bytes.
    pub(crate) waiting: Vec<Frame>,
    pub(crate) bytes: usize,
    /// How many frames are.
    pub(crate) written: u64,
}

/// A [`RedbRewrite`] that is complete and durable, and not in force yet. Dropping it gives it up.
#[must_use = "a rewrite is in force only once it is published"]
pub struct RedbFinished {
    pub(crate) draft: Draft,
    pub(crate) commit: u64,
    pub(crate) kept: usize,
    pub(crate) tail: u64,
}

/// The parts that a publication replaced. If this is dropped instead of removed, the next open removes them.
#[must_use = "the parts stay until they are removed"]
pub struct RedbObsolete {
    pub(crate) parts: Vec<u64>,
    pub(crate) owner: Arc<AtomicBool>,
}

/// A part that is not in the list: removed again unless it is published.
pub(crate) struct Draft {
    pub(crate) db: Arc<Db>,
    pub(crate) part: u64,
    pub(crate) is_published: bool,
    /// Whether a rewrite is alive.
    pub(crate) rewriting: Arc<AtomicBool>,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            // What is left when this fails is removed by the next open.
            let _ = self.db.change("clear", Durability::None, |transaction| {
                parts::delete(transaction, &[self.part])
            });
        }
        self.rewriting.store(false, Ordering::Release);
    }
}

impl RedbRewrite {
    /// Writes what waits.
    fn flush(&mut self) -> Result<(), LogError> {
        let first = (self.commit, self.written.saturating_add(1));
        let frames = std::mem::take(&mut self.waiting);
        let draft = &self.draft;
        draft
            .db
            .change("rewrite", Durability::None, |transaction| {
                let frames = frames.iter().map(|frame| (frame.kind, &frame.body[..]));
                parts::put(transaction, draft.part, first, frames)
            })?;
        self.written = self.written.saturating_add(frames.len() as u64);
        self.bytes = 0;
        Ok(())
    }
}

impl LogRewrite for RedbRewrite {
    type Finished = RedbFinished;

    fn commit(&self) -> u64 {
        self.commit
    }

    fn push(&mut self, frame: Frame) -> Result<Option<Place>, LogError> {
        let before = self.written.saturating_add(self.waiting.len() as u64);
        admit(&frame, before)?;
        self.draft.db.writable()?;
        self.bytes = self.bytes.saturating_add(frame.body.len());
        self.waiting.push(frame);
        if self.bytes >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(Some(Place {
            part: self.draft.part,
            offset: before.saturating_add(1),
        }))
    }

    fn finish(mut self) -> Result<RedbFinished, LogError> {
        self.flush()?;
        let Self {
            draft,
            commit,
            time,
            kept,
            tail,
            written: count,
            ..
        } = self;
        draft
            .db
            .change("rewrite", Durability::Immediate, |transaction| {
                if commit == 0 {
                    return Ok(());
                }
                parts::mark(transaction, draft.part, commit, Mark { time, count })
            })?;
        Ok(RedbFinished {
            draft,
            commit,
            kept,
            tail,
        })
    }
}

impl fmt::Debug for RedbRewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbRewrite")
            .field("part", &self.draft.part)
            .field("commit", &self.commit)
            .field("written", &self.written)
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RedbFinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = &self.draft.part;
        f.debug_struct("RedbFinished")
            .field("part", part)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RedbObsolete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedbObsolete").field(&self.parts).finish()
    }
}
