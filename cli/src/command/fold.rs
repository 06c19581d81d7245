//! `lattice fold`.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use clap::Args;
use lattice_lww::{Itc, Unstamped};
use serde::Serialize;
use storage_adapter::{FoldError, FoldOptions, FoldReport, fold_logs};

use crate::args::{BadLines, Order};
use crate::error::CliError;
use crate::output::{Output, Skipped, warning};
use crate::progress::Progress;
use crate::store::outside_of_stores;
use crate::terminal::{bytes, counted};

/// Fold logs of any size into one snapshot export, in little memory.
///
/// The export holds the joined state of every item: what `lattice export --format snapshots` writes
/// after the same logs were imported, to the byte. Logs may be larger than memory: items are spilled to
/// files beside the output, which takes about as much disk as the logs while it runs. The file appears
/// whole or not at all. Ctrl-C ends with exit code 130 and leaves nothing behind; pressed twice it ends
/// at once, and the next fold into the same output cleans up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice fold .bones --output project.snapshots
  lattice fold 2025.events 2026.events --output all.snapshots --memory 64M --threads 2
  lattice fold from-a-colleague.snapshots .bones --output both.snapshots --spill /var/tmp")]
pub(crate) struct Fold {
    /// .bones folders, events folders, .events files or snapshot exports.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Memory to work with: bytes, or with K, M or G behind the number.
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = parse_size)]
    memory: u64,
    /// Threads to work with, by default one for each processor.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Folder to spill into; by default that of the output.
    #[arg(long, value_name = "DIR")]
    spill: Option<PathBuf>,
    /// What to do about a line that does not read: write nothing, or leave it out and report it.
    #[arg(long, value_enum, default_value_t = BadLines::Stop)]
    bad_lines: BadLines,
    /// By what events are ordered.
    #[arg(long, value_enum, default_value_t = Order::Wall)]
    order: Order,
    /// Replace the output when it is there.
    #[arg(long)]
    force: bool,
}

impl Fold {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        outside_of_stores(&self.output)?;
        match self.order {
            Order::Wall => self.fold::<Unstamped>(out),
            Order::Itc => self.fold::<Itc>(out),
        }
    }

    fn fold<S: bones_snapshot::Order>(self, out: &Output) -> Result<(), CliError> {
        let cancelled = on_interrupt()?;
        let mut options = FoldOptions::default();
        options.memory = self.memory;
        options.threads = self
            .threads
            .or_else(|| available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN);
        options.bad_lines = self.bad_lines.into();
        options.spill = self.spill;
        options.replace = self.force;

        let progress = Progress::of_phases();
        let done = fold_logs::<S>(&self.logs, &self.output, &options, &mut |now| {
            progress.at(now.phase.as_str(), now.done, now.total);
            if cancelled.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        drop(progress);
        let done = done.map_err(|error| match error {
            FoldError::Exists { path } => CliError::FoldExists { path },
            FoldError::Memory { what, enough, .. } => CliError::FoldMemory { what, enough },
            error => error.into(),
        })?;
        out.print(&Report::new(self.output, S::WORD, self.memory, done))
    }
}

/// A flag that is set when somebody wants the command to end. Who asks twice does not want to wait.
fn on_interrupt() -> Result<Arc<AtomicBool>, CliError> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancelled);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(CliError::Interrupt)?;
    Ok(cancelled)
}

/// Bytes as people type them.
fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (text.get(..at), 1 << 10),
        Some((at, 'M' | 'm')) => (text.get(..at), 1 << 20),
        Some((at, 'G' | 'g')) => (text.get(..at), 1_u64 << 30),
        _ => (Some(text), 1),
    };
    let number = digits.and_then(|digits| digits.parse::<u64>().ok());
    number
        .and_then(|number| number.checked_mul(unit))
        .filter(|size| *size > 0)
        .ok_or_else(|| "expected a size such as 1048576, 512K, 256M or 2G".into())
}

#[derive(Serialize)]
struct Report {
    #[serde(serialize_with = "crate::output::path")]
    output: PathBuf,
    order: &'static str,
    files: usize,
    events: u64,
    snapshots: u64,
    items: u64,
    redactions: usize,
    bytes_in: u64,
    bytes_out: u64,
    partitions: usize,
    divided: usize,
    threads: usize,
    memory: u64,
    peak_memory: u64,
    lines_skipped: u64,
    skipped: Vec<Skipped>,
}

impl Report {
    /// What was done, telling of the lines left out.
    fn new(output: PathBuf, order: &'static str, memory: u64, done: FoldReport) -> Self {
        let skipped = Skipped::tell(done.skipped);
        if done.lines_skipped > skipped.len() as u64 {
            warning(format_args!(
                "{} lines were left out, the first {} of them are told of",
                done.lines_skipped,
                skipped.len()
            ));
        }
        Self {
            output,
            order,
            files: done.files,
            events: done.events,
            snapshots: done.payloads,
            items: done.items,
            redactions: done.redactions,
            bytes_in: done.bytes_in,
            bytes_out: done.bytes_out,
            partitions: done.partitions,
            divided: done.divided,
            threads: done.threads,
            memory,
            peak_memory: done.peak_memory,
            lines_skipped: done.lines_skipped,
            skipped,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "read     {} with {}",
            counted(self.files, "file"),
            counted(self.events, "event")
        )?;
        if self.snapshots > 0 {
            write!(f, " and {}", counted(self.snapshots, "snapshot"))?;
        }
        writeln!(f, ", {}", bytes(self.bytes_in))?;
        if self.lines_skipped > 0 {
            writeln!(f, "skipped  {}", counted(self.lines_skipped, "line"))?;
        }
        if self.redactions > 0 {
            writeln!(f, "redacted {}", counted(self.redactions, "event"))?;
        }
        writeln!(
            f,
            "folded   {} on {}, with {} of memory",
            counted(self.partitions, "partition"),
            counted(self.threads, "thread"),
            bytes(self.peak_memory)
        )?;
        writeln!(
            f,
            "wrote    {}, {} to {}, ordered by {}",
            counted(self.items, "item"),
            bytes(self.bytes_out),
            self.output.display(),
            self.order
        )
    }
}
