//! `lattice verify`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use bones_snapshot::Order;
use clap::Args;
use serde::Serialize;
use storage_adapter::log::LogDir;
use storage_adapter::{BadLines, HeldEvent, ItemCheck, ItemStore, StoreCheck, is_export, read_log};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::{Output, note};
use crate::progress::Progress;
use crate::store::{self, OnStore};
use crate::terminal::counted;

/// Check every frame, every hash, and every snapshot against what it covers.
///
/// An item is verified when every event it covers was at hand and its state is exactly their join.
/// Where compaction has dropped the events the item is unverifiable, unless `--sources` names the log
/// they came from. The exit code is 0 only if nothing is damaged and nothing failed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice verify --store my.lattice
  lattice verify --store my.lattice --sources .bones")]
pub(crate) struct Verify {
    #[command(flatten)]
    store: StoreArg,
    /// The event log to verify snapshots against: a .bones folder, an events folder or an .events
    /// file.
    #[arg(long, value_name = "PATH")]
    sources: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let path = &self.store.path;
        let task = Task {
            path,
            sources: self.sources.as_deref(),
            out,
        };
        match store::read(&self.store) {
            Ok(store) => store::on_opened(store, task),
            Err(error) => {
                // A store whose items cannot be read may still say where it is damaged.
                let Some(report) = Report::of_damage(path) else {
                    return Err(error);
                };
                out.print(&report)?;
                report.conclude(path)
            }
        }
    }
}

struct Task<'a> {
    path: &'a Path,
    sources: Option<&'a Path>,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let sources = self.sources.map_or_else(|| Ok(Vec::new()), events::<S>)?;
        let progress = Progress::new("verifying");
        let check = store.verify(&sources)?;
        drop(progress);
        let report = Report::new(check);
        self.out.print(&report)?;
        report.conclude(self.path)
    }
}

/// The events of a log; lines that do not read are told of and prove nothing.
fn events<S: Order>(path: &Path) -> Result<Vec<HeldEvent<S>>, CliError> {
    if is_export(path)? {
        return Err(CliError::SourcesAreExport { path: path.into() });
    }
    let progress = Progress::of_bytes("reading the sources");
    let log = read_log(path, BadLines::Skip, &mut |n| progress.advance(n))?;
    drop(progress);
    log.skipped.iter().for_each(note);
    Ok(log.events)
}

#[derive(Serialize)]
struct Report {
    sound: bool,
    frames: u64,
    hashes: usize,
    verified: usize,
    unverifiable: BTreeMap<String, usize>,
    failed: BTreeMap<String, String>,
    damage: Vec<String>,
}

impl Report {
    /// The damage to a store that does not open; `None` when none is found this way either.
    fn of_damage(path: &Path) -> Option<Self> {
        let (log, _) = LogDir::open_read_only(path).ok()?;
        let found = log.verify().ok()?;
        (!found.damage.is_empty()).then(|| Self {
            sound: false,
            frames: found.frames,
            hashes: 0,
            verified: 0,
            unverifiable: BTreeMap::new(),
            failed: BTreeMap::new(),
            damage: found.damage.iter().map(ToString::to_string).collect(),
        })
    }

    fn new(check: StoreCheck) -> Self {
        let mut report = Self {
            sound: check.is_sound(),
            frames: check.frames,
            hashes: check.hashes,
            verified: 0,
            unverifiable: BTreeMap::new(),
            failed: BTreeMap::new(),
            damage: check.damage,
        };
        for (item, check) in check.items {
            match check {
                ItemCheck::Verified => report.verified = report.verified.saturating_add(1),
                ItemCheck::Unverifiable { missing } => {
                    report.unverifiable.insert(item, missing);
                }
                ItemCheck::Failed { why } => {
                    report.failed.insert(item, why);
                }
                other => {
                    let why = format!("this build does not know the verdict {other:?}");
                    report.failed.insert(item, why);
                    report.sound = false;
                }
            }
        }
        report
    }

    fn conclude(&self, store: &Path) -> Result<(), CliError> {
        if self.sound {
            return Ok(());
        }
        let what = format!(
            "{} damaged, {} failed; restore it from a copy, or import its log into a new store",
            counted(self.damage.len(), "place"),
            counted(self.failed.len(), "item")
        );
        Err(CliError::Unsound {
            store: store.into(),
            what,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "read          {} frames, {} hashes of lines computed again",
            self.frames, self.hashes
        )?;
        writeln!(
            f,
            "verified      {}: exactly the join of the events covered",
            counted(self.verified, "item")
        )?;
        writeln!(
            f,
            "unverifiable  {}",
            counted(self.unverifiable.len(), "item")
        )?;
        if !self.unverifiable.is_empty() {
            let gone = self
                .unverifiable
                .values()
                .fold(0, |a: usize, n| a.saturating_add(*n));
            writeln!(
                f,
                "              {} gone since compaction; --sources PATH brings them",
                counted(gone, "covered event")
            )?;
        }
        writeln!(f, "failed        {}", counted(self.failed.len(), "item"))?;
        for (item, why) in &self.failed {
            writeln!(f, "              {item}: {why}")?;
        }
        writeln!(f, "damaged       {}", counted(self.damage.len(), "place"))?;
        for place in &self.damage {
            writeln!(f, "              {place}")?;
        }
        Ok(())
    }
}
