//! Partitions that are too heavy to be loaded are divided until none is, or one item is left alone.

use std::fs;
use std::sync::Mutex;

use super::error::{FoldError, Heavy, io_error};
use super::job::Job;
use super::partition::{Partition, Partitions, Sorter};
use super::plan::FAN;
use super::record::Records;
use super::watch::{FoldPhase, Steps, locked};

/// Partitions that can be folded.
#[derive(Default)]
pub(super) struct Divided {
    /// Those that can be loaded.
    pub(super) leaves: Vec<Partition>,
    /// Those of one item each that cannot.
    pub(super) alone: Vec<Partition>,
    /// How many were divided.
    pub(super) times: usize,
}

impl Divided {
    /// Keeps the partition, or gives it back when it must be divided.
    fn keep(&mut self, partition: Partition, heaviest: u64) -> Option<Partition> {
        if partition.weight() <= heaviest {
            self.leaves.push(partition);
        } else if partition.majority.is_only() {
            self.alone.push(partition);
        } else {
            return Some(partition);
        }
        None
    }
}

impl Job<'_> {
    /// Divides what is too heavy, and of what comes of it again what is too heavy.
    pub(super) fn divide(&self, partitions: Vec<Partition>) -> Result<Divided, FoldError> {
        let mut done = Divided::default();
        let mut heavy = partitions;
        let mut level = 0_u8;
        loop {
            let heaviest = self.plan.heaviest_leaf();
            heavy = heavy
                .into_iter()
                .filter_map(|partition| done.keep(partition, heaviest))
                .collect();
            if heavy.is_empty() {
                return Ok(done);
            }
            // Levels may repeat: an unlucky division is made good by any other.
            level = level.wrapping_add(1);
            done.times = done.times.saturating_add(heavy.len());
            let total = heavy.iter().map(|partition| partition.bytes).sum();
            self.watch.begin(FoldPhase::Divide, total)?;
            let parts = Mutex::new(Vec::new());
            self.crew.each(&heavy, |partition| {
                let news = self.divide_one(partition, level)?;
                locked(&parts).extend(news);
                Ok(())
            })?;
            heavy = std::mem::take(&mut *locked(&parts));
        }
    }

    /// Divides one partition. Its candidate for a majority gets a partition of its own: hashing would
    /// never part a heavy item from itself.
    fn divide_one(&self, partition: &Partition, level: u8) -> Result<Vec<Partition>, FoldError> {
        let most = FAN / self.crew.threads().max(1);
        let wanted = partition.weight() / (self.plan.heaviest_leaf() / 2).max(1);
        let count = usize::try_from(wanted)
            .unwrap_or(most)
            .clamp(2, most.max(2));
        let parts = Partitions::new(&self.folder, count.saturating_add(1), level);
        let mut sorter = Sorter::new(&parts, self.plan.spill_buffer(), &self.meter)?;
        let mut records = Records::open(&partition.path, self.plan.file_buffer())?;
        let mut held = self.meter.entry();
        let mut steps = Steps::new(&self.watch);
        let heavy = partition.majority.item_id();
        while let Some(record) = records.next()? {
            if Some(record.item_id) == heavy {
                sorter.put_at(count, &record)?;
            } else {
                sorter.put(&record, count)?;
            }
            steps.done(record.len() as u64)?;
            held.set(records.capacity() as u64, Heavy::Buffers)?;
        }
        sorter.finish()?;
        steps.finish()?;
        fs::remove_file(&partition.path).map_err(io_error("remove", &partition.path))?;
        Ok(parts.close())
    }
}
