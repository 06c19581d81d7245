//! Made-up event logs of any size, for trying and measuring.

mod event;
mod random;

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bones_snapshot::{LineError, Stamped, parse_line};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::errors::ParquetError;
use lattice_core::Set;
use lattice_lww::Unstamped;
use thiserror::Error;

use crate::events::EventsBuilder;
use crate::parquet_file::writer_properties;
use crate::schema;
use event::Log;

/// Events in a batch.
const BATCH: u64 = 8192;

/// What to make up. Equal values give equal files, to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Generate {
    /// How many events. Default 100,000.
    pub events: u64,
    /// How many items they belong to, at most as many as there are events. Each is created once; one event in eight
    /// goes to the first 16 items. Default 2,000.
    pub items: u64,
    /// Into how many files they are written, in order. Default 4.
    pub files: NonZeroUsize,
    /// What the log is made from. Default 1.
    pub seed: u64,
    /// About how many words a comment has; descriptions have twice as many. Default 20.
    pub words: u32,
    /// One event in so many redacts another of any item; 0 for none. Default 2,000.
    pub redact_one_in: u32,
    /// Whether the lines are written as well. Default no.
    pub lines: bool,
    /// How many threads write. Default 1.
    pub threads: NonZeroUsize,
}

impl Default for Generate {
    fn default() -> Self {
        Self {
            events: 100_000,
            items: 2_000,
            files: NonZeroUsize::MIN.saturating_add(3),
            seed: 1,
            words: 20,
            redact_one_in: 2_000,
            lines: false,
            threads: NonZeroUsize::MIN,
        }
    }
}

impl Generate {
    /// Events over items, all else as by default.
    #[must_use]
    pub fn new(events: u64, items: u64) -> Self {
        Self {
            events,
            items,
            ..Self::default()
        }
    }
}

/// What was made up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Generated {
    /// The files, in the order of their events.
    pub files: Vec<PathBuf>,
    /// Events written.
    pub events: u64,
    /// Length of their lines together, in bytes.
    pub line_bytes: u64,
    /// Size of the files together, in bytes.
    pub file_bytes: u64,
}

/// Why a log cannot be made up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The operating system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written as Parquet.
    #[error("cannot write {}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: ParquetError,
    },
    /// A line that was made up is none.
    #[error(
        "event {event} is a line that does not read, which is a defect of the generator: {source}"
    )]
    Line {
        /// Number of the event.
        event: u64,
        /// What is wrong with it.
        source: LineError,
    },
}

/// The lines of a made-up log, without line ends, in order.
///
/// ```
/// use lattice_datafusion::generate::{Generate, lines};
/// let lines: Vec<String> = lines(&Generate::new(100, 10)).collect();
/// assert_eq!(lines.len(), 100);
/// assert!(bones_snapshot::parse_line(lines[99].as_bytes())?.is_some());
/// # Ok::<(), bones_snapshot::LineError>(())
/// ```
pub fn lines(what: &Generate) -> impl Iterator<Item = String> + use<> {
    let log = Log::new(what);
    (0..what.events).map(move |at| log.line(at))
}

/// Writes a made-up log to a folder as Parquet files of [`schema::events`], a batch in memory for each thread.
/// Files of the same names are replaced.
///
/// Event `n` is made from the seed and `n` alone, so files are made side by side. O(events).
///
/// # Errors
///
/// [`GenerateError`]; files written so far stay.
pub fn parquet(dir: &Path, what: &Generate) -> Result<Generated, GenerateError> {
    fs::create_dir_all(dir).map_err(|source| GenerateError::Io {
        path: dir.into(),
        source,
    })?;
    let files = what.files.get() as u64;
    let paths: Vec<PathBuf> = (0..files)
        .map(|file| dir.join(format!("part-{file:05}.parquet")))
        .collect();
    let share = |file: u64| {
        let events = u128::from(what.events) * u128::from(file) / u128::from(files);
        u64::try_from(events).unwrap_or(what.events)
    };
    let jobs: Vec<(&Path, u64, u64)> = (0..files)
        .zip(&paths)
        .map(|(file, path)| (path.as_path(), share(file), share(file.saturating_add(1))))
        .collect();
    let log = Log::new(what);
    let next = AtomicU64::new(0);
    let work = || {
        let mut line_bytes = 0_u64;
        while let Some((path, from, to)) = usize::try_from(next.fetch_add(1, Ordering::Relaxed))
            .ok()
            .and_then(|at| jobs.get(at))
        {
            line_bytes = line_bytes.saturating_add(write_file(path, &log, *from, *to, what.lines)?);
        }
        Ok(line_bytes)
    };
    let line_bytes = thread::scope(|scope| {
        let hands: Vec<_> = (0..what.threads.get()).map(|_| scope.spawn(work)).collect();
        let mut sum = 0_u64;
        for hand in hands {
            // A panic of a thread goes on here.
            let bytes = hand
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            sum = sum.saturating_add(bytes);
        }
        Ok(sum)
    })?;
    let mut file_bytes = 0_u64;
    for path in &paths {
        let meta = fs::metadata(path).map_err(|source| GenerateError::Io {
            path: path.clone(),
            source,
        })?;
        file_bytes = file_bytes.saturating_add(meta.len());
    }
    Ok(Generated {
        files: paths,
        events: what.events,
        line_bytes,
        file_bytes,
    })
}

/// Writes some events to one file, and says how long their lines are.
fn write_file(
    path: &Path,
    log: &Log,
    from: u64,
    to: u64,
    keep_lines: bool,
) -> Result<u64, GenerateError> {
    let parquet = |source| GenerateError::Parquet {
        path: path.into(),
        source,
    };
    let file = File::create(path).map_err(|source| GenerateError::Io {
        path: path.into(),
        source,
    })?;
    let properties = writer_properties().map_err(parquet)?;
    let writer = ArrowWriter::try_new(file, schema::events(), Some(properties));
    let mut writer = writer.map_err(parquet)?;
    let mut events = EventsBuilder::new(keep_lines);
    let none = Set::new();
    let mut line_bytes = 0_u64;
    for at in from..to {
        let line = log.line(at);
        line_bytes = line_bytes.saturating_add(line.len() as u64);
        let event = parse_line(line.as_bytes());
        let event = event.map_err(|source| GenerateError::Line { event: at, source })?;
        // Under the order `wall` every event has its stamp.
        if let Some(Ok(event)) = event.map(Stamped::<Unstamped>::new) {
            let pushed = events.push(&line, &event, &none);
            pushed.map_err(ParquetError::from).map_err(parquet)?;
        }
        if events.rows() as u64 == BATCH || at.saturating_add(1) == to {
            let batch = events
                .finish()
                .map_err(ParquetError::from)
                .map_err(parquet)?;
            writer.write(&batch).map_err(parquet)?;
        }
    }
    writer.close().map_err(parquet)?;
    Ok(line_bytes)
}
