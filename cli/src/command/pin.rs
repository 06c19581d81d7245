//! `lattice pin` and `lattice unpin`.

use std::fmt;

use bones_snapshot::Order;
use clap::Args;
use serde::Serialize;
use storage_adapter::ItemStore;

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, with_store};
use crate::time;

/// Keep the state after a commit readable, whatever its age.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice pin 12 --store my.lattice
  lattice show bn-1a2b --store my.lattice --at 12")]
pub(crate) struct Pin {
    /// Number of the commit; `lattice log` lists them.
    commit: u64,
    #[command(flatten)]
    store: StoreArg,
}

/// Let a pinned commit age like any other.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice unpin 12 --store my.lattice")]
pub(crate) struct Unpin {
    /// Number of the commit; `lattice log` shows which are pinned.
    commit: u64,
    #[command(flatten)]
    store: StoreArg,
}

impl Pin {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let (commit, pins) = (self.commit, true);
        with_store(&self.store, Task { commit, pins, out })
    }
}

impl Unpin {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let (commit, pins) = (self.commit, false);
        with_store(&self.store, Task { commit, pins, out })
    }
}

struct Task<'a> {
    commit: u64,
    pins: bool,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, mut store: ItemStore<S>) -> Result<(), CliError> {
        let before = store.commit();
        if self.pins {
            store.pin(self.commit, time::now())?;
        } else {
            store.unpin(self.commit, time::now())?;
        }
        self.out.print(&Report {
            commit: self.commit,
            pinned: store.pins().contains(&self.commit),
            changed: store.commit() != before,
        })
    }
}

#[derive(Serialize)]
struct Report {
    commit: u64,
    /// Whether it stays readable now, also when that is for a schema.
    pinned: bool,
    changed: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commit, .. } = self;
        match (self.pinned, self.changed) {
            (true, true) => writeln!(f, "commit {commit} stays readable"),
            (true, false) => writeln!(
                f,
                "commit {commit} stays readable already; nothing was written"
            ),
            (false, true) => writeln!(f, "commit {commit} ages like any other"),
            (false, false) => writeln!(f, "commit {commit} was not pinned; nothing was written"),
        }
    }
}
