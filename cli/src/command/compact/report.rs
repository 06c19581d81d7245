//! What a compaction did, for people and for scripts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bones_compact::SkipReason;
use serde::Serialize;
use storage_adapter::{Compaction, CompactionOutcome};

use crate::terminal::{bytes, counted};
use crate::time;

#[derive(Serialize)]
pub(super) struct Report {
    dry_run: bool,
    changed: bool,
    items_compacted: usize,
    events_replaced: usize,
    snapshots_created: usize,
    bytes_before: u64,
    bytes_after: u64,
    items_masked: usize,
    scope_items_compacted: usize,
    items_skipped: usize,
    skipped_by_reason: BTreeMap<&'static str, usize>,
    skipped: BTreeMap<String, &'static str>,
    floor: u64,
    commits_kept: usize,
    commits_dropped: usize,
    disk_before: u64,
    disk_after: u64,
    left_behind: Vec<String>,
    /// Every commit younger than this stays readable; none without history.
    #[serde(skip)]
    cutoff: Option<Duration>,
}

impl Report {
    pub(super) fn new(outcome: CompactionOutcome, options: &Compaction) -> Self {
        let report = outcome.report;
        let by_reason = report.skipped_by_reason().into_iter();
        Self {
            dry_run: options.policy.dry_run,
            changed: outcome.changed,
            items_compacted: report.items_compacted,
            events_replaced: report.events_replaced,
            snapshots_created: report.snapshots_created,
            bytes_before: report.bytes_before,
            bytes_after: report.bytes_after,
            items_masked: outcome.items_masked,
            scope_items_compacted: outcome.scope_items_compacted,
            items_skipped: report.items_skipped(),
            skipped_by_reason: by_reason.map(|(why, n)| (why.as_str(), n)).collect(),
            skipped: report
                .skipped
                .into_iter()
                .map(|(item, why)| (item, why.as_str()))
                .collect(),
            floor: outcome.floor,
            commits_kept: outcome.commits_kept,
            commits_dropped: outcome.commits_dropped,
            disk_before: outcome.disk_before,
            disk_after: outcome.disk_after,
            left_behind: outcome.left_behind,
            cutoff: options.retention.as_ref().map(|config| config.cutoff),
        }
    }

    /// Why items that came with commits of the exact window were left alone.
    fn in_window(&self) -> String {
        let cutoff = self.cutoff.unwrap_or_default();
        let when = if cutoff.is_zero() {
            "after the time of the clock".to_owned()
        } else {
            format!("within the last {} (the cutoff)", time::span(cutoff))
        };
        format!(
            "committed {when}, so every commit stays readable;\n         --cutoff 0s or --no-history would compact them too"
        )
    }
}

/// Why items were left alone, for people; [`Report::in_window`] has one more.
const REASONS: [(SkipReason, &str); 7] = [
    (SkipReason::Phase, "not finished"),
    (SkipReason::TooYoung, "changed too recently"),
    (
        SkipReason::Deleted,
        "deleted; --include-deleted compacts them",
    ),
    (SkipReason::AlreadyCompact, "compact already"),
    (SkipReason::WouldGrow, "smaller as they are"),
    (SkipReason::TooLarge, "too large for one snapshot"),
    (
        SkipReason::Untouched,
        "nothing new since an earlier compaction, which is not worth writing again",
    ),
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, exact) = if self.dry_run {
            ("would compact", "would be exact")
        } else {
            ("compacted", "exact")
        };
        // More than one each, where an item has changed between commits that stay readable.
        let snapshots = if self.dry_run {
            "snapshots".to_owned()
        } else if self.snapshots_created == self.items_compacted {
            "one snapshot each".to_owned()
        } else {
            counted(self.snapshots_created, "snapshot")
        };
        writeln!(
            f,
            "{done} {}: {} by {snapshots}, {} to {}",
            counted(self.items_compacted, "item"),
            counted(self.events_replaced, "event"),
            bytes(self.bytes_before),
            bytes(self.bytes_after)
        )?;
        if self.scope_items_compacted > 0 {
            let items = counted(self.scope_items_compacted, "item");
            writeln!(f, "and      {items} of scopes")?;
        }
        if self.items_masked > 0 {
            writeln!(
                f,
                "took redacted text out of {} left uncompacted",
                counted(self.items_masked, "item")
            )?;
        }
        let left = |f: &mut fmt::Formatter<'_>, reason: SkipReason, why: &str| {
            let count = self.skipped_by_reason.get(reason.as_str());
            count.map_or(Ok(()), |count| {
                writeln!(f, "left     {} ({why})", counted(*count, "item"))
            })
        };
        for (reason, why) in REASONS {
            left(f, reason, why)?;
        }
        left(f, SkipReason::InWindow, &self.in_window())?;
        let kept = counted(self.commits_kept, "commit");
        if self.floor == 0 {
            writeln!(f, "history  every commit is readable")?;
        } else {
            writeln!(
                f,
                "history  {exact} from commit {} on; up to there {kept} kept, {} let go",
                self.floor, self.commits_dropped
            )?;
        }
        if self.changed {
            let (before, after) = (bytes(self.disk_before), bytes(self.disk_after));
            writeln!(f, "on disk  {before} before, {after} now")
        } else if self.dry_run {
            writeln!(f, "on disk  nothing was changed (dry run)")
        } else {
            writeln!(f, "on disk  nothing to do, nothing was changed")
        }
    }
}
