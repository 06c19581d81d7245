//! Writing the output: runs are merged into one export.

use std::io;
use std::path::Path;

use bones_snapshot::{EventHash, Order};
use lattice_core::Set;

use super::error::{FoldError, Heavy, io_error};
use super::job::Job;
use super::meter::Held;
use super::plan::FAN;
use super::run::{Merge, Run, RunWriter};
use super::watch::{FoldPhase, Steps};
use crate::export::ExportWriter;
use crate::whole::{WHOLE_BUFFER, write_whole};

/// What was written.
pub(super) struct Written {
    pub(super) items: u64,
    pub(super) bytes: u64,
}

/// Either kind of error while a file is written.
enum Unwritten {
    Io(io::Error),
    Fold(FoldError),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Job<'_> {
    /// Merges runs until they can all be open at once.
    pub(super) fn narrow(&self, mut runs: Vec<Run>) -> Result<Vec<Run>, FoldError> {
        // The smallest first: they are copied once more than the others.
        while runs.len() > FAN {
            runs.sort_by_key(|run| std::cmp::Reverse(run.bytes));
            let excess = runs.len().saturating_sub(FAN).saturating_add(1).min(FAN);
            let some = runs.split_off(runs.len().saturating_sub(excess));
            let total = some.iter().map(|run| run.bytes).sum();
            self.watch.begin(FoldPhase::Merge, total)?;
            runs.push(self.merge(some)?);
        }
        Ok(runs)
    }

    fn merge(&self, runs: Vec<Run>) -> Result<Run, FoldError> {
        let mut out = RunWriter::create(&self.folder, self.plan.file_buffer())?;
        let _held = self.hold(runs.len(), self.plan.file_buffer())?;
        let mut merge = Merge::open(runs, self.plan.merge_buffer(), &self.meter)?;
        let mut steps = Steps::new(&self.watch);
        while let Some(next) = merge.next() {
            out.begin(&next.item_id, next.length)?;
            merge.payload(&next, |piece| {
                out.piece(piece)?;
                steps.done(piece.len() as u64)
            })?;
        }
        steps.finish()?;
        merge.remove()?;
        out.finish()
    }

    /// Writes the export, and removes the spill folder before the file gets its name.
    pub(super) fn write<S: Order>(
        &self,
        runs: Vec<Run>,
        redactions: &Set<EventHash>,
        output: &Path,
        replace: bool,
    ) -> Result<Written, FoldError> {
        let items = runs.iter().map(|run| run.items).sum();
        let total = runs.iter().map(|run| run.bytes).sum();
        self.watch.begin(FoldPhase::Write, total)?;
        let _held = self.hold(runs.len(), WHOLE_BUFFER)?;
        let mut bytes = 0;
        let written = write_whole(output, |out| {
            let mut merge = Merge::open(runs, self.plan.merge_buffer(), &self.meter)?;
            let mut out = ExportWriter::begin(out, S::CODE, redactions, items)?;
            let mut steps = Steps::new(&self.watch);
            while let Some(next) = merge.next() {
                out.length(next.length)?;
                merge.payload(&next, |piece| {
                    out.piece(piece).map_err(io_error("write", output))?;
                    steps.done(piece.len() as u64)
                })?;
            }
            bytes = out.finish()?;
            merge.remove()?;
            self.folder.remove()?;
            steps.finish()?;
            if !replace && output.exists() {
                return Err(Unwritten::Fold(FoldError::Exists {
                    path: output.into(),
                }));
            }
            Ok(())
        });
        match written {
            Ok(()) => Ok(Written { items, bytes }),
            Err(Unwritten::Io(error)) => Err(io_error("write", output)(error)),
            Err(Unwritten::Fold(error)) => Err(error),
        }
    }

    fn hold(&self, runs: usize, buffer: usize) -> Result<Held<'_>, FoldError> {
        let buffers = self.plan.merge_buffer().saturating_mul(runs);
        self.meter
            .hold(buffers.saturating_add(buffer) as u64, Heavy::Buffers)
    }
}

impl From<FoldError> for Unwritten {
    fn from(error: FoldError) -> Self {
        Self::Fold(error)
    }
}
