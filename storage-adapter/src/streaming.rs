//! Folding logs that are larger than memory.
//!
//! `docs/STREAMING.md` describes how. In short: every line is verified and put into a file by the hash
//! of its item; the files are folded one by one, each thread its own; what comes of them is merged by
//! item id.

mod crew;
mod divide;
mod error;
mod feed;
mod fold;
mod folder;
mod found;
mod item;
mod job;
mod majority;
mod meter;
mod partition;
mod plan;
mod read;
mod record;
mod run;
mod watch;
mod write;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use bones_snapshot::Order;

pub use error::{FoldError, Heavy};
pub use watch::{FoldPhase, FoldProgress};

use crate::source::{BadLine, BadLines, SourceError, events_files, is_export};
use crate::whole::{in_the_way, is_device, partial};
use crew::Crew;
use error::io_error;
use fold::Folding;
use folder::{SpillFolder, settled};
use found::Found;
use job::Job;
use meter::{Held, Meter};
use partition::{Partition, Partitions};
use plan::{FAN, Plan};
use read::Reading;
use watch::{Callback, Watch};

/// How to fold. Whatever is chosen, the output is the same to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoldOptions {
    /// The memory to work with, in bytes; at least 1 MiB is taken. Default 256 MiB.
    ///
    /// It bounds what grows with the input, on all threads together. The program itself and what the
    /// allocator keeps come on top.
    pub memory: u64,
    /// How many threads work; fewer when there is less than 1 MiB of memory for each. Without the
    /// feature `rayon` there is one. Default 1.
    pub threads: NonZeroUsize,
    /// What to do about lines that do not read. Default stop.
    pub bad_lines: BadLines,
    /// The folder to make the spill folder in. Default beside the output.
    pub spill: Option<PathBuf>,
    /// Into how many partitions the input is spilled, at most 128. Default by its size.
    pub partitions: Option<NonZeroUsize>,
    /// Whether an output that is there is replaced. Default no.
    pub replace: bool,
}

impl Default for FoldOptions {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            threads: NonZeroUsize::MIN,
            bad_lines: BadLines::Stop,
            spill: None,
            partitions: None,
            replace: false,
        }
    }
}

/// What a fold did.
#[derive(Debug)]
#[non_exhaustive]
pub struct FoldReport {
    /// Files read.
    pub files: usize,
    /// Events read, repeated ones too.
    pub events: u64,
    /// Payloads read from exports.
    pub payloads: u64,
    /// Lines left out.
    pub lines_skipped: u64,
    /// The first thousand of them, in the order of inputs and lines.
    pub skipped: Vec<BadLine>,
    /// Items written.
    pub items: u64,
    /// Redactions written.
    pub redactions: usize,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes of the output.
    pub bytes_out: u64,
    /// Partitions folded.
    pub partitions: usize,
    /// Partitions that were too large and were divided again.
    pub divided: usize,
    /// Threads that worked.
    pub threads: usize,
    /// The most memory that was accounted for at any moment, in bytes: never more than given.
    pub peak_memory: u64,
}

/// Folds event logs and snapshot exports into one snapshot export, without holding more than a given
/// memory.
///
/// The output is, byte for byte, what [`View::export`](crate::View::export) gives after the
/// same inputs were imported: whatever the order of the inputs, their overlap, the memory or the
/// threads. Redactions of any input apply to all.
///
/// `progress` is called with how far things are, many times in each phase, and may say to stop.
///
/// # Cost
///
/// Linear in the input. On disk, beside the output, about as much as the input while it runs; those
/// files hold the texts of the log and are readable by the owner alone.
///
/// # Errors
///
/// [`FoldError`]. Inputs are never touched; there is no output then, an older one is as it was, and the
/// spill folder is gone.
///
/// ```
/// use std::ops::ControlFlow;
/// use bones_snapshot::write_line;
/// use lattice_lww::Unstamped;
/// use storage_adapter::{BadLines, Batch, FoldOptions, ItemStore, fold_logs, read_log};
///
/// let dir = tempfile::tempdir()?;
/// let (log, output) = (dir.path().join("2026-01.events"), dir.path().join("all.snapshots"));
/// let comment = write_line(1, "alice", "-", &[], "item.comment", "bn-1", r#"{"body":"hello"}"#);
/// std::fs::write(&log, comment)?;
///
/// let go_on = &mut |_| ControlFlow::Continue(());
/// let report = fold_logs::<Unstamped>(&[log.clone()], &output, &FoldOptions::default(), go_on)?;
/// assert_eq!((report.events, report.items), (1, 1));
///
/// let mut store = ItemStore::<Unstamped>::create(&dir.path().join("store"))?;
/// let events = read_log(&log, BadLines::Stop, &mut |_| {})?.events;
/// store.apply(Batch { events, ..Batch::default() }, 1)?;
/// store.export()?.write(&dir.path().join("exported"))?;
/// assert_eq!(std::fs::read(&output)?, std::fs::read(dir.path().join("exported"))?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fold_logs<S: Order>(
    inputs: &[PathBuf],
    output: &Path,
    options: &FoldOptions,
    progress: Callback<'_>,
) -> Result<FoldReport, FoldError> {
    let inputs = Inputs::find(inputs)?;
    check_output(output, &inputs, options)?;
    let plan = Plan::new(options.memory, options.threads.get());
    let crew = Crew::new(plan.threads)?;
    let plan = Plan {
        threads: crew.threads(),
        ..plan
    };
    let folder = SpillFolder::path_for(output, options.spill.as_deref())?;
    let unfinished = if is_device(output) {
        None
    } else {
        Some(partial(&settled(output)?))
    };
    let job = Job {
        plan,
        crew,
        meter: Meter::new(plan.memory),
        watch: Watch::new(progress),
        folder: SpillFolder::create(folder, unfinished.as_deref())?,
    };
    // Now rather than when all is done.
    if let Some(path) = unfinished.filter(|path| fs::symlink_metadata(path).is_ok()) {
        return Err(io_error("write", &path)(in_the_way(&path)));
    }

    let count = options.partitions.map(|n| n.get().min(FAN));
    let count = count.unwrap_or_else(|| plan.partitions(inputs.bytes));
    let (partitions, mut found, _held) = job.read::<S>(&inputs, options.bad_lines, count)?;
    let redactions = found.redactions();
    let mut divided = job.divide(partitions)?;
    let partitions = divided.leaves.len().saturating_add(divided.alone.len());
    let folding = Folding {
        job: &job,
        redactions: &redactions,
    };
    let runs = folding.fold::<S>(&mut divided)?;
    let runs = job.narrow(runs)?;
    let written = job.write::<S>(runs, &redactions, output, options.replace)?;
    Ok(FoldReport {
        files: inputs.logs.len().saturating_add(inputs.exports.len()),
        events: found.events,
        payloads: found.payloads,
        lines_skipped: found.lines_skipped,
        skipped: found.skipped(),
        items: written.items,
        redactions: redactions.len(),
        bytes_in: inputs.bytes,
        bytes_out: written.bytes,
        partitions,
        divided: divided.times,
        threads: plan.threads,
        peak_memory: job.meter.peak(),
    })
}

impl Job<'_> {
    /// Reads every input into so many partitions.
    fn read<S: Order>(
        &self,
        inputs: &Inputs,
        bad_lines: BadLines,
        count: usize,
    ) -> Result<(Vec<Partition>, Found, Held<'_>), FoldError> {
        let partitions = Partitions::new(&self.folder, count, 0);
        self.watch.begin(FoldPhase::Read, inputs.bytes)?;
        let reading = Reading::<S>::new(self, bad_lines, partitions);
        reading.logs(&inputs.logs)?;
        for export in &inputs.exports {
            reading.export(export)?;
        }
        Ok(reading.finish())
    }
}

/// The files to read.
struct Inputs {
    logs: Vec<PathBuf>,
    exports: Vec<PathBuf>,
    bytes: u64,
}

impl Inputs {
    fn find(paths: &[PathBuf]) -> Result<Self, FoldError> {
        let mut inputs = Self {
            logs: Vec::new(),
            exports: Vec::new(),
            bytes: 0,
        };
        for path in paths {
            if is_export(path)? {
                inputs.exports.push(path.clone());
            } else {
                inputs.logs.extend(events_files(path)?);
            }
        }
        let mut bytes = 0_u64;
        for path in inputs.all() {
            let meta = fs::metadata(path).map_err(|source| SourceError::Io {
                path: path.clone(),
                source,
            })?;
            bytes = bytes.saturating_add(meta.len());
        }
        inputs.bytes = bytes;
        Ok(inputs)
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        self.logs.iter().chain(&self.exports)
    }
}

/// Refuses outputs that must not be written, before anything is read.
fn check_output(output: &Path, inputs: &Inputs, options: &FoldOptions) -> Result<(), FoldError> {
    if is_device(output) {
        return match options.spill {
            Some(_) => Ok(()),
            None => Err(FoldError::NoRoom {
                path: output.into(),
            }),
        };
    }
    if !options.replace && output.exists() {
        return Err(FoldError::Exists {
            path: output.into(),
        });
    }
    let output = settled(output)?;
    let written = [partial(&output), output];
    for input in inputs.all() {
        let input = fs::canonicalize(input).map_err(io_error("read", input))?;
        if written.contains(&input) {
            return Err(FoldError::OutputIsInput { path: input });
        }
    }
    Ok(())
}
