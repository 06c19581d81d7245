//! What a store holds, in figures.

use bones_snapshot::Order;

use super::ItemStore;
use crate::error::StoreError;

/// What a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Items.
    pub items: usize,
    /// Items held as one snapshot and nothing else.
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
}

impl<S: Order> ItemStore<S> {
    /// What the store holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] when the directory cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let mut stats = Stats {
            items: self.items.len(),
            items_compact: 0,
            events_covered: 0,
            events_raw: 0,
            states: 0,
            redactions: self.redactions.len(),
            bytes_raw: 0,
            bytes_states: 0,
            disk_bytes: self.log.disk_bytes()?,
            commit: self.log.commit(),
            segments: self.log.segments().len(),
        };
        for item in self.items.values() {
            let sources = &item.sources;
            let lines: u64 = sources.events.iter().map(|e| e.line().len() as u64).sum();
            let compact = sources.events.is_empty() && sources.states.len() == 1;
            stats.items_compact = stats.items_compact.saturating_add(usize::from(compact));
            stats.events_covered = stats
                .events_covered
                .saturating_add(item.state.coverage().len());
            stats.events_raw = stats.events_raw.saturating_add(sources.events.len());
            stats.states = stats.states.saturating_add(sources.states.len());
            stats.bytes_raw = stats.bytes_raw.saturating_add(lines);
            let payloads = sources.bytes.saturating_sub(lines);
            stats.bytes_states = stats.bytes_states.saturating_add(payloads);
        }
        Ok(stats)
    }
}
