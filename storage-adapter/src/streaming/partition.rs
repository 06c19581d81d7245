//! Partitions: records in files, each item in one of them.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use super::error::{FoldError, Heavy, io_error};
use super::folder::SpillFolder;
use super::majority::Majority;
use super::meter::{Held, Meter};
use super::record::Record;
use super::watch::locked;

/// What a record takes beside its bytes when its partition is loaded.
const INDEX_ENTRY: u64 = 64;
/// Shortest record there can be, about: how many of them fill a buffer.
const SHORTEST: usize = 64;

/// A partition that is complete.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) records: u64,
    pub(super) majority: Majority,
}

impl Partition {
    /// What the partition takes in memory.
    pub(super) fn weight(&self) -> u64 {
        self.bytes
            .saturating_add(self.records.saturating_mul(INDEX_ENTRY))
    }
}

/// Partitions that are being written.
pub(super) struct Partitions<'a> {
    folder: &'a SpillFolder,
    slots: Vec<Mutex<Option<Slot>>>,
    level: u8,
}

struct Slot {
    file: File,
    partition: Partition,
}

impl<'a> Partitions<'a> {
    /// So many partitions; those of another level put items together in other ways.
    pub(super) fn new(folder: &'a SpillFolder, count: usize, level: u8) -> Self {
        Self {
            folder,
            slots: (0..count.max(1)).map(|_| Mutex::new(None)).collect(),
            level,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    /// The place of an item among the first `count` partitions. No choice of ids makes it uneven on
    /// all levels.
    fn place(&self, item_id: &str, count: usize) -> usize {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[self.level]);
        hasher.update(item_id.as_bytes());
        let hash = *hasher.finalize().as_bytes();
        let hash = u64::from_le_bytes(hash.first_chunk().copied().unwrap_or_default());
        usize::try_from(hash % (count.max(1) as u64)).unwrap_or_default()
    }

    /// Runs `write` on the file of a partition, which is made when it is not there yet.
    fn append(&self, place: usize, parts: [&[u8]; 2], records: u64) -> Result<(), FoldError> {
        let Some(slot) = self.slots.get(place) else {
            return Ok(());
        };
        let mut slot = locked(slot);
        if slot.is_none() {
            let (path, file) = self.folder.part()?;
            *slot = Some(Slot {
                file,
                partition: Partition {
                    path,
                    bytes: 0,
                    records: 0,
                    majority: Majority::default(),
                },
            });
        }
        if let Some(Slot { file, partition }) = slot.as_mut() {
            for part in parts {
                file.write_all(part)
                    .map_err(io_error("write", &partition.path))?;
                partition.bytes = partition.bytes.saturating_add(part.len() as u64);
            }
            partition.records = partition.records.saturating_add(records);
        }
        Ok(())
    }

    /// The partitions that hold something.
    pub(super) fn close(self) -> Vec<Partition> {
        let slots = self.slots.into_iter();
        let slots = slots.filter_map(|slot| slot.into_inner().unwrap_or_default());
        slots.map(|slot| slot.partition).collect()
    }
}

/// Puts records into partitions, many at a time.
pub(super) struct Sorter<'a> {
    partitions: &'a Partitions<'a>,
    /// Records as they came.
    arena: Vec<u8>,
    /// Of each its partition, and from where to where it stands in the arena.
    entries: Vec<(usize, usize, usize)>,
    /// Records of one partition.
    scratch: Vec<u8>,
    majorities: Vec<Majority>,
    _held: Held<'a>,
}

impl<'a> Sorter<'a> {
    /// Collects up to `size` bytes before they are written.
    pub(super) fn new(
        partitions: &'a Partitions<'a>,
        size: usize,
        meter: &'a Meter,
    ) -> Result<Self, FoldError> {
        let entries = size / SHORTEST;
        let entry = size_of::<(usize, usize, usize)>();
        let bytes = size
            .saturating_mul(2)
            .saturating_add(entries.saturating_mul(entry));
        let held = meter.hold(bytes as u64, Heavy::Buffers)?;
        Ok(Self {
            partitions,
            arena: Vec::with_capacity(size),
            entries: Vec::with_capacity(entries),
            scratch: Vec::with_capacity(size),
            majorities: vec![Majority::default(); partitions.count()],
            _held: held,
        })
    }

    /// Puts a record into the partition of its item, one of the first `count`.
    pub(super) fn put(&mut self, record: &Record<'_>, count: usize) -> Result<(), FoldError> {
        self.put_at(self.partitions.place(record.item_id, count), record)
    }

    /// Puts a record into a partition.
    pub(super) fn put_at(&mut self, place: usize, record: &Record<'_>) -> Result<(), FoldError> {
        if let Some(majority) = self.majorities.get_mut(place) {
            majority.see(record.item_id, record.len() as u64);
        }
        let room = self.arena.capacity().saturating_sub(self.arena.len());
        if record.len() > room || self.entries.len() == self.entries.capacity() {
            self.write()?;
        }
        if record.len() > self.arena.capacity() || self.entries.capacity() == 0 {
            self.scratch.clear();
            record.write_head(&mut self.scratch);
            return self
                .partitions
                .append(place, [&self.scratch, record.body], 1);
        }
        let start = self.arena.len();
        record.write_head(&mut self.arena);
        self.arena.extend_from_slice(record.body);
        self.entries.push((place, start, self.arena.len()));
        Ok(())
    }

    /// Writes what was collected.
    fn write(&mut self) -> Result<(), FoldError> {
        self.entries.sort_unstable();
        for group in self.entries.chunk_by(|a, b| a.0 == b.0) {
            self.scratch.clear();
            for (_, start, end) in group {
                let record = self.arena.get(*start..*end).unwrap_or_default();
                self.scratch.extend_from_slice(record);
            }
            let place = group.first().map_or(0, |(place, _, _)| *place);
            let records = group.len() as u64;
            self.partitions
                .append(place, [&self.scratch, &[]], records)?;
        }
        self.entries.clear();
        self.arena.clear();
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<(), FoldError> {
        self.write()?;
        for (slot, majority) in self.partitions.slots.iter().zip(&self.majorities) {
            if let Some(slot) = locked(slot).as_mut() {
                slot.partition.majority.merge(majority);
            }
        }
        Ok(())
    }
}
