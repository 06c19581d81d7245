//! `lattice watch`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::SystemTime;

use bones_snapshot::{Order, format_hash};
use clap::Args;
use humantime::Duration;
use serde::Serialize;
use storage_adapter::log::LogError;
use storage_adapter::{AnyStore, CommitChanges, HeldEvent, ItemChange, StoreError, View};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store;
use crate::terminal::{counted, cut, one_line, width};
use crate::time;

/// Print what every commit behind a given one changed, in order.
///
/// What is deleted or redacted by now is left out. With `--json` each commit is one object on a line of its
/// own. When commits behind the one given are no longer told apart that is an error, which says where to resume.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice watch --from 0 --store my.lattice
  lattice watch --from 12 --store my.lattice --follow
  lattice watch --from 12 --store my.lattice --json | jq -r '.items[].events[].line'")]
pub(crate) struct Watch {
    /// Begin behind the commit of this number, the last one that is known already.
    #[arg(long, value_name = "COMMIT")]
    from: u64,
    #[command(flatten)]
    store: StoreArg,
    /// Go on with new commits until interrupted. The store is open only while it is read, so that others can
    /// write to it.
    #[arg(long)]
    follow: bool,
    /// How long to wait before looking again.
    #[arg(long, value_name = "SPAN", default_value = "1s", requires = "follow")]
    every: Duration,
}

impl Watch {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let path = &self.store.path;
        let mut from = self.from;
        if !self.follow {
            return Self::read(&store::read(&self.store)?, &mut from, out).map(drop);
        }
        let mut seen = None;
        loop {
            let found = Trace::of(path);
            // Opening reads all of the store: only when a file of it is another than last time.
            if seen.as_ref() != Some(&found) {
                match store::read_quietly(path) {
                    Ok(opened) => {
                        if !Self::read(&opened, &mut from, out)? {
                            return Ok(());
                        }
                        seen = Some(found);
                    }
                    Err(CliError::Store(StoreError::Log(LogError::Locked { .. }))) => {}
                    Err(error) => return Err(error),
                }
            }
            sleep(self.every.into());
        }
    }

    /// Prints what is behind `from` and moves it on; false when nobody reads any more.
    fn read(store: &AnyStore, from: &mut u64, out: &Output) -> Result<bool, CliError> {
        match store {
            AnyStore::Wall(store) => print(store, from, out),
            AnyStore::Itc(store) => print(store, from, out),
        }
    }
}

fn print<S: Order>(view: &View<S>, from: &mut u64, out: &Output) -> Result<bool, CliError> {
    for changes in view.since(*from)? {
        let changes = changes?;
        if !out.print_more(&Entry::new(&changes))? {
            return Ok(false);
        }
        *from = changes.commit;
    }
    Ok(true)
}

/// What tells a directory from itself at another time: its files, their lengths and times.
#[derive(PartialEq, Eq)]
struct Trace(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Trace {
    /// Without what cannot be read: opening the store will say why.
    fn of(path: &Path) -> Self {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let known = entries.filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((entry.path(), (about.len(), about.modified().ok())))
        });
        Self(known.collect())
    }
}

#[derive(Serialize)]
struct Entry {
    commit: u64,
    time: String,
    time_micros: u64,
    items: Vec<Part>,
}

/// What came of one item.
#[derive(Serialize)]
struct Part {
    scope: Option<String>,
    item_id: String,
    events: Vec<Event>,
    /// Snapshots that came, and what is left of redacted events.
    states: usize,
}

#[derive(Serialize)]
struct Event {
    hash: String,
    agent: String,
    wall_ts: i64,
    line: String,
}

impl Entry {
    fn new<S: Order>(changes: &CommitChanges<'_, S>) -> Self {
        Self {
            commit: changes.commit,
            time: time::show(changes.time_micros),
            time_micros: changes.time_micros,
            items: changes.items.iter().map(Part::new).collect(),
        }
    }
}

impl Part {
    fn new<S: Order>(change: &ItemChange<'_, S>) -> Self {
        Self {
            scope: change.scope.map(|scope| scope.name().to_owned()),
            item_id: change.item_id.to_owned(),
            events: change
                .events
                .iter()
                .map(|event| Event::new(event))
                .collect(),
            states: change.states,
        }
    }
}

impl Event {
    fn new<S: Order>(held: &HeldEvent<S>) -> Self {
        let event = held.event().event();
        Self {
            hash: format_hash(&event.hash),
            agent: event.agent.to_string(),
            wall_ts: event.wall_ts,
            line: String::from_utf8_lossy(held.line()).into_owned(),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = match self.items.len() {
            0 => "no item".to_owned(),
            count => counted(count, "item"),
        };
        writeln!(f, "commit {} of {}: {items}", self.commit, self.time)?;
        let room = width();
        for item in &self.items {
            write!(f, "  {}", one_line(&item.item_id))?;
            if let Some(scope) = &item.scope {
                write!(f, " in scope {}", one_line(scope))?;
            }
            if item.states > 0 {
                write!(f, ", {}", counted(item.states, "snapshot"))?;
            }
            writeln!(f)?;
            for event in &item.events {
                writeln!(
                    f,
                    "    {}",
                    cut(&one_line(&event.line), room.saturating_sub(4))
                )?;
            }
        }
        Ok(())
    }
}
