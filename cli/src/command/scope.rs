//! `lattice scope`.

use std::fmt;

use bones_snapshot::Order;
use clap::{Args, Subcommand};
use serde::Serialize;
use storage_adapter::{ItemStore, ScopeId};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, with_read_store, with_store};
use crate::terminal::{counted, one_line};
use crate::time;

/// Make, list and delete scopes: overlays on the base that only those see who read them.
///
/// `import --scope` brings events into a scope, `show --scope` and `items --scope` read it together with the
/// base. Exports hold the base alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice scope create draft --store my.lattice
  lattice import branch.events --store my.lattice --scope draft
  lattice items --store my.lattice --scope draft
  lattice scope delete draft --store my.lattice")]
pub(crate) struct Scope {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a scope.
    Create {
        /// Its name.
        name: String,
        #[command(flatten)]
        store: StoreArg,
    },
    /// List the scopes there are.
    List {
        #[command(flatten)]
        store: StoreArg,
    },
    /// Delete a scope: unreadable at once, gone from the disk after the next compaction.
    Delete {
        /// Its name.
        name: String,
        #[command(flatten)]
        store: StoreArg,
    },
}

impl Scope {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let (Action::Create { store, .. } | Action::List { store } | Action::Delete { store, .. }) =
            &self.action;
        let task = Task {
            action: &self.action,
            out,
        };
        if matches!(self.action, Action::List { .. }) {
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
            Action::Create { name, .. } => {
                let id = store.create_scope(name, now)?;
                self.out.print(&Row::new(&id))
            }
            Action::List { .. } => self.out.print(&List {
                scopes: store.scopes().map(Row::new).collect(),
            }),
            Action::Delete { name, .. } => {
                store.delete_scope(name, now)?;
                self.out.print(&Deleted {
                    deleted: name.clone(),
                    commit: store.commit(),
                })
            }
        }
    }
}

#[derive(Serialize)]
struct Row {
    scope: String,
    /// The commit that made it.
    created: u64,
}

impl Row {
    fn new(id: &ScopeId) -> Self {
        Self {
            scope: id.name().to_owned(),
            created: id.created(),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, commit) = (one_line(&self.scope), self.created);
        writeln!(f, "{name}  made by commit {commit}")
    }
}

#[derive(Serialize)]
struct List {
    scopes: Vec<Row>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.scopes {
            write!(f, "{row}")?;
        }
        writeln!(f, "{}", counted(self.scopes.len(), "scope"))
    }
}

#[derive(Serialize)]
struct Deleted {
    deleted: String,
    commit: u64,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "deleted {}", one_line(&self.deleted))?;
        writeln!(
            f,
            "next: run `lattice compact`, so that what it held leaves the disk"
        )
    }
}
