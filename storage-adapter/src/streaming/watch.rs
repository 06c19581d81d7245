//! How far a fold has come, and whether to go on.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::FoldError;

/// What a fold does, in this order. A phase with nothing to do is not told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FoldPhase {
    /// Inputs are read, verified and spilled.
    Read,
    /// Partitions that do not fit into memory are divided again.
    Divide,
    /// Partitions are folded item by item.
    Fold,
    /// Runs are merged, because there are more than can be open at once.
    Merge,
    /// The output is written.
    Write,
}

impl FoldPhase {
    /// One word for a progress line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Divide => "dividing",
            Self::Fold => "folding",
            Self::Merge => "merging",
            Self::Write => "writing",
        }
    }
}

/// How far a fold has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoldProgress {
    /// What is going on.
    pub phase: FoldPhase,
    /// Bytes of it that are done. Falls only to 0, when the phase begins again: what was divided may have
    /// to be divided once more.
    pub done: u64,
    /// Bytes of it in all.
    pub total: u64,
}

/// The callback of a fold.
pub(super) type Callback<'a> = &'a mut (dyn FnMut(FoldProgress) -> ControlFlow<()> + Send);

/// The callback and where things stand, shared by all threads.
pub(super) struct Watch<'a>(Mutex<Inner<'a>>);

struct Inner<'a> {
    callback: Callback<'a>,
    now: FoldProgress,
    stopped: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(callback: Callback<'a>) -> Self {
        let now = FoldProgress {
            phase: FoldPhase::Read,
            done: 0,
            total: 0,
        };
        Self(Mutex::new(Inner {
            callback,
            now,
            stopped: false,
        }))
    }

    /// A phase of so many bytes begins.
    pub(super) fn begin(&self, phase: FoldPhase, total: u64) -> Result<(), FoldError> {
        let mut inner = locked(&self.0);
        inner.now = FoldProgress {
            phase,
            done: 0,
            total,
        };
        inner.tell()
    }

    /// So many more bytes of the phase are done.
    pub(super) fn advance(&self, by: u64) -> Result<(), FoldError> {
        let mut inner = locked(&self.0);
        inner.now.done = inner.now.done.saturating_add(by);
        inner.tell()
    }
}

impl Inner<'_> {
    fn tell(&mut self) -> Result<(), FoldError> {
        // Whoever said to stop is not asked again, though other threads come by.
        if !self.stopped {
            self.stopped = (self.callback)(self.now).is_break();
        }
        if self.stopped {
            return Err(FoldError::Cancelled);
        }
        Ok(())
    }
}

/// Tells a watch of many small steps, some at a time.
pub(super) struct Steps<'a, 'w> {
    watch: &'a Watch<'w>,
    done: u64,
}

impl<'a, 'w> Steps<'a, 'w> {
    /// How many bytes go by between two calls of the callback.
    const EVERY: u64 = 1 << 18;

    pub(super) fn new(watch: &'a Watch<'w>) -> Self {
        Self { watch, done: 0 }
    }

    /// So many more bytes are done.
    pub(super) fn done(&mut self, bytes: u64) -> Result<(), FoldError> {
        self.done = self.done.saturating_add(bytes);
        if self.done < Self::EVERY {
            return Ok(());
        }
        self.watch.advance(std::mem::take(&mut self.done))
    }

    /// Tells of what has not been told.
    pub(super) fn finish(self) -> Result<(), FoldError> {
        self.watch.advance(self.done)
    }
}

/// Locks; a thread that panicked meanwhile takes the whole fold down anyway.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
