//! `lattice stats`.

use std::fmt;

use bones_snapshot::Order;
use clap::Args;
use serde::Serialize;
use storage_adapter::ItemStore;

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, with_store};
use crate::terminal::bytes;

/// Say how much the store holds, and in which form.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice stats --store my.lattice
  lattice stats --store my.lattice --json | jq .disk_bytes")]
pub(crate) struct Stats {
    #[command(flatten)]
    store: StoreArg,
}

impl Stats {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        with_store(&self.store.path, Task { out })
    }
}

struct Task<'a> {
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
            commit: stats.commit,
            segments: stats.segments,
        })
    }
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
    commit: u64,
    segments: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            order,
            items,
            items_compact,
            events_covered,
            events_raw,
            states,
            redactions,
            commit,
            segments,
            ..
        } = self;
        writeln!(f, "order       {order}")?;
        writeln!(f, "items       {items}, {items_compact} of them compact")?;
        writeln!(
            f,
            "events      {events_covered} folded in, {events_raw} of them held as lines"
        )?;
        writeln!(f, "lines       {}", bytes(self.bytes_raw))?;
        writeln!(f, "snapshots   {states}, {}", bytes(self.bytes_states))?;
        writeln!(f, "redactions  {redactions}")?;
        writeln!(
            f,
            "on disk     {} in {segments} segments",
            bytes(self.disk_bytes)
        )?;
        writeln!(f, "commit      {commit}")
    }
}
