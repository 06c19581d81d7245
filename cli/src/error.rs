//! What can go wrong on top of what the libraries report.

use std::io;
use std::path::PathBuf;

use bones_compact::RetentionError;
use bones_snapshot::{HashTextError, LineError};
use lattice_lww::ItcError;
use storage_adapter::log::LogError;
use storage_adapter::{
    BadLineReason, BonesExportError, ExportError, FoldError, Heavy, HistoryError, SourceError,
    StoreError,
};
use thiserror::Error;

use crate::time;

/// Why a command failed: what, where, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum CliError {
    #[error(transparent)]
    Store(StoreError),
    #[error(
        "{0}; without a copy, `lattice fsck` says what is readable and brings it over into a new store"
    )]
    Damaged(StoreError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("{0}: `lattice import PATH --store DIR` makes one")]
    NoStore(LogError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    BonesExport(#[from] BonesExportError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error("{} is there already: choose another --output, or say --force", path.display())]
    FoldExists { path: PathBuf },
    #[error("{what} needs more memory than it was given: say --memory {}M or more", enough.div_ceil(1 << 20))]
    FoldMemory { what: Heavy, enough: u64 },
    #[error(transparent)]
    Retention(RetentionError),
    #[error(
        "the clock shows {}, and at the last compaction it showed {}: set the clock, or say --accept-clock-jump if it is right",
        time::show(*now), time::show(*last)
    )]
    ClockJump { now: u64, last: u64 },
    #[error("{0}; `lattice log` lists the commits that are readable")]
    History(HistoryError),
    #[error("history before {} is gone: ask for that time or later; `lattice log` lists the commits that are readable", time::show(*oldest))]
    GoneThen { oldest: u64 },
    #[error(
        "commits behind {asked} are no longer told apart: read `lattice items --at {resume}`, then `lattice watch --from {resume}`"
    )]
    Compacted { asked: u64, resume: u64 },
    #[error(
        "`{text}` is neither the number of a commit nor a time such as 2027-01-01T00:00:00Z: {why}"
    )]
    Moment { text: String, why: String },
    #[error("nothing was known of `{item}` at commit {commit}")]
    NotThen { item: String, commit: u64 },
    #[error("{0}; `lattice scope list` lists those there are, `lattice scope create` makes one")]
    UnknownScope(StoreError),
    #[error("{0}; `lattice schema begin NAME` does")]
    NoMigration(StoreError),
    #[error("{0}; `lattice log` lists the commits that are")]
    NotReadable(StoreError),
    #[error("cannot listen for Ctrl-C")]
    Interrupt(#[source] ctrlc::Error),
    #[error("no item `{item}` in {}{}", store.display(), Hint(.near))]
    UnknownItem {
        store: PathBuf,
        item: String,
        near: Vec<String>,
    },
    #[error("no field `{field}`: choose one of {}", .fields.join(", "))]
    UnknownField {
        field: String,
        fields: Vec<&'static str>,
    },
    #[error("`{text}` is no time such as 2027-01-01T00:00:00Z: {why}")]
    Time { text: String, why: String },
    #[error("`{text}` is no event hash: {source}; `lattice show` prints the hashes of an item")]
    Hash { text: String, source: HashTextError },
    #[error("`{agent}` is no name of an agent: it must not be empty or hold white space")]
    Agent { agent: String },
    #[error("the redact event does not read back; nothing was written: report this")]
    RedactEvent(#[source] BadLineReason),
    #[error("{} is a snapshot export: verify against the event log itself", path.display())]
    SourcesAreExport { path: PathBuf },
    #[error("{} is not sound: {what}", store.display())]
    Unsound { store: PathBuf, what: String },
    #[error("{} is there already: name a directory that is not", path.display())]
    RepairExists { path: PathBuf },
    #[error("{} is in {}, which is damaged and not to be touched: name a directory elsewhere", path.display(), store.display())]
    RepairWithin { path: PathBuf, store: PathBuf },
    #[error("{} is in the store {}, whose files nothing but the store may write: name a file elsewhere", path.display(), store.display())]
    OutputWithin { path: PathBuf, store: PathBuf },
    #[error("the check of the store failed ({what}); nothing was changed: report this")]
    Fsck { what: String },
    #[error("cannot {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot write to standard output")]
    Stdout(#[source] io::Error),
    #[error("cannot write the report as JSON")]
    Json(#[source] serde_json::Error),
    #[error("the clock of a made-up agent cannot go on; use fewer agents or items")]
    Clock(#[source] ItcError),
    #[error("a made-up line does not read back: report this")]
    DemoLine(#[source] LineError),
    #[error("{} is there already: choose another --store, or remove it", path.display())]
    DemoLogExists { path: PathBuf },
    #[error("the demo failed: {what}; report this with the seed, {seed}")]
    Demo { what: String, seed: u64 },
}

impl From<StoreError> for CliError {
    /// Adds what the command line has to say on it.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::History(error) => error.into(),
            StoreError::Retention(RetentionError::ClockJump {
                now_micros: now,
                last_micros: last,
                ..
            }) => Self::ClockJump { now, last },
            StoreError::UnknownScope { .. } => Self::UnknownScope(error),
            StoreError::NoMigration => Self::NoMigration(error),
            StoreError::NotReadable { .. } => Self::NotReadable(error),
            StoreError::Frame { .. }
            | StoreError::Log(
                LogError::Corrupt { .. } | LogError::Missing { .. } | LogError::Short { .. },
            ) => Self::Damaged(error),
            error => Self::Store(error),
        }
    }
}

impl From<HistoryError> for CliError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::GoneThen { oldest_micros } => Self::GoneThen {
                oldest: oldest_micros,
            },
            HistoryError::Compacted { asked, resume } => Self::Compacted { asked, resume },
            error => Self::History(error),
        }
    }
}

impl CliError {
    /// The exit code: 130 when somebody pressed Ctrl-C, as shells have it, else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Fold(FoldError::Cancelled) => 130,
            _ => 1,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// The end of an error message that says what may have been meant.
struct Hint<'a>(&'a [String]);

impl std::fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            f.write_str(": `lattice items` lists them")
        } else {
            write!(f, ": did you mean {}?", self.0.join(" or "))
        }
    }
}
