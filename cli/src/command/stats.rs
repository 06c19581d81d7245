//! `lattice stats`.

mod tiers;

use std::fmt;

use bones_compact::policy_clock;
use bones_snapshot::Order;
use clap::Args;
use serde::Serialize;
use storage_adapter::{ItemStore, RetentionConfig, View};

use self::tiers::{Group, chart};
use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::retention::RetentionArgs;
use crate::store::{OnStore, with_read_store};
use crate::terminal::{bytes, one_line};
use crate::time;

/// Say how much the store holds, in which form, and how far back history goes.
///
/// The tiers are those that `compact` sorts commits into under the same flags: the older, the wider,
/// and of each width at most `--slots-per-tier` stay.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice stats --store my.lattice
  lattice stats --store my.lattice --json | jq .disk_bytes")]
pub(crate) struct Stats {
    #[command(flatten)]
    store: StoreArg,
    #[command(flatten)]
    retention: RetentionArgs,
}

impl Stats {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let task = Task {
            config: self.retention.config(),
            clock: self.retention.clock_micros()?,
            out,
        };
        with_read_store(&self.store, task)
    }
}

struct Task<'a> {
    config: RetentionConfig,
    clock: u64,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let stats = store.stats()?;
        self.out.print(&Report {
            order: S::WORD,
            items: stats.items,
            items_compact: stats.items_compact,
            events_covered: stats.events_covered,
            events_raw: stats.events_raw,
            states: stats.states,
            redactions: stats.redactions,
            bytes_raw: stats.bytes_raw,
            bytes_states: stats.bytes_states,
            disk_bytes: stats.disk_bytes,
            segments: stats.segments,
            commit: stats.commit,
            floor: stats.floor,
            commits: stats.commits,
            oldest: stats.oldest.map(|(commit, micros)| Oldest {
                commit,
                time: time::show(micros),
                time_micros: micros,
            }),
            tiers: self.tiers(&store)?,
            scopes: store
                .scopes()
                .map(|scope| scope.name().to_owned())
                .collect(),
            pins: store.pins().into_iter().collect(),
            active: store.schemas().active.as_ref().map(|s| s.name.to_string()),
            pending: store.schemas().pending.as_ref().map(|s| s.name.to_string()),
        })
    }
}

impl Task<'_> {
    fn tiers<S: Order>(&self, view: &View<S>) -> Result<Vec<Group>, CliError> {
        let retention = self.config.validate().map_err(CliError::Retention)?;
        // Only looked at: a clock far ahead does no harm.
        let clock = policy_clock(self.clock, view.policy_clock(), self.config.cutoff, true)
            .map_err(CliError::Retention)?;
        let tiers = view.commits().map(|(_, time)| retention.tier(time, clock));
        Ok(tiers::count(&self.config, tiers))
    }
}

#[derive(Serialize)]
struct Oldest {
    commit: u64,
    time: String,
    time_micros: u64,
}

#[derive(Serialize)]
struct Report {
    order: &'static str,
    items: usize,
    items_compact: usize,
    events_covered: usize,
    events_raw: usize,
    states: usize,
    redactions: usize,
    bytes_raw: u64,
    bytes_states: u64,
    disk_bytes: u64,
    segments: usize,
    commit: u64,
    floor: u64,
    commits: usize,
    oldest: Option<Oldest>,
    tiers: Vec<Group>,
    scopes: Vec<String>,
    pins: Vec<u64>,
    active: Option<String>,
    pending: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            items_compact,
            events_raw,
            segments,
            commits,
            floor,
            ..
        } = self;
        writeln!(f, "order       {}", self.order)?;
        let mut row = |name: &str, count: usize, size: Option<u64>, note: &str| {
            let size = size.map(bytes).unwrap_or_default();
            let line = format!("{name:<11} {count:>9}  {size:>10}  {note}");
            writeln!(f, "{}", line.trim_end())
        };
        row(
            "items",
            self.items,
            None,
            &format!("{items_compact} of them compact"),
        )?;
        row(
            "events",
            self.events_covered,
            None,
            &format!("{events_raw} of them held as lines"),
        )?;
        row("lines", self.events_raw, Some(self.bytes_raw), "")?;
        row("snapshots", self.states, Some(self.bytes_states), "")?;
        row("redactions", self.redactions, None, "")?;
        row(
            "on disk",
            *segments,
            Some(self.disk_bytes),
            "segments, and all else the store keeps",
        )?;
        row(
            "commits",
            *commits,
            None,
            &format!("readable of {}", self.commit),
        )?;
        if let Some(oldest) = &self.oldest {
            writeln!(f, "oldest      commit {} of {}", oldest.commit, oldest.time)?;
        }
        match floor {
            0 => writeln!(f, "exact       every commit")?,
            floor => writeln!(f, "exact       from commit {floor} on")?,
        }
        let list = |f: &mut fmt::Formatter<'_>, name: &str, list: Vec<String>| match list.len() {
            0 => Ok(()),
            _ => writeln!(f, "{name:<11} {}", list.join(", ")),
        };
        list(
            f,
            "pinned",
            self.pins.iter().map(ToString::to_string).collect(),
        )?;
        list(
            f,
            "scopes",
            self.scopes.iter().map(|s| one_line(s)).collect(),
        )?;
        list(
            f,
            "schema",
            self.active.iter().map(|s| one_line(s)).collect(),
        )?;
        list(
            f,
            "migration",
            self.pending.iter().map(|s| one_line(s)).collect(),
        )?;
        chart(&self.tiers, f)
    }
}
