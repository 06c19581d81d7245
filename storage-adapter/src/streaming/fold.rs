//! Folding partitions: records are grouped by item and joined, payloads go to runs.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;

use bones_snapshot::{EventHash, Order};
use lattice_core::Set;

use super::divide::Divided;
use super::error::{FoldError, Heavy, io_error};
use super::item::{ItemFold, Refused};
use super::job::Job;
use super::partition::Partition;
use super::record::{Record, Records, split_record};
use super::run::{Run, RunWriter};
use super::watch::{FoldPhase, Steps, locked};

/// Folding under all redactions.
pub(super) struct Folding<'a, 'w> {
    pub(super) job: &'a Job<'w>,
    pub(super) redactions: &'a Set<EventHash>,
}

/// Items of a partition whose states may need more memory than one thread has.
struct Deferred<'a> {
    partition: &'a Partition,
    item_ids: Vec<String>,
}

impl Folding<'_, '_> {
    /// Folds every partition: those that can be loaded on all threads, then one after the other what
    /// needs the memory of all of them.
    pub(super) fn fold<S: Order>(&self, divided: &mut Divided) -> Result<Vec<Run>, FoldError> {
        let Divided { leaves, alone, .. } = divided;
        // The heaviest first, so that no thread is left with one at the end.
        leaves.sort_by_key(|leaf| (std::cmp::Reverse(leaf.weight()), leaf.path.clone()));
        let total = leaves.iter().chain(&*alone).map(|p| p.bytes).sum();
        self.job.watch.begin(FoldPhase::Fold, total)?;
        let runs = Mutex::new(Vec::new());
        let deferred = Mutex::new(Vec::new());
        self.job.crew.each(leaves, |leaf| {
            let (run, item_ids) = self.leaf::<S>(leaf)?;
            locked(&runs).push(run);
            if item_ids.is_empty() {
                return remove(&leaf.path);
            }
            locked(&deferred).push(Deferred {
                partition: leaf,
                item_ids,
            });
            Ok(())
        })?;
        let mut runs = std::mem::take(&mut *locked(&runs));
        for later in std::mem::take(&mut *locked(&deferred)) {
            let mut run = RunWriter::create(&self.job.folder, self.job.plan.file_buffer())?;
            for item_id in &later.item_ids {
                // These bytes were told of already.
                self.job.watch.advance(0)?;
                self.alone::<S>(&later.partition.path, item_id, &mut run, None)?;
            }
            runs.push(run.finish()?);
            remove(&later.partition.path)?;
        }
        for partition in alone {
            let mut run = RunWriter::create(&self.job.folder, self.job.plan.file_buffer())?;
            let item_id = partition.majority.item_id().unwrap_or_default();
            let steps = Steps::new(&self.job.watch);
            self.alone::<S>(&partition.path, item_id, &mut run, Some(steps))?;
            runs.push(run.finish()?);
            remove(&partition.path)?;
        }
        Ok(runs)
    }

    /// Folds a partition that is loaded whole. Items that are too heavy beside it are left out and
    /// returned.
    fn leaf<S: Order>(&self, leaf: &Partition) -> Result<(Run, Vec<String>), FoldError> {
        let damaged = || FoldError::SpillDamaged {
            path: leaf.path.clone(),
        };
        let buffer = self.job.plan.file_buffer();
        let weight = leaf.weight().saturating_add(buffer as u64);
        let _held = self.job.meter.hold(weight, Heavy::Buffers)?;
        let bytes = load(leaf)?;
        let mut records = index(&bytes, leaf).ok_or_else(damaged)?;
        // Unstable, in place: the order of the records of an item is nothing to its state.
        records.sort_unstable_by_key(|record| record.item_id);
        let mut run = RunWriter::create(&self.job.folder, buffer)?;
        let mut heavy = Vec::new();
        let mut steps = Steps::new(&self.job.watch);
        for group in records.chunk_by(|a, b| a.item_id == b.item_id) {
            let Some(item_id) = group.first().map(|record| record.item_id) else {
                continue;
            };
            let mut fold = ItemFold::<S>::new(self.job.plan.heaviest_item(), &self.job.meter);
            let taken = group.iter().try_for_each(|record| fold.take(record));
            match taken {
                Ok(()) => put(&mut run, item_id, &fold.payload(item_id, self.redactions))?,
                Err(Refused::TooHeavy) => heavy.push(item_id.to_owned()),
                Err(Refused::Damaged) => return Err(damaged()),
                Err(Refused::Memory(error)) => return Err(error),
            }
            for record in group {
                steps.done(record.len() as u64)?;
            }
        }
        steps.finish()?;
        Ok((run.finish()?, heavy))
    }

    /// Folds one item of a partition, reading it record by record.
    fn alone<S: Order>(
        &self,
        path: &Path,
        item_id: &str,
        run: &mut RunWriter,
        mut steps: Option<Steps<'_, '_>>,
    ) -> Result<(), FoldError> {
        let buffer = self.job.plan.file_buffer();
        let buffers = (buffer as u64).saturating_mul(2);
        let _held = self.job.meter.hold(buffers, Heavy::Buffers)?;
        let mut records = Records::open(path, buffer)?;
        let bound = self.job.plan.heaviest_item_alone();
        let mut fold = ItemFold::<S>::new(bound, &self.job.meter);
        while let Some(record) = records.next()? {
            if let Some(steps) = &mut steps {
                steps.done(record.len() as u64)?;
            }
            if record.item_id != item_id {
                continue;
            }
            match fold.take(&record) {
                Ok(()) => {}
                Err(Refused::TooHeavy) => {
                    return Err(FoldError::Memory {
                        what: Heavy::Item(item_id.to_owned()),
                        memory: self.job.plan.memory,
                        enough: self.job.plan.memory.saturating_mul(2),
                    });
                }
                Err(Refused::Damaged) => {
                    return Err(FoldError::SpillDamaged { path: path.into() });
                }
                Err(Refused::Memory(error)) => return Err(error),
            }
        }
        put(run, item_id, &fold.payload(item_id, self.redactions))?;
        steps.map_or(Ok(()), Steps::finish)
    }
}

fn put(run: &mut RunWriter, item_id: &str, payload: &[u8]) -> Result<(), FoldError> {
    run.begin(item_id, payload.len() as u64)?;
    run.piece(payload)
}

/// The bytes of a partition, and no more of them than were written.
fn load(leaf: &Partition) -> Result<Vec<u8>, FoldError> {
    let file = File::open(&leaf.path).map_err(io_error("open", &leaf.path))?;
    let mut bytes = Vec::with_capacity(usize::try_from(leaf.bytes).unwrap_or_default());
    file.take(leaf.bytes)
        .read_to_end(&mut bytes)
        .map_err(io_error("read", &leaf.path))?;
    Ok(bytes)
}

fn index<'a>(bytes: &'a [u8], leaf: &Partition) -> Option<Vec<Record<'a>>> {
    let mut records = Vec::with_capacity(usize::try_from(leaf.records).ok()?);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (record, after) = split_record(rest)?;
        records.push(record);
        rest = after;
    }
    (records.len() as u64 == leaf.records).then_some(records)
}

fn remove(path: &Path) -> Result<(), FoldError> {
    fs::remove_file(path).map_err(io_error("remove", path))
}
