//! What can go wrong with an item store.

use std::path::PathBuf;

use bones_compact::RetentionError;
use bones_snapshot::DecodeError;
use thiserror::Error;

use crate::export::ExportError;
use crate::log::LogError;

/// Why an item store cannot do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The log under the store.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An export cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
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
    /// What an index says of an item is not what lies there.
    #[error(
        "{file} at byte {offset}: {why}, by the index of the compaction that wrote it: run `fsck`"
    )]
    Index {
        /// The segment.
        file: String,
        /// Offset of the frame.
        offset: u64,
        /// What is wrong.
        why: String,
    },
    /// The view is of a time before a compaction, and what it had not read by then is replaced.
    #[error(
        "snapshot expired: item `{item}` was not read before what holds it was compacted away; take a new view"
    )]
    Expired {
        /// The item.
        item: String,
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
    /// A snapshot from elsewhere that is longer than a store holds; nothing was committed.
    #[error(
        "the snapshot of item `{item}` has {len} bytes, a store holds at most {max}: import its events instead"
    )]
    PayloadTooLarge {
        /// The item.
        item: String,
        /// Its length in bytes.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A snapshot would not hold what its sources hold; nothing was committed.
    #[error(
        "the snapshot of item `{item}` does not hold all of its sources; nothing was committed: report this"
    )]
    Unfaithful {
        /// The item.
        item: String,
    },
    /// The parameters of retention, or the clock it goes by.
    #[error(transparent)]
    Retention(#[from] RetentionError),
    /// The moment asked for is not readable.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// No living scope has this name.
    #[error("there is no scope `{name}`: it was never made, or it is deleted")]
    UnknownScope {
        /// The name.
        name: String,
    },
    /// A living scope has this name already.
    #[error("there is a scope `{name}` already: delete it first, or choose another name")]
    ScopeExists {
        /// The name.
        name: String,
    },
    /// Not a name for a scope or a schema.
    #[error("`{}` cannot be a name: {why}", name.escape_debug())]
    BadName {
        /// Its beginning.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// A migration is under way.
    #[error("a migration to schema `{name}` is under way: complete or abort it first")]
    MigrationPending {
        /// The schema it leads to.
        name: String,
    },
    /// There is no migration to complete or abort.
    #[error("no schema migration is under way: begin one first")]
    NoMigration,
    /// What a compaction would write does not compress; nothing was committed.
    #[error(
        "cannot compress what would be written ({source}); nothing was committed: compact without compression"
    )]
    Compress {
        /// What the compressor says.
        source: std::io::Error,
    },
    /// Another compaction of the store is under way.
    #[error("the store is being compacted already: wait for that, or cancel it")]
    Compacting,
    /// A compaction was cancelled before its commit point.
    #[error("the compaction was cancelled; nothing was changed")]
    Cancelled,
    /// The thread of a compaction ended in a panic.
    #[error("the compaction failed in a way that is a defect of this program: report this")]
    CompactorPanicked,
    /// The sync that a commit shared with others failed; one of the others was told why.
    #[error(
        "a sync shared with other commits failed, so this one is not acknowledged: open the store again"
    )]
    GroupSync,
    /// The commit to pin is not told apart from its neighbours.
    #[error("commit {commit} cannot be pinned: its state is not exactly readable")]
    NotReadable {
        /// The commit.
        commit: u64,
    },
}

/// Why a moment cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// Compaction has let go of everything that old.
    #[error(
        "history before commit {oldest} is gone, so commit {asked} cannot be read: ask for {oldest} or later"
    )]
    Gone {
        /// The commit asked for.
        asked: u64,
        /// The oldest readable one.
        oldest: u64,
    },
    /// Compaction has let go of everything that old.
    #[error("history before {oldest_micros} (microseconds) is gone: ask for that time or later")]
    GoneThen {
        /// The time of the oldest readable commit.
        oldest_micros: u64,
    },
    /// The store has not come that far.
    #[error("commit {asked} is not made yet, the newest is {newest}")]
    NotYet {
        /// The commit asked for.
        asked: u64,
        /// The newest.
        newest: u64,
    },
    /// No commit was made at or before the time.
    #[error("nothing was committed at that time yet")]
    NothingThen,
    /// The commits asked for one by one are no longer told apart.
    #[error(
        "commits behind {asked} are compacted: read the state at commit {resume} and resume from there"
    )]
    Compacted {
        /// Where the reader stood.
        asked: u64,
        /// From which commit on there are no gaps.
        resume: u64,
    },
}
