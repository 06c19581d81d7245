//! `lattice import`.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use lattice_lww::{Itc, Unstamped};
use serde::Serialize;
use storage_adapter::{
    Batch, Export, ImportReport, ItemStore, ReadLog, StoreError, is_export, read_log,
};

use crate::args::{BadLines, Order, StoreArg};
use crate::error::CliError;
use crate::output::{Output, Skipped};
use crate::progress::Progress;
use crate::store::{self, OnStore};
use crate::terminal::{bytes, counted, one_line};
use crate::time;

/// Bring an event log or a snapshot export into a store.
///
/// The hash of every event is verified. Importing again, in another order, or with overlap changes
/// nothing: what is known already is left out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice import .bones --store my.lattice
  lattice import 2026-05.events --store my.lattice --bad-lines skip
  lattice import .bones --store causal.lattice --order itc
  lattice import from-a-colleague.snapshots --store my.lattice
  lattice import branch.events --store my.lattice --scope draft")]
pub(crate) struct Import {
    /// A .bones folder, an events folder, one .events file, or a snapshot export.
    path: PathBuf,
    #[command(flatten)]
    store: StoreArg,
    /// By what the store orders events; fixed when it is created, by default `wall`.
    #[arg(long, value_enum)]
    order: Option<Order>,
    /// What to do about a line that does not read: import nothing, or leave it out and report it.
    #[arg(long, value_enum, default_value_t = BadLines::Stop)]
    bad_lines: BadLines,
    /// Bring it into this scope, where nobody sees it who does not read the scope. Redactions hold everywhere.
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
}

impl Import {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let store = match store::open(&self.store) {
            Ok(store) => store,
            Err(CliError::NoStore(_)) => {
                if let Some(name) = self.scope {
                    return Err(StoreError::UnknownScope { name }.into());
                }
                return match self.order.unwrap_or(Order::Wall) {
                    Order::Wall => self.into_new::<Unstamped>(out),
                    Order::Itc => self.into_new::<Itc>(out),
                };
            }
            Err(error) => return Err(error),
        };
        if let Some(order) = self.order
            && order.word() != store.order_word()
        {
            return Err(CliError::Store(StoreError::Order {
                path: self.store.path,
                expected: order.word().into(),
                found: store.order_word().into(),
            }));
        }
        store::on_opened(store, Into { import: self, out })
    }

    /// Makes a store once the source has been read, so that a bad source leaves nothing behind.
    fn into_new<S: bones_snapshot::Order>(self, out: &Output) -> Result<(), CliError> {
        let source = self.read::<S>()?;
        let store = ItemStore::<S>::create(&self.store.path)?;
        self.apply(store, source, out)
    }

    fn read<S: bones_snapshot::Order>(&self) -> Result<Source<S>, CliError> {
        if is_export(&self.path)? {
            let _progress = Progress::new("reading the export");
            return Ok(Source::Export(Export::read(&self.path)?));
        }
        let progress = Progress::of_bytes("reading events");
        let log = read_log(&self.path, self.bad_lines.into(), &mut |n| {
            progress.advance(n);
        })?;
        Ok(Source::Log(log))
    }

    fn apply<S: bones_snapshot::Order>(
        &self,
        mut store: ItemStore<S>,
        source: Source<S>,
        out: &Output,
    ) -> Result<(), CliError> {
        let mut report = Report {
            source: self.path.clone(),
            kind: "export",
            store: self.store.path.clone(),
            order: S::WORD,
            scope: self.scope.clone(),
            ..Report::default()
        };
        let mut batch = match source {
            Source::Export(export) => export.into(),
            Source::Log(log) => report.take_log(log),
        };
        if let Some(name) = &report.scope {
            batch.scope = Some(store.scope(name)?.clone());
        }
        let progress = Progress::new("writing");
        let done = store.apply(batch, time::now())?;
        drop(progress);
        report.take_import(&done);
        out.print(&report)
    }
}

/// What was read.
enum Source<S: bones_snapshot::Order> {
    Log(ReadLog<S>),
    Export(Export<S>),
}

struct Into<'a> {
    import: Import,
    out: &'a Output,
}

impl OnStore for Into<'_> {
    fn on<S: bones_snapshot::Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        if let Some(name) = &self.import.scope {
            store.scope(name)?;
        }
        let source = self.import.read::<S>()?;
        self.import.apply(store, source, self.out)
    }
}

#[derive(Default, Serialize)]
struct Report {
    #[serde(serialize_with = "crate::output::path")]
    source: PathBuf,
    kind: &'static str,
    #[serde(serialize_with = "crate::output::path")]
    store: PathBuf,
    order: &'static str,
    scope: Option<String>,
    commit: u64,
    files: usize,
    bytes: u64,
    events_read: usize,
    events_added: usize,
    events_known: usize,
    snapshots_read: usize,
    snapshots_added: usize,
    snapshots_known: usize,
    redactions_added: usize,
    items: usize,
    skipped: Vec<Skipped>,
}

impl Report {
    /// Notes what was read, telling of each line left out, and hands on the events.
    fn take_log<S: bones_snapshot::Order>(&mut self, log: ReadLog<S>) -> Batch<S> {
        self.kind = "log";
        self.files = log.files;
        self.bytes = log.bytes;
        self.skipped = Skipped::tell(log.skipped);
        Batch {
            events: log.events,
            ..Batch::default()
        }
    }

    fn take_import(&mut self, done: &ImportReport) {
        self.events_read = done.events_read;
        self.events_added = done.events_added;
        self.events_known = done.events_read.saturating_sub(done.events_added);
        self.snapshots_read = done.snapshots_read;
        self.snapshots_added = done.snapshots_added;
        self.snapshots_known = done.snapshots_read.saturating_sub(done.snapshots_added);
        self.redactions_added = done.redactions_added;
        self.items = done.items;
        self.commit = done.commit;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |path: &Path| path.display().to_string();
        if self.kind == "log" {
            writeln!(
                f,
                "read     {} with {}, {}",
                counted(self.files, "file"),
                counted(self.events_read, "event"),
                bytes(self.bytes)
            )?;
            writeln!(
                f,
                "added    {}, {} known already",
                counted(self.events_added, "event"),
                self.events_known
            )?;
        } else {
            writeln!(
                f,
                "read     an export with {}",
                counted(self.snapshots_read, "snapshot")
            )?;
            writeln!(
                f,
                "added    {}, {} known already",
                counted(self.snapshots_added, "snapshot"),
                self.snapshots_known
            )?;
        }
        if let Some(name) = &self.scope {
            writeln!(f, "scope    {}", one_line(name))?;
        }
        if self.redactions_added > 0 {
            writeln!(f, "redacted {}", counted(self.redactions_added, "event"))?;
        }
        if !self.skipped.is_empty() {
            writeln!(f, "skipped  {}", counted(self.skipped.len(), "line"))?;
        }
        writeln!(
            f,
            "store    {} holds {}, ordered by {}",
            show(&self.store),
            counted(self.items, "item"),
            self.order
        )
    }
}
