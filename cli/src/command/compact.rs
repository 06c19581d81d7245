//! `lattice compact`.

mod report;

use bones_compact::CompactionPolicy;
use bones_snapshot::Order;
use clap::{Args, ValueEnum};
use storage_adapter::{Compaction, Compression, ItemStore, Reach};

use self::report::Report;
use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::{Output, warning};
use crate::progress::Progress;
use crate::retention::RetentionArgs;
use crate::store::{OnStore, with_read_store, with_store};
use crate::time;

/// Replace the events of finished items by snapshots, and let go of old history.
///
/// Nothing that `items`, `show` or `digest` print of now changes. Redacted text leaves the disk, also
/// that of items which are not compacted, and so does what deleted scopes held.
///
/// Every commit of the last `--cutoff` stays readable. Of those before, fewer stay the older they
/// are: at most `--slots-per-tier` for each width of time, where the widths grow from `--base-interval` by
/// `--multiplier`. Pinned commits and those of schemas always stay. `log` lists what is
/// readable, `show --at` and `items --at` read it.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = "\
Examples:
  lattice compact --store my.lattice
  lattice compact --store my.lattice --min-age-days 0 --dry-run
  lattice compact --store my.lattice --cutoff 7d --base-interval 1d
  lattice compact --store my.lattice --no-history
  lattice compact --store my.lattice --compress zstd
  lattice compact --store my.lattice --worthwhile
  lattice compact --store my.lattice --now 2027-01-01T00:00:00Z")]
pub(crate) struct Compact {
    #[command(flatten)]
    store: StoreArg,
    /// Days that must have passed since the last event of an item.
    #[arg(long, value_name = "N", default_value_t = CompactionPolicy::default().min_age_days)]
    min_age_days: u32,
    /// The time that ages of events are counted from [default: the clock].
    #[arg(long, value_name = "RFC3339")]
    now: Option<String>,
    /// Compact deleted items as well.
    #[arg(long)]
    include_deleted: bool,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    retention: RetentionArgs,
    /// Keep only the last commit readable, and what is pinned.
    #[arg(long, conflicts_with_all = RetentionArgs::ALL, conflicts_with = "accept_clock_jump")]
    no_history: bool,
    /// Go on though the clock is far ahead of the last compaction. Without it that is an error, since
    /// a clock that is wrong would let go of history that is not old.
    #[arg(long)]
    accept_clock_jump: bool,
    /// Compress what is kept, or stop to [default: as the store is].
    #[arg(long, value_name = "HOW")]
    compress: Option<Compress>,
    /// Leave what earlier compactions wrote as it is where writing it again would hardly make it smaller: for
    /// compactions that come often, which write little then.
    #[arg(long)]
    worthwhile: bool,
}

/// How to write what is kept.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Compress {
    /// As it is.
    None,
    /// By zstd.
    Zstd,
    /// By zstd, as small as it gets; several times slower.
    Smallest,
}

impl From<Compress> for Compression {
    fn from(how: Compress) -> Self {
        match how {
            Compress::None => Self::None,
            Compress::Zstd => Self::ZSTD,
            Compress::Smallest => Self::Zstd { level: 19 },
        }
    }
}

impl Compact {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let options = Compaction {
            policy: CompactionPolicy {
                min_age_days: self.min_age_days,
                include_deleted: self.include_deleted,
                dry_run: self.dry_run,
                ..CompactionPolicy::default()
            },
            retention: (!self.no_history).then(|| self.retention.config()),
            now_micros: time::micros_or_now(self.now.as_deref())?,
            clock_micros: self.retention.clock_micros()?,
            accept_clock_jump: self.accept_clock_jump,
            compression: self.compress.map(Into::into),
            reach: if self.worthwhile {
                Reach::Worthwhile
            } else {
                Reach::Everything
            },
        };
        if let Some(config) = &options.retention {
            // Parameters that make no sense are refused before the store is read.
            config.validate().map_err(CliError::Retention)?;
        }
        let task = Task { options, out };
        if self.dry_run {
            with_read_store(&self.store, task)
        } else {
            with_store(&self.store, task)
        }
    }
}

struct Task<'a> {
    options: Compaction,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, mut store: ItemStore<S>) -> Result<(), CliError> {
        let progress = Progress::new("compacting");
        let outcome = store.compact(&self.options)?;
        drop(progress);
        for name in &outcome.left_behind {
            warning(format_args!(
                "{name} was replaced and cannot be removed; text that is redacted may still stand in it. The next command that writes tries again"
            ));
        }
        self.out.print(&Report::new(outcome, &self.options))
    }
}
