//! What can go wrong with a fold.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::export::ExportError;
use crate::source::{BadLine, SourceError};

/// Why a fold did not come to its end. Whatever it says: the inputs are as they were, there is no
/// new output and no part of one, and the spill folder is gone.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FoldError {
    /// An input does not read.
    #[error(transparent)]
    Source(SourceError),
    /// A line that does not read, and the caller wanted to stop at such lines.
    #[error("{0}; nothing was written: mend the line, or fold with --bad-lines skip")]
    Line(BadLine),
    /// A file header that names a format this build does not read.
    #[error("{0}; nothing was written: use a newer build")]
    Version(BadLine),
    /// An export among the inputs does not read.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The operating system refused, of the output or in the spill folder.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The progress callback said to stop.
    #[error("cancelled; nothing was written")]
    Cancelled,
    /// Something that cannot be divided does not fit into the memory given.
    #[error("{what} needs more memory than the {memory} bytes given: give about {enough}")]
    Memory {
        /// What it is.
        what: Heavy,
        /// The memory given, in bytes.
        memory: u64,
        /// An estimate of what would be enough, in bytes.
        enough: u64,
    },
    /// The output is there and was not to be replaced.
    #[error("{} is there already: choose another output, or say that it may be replaced", path.display())]
    Exists {
        /// The output.
        path: PathBuf,
    },
    /// The output, or what it is called while it is written, is one of the inputs.
    #[error("{} is one of the inputs: choose another output", path.display())]
    OutputIsInput {
        /// The file.
        path: PathBuf,
    },
    /// The output is a device or a pipe, beside which nothing can be spilled.
    #[error("{} is no file that folders stand beside: choose a folder to spill into", path.display())]
    NoRoom {
        /// The output.
        path: PathBuf,
    },
    /// Another fold into the same output is running.
    #[error("{} is in use: another fold into the same output is running", path.display())]
    SpillInUse {
        /// The spill folder.
        path: PathBuf,
    },
    /// Something stands where the spill folder would, and no fold left it.
    #[error("{} is in the way, and no fold left it: remove it, or choose another folder to spill into", path.display())]
    SpillForeign {
        /// What is in the way.
        path: PathBuf,
    },
    /// What was spilled does not read back.
    #[error("{} does not read back as it was written: the disk or another program changed it", path.display())]
    SpillDamaged {
        /// The file.
        path: PathBuf,
    },
    /// The threads cannot be started.
    #[error("cannot start {threads} threads: {why}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system said.
        why: String,
    },
}

impl From<SourceError> for FoldError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Line(bad) => Self::Line(bad),
            SourceError::Version(bad) => Self::Version(bad),
            other => Self::Source(other),
        }
    }
}

/// For `map_err`: what was tried, and with what.
pub(super) fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> FoldError + Copy {
    move |source| FoldError::Io {
        action,
        path: path.into(),
        source,
    }
}

/// Something that is held in memory whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heavy {
    /// The state of one item.
    Item(String),
    /// One line of a log.
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
    },
    /// One payload of an export.
    Payload {
        /// The file.
        path: PathBuf,
        /// Where the payload begins.
        start: u64,
    },
    /// The set of all redactions.
    Redactions,
    /// What every fold needs beside.
    Buffers,
}

impl fmt::Display for Heavy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => write!(f, "the state of item `{item}`"),
            Self::Line { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Payload { path, start } => {
                write!(f, "{}: the payload at byte {start}", path.display())
            }
            Self::Redactions => f.write_str("the set of all redactions"),
            Self::Buffers => f.write_str("the fold itself"),
        }
    }
}
