//! Why rows do not go over.

use std::io;
use std::path::PathBuf;

use bones_snapshot::{DecodeError, LineError, StampTextError};
use datafusion::common::DataFusionError;
use storage_adapter::{SourceError, StoreError};
use thiserror::Error;

use crate::publish::PublishError;

/// Why a log, a table or a store does not go over into another.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no log at the path.
    #[error(transparent)]
    Log(#[from] SourceError),
    /// A line is no event.
    #[error("{}:{line}: {source}; mend the line, or skip bad lines", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        source: LineError,
    },
    /// An event has no stamp, and the order needs one.
    #[error("{}:{line}: {source}", path.display())]
    Stamp {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        source: StampTextError,
    },
    /// A table lacks a column.
    #[error("the table has no column `{column}`: its columns are {}; it takes one of {wanted}", found.join(", "))]
    Column {
        /// The column.
        column: &'static str,
        /// The columns there are.
        found: Vec<String>,
        /// The schema that was expected.
        wanted: &'static str,
    },
    /// A column is of another type.
    #[error("column `{column}` is {found}, expected {expected}")]
    Type {
        /// The column.
        column: &'static str,
        /// The type that is understood.
        expected: &'static str,
        /// The type there is.
        found: String,
    },
    /// A row is null where there must be something.
    #[error("row {row}: column `{column}` is null")]
    Null {
        /// The row in its batch, from 0.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// A payload is not canonical, or of another order.
    #[error("row {row}: column `{column}`: {source}")]
    Payload {
        /// The row in its batch, from 0.
        row: usize,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// A line of a table is no event.
    #[error("row {row}: column `line`: {why}")]
    RowLine {
        /// The row in its batch, from 0.
        row: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Two columns of a row contradict each other.
    #[error(
        "row {row}: column `{column}` is not that of the {of}: the table was changed after it was written"
    )]
    Contradiction {
        /// The row in its batch, from 0.
        row: usize,
        /// The column.
        column: &'static str,
        /// What it contradicts.
        of: &'static str,
    },
    /// The result cannot be published or read.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] DataFusionError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TransferError {
    pub(super) fn engine(error: impl Into<DataFusionError>) -> Self {
        Self::Engine(error.into())
    }
}
