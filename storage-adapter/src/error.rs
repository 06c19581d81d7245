//! What can go wrong with an item store.

use std::path::PathBuf;

use bones_snapshot::DecodeError;
use thiserror::Error;

use crate::log::LogError;

/// Why an item store cannot do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The log under the store.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The directory holds a store of something else.
    #[error("{} holds a store, but not one of items: its header is not readable", path.display())]
    NotItems {
        /// The directory.
        path: PathBuf,
    },
    /// The store was written by a newer build.
    #[error("{} holds items in format {found}, this build reads up to {supported}: use a newer build", path.display())]
    NewerItems {
        /// The directory.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format this build reads.
        supported: u32,
    },
    /// The store orders events in another way than asked for.
    #[error(
        "{} was created with order `{found}`, not `{expected}`: orders cannot be mixed, import into a store of its own",
        path.display()
    )]
    Order {
        /// The directory.
        path: PathBuf,
        /// The order asked for.
        expected: String,
        /// The order the store was created with.
        found: String,
    },
    /// The store orders events in a way this build does not know.
    #[error("{} was created with order `{found}`, which this build does not know: use a newer build", path.display())]
    UnknownOrder {
        /// The directory.
        path: PathBuf,
        /// The order the store was created with.
        found: String,
    },
    /// A frame whose check is right does not hold what its kind says.
    #[error("{file} at byte {offset}: frame of kind {kind} does not read: {why}")]
    Frame {
        /// The segment.
        file: String,
        /// Offset of the frame.
        offset: u64,
        /// Kind of the frame.
        kind: u8,
        /// Why not.
        why: String,
    },
    /// A payload that was just written does not read back; nothing was committed.
    #[error(
        "the snapshot of item `{item}` does not read back ({source}); nothing was committed: report this"
    )]
    WrittenPayload {
        /// The item.
        item: String,
        /// What its decoder says.
        source: DecodeError,
    },
    /// A snapshot would not hold what its sources hold; nothing was committed.
    #[error(
        "the snapshot of item `{item}` does not hold all of its sources; nothing was committed: report this"
    )]
    Unfaithful {
        /// The item.
        item: String,
    },
}
