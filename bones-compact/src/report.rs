//! What a compaction did.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use crate::policy::Eligibility;

/// Why an item was left as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// It is deleted and the policy does not name deleted items.
    Deleted,
    /// It is in a phase the policy does not name.
    Phase,
    /// Its last event is too young.
    TooYoung,
    /// It is one snapshot already, and no redaction has come since.
    AlreadyCompact,
    /// The snapshot would be larger than what it replaces.
    WouldGrow,
    /// The snapshot would be longer than the policy allows.
    TooLarge,
    /// Everything held of it came with commits that stay readable one by one.
    InWindow,
    /// Nothing came of it since the earlier compaction that this one builds on.
    Untouched,
}

impl SkipReason {
    pub(crate) fn of(eligibility: Eligibility) -> Option<Self> {
        match eligibility {
            Eligibility::Eligible => None,
            Eligibility::Deleted => Some(Self::Deleted),
            Eligibility::Phase => Some(Self::Phase),
            Eligibility::TooYoung => Some(Self::TooYoung),
        }
    }

    /// One word for tables and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Phase => "phase",
            Self::TooYoung => "too-young",
            Self::AlreadyCompact => "already-compact",
            Self::WouldGrow => "would-grow",
            Self::TooLarge => "too-large",
            Self::InWindow => "in-window",
            Self::Untouched => "untouched",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a compaction did, or with a dry run would do. Sizes are in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompactionReport {
    /// Items replaced by one snapshot each.
    pub items_compacted: usize,
    /// Events that those snapshots replace.
    pub events_replaced: usize,
    /// Snapshots written.
    pub snapshots_created: usize,
    /// Size of what the compacted items took before.
    pub bytes_before: u64,
    /// Size of what they take now.
    pub bytes_after: u64,
    /// Items left as they were, with the reason.
    pub skipped: BTreeMap<String, SkipReason>,
}

impl CompactionReport {
    /// How many items were left as they were.
    pub fn items_skipped(&self) -> usize {
        self.skipped.len()
    }

    /// How many items were left as they were, by reason.
    pub fn skipped_by_reason(&self) -> BTreeMap<SkipReason, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.skipped.values() {
            let count: &mut usize = counts.entry(*reason).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

/// The report on these items and on others.
impl AddAssign for CompactionReport {
    fn add_assign(&mut self, others: Self) {
        // All fields, so that none is forgotten.
        let Self {
            items_compacted,
            events_replaced,
            snapshots_created,
            bytes_before,
            bytes_after,
            skipped,
        } = others;
        self.items_compacted = self.items_compacted.saturating_add(items_compacted);
        self.events_replaced = self.events_replaced.saturating_add(events_replaced);
        self.snapshots_created = self.snapshots_created.saturating_add(snapshots_created);
        self.bytes_before = self.bytes_before.saturating_add(bytes_before);
        self.bytes_after = self.bytes_after.saturating_add(bytes_after);
        self.skipped.extend(skipped);
    }
}
