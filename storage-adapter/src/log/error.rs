//! What can go wrong, where, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why an operation on a [`LogDir`](super::LogDir) failed.
///
/// Nothing is deleted on the way to any of these errors except files that the failed operation made
/// itself.
///
/// ```
/// use storage_adapter::log::LogDir;
///
/// let dir = tempfile::tempdir()?;
/// let error = LogDir::open(dir.path()).unwrap_err().to_string();
/// assert!(error.ends_with("is not a store: it holds no store; create one there"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Another owner holds the directory, or, for who wants to own it, somebody reads it.
    #[error("{} is in use elsewhere: close it there, then try again", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// There is no store here.
    #[error("{} is not a store: {why}", path.display())]
    NotAStore {
        /// The directory asked for.
        path: PathBuf,
        /// What was found instead.
        why: &'static str,
    },
    /// `create` was asked for a directory that holds a store already.
    #[error("{} already holds a store: open it, or choose another directory", path.display())]
    AlreadyAStore {
        /// The directory asked for.
        path: PathBuf,
    },
    /// `create` was asked for a directory that holds files of somebody else.
    #[error(
        "{} is not empty, it holds {found}: choose an empty directory or a new name",
        path.display()
    )]
    NotEmpty {
        /// The directory asked for.
        path: PathBuf,
        /// One of the files in it.
        found: String,
    },
    /// The store was written by a later format.
    #[error(
        "{} has format {found}, this build reads up to {supported}: use a newer build",
        path.display()
    )]
    NewerFormat {
        /// The file that says so.
        path: PathBuf,
        /// Its format number.
        found: u32,
        /// The greatest format number this build reads.
        supported: u32,
    },
    /// Bytes on the medium are not the bytes that were written.
    #[error(
        "{} is damaged at byte {offset}: expected {expected}, found {found}; \
         restore this file from a copy",
        file.display()
    )]
    Corrupt {
        /// The damaged file.
        file: PathBuf,
        /// Where the first item that does not check begins.
        offset: u64,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A file the store cannot do without is not there.
    #[error("{} is missing: restore it from a copy; nothing was changed", file.display())]
    Missing {
        /// The missing file.
        file: PathBuf,
    },
    /// A file is shorter than what was once synced to it.
    #[error(
        "{} has {found} bytes, {expected} were committed: restore it from a copy; \
         nothing was changed",
        file.display()
    )]
    Short {
        /// The short file.
        file: PathBuf,
        /// Its least length.
        expected: u64,
        /// Its length.
        found: u64,
    },
    /// A frame body is longer than [`MAX_BODY`](super::MAX_BODY); the batch was not written.
    #[error("frame {index} of the batch has {len} bytes, at most {max} fit: split it")]
    FrameTooLarge {
        /// Position of the frame in its batch.
        index: u64,
        /// Its length.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A frame of kind 0, which marks commits; the batch was not written.
    #[error("frame {index} of the batch has kind 0, which is reserved for commit marks")]
    ReservedKind {
        /// Position of the frame in its batch.
        index: u64,
    },
    /// The header given to `create` is longer than [`MAX_HEADER`](super::MAX_HEADER).
    #[error("the store header has {len} bytes, at most {max} fit")]
    HeaderTooLarge {
        /// Its length.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A manifest lists no more segments. The store is as it was.
    #[error(
        "{} cannot name {count} segments, at most {max}: set a larger segment target",
        path.display()
    )]
    TooManySegments {
        /// The file that says which manifest is in force.
        path: PathBuf,
        /// How many there would be.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A write to what was opened to be read.
    #[error("{} was opened to be read only: open it to write to it", path.display())]
    ReadOnly {
        /// The directory.
        path: PathBuf,
    },
    /// An earlier failure left an outcome that only opening the store again can tell.
    #[error("{} is read-only after a failure ({why}): close it and open it again", path.display())]
    Poisoned {
        /// The directory.
        path: PathBuf,
        /// What failed.
        why: String,
    },
    /// The log is being rewritten already.
    #[error("{} is being compacted already: wait for that, or cancel it", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// A commit was to be left standing that the log cannot tell from the next one.
    #[error(
        "{} cannot be rewritten from behind commit {commit}: ask it for its seams",
        path.display()
    )]
    NoSeam {
        /// The log.
        path: PathBuf,
        /// The commit.
        commit: u64,
    },
    /// A rewrite failed earlier; its files are gone, and the store is as it was.
    #[error("the rewrite of {} failed earlier: drop it, and begin another", path.display())]
    RewriteFailed {
        /// The directory.
        path: PathBuf,
    },
    /// A rewrite, or what it left behind, was handed to a store that it does not belong to.
    #[error("this rewrite is not one of {}: hand it to the store that began it", path.display())]
    Foreign {
        /// The directory of the store that was asked.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl LogError {
    pub(super) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.as_ref().to_path_buf(),
            source,
        }
    }
}
