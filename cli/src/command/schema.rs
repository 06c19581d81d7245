//! `lattice schema`.

use std::fmt;

use bones_snapshot::Order;
use clap::{Args, Subcommand};
use serde::Serialize;
use storage_adapter::{ItemStore, View};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, with_read_store, with_store};
use crate::terminal::one_line;
use crate::time;

/// Record a migration to another schema, and keep its states readable.
///
/// The state a migration begins from stays readable until it completes or is aborted, and the state it
/// completed with until the next one completes, whatever their age.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice schema begin v2 --store my.lattice
  lattice schema complete --store my.lattice
  lattice schema abort --store my.lattice
  lattice schema status --store my.lattice --json | jq .active.name")]
pub(crate) struct Schema {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Begin a migration; only one at a time.
    Begin {
        /// The schema it leads to.
        name: String,
        #[command(flatten)]
        store: StoreArg,
    },
    /// Complete the migration that is under way.
    Complete {
        #[command(flatten)]
        store: StoreArg,
    },
    /// Give the migration up that is under way.
    Abort {
        #[command(flatten)]
        store: StoreArg,
    },
    /// Say which schema is in force, and which migration is under way.
    Status {
        #[command(flatten)]
        store: StoreArg,
    },
}

impl Schema {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let (Action::Begin { store, .. }
        | Action::Complete { store }
        | Action::Abort { store }
        | Action::Status { store }) = &self.action;
        let task = Task {
            action: &self.action,
            out,
        };
        if matches!(self.action, Action::Status { .. }) {
            with_read_store(store, task)
        } else {
            with_store(store, task)
        }
    }
}

struct Task<'a> {
    action: &'a Action,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, mut store: ItemStore<S>) -> Result<(), CliError> {
        let now = time::now();
        match self.action {
            Action::Begin { name, .. } => store.begin_schema(name, now).map(drop)?,
            Action::Complete { .. } => store.complete_schema(now).map(drop)?,
            Action::Abort { .. } => store.abort_schema(now).map(drop)?,
            Action::Status { .. } => {}
        }
        self.out.print(&Status::of(&store))
    }
}

#[derive(Serialize)]
struct Status {
    active: Option<Row>,
    pending: Option<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    commit: u64,
    time: String,
}

impl Status {
    fn of<S: Order>(view: &View<S>) -> Self {
        let row = |schema: &storage_adapter::Schema| Row {
            name: schema.name.to_string(),
            commit: schema.commit,
            time: time::show(view.commit_time_micros(schema.commit).unwrap_or(0)),
        };
        let schemas = view.schemas();
        Self {
            active: schemas.active.as_ref().map(row),
            pending: schemas.pending.as_ref().map(row),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tell = |f: &mut fmt::Formatter<'_>, what: &str, row: &Option<Row>| match row {
            None => writeln!(f, "{what}  none"),
            Some(Row { name, commit, time }) => writeln!(
                f,
                "{what}  {}, pins commit {commit} of {time}",
                one_line(name)
            ),
        };
        tell(f, "in force ", &self.active)?;
        tell(f, "migration", &self.pending)
    }
}
