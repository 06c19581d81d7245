//! `lattice compact`.

use std::collections::BTreeMap;
use std::fmt;

use bones_compact::{CompactionPolicy, SkipReason};
use bones_snapshot::Order;
use clap::Args;
use serde::Serialize;
use storage_adapter::{CompactionOutcome, ItemStore};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::progress::Progress;
use crate::store::{OnStore, with_store};
use crate::terminal::{bytes, counted};
use crate::time;

/// Replace the events of finished items by one snapshot each.
///
/// Nothing that `items`, `show` or `digest` print changes. Redacted text leaves the disk, also that
/// of items which are not compacted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice compact --store my.lattice
  lattice compact --store my.lattice --min-age-days 0 --dry-run
  lattice compact --store my.lattice --now 2027-01-01T00:00:00Z")]
pub(crate) struct Compact {
    #[command(flatten)]
    store: StoreArg,
    /// Days that must have passed since the last event of an item.
    #[arg(long, value_name = "N", default_value_t = CompactionPolicy::default().min_age_days)]
    min_age_days: u32,
    /// The time that ages are counted from [default: the clock].
    #[arg(long, value_name = "RFC3339")]
    now: Option<String>,
    /// Compact deleted items as well.
    #[arg(long)]
    include_deleted: bool,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Compact {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let policy = CompactionPolicy {
            min_age_days: self.min_age_days,
            include_deleted: self.include_deleted,
            dry_run: self.dry_run,
            ..CompactionPolicy::default()
        };
        let now = time::micros_or_now(self.now.as_deref())?;
        with_store(&self.store.path, Task { policy, now, out })
    }
}

struct Task<'a> {
    policy: CompactionPolicy,
    now: u64,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, mut store: ItemStore<S>) -> Result<(), CliError> {
        let progress = Progress::new("compacting");
        let outcome = store.compact(&self.policy, self.now, time::now())?;
        drop(progress);
        self.out.print(&Report::new(outcome, self.policy.dry_run))
    }
}

#[derive(Serialize)]
struct Report {
    dry_run: bool,
    changed: bool,
    items_compacted: usize,
    events_replaced: usize,
    snapshots_created: usize,
    bytes_before: u64,
    bytes_after: u64,
    items_masked: usize,
    items_skipped: usize,
    skipped_by_reason: BTreeMap<&'static str, usize>,
    skipped: BTreeMap<String, &'static str>,
    disk_before: u64,
    disk_after: u64,
}

impl Report {
    fn new(outcome: CompactionOutcome, dry_run: bool) -> Self {
        let report = outcome.report;
        let by_reason = report.skipped_by_reason().into_iter();
        Self {
            dry_run,
            changed: outcome.changed,
            items_compacted: report.items_compacted,
            events_replaced: report.events_replaced,
            snapshots_created: report.snapshots_created,
            bytes_before: report.bytes_before,
            bytes_after: report.bytes_after,
            items_masked: outcome.items_masked,
            items_skipped: report.items_skipped(),
            skipped_by_reason: by_reason.map(|(why, n)| (why.as_str(), n)).collect(),
            skipped: report
                .skipped
                .into_iter()
                .map(|(item, why)| (item, why.as_str()))
                .collect(),
            disk_before: outcome.disk_before,
            disk_after: outcome.disk_after,
        }
    }
}

/// Why items were left alone, for people.
const REASONS: [(SkipReason, &str); 5] = [
    (SkipReason::Phase, "not finished"),
    (SkipReason::TooYoung, "changed too recently"),
    (
        SkipReason::Deleted,
        "deleted; --include-deleted compacts them",
    ),
    (SkipReason::AlreadyCompact, "compact already"),
    (SkipReason::WouldGrow, "smaller as they are"),
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.dry_run {
            "would compact"
        } else {
            "compacted"
        };
        writeln!(
            f,
            "{done} {}: {} by one snapshot each, {} to {}",
            counted(self.items_compacted, "item"),
            counted(self.events_replaced, "event"),
            bytes(self.bytes_before),
            bytes(self.bytes_after)
        )?;
        if self.items_masked > 0 {
            writeln!(
                f,
                "took redacted text out of {} left uncompacted",
                counted(self.items_masked, "item")
            )?;
        }
        for (reason, why) in REASONS {
            if let Some(count) = self.skipped_by_reason.get(reason.as_str()) {
                writeln!(f, "left     {} ({why})", counted(*count, "item"))?;
            }
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
