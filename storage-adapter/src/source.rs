//! Reading event logs: a `.bones` folder, an events folder, or one `.events` file.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use bones_snapshot::{LineError, MAX_LINE_BYTES, Order, StampTextError, Stamped, parse_line};
use thiserror::Error;

use crate::export;
use crate::item_store::HeldEvent;

/// What to do about a line that does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLines {
    /// Refuse the whole log.
    Stop,
    /// Leave the line out and report it.
    Skip,
}

/// Why a log does not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The operating system refused.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder without any events file.
    #[error(
        "{} holds no .events files: name a .bones folder, an events folder, an .events file or a snapshot export",
        path.display()
    )]
    NoEvents {
        /// The folder.
        path: PathBuf,
    },
    /// A line that does not read, and the caller wanted to stop at such lines.
    #[error("{0}; nothing was imported: mend the line, or import with --bad-lines skip")]
    Line(BadLine),
    /// A file header that names a format this build does not read. There is no skipping it: nothing
    /// after it can be trusted to be what it looks like.
    #[error("{0}; nothing was imported: use a newer build")]
    Version(BadLine),
}

/// A line that does not read.
#[derive(Debug, Error)]
#[error("{}:{line}: byte {} of the file: {why}", path.display(), offset)]
#[non_exhaustive]
pub struct BadLine {
    /// The file.
    pub path: PathBuf,
    /// Number of the line, from 1.
    pub line: u64,
    /// Offset of the fault in the file.
    pub offset: u64,
    /// What is wrong.
    pub why: BadLineReason,
}

/// What is wrong with a line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BadLineReason {
    /// It is no event.
    #[error("{}", .0.kind)]
    Line(LineError),
    /// It has no stamp, and the store orders by stamps.
    #[error(transparent)]
    Stamp(StampTextError),
}

/// What a log held.
#[derive(Debug)]
pub struct ReadLog<S: Order> {
    /// The events, in the order of their lines.
    pub events: Vec<HeldEvent<S>>,
    /// Lines left out.
    pub skipped: Vec<BadLine>,
    /// Files read.
    pub files: usize,
    /// Bytes read.
    pub bytes: u64,
}

/// True iff the file begins as a snapshot export does.
///
/// # Errors
///
/// [`SourceError::Io`] when it cannot be read.
pub fn is_export(path: &Path) -> Result<bool, SourceError> {
    if path.is_dir() {
        return Ok(false);
    }
    let io = |source| SourceError::Io {
        path: path.into(),
        source,
    };
    let mut start = Vec::new();
    File::open(path)
        .map_err(io)?
        .take(export::MAGIC.len() as u64)
        .read_to_end(&mut start)
        .map_err(io)?;
    Ok(start == export::MAGIC)
}

/// Reads a log whole, verifying every hash. `progress` is told of bytes as they are read.
///
/// # Errors
///
/// [`SourceError`], naming file, line and offset. With [`BadLines::Skip`] bad lines are returned
/// beside the good ones instead. A file in a newer format is refused either way.
pub fn read_log<S: Order>(
    path: &Path,
    bad_lines: BadLines,
    progress: &mut dyn FnMut(u64),
) -> Result<ReadLog<S>, SourceError> {
    let files = events_files(path)?;
    let mut log = ReadLog {
        events: Vec::new(),
        skipped: Vec::new(),
        files: files.len(),
        bytes: 0,
    };
    for file in files {
        read_file(&file, bad_lines, &mut log, progress)?;
    }
    Ok(log)
}

/// The events files of a path, sorted by name.
fn events_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let io = |source| SourceError::Io {
        path: path.into(),
        source,
    };
    if !fs::metadata(path).map_err(io)?.is_dir() {
        return Ok(vec![path.into()]);
    }
    let nested = path.join("events");
    let folder = if nested.is_dir() {
        nested
    } else {
        path.to_owned()
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io)? {
        let file = entry.map_err(io)?.path();
        if file.extension().is_some_and(|e| e == "events") && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(SourceError::NoEvents { path: path.into() });
    }
    Ok(files)
}

fn read_file<S: Order>(
    path: &Path,
    bad_lines: BadLines,
    log: &mut ReadLog<S>,
    progress: &mut dyn FnMut(u64),
) -> Result<(), SourceError> {
    let io = |source| SourceError::Io {
        path: path.into(),
        source,
    };
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(io)?);
    let mut line = Vec::new();
    let mut start = 0_u64;
    for number in 1_u64.. {
        let length = next_line(&mut reader, &mut line).map_err(io)?;
        if length == 0 {
            break;
        }
        log.bytes = log.bytes.saturating_add(length);
        progress(length);
        match read_event(&line) {
            Ok(None) => {}
            Ok(Some(event)) => log.events.push(event),
            Err((byte, why)) => {
                let is_version = matches!(&why, BadLineReason::Line(e) if e.is_version());
                let bad = BadLine {
                    path: path.into(),
                    line: number,
                    offset: start.saturating_add(byte),
                    why,
                };
                if is_version {
                    return Err(SourceError::Version(bad));
                }
                if bad_lines == BadLines::Stop {
                    return Err(SourceError::Line(bad));
                }
                log.skipped.push(bad);
            }
        }
        start = start.saturating_add(length);
    }
    Ok(())
}

fn read_event<S: Order>(line: &[u8]) -> Result<Option<HeldEvent<S>>, (u64, BadLineReason)> {
    let event = parse_line(line).map_err(|e| (e.byte as u64, BadLineReason::Line(e)))?;
    let Some(event) = event else {
        return Ok(None);
    };
    let event = Stamped::new(event).map_err(|e| (0, BadLineReason::Stamp(e)))?;
    Ok(Some(HeldEvent::new(line, event)))
}

/// Reads one line and says how many bytes it took. Of a line that is too long only its beginning is
/// kept, enough for [`parse_line`] to refuse it.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let limit = (MAX_LINE_BYTES as u64).saturating_add(3);
    let mut length = reader.by_ref().take(limit).read_until(b'\n', line)? as u64;
    while length >= limit && line.last() != Some(&b'\n') {
        let chunk = reader.fill_buf()?;
        let end = chunk.iter().position(|b| *b == b'\n');
        let used = end.map_or(chunk.len(), |end| end.saturating_add(1));
        let done = used == 0 || end.is_some();
        reader.consume(used);
        length = length.saturating_add(used as u64);
        if done {
            break;
        }
    }
    Ok(length)
}
