//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use humantime::Duration;
use lattice_lww::{Itc, Unstamped};

use crate::command::{
    compact, demo, digest, explain, export, fold, fsck, import, items, log, pin, redact, schema,
    scope, show, stats, verify, watch,
};
use bones_snapshot::Order as _;

const EXAMPLES: &str = "\
Examples:
  lattice demo
      Show on a made-up log what the tool does; needs nothing
  lattice import path/to/.bones --store my.lattice
      Read the event log of a project into a new store
  lattice compact --store my.lattice
      Replace the events of items finished 30 days ago by one snapshot each
  lattice verify --store my.lattice --sources path/to/.bones
      Check every frame, hash and snapshot against the log it came from
  lattice items --store my.lattice
      List what the log says; the same before and after compaction
  lattice log --store my.lattice
      List the commits that are readable; `show` and `items` read them with --at";

/// Shrink an event log without changing what anybody will ever read.
///
/// Every event is an element of a join-semilattice and the state of an item is the join of its
/// events, so the events of finished items can be replaced by their join at any replica, at any
/// time, in any order.
#[derive(Debug, Parser)]
#[command(name = "lattice", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Args {
    /// Print one JSON value instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Import(import::Import),
    Compact(compact::Compact),
    Verify(verify::Verify),
    Items(items::Items),
    Show(show::Show),
    Explain(explain::Explain),
    Log(log::Log),
    Watch(watch::Watch),
    Redact(redact::Redact),
    Stats(stats::Stats),
    Digest(digest::Digest),
    Export(export::Export),
    Fold(fold::Fold),
    Scope(scope::Scope),
    Schema(schema::Schema),
    Pin(pin::Pin),
    Unpin(pin::Unpin),
    Fsck(fsck::Fsck),
}

/// Which store.
#[derive(Debug, ClapArgs)]
pub(crate) struct StoreArg {
    /// Directory of the store.
    #[arg(id = "store", long, value_name = "DIR")]
    pub(crate) path: PathBuf,
    /// If the store is in use, wait so long until it is free.
    #[arg(long, value_name = "SPAN", default_value = "0s")]
    pub(crate) wait: Duration,
}

/// What to do about a line that does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BadLines {
    /// Take nothing in and say what is wrong.
    Stop,
    /// Leave the line out and report it.
    Skip,
}

impl From<BadLines> for storage_adapter::BadLines {
    fn from(choice: BadLines) -> Self {
        match choice {
            BadLines::Stop => Self::Stop,
            BadLines::Skip => Self::Skip,
        }
    }
}

/// By what a store orders events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// By wall clock, agent and hash.
    Wall,
    /// By interval tree clock, then as `wall`; events without a readable stamp are bad lines.
    Itc,
}

impl Order {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Wall => Unstamped::WORD,
            Self::Itc => Itc::WORD,
        }
    }
}
