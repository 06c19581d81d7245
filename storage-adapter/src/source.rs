//! Reading event logs: a `.bones` folder, an events folder, or one `.events` file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bones_snapshot::{LineError, MAX_LINE_BYTES, Order, StampTextError, Stamped, parse_line};
use thiserror::Error;

use crate::export;
use crate::item_store::HeldEvent;

mod lines;

pub(crate) use lines::{Chunk, Chunks, Line};

/// How much of a log is read at once, in bytes.
const CHUNK: usize = 1 << 18;
/// How much of a line is kept: enough for [`parse_line`] to refuse one that is too long, whatever
/// its line end.
pub(crate) const LONGEST_KEPT: usize = MAX_LINE_BYTES + 3;

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
        "{} holds no .events files: name a .bones folder, an events folder or a single file",
        path.display()
    )]
    NoEvents {
        /// The folder.
        path: PathBuf,
    },
    /// A path that is neither a folder nor a file, such as a pipe. Logs are read more than once.
    #[error("{} is no file: write what it gives to a file, and name that", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Something in an events folder that has the name of an events file and is none.
    #[error("{} has the name of an events file and is none: move it elsewhere, or mend it", path.display())]
    NotEvents {
        /// The path.
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
    /// It is blank or a comment, where an event was asked for.
    #[error("it is blank or a comment, and no event")]
    NoEvent,
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
/// [`SourceError::Io`] when it cannot be read; [`SourceError::NotAFile`] for what cannot be read twice.
pub fn is_export(path: &Path) -> Result<bool, SourceError> {
    let io = |source| SourceError::Io {
        path: path.into(),
        source,
    };
    if is_folder(path)? {
        return Ok(false);
    }
    let mut start = Vec::new();
    File::open(path)
        .map_err(io)?
        .take(export::MAGIC.len() as u64)
        .read_to_end(&mut start)
        .map_err(io)?;
    Ok(start == export::MAGIC)
}

/// Whether the path is a folder rather than a file.
fn is_folder(path: &Path) -> Result<bool, SourceError> {
    let meta = fs::metadata(path).map_err(|source| SourceError::Io {
        path: path.into(),
        source,
    })?;
    if meta.is_dir() || meta.is_file() {
        return Ok(meta.is_dir());
    }
    Err(SourceError::NotAFile { path: path.into() })
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

/// The events files of a path, sorted by name: those of a `.bones` folder, of an events folder, or the file itself.
///
/// # Errors
///
/// [`SourceError::Io`] when it cannot be read, a link to nothing included; [`SourceError::NoEvents`] for a folder
/// without any; [`SourceError::NotAFile`] and [`SourceError::NotEvents`] for what is no file.
pub fn events_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let io = |source| SourceError::Io {
        path: path.into(),
        source,
    };
    if !is_folder(path)? {
        return Ok(vec![path.into()]);
    }
    let nested = path.join("events");
    // A link to nothing of that name is an error, too: what it should lead to would be missing.
    let folder = match fs::metadata(&nested) {
        Ok(meta) if meta.is_dir() => nested,
        Ok(_) => path.to_owned(),
        Err(_) if fs::symlink_metadata(&nested).is_err() => path.to_owned(),
        Err(source) => {
            return Err(SourceError::Io {
                path: nested,
                source,
            });
        }
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io)? {
        let file = entry.map_err(io)?.path();
        if file.extension().is_none_or(|e| e != "events") {
            continue;
        }
        // A log that is read in part would be taken for the whole of it.
        match fs::metadata(&file) {
            Ok(meta) if meta.is_file() => files.push(file),
            Ok(_) => return Err(SourceError::NotEvents { path: file }),
            Err(source) => return Err(SourceError::Io { path: file, source }),
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
    let mut chunks = Chunks::new(File::open(path).map_err(io)?, CHUNK, LONGEST_KEPT);
    let mut chunk = Chunk::default();
    while chunks.next(&mut chunk).map_err(io)? {
        for line in chunk.lines() {
            match read_event(&line, path) {
                Ok(None) => {}
                Ok(Some(event)) => log.events.push(HeldEvent::new(line.bytes, event)),
                Err(bad) => log.skipped.push(refuse(bad, bad_lines)?),
            }
        }
        log.bytes = log.bytes.saturating_add(chunk.length);
        progress(chunk.length);
    }
    Ok(())
}

/// Reads a line of a file; `None` when it is blank or a comment.
pub(crate) fn read_event<S: Order>(
    line: &Line<'_>,
    path: &Path,
) -> Result<Option<Stamped<S>>, BadLine> {
    let bad = |byte: usize, why| BadLine {
        path: path.into(),
        line: line.number,
        offset: line.offset.saturating_add(byte as u64),
        why,
    };
    if line.length > LONGEST_KEPT as u64 {
        let error = LineError::too_long();
        return Err(bad(error.byte, BadLineReason::Line(error)));
    }
    let event = parse_line(line.bytes).map_err(|e| bad(e.byte, BadLineReason::Line(e)))?;
    event
        .map(Stamped::new)
        .transpose()
        .map_err(|e| bad(0, BadLineReason::Stamp(e)))
}

/// Gives a bad line back when it may be left out.
pub(crate) fn refuse(bad: BadLine, bad_lines: BadLines) -> Result<BadLine, SourceError> {
    if matches!(&bad.why, BadLineReason::Line(e) if e.is_version()) {
        return Err(SourceError::Version(bad));
    }
    match bad_lines {
        BadLines::Stop => Err(SourceError::Line(bad)),
        BadLines::Skip => Ok(bad),
    }
}
