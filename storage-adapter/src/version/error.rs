//! What a reader is told whose resources are gone.

use std::error::Error;
use std::fmt;

/// The resources of a version were taken back: the reader came too late.
///
/// What was read before is right. A new lease is on the newest version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expired {
    /// The version that was read.
    pub version: u64,
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version } = self;
        write!(f, "snapshot expired (version {version}): open a new one")
    }
}

impl Error for Expired {}

/// Why an item of a [`Stream`](super::Stream) is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// The stream was cut off here: what came before is right and not all. It ends after this.
    Expired(Expired),
    /// Reading failed.
    Read(E),
}

impl<E: fmt::Display> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(expired) => expired.fmt(f),
            Self::Read(error) => error.fmt(f),
        }
    }
}

// Transparent: both variants stand for what they hold, so its source is theirs.
impl<E: Error + 'static> Error for StreamError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Expired(expired) => expired.source(),
            Self::Read(error) => error.source(),
        }
    }
}
