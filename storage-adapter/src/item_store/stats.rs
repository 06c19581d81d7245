//! What a store holds, in figures.

use bones_snapshot::Order;

use super::{ItemStore, View};
use crate::error::StoreError;
use crate::log_store::LogStore;

/// What a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Items.
    pub items: usize,
    /// Items held as snapshots alone: one, or one for each readable moment that brought something of the item.
    pub items_compact: usize,
    /// Events folded into the state of some item.
    pub events_covered: usize,
    /// Events still held as lines.
    pub events_raw: usize,
    /// Snapshots and masked deltas held.
    pub states: usize,
    /// Redacted events known.
    pub redactions: usize,
    /// Size of the lines held, in bytes.
    pub bytes_raw: u64,
    /// Size of the payloads held, in bytes.
    pub bytes_states: u64,
    /// Size of the store directory, in bytes.
    pub disk_bytes: u64,
    /// Number of the last commit.
    pub commit: u64,
    /// Segments the log consists of.
    pub segments: usize,
    /// The floor: from this commit on all are readable; 0 if all are.
    pub floor: u64,
    /// Commits that are readable.
    pub commits: usize,
    /// The oldest of them, with its time in microseconds.
    pub oldest: Option<(u64, u64)>,
    /// Scopes that are alive.
    pub scopes: usize,
    /// Commits that stay readable whatever their age.
    pub pins: usize,
}

/// What only the log can tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogStats {
    disk_bytes: u64,
    segments: usize,
}

impl LogStats {
    pub(crate) fn of(log: &impl LogStore) -> Result<Self, StoreError> {
        Ok(Self {
            disk_bytes: log.disk_bytes()?,
            segments: log.parts(),
        })
    }
}

impl<S: Order, L: LogStore> ItemStore<S, L> {
    /// What the store holds. The first time reads every item that lies where a compaction wrote it, and keeps none of them in memory.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the directory or an item cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        self.view.stats(LogStats::of(&self.log)?)
    }
}

impl<S: Order> View<S> {
    pub(crate) fn stats(&self, log: LogStats) -> Result<Stats, StoreError> {
        let view = self;
        let mut stats = Stats {
            items: view.base.len(),
            items_compact: 0,
            events_covered: 0,
            events_raw: 0,
            states: 0,
            redactions: view.redactions.len(),
            bytes_raw: 0,
            bytes_states: 0,
            disk_bytes: log.disk_bytes,
            commit: view.commit(),
            segments: log.segments,
            floor: view.floor(),
            commits: view.past.times.len(),
            oldest: view.commits().next(),
            scopes: view.scopes.len(),
            pins: view.pins().len(),
        };
        for (held, item) in view.base.outlines() {
            let raw = held.iter().filter(|held| !held.is_state).count();
            let snapshots = held.len().saturating_sub(raw);
            let covered = item.covered()?;
            stats.items_compact = stats.items_compact.saturating_add(usize::from(raw == 0));
            stats.events_covered = stats.events_covered.saturating_add(covered);
            stats.events_raw = stats.events_raw.saturating_add(raw);
            stats.states = stats.states.saturating_add(snapshots);
            for held in held {
                let bytes = if held.is_state {
                    &mut stats.bytes_states
                } else {
                    &mut stats.bytes_raw
                };
                *bytes = bytes.saturating_add(held.bytes);
            }
        }
        Ok(stats)
    }
}
