//! `lattice demo`.

mod data;
mod history;
mod plan;
mod proof;
mod random;
mod shards;
mod text;

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use indicatif::{HumanCount, HumanDuration};
use lattice_lww::{Itc, Unstamped};
use serde::Serialize;
use tempfile::TempDir;

use self::history::History;
use self::plan::DAY;
use self::proof::{Case, Proof, prove};
use self::random::Random;
use self::shards::Shards;
use crate::error::CliError;
use crate::output::Output;
use crate::progress::Progress;
use crate::terminal::{bytes, counted};

/// Show on a made-up log what the tool does, and prove it.
///
/// Makes up the history of a project - agents with wrong clocks, concurrent edits, lines twice and
/// out of order, secrets pasted and redacted - imports it, compacts it, and checks that nothing a
/// reader can see has changed. The exit code is 0 only if every check holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice demo
  lattice demo --items 5000 --agents 20 --seed 7
  lattice demo --store demo.lattice && lattice items --store demo.lattice")]
pub(crate) struct Demo {
    /// How many items the project has.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = value_parser!(u32).range(1..=100_000))]
    items: u32,
    /// How many agents write.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value_parser!(u32).range(1..=256))]
    agents: u32,
    /// Another seed makes another history, the same seed the same one.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the store in this directory and the log beside it, in DIR.bones [default: keep nothing].
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

impl Demo {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let progress = Progress::new("making up a project");
        let scratch =
            TempDir::new().map_err(CliError::io("make a directory in", std::env::temp_dir()))?;
        let (store, log) = match &self.store {
            Some(store) => (store.clone(), beside(store)?),
            None => (
                scratch.path().join("store"),
                scratch.path().join("log.bones"),
            ),
        };
        let mut random = Random::new(self.seed);
        let (items, agents) = (self.items as usize, self.agents as usize);
        let plan = plan::plan(&mut random, items);
        let history = history::write(&mut random, agents, items, &plan)?;
        let shards = shards::write(&mut random, &history.lines, &log.join("events"))?;
        drop(progress);

        let progress = Progress::new("proving");
        let last = history.lines.iter().map(|line| line.at).max().unwrap_or(0);
        let mut case = Case {
            log: &log,
            store: &store,
            scratch: scratch.path(),
            history: &history,
            now: last.saturating_add(90 * DAY),
        };
        let proof = prove::<Unstamped>(&case, &mut random)?;
        let causal = scratch.path().join("causal");
        std::fs::create_dir(&causal).map_err(CliError::io("make the directory", &causal))?;
        let causal_store = causal.join("store");
        case.store = &causal_store;
        case.scratch = &causal;
        let causal = prove::<Itc>(&case, &mut random)?;
        drop(progress);

        let report = Report::new(&self, &history, &shards, proof, causal, &log);
        out.print(&report)?;
        report.conclude()
    }
}

/// The folder for the log of a store that is kept. It must not be there.
fn beside(store: &Path) -> Result<PathBuf, CliError> {
    let mut name = store.as_os_str().to_owned();
    name.push(".bones");
    let log = PathBuf::from(name);
    if log.exists() {
        return Err(CliError::DemoLogExists { path: log });
    }
    Ok(log)
}

#[derive(Serialize)]
struct Report {
    items: usize,
    agents: u32,
    seed: u64,
    files: usize,
    lines: usize,
    duplicates: usize,
    backwards: usize,
    concurrent: usize,
    skew_micros: u64,
    redacted: usize,
    log_bytes: u64,
    holds: bool,
    wall: Proof,
    itc: Proof,
    /// Where store and log were left. What of a path is no text is replaced.
    kept: Option<[String; 2]>,
}

impl Report {
    fn new(
        demo: &Demo,
        history: &History,
        shards: &Shards,
        wall: Proof,
        itc: Proof,
        log: &Path,
    ) -> Self {
        Self {
            items: wall.items,
            agents: demo.agents,
            seed: demo.seed,
            files: shards.files,
            lines: shards.lines,
            duplicates: shards.duplicates,
            backwards: shards.backwards,
            concurrent: history.concurrent,
            skew_micros: history.skew,
            redacted: history.blunders.len(),
            log_bytes: shards.bytes,
            holds: wall.holds() && itc.holds(),
            wall,
            itc,
            kept: demo
                .store
                .as_ref()
                .map(|store| [store.display().to_string(), log.display().to_string()]),
        }
    }

    fn conclude(&self) -> Result<(), CliError> {
        let claims = [&self.wall, &self.itc].into_iter().flat_map(|proof| {
            let failed = proof.claims.iter().filter(|claim| !claim.holds);
            failed.map(|claim| format!("`{}` under order {}", claim.name, proof.order))
        });
        let failed: Vec<_> = claims.collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(CliError::Demo {
                what: failed.join(", "),
                seed: self.seed,
            })
        }
    }

    /// Size as a share of the log.
    fn percent(&self, size: u64) -> u64 {
        size.saturating_mul(100)
            .checked_div(self.log_bytes)
            .unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skew = std::time::Duration::from_micros(self.skew_micros);
        writeln!(
            f,
            "A made-up project: {} by {} (seed {})",
            counted(self.items, "item"),
            counted(self.agents as usize, "agent"),
            self.seed
        )?;
        writeln!(
            f,
            "  {} lines in {}: {} came twice, {} run back in time, {} were written\n  without knowing the event before them; wall clocks up to {} apart;\n  {} taken back by redact events\n",
            HumanCount(self.lines as u64),
            counted(self.files, "file"),
            HumanCount(self.duplicates as u64),
            HumanCount(self.backwards as u64),
            HumanCount(self.concurrent as u64),
            HumanDuration(skew),
            counted(self.redacted, "secret"),
        )?;
        for claim in &self.wall.claims {
            line(f, claim.holds, claim.name, &claim.found)?;
        }
        line(
            f,
            self.itc.holds(),
            "causal",
            "all of it once more in a store ordered by interval tree clocks",
        )?;
        writeln!(f, "\n  the log       {:>10}", bytes(self.log_bytes))?;
        writeln!(
            f,
            "  the store     {:>10}  before compaction",
            bytes(self.wall.disk_before)
        )?;
        writeln!(
            f,
            "                {:>10}  after: {} % of the log, every text and hash kept\n",
            bytes(self.wall.disk_after),
            self.percent(self.wall.disk_after)
        )?;
        if !self.holds {
            return writeln!(f, "Something a reader can see has changed.");
        }
        writeln!(f, "Nothing a reader can see has changed. Next:")?;
        match &self.kept {
            Some([store, log]) => {
                writeln!(f, "  lattice items --store {store}")?;
                writeln!(f, "  lattice verify --store {store} --sources {log}")
            }
            None => writeln!(f, "  lattice import path/to/.bones --store my.lattice"),
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, holds: bool, name: &str, found: &str) -> fmt::Result {
    let mark = if holds { "ok    " } else { "FAILED" };
    writeln!(f, "  {mark}  {name:<12} {found}")
}
