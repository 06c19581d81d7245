//! How dense history stays, as flags.

use clap::Args;
use humantime::Duration;
use storage_adapter::RetentionConfig;

use crate::error::CliError;
use crate::time;

/// Which commits stay readable.
#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct RetentionArgs {
    /// Every commit younger than this stays readable, such as 90s, 10m, 1h, 30d, 1h30m or 0s.
    #[arg(long, value_name = "SPAN", default_value_t = defaults().cutoff.into())]
    cutoff: Duration,
    /// Of older commits, the finest width of time of which one stays.
    #[arg(long, value_name = "SPAN", default_value_t = defaults().base_interval.into())]
    base_interval: Duration,
    /// How many commits stay of each width, at most.
    #[arg(long, value_name = "N", default_value_t = defaults().slots_per_tier)]
    slots_per_tier: u32,
    /// How many times wider each width is than the one before.
    #[arg(long, value_name = "N", default_value_t = defaults().multiplier)]
    multiplier: u32,
    /// The time that ages of commits are counted from, for tests and for stores whose clock was wrong
    /// [default: the clock].
    #[arg(long, value_name = "RFC3339")]
    clock: Option<String>,
}

fn defaults() -> RetentionConfig {
    RetentionConfig::default()
}

impl RetentionArgs {
    /// The names of all of them, for what makes no sense beside them.
    pub(crate) const ALL: [&'static str; 5] = [
        "cutoff",
        "base_interval",
        "slots_per_tier",
        "multiplier",
        "clock",
    ];

    pub(crate) fn config(&self) -> RetentionConfig {
        RetentionConfig {
            cutoff: self.cutoff.into(),
            base_interval: self.base_interval.into(),
            slots_per_tier: self.slots_per_tier,
            multiplier: self.multiplier,
        }
    }

    /// The time that ages of commits are counted from.
    pub(crate) fn clock_micros(&self) -> Result<u64, CliError> {
        time::micros_or_now(self.clock.as_deref())
    }
}
