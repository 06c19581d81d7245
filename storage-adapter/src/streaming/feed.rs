//! The lines of all files, chunk by chunk.

use std::fs::File;
use std::path::PathBuf;

use super::error::{FoldError, Heavy};
use super::meter::{Held, Meter};
use super::plan::Plan;
use crate::source::{Chunk, Chunks, SourceError};

/// The chunks of all files, given out one by one.
pub(super) struct Feed<'a> {
    files: &'a [PathBuf],
    plan: Plan,
    /// The file that is read, and its place.
    file: usize,
    open: Option<Chunks<File>>,
    /// How many chunks were asked for.
    number: u64,
    held: Held<'a>,
}

/// Where a chunk comes from.
pub(super) struct Origin {
    /// The place of its file.
    pub(super) file: usize,
    /// Its number among the chunks of all files.
    pub(super) number: u64,
}

impl<'a> Feed<'a> {
    pub(super) fn new(files: &'a [PathBuf], plan: Plan, meter: &'a Meter) -> Self {
        Self {
            files,
            plan,
            file: 0,
            open: None,
            number: 0,
            held: meter.entry(),
        }
    }

    /// The number of the next chunk.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next chunk, into `chunk`; `None` when all files are read.
    pub(super) fn next(&mut self, chunk: &mut Chunk) -> Result<Option<Origin>, FoldError> {
        while let Some(path) = self.files.get(self.file) {
            let io = |source| {
                FoldError::Source(SourceError::Io {
                    path: path.clone(),
                    source,
                })
            };
            if self.open.is_none() {
                let file = File::open(path).map_err(io)?;
                self.open = Some(Chunks::new(
                    file,
                    self.plan.chunk(),
                    self.plan.longest_line(),
                ));
            }
            if let Some(chunks) = &mut self.open
                && chunks.next(chunk).map_err(io)?
            {
                let capacity = chunks.capacity() as u64;
                self.held.set(capacity, Heavy::Buffers)?;
                let number = self.number;
                self.number = number.saturating_add(1);
                return Ok(Some(Origin {
                    file: self.file,
                    number,
                }));
            }
            self.open = None;
            self.file = self.file.saturating_add(1);
        }
        Ok(None)
    }
}
