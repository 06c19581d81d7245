//! `lattice log`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use bones_snapshot::Order;
use clap::{Args, value_parser};
use serde::Serialize;
use storage_adapter::{CommitChanges, ItemStore, ScopeId, StoreError, View};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, with_read_store};
use crate::terminal::{counted, cut, one_line, pad, width};
use crate::time;

/// List the commits that are readable, newest first.
///
/// Behind the floor every commit is readable, and the list says what it changed. From the floor on down
/// compaction has kept some commits, and what they changed is no longer known. Each of them is
/// still read exactly by `show --at` and `items --at`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice log --store my.lattice
  lattice log --store my.lattice --limit 20 --scope draft
  lattice log --store my.lattice --json | jq '.commits[].commit'")]
pub(crate) struct Log {
    #[command(flatten)]
    store: StoreArg,
    /// List so many, the newest.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Behind the floor list only what made or changed this scope; below it only what came after the scope was
    /// made.
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
}

impl Log {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let limit = self
            .limit
            .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let task = Task {
            limit,
            scope: self.scope.as_deref(),
            out,
        };
        with_read_store(&self.store, task)
    }
}

struct Task<'a> {
    limit: usize,
    scope: Option<&'a str>,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let scope = self.scope.map(|name| store.scope(name)).transpose()?;
        // Of one scope nobody asks which commits of others are gone.
        let oldest = store.commits().next().filter(|_| scope.is_none());
        let gone = oldest.and_then(|(commit, _)| Gap::between(0, commit));
        let mut commits = rows(&store, scope)?;
        let older = commits.len().saturating_sub(self.limit);
        commits.truncate(self.limit);
        self.out.print(&Report {
            floor: store.floor(),
            newest: store.commit(),
            commits,
            older,
            gone,
        })
    }
}

/// Every readable commit that touches the scope, newest first.
fn rows<S: Order>(view: &View<S>, scope: Option<&ScopeId>) -> Result<Vec<Row>, CliError> {
    let floor = view.floor();
    let changes = view.since(floor)?.map(|change| {
        let change = change?;
        Ok((change.commit, change))
    });
    let changes = changes.collect::<Result<BTreeMap<u64, CommitChanges<'_, S>>, StoreError>>()?;
    let mut rows = Vec::new();
    let mut later = None;
    for (commit, time_micros) in view.commits().rev() {
        let forgotten = later.and_then(|later| Gap::between(commit, later));
        later = Some(commit);
        let change = changes.get(&commit);
        let listed = scope.is_none_or(|scope| match change {
            _ if commit == scope.created() => true,
            Some(change) => change.items.iter().any(|item| item.scope == Some(scope)),
            None => commit > scope.created(),
        });
        if listed {
            rows.push(Row {
                commit,
                time: time::show(time_micros),
                time_micros,
                changed: change.map(Changed::new),
                marks: marks(view, commit),
                forgotten,
            });
        }
    }
    Ok(rows)
}

/// What is special about a commit.
fn marks<S: Order>(view: &View<S>, commit: u64) -> Vec<String> {
    let mut marks = Vec::new();
    if commit == view.floor() {
        marks.push("floor".to_owned());
    }
    let schemas = view.schemas();
    let mut of_schema = false;
    for (schema, what) in [
        (&schemas.active, "active"),
        (&schemas.pending, "migration begun"),
    ] {
        if let Some(schema) = schema.as_ref().filter(|schema| schema.commit == commit) {
            marks.push(format!("schema {} {what}", schema.name));
            of_schema = true;
        }
    }
    if !of_schema && view.pins().contains(&commit) {
        marks.push("pinned".to_owned());
    }
    let made = view.scopes().filter(|scope| scope.created() == commit);
    marks.extend(made.map(|scope| format!("scope {} made", scope.name())));
    marks
}

#[derive(Serialize)]
struct Report {
    floor: u64,
    newest: u64,
    commits: Vec<Row>,
    /// How many more there are.
    older: usize,
    /// Those before the oldest that is readable.
    gone: Option<Gap>,
}

#[derive(Serialize)]
struct Row {
    commit: u64,
    time: String,
    time_micros: u64,
    /// What it changed, none where that is no longer known.
    changed: Option<Changed>,
    marks: Vec<String>,
    /// The commits between this one and the next readable one.
    forgotten: Option<Gap>,
}

/// Commits that are no longer told apart.
#[derive(Serialize)]
struct Gap {
    first: u64,
    last: u64,
}

impl Gap {
    /// Those behind `before` and before `later`.
    fn between(before: u64, later: u64) -> Option<Self> {
        let (first, last) = (before.checked_add(1)?, later.checked_sub(1)?);
        (first <= last).then_some(Self { first, last })
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "commit {} is", self.first)
        } else {
            write!(f, "commits {} to {} are", self.first, self.last)
        }
    }
}

#[derive(Serialize)]
struct Changed {
    items: BTreeSet<String>,
    scopes: BTreeSet<String>,
    events: usize,
    /// Snapshots that came, and what is left of redacted events.
    states: usize,
}

impl Changed {
    fn new<S: Order>(change: &CommitChanges<'_, S>) -> Self {
        let items = &change.items;
        let scopes = items.iter().filter_map(|item| item.scope);
        Self {
            items: items.iter().map(|item| item.item_id.to_owned()).collect(),
            scopes: scopes.map(|scope| scope.name().to_owned()).collect(),
            events: items.iter().map(|item| item.events.len()).sum(),
            states: items.iter().map(|item| item.states).sum(),
        }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return f.write_str("no item");
        }
        write!(f, "{}", counted(self.items.len(), "item"))?;
        if self.events > 0 {
            write!(f, ", {}", counted(self.events, "event"))?;
        }
        if self.states > 0 {
            write!(f, ", {}", counted(self.states, "snapshot"))?;
        }
        if !self.scopes.is_empty() {
            let names: Vec<_> = self.scopes.iter().map(|name| one_line(name)).collect();
            write!(f, " in scope {}", names.join(", "))?;
        }
        let names: Vec<_> = self.items.iter().map(|id| one_line(id)).collect();
        write!(f, ": {}", names.join(" "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = width();
        let digits = self.newest.to_string().len();
        let times = self.commits.iter().map(|row| row.time.len());
        let times = times.max().unwrap_or(0);
        for row in &self.commits {
            if let Some(gap) = &row.forgotten {
                writeln!(f, "{:>digits$}  {gap} no longer told apart", "")?;
            }
            let mut line = format!("{:>digits$}  {}", row.commit, pad(&row.time, times));
            for mark in &row.marks {
                write!(line, "  [{}]", one_line(mark))?;
            }
            if let Some(changed) = &row.changed {
                write!(line, "  {changed}")?;
            }
            writeln!(f, "{}", cut(&line, room))?;
        }
        if self.older > 0 {
            writeln!(f, "and {} before", counted(self.older, "commit"))?;
        } else if let Some(gap) = &self.gone {
            writeln!(f, "{:>digits$}  {gap} gone", "")?;
        }
        if self.newest == 0 {
            writeln!(f, "nothing was committed yet")?;
        }
        Ok(())
    }
}
