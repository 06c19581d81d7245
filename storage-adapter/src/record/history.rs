//! What a compaction writes down of the past.

use serde::{Deserialize, Serialize};

use super::names::{SchemaName, ScopeRecord};

/// The first frame of what a compaction writes: which past there is, and what a reader of the frames behind
/// it cannot see from them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryRecord {
    /// Every commit behind it is readable; at or below it only those listed are.
    pub(crate) floor: u64,
    /// The policy clock of the compaction.
    pub(crate) clock: Option<u64>,
    /// Readable commits up to the last that was replaced, ascending, with their times.
    pub(crate) commits: Vec<(u64, u64)>,
    /// Scopes that are alive.
    pub(crate) scopes: Vec<ScopeRecord>,
    /// The active schema and the pending one.
    pub(crate) active: Option<SchemaName>,
    pub(crate) pending: Option<SchemaName>,
    /// Commits pinned by name, ascending.
    pub(crate) pins: Vec<u64>,
}

impl HistoryRecord {
    pub(crate) fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec_named(self).unwrap_or_default()
    }

    /// Reads back only what [`encode`](Self::encode) writes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let record: Self = rmp_serde::from_slice(bytes).ok()?;
        let ascending = |list: &[u64]| list.windows(2).all(|pair| pair.first() < pair.last());
        let commits: Vec<u64> = record.commits.iter().map(|(commit, _)| *commit).collect();
        let sane = ascending(&commits) && ascending(&record.pins) && record.encode() == bytes;
        sane.then_some(record)
    }
}
