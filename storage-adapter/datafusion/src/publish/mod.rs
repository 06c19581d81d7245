//! Results that appear at once or not at all.
//!
//! A [`Draft`] is a folder of its own that one attempt writes into. Publishing it creates one file, the manifest, that
//! lists what the draft holds. Creating a file that is there already fails, on local disks as on object stores; so of any
//! number of attempts, by retry or side by side, one is published, and readers see that one whole. Drafts that were not
//! published are rubbish that nobody reads.

mod draft;
mod manifest;
mod published;

pub use draft::{Draft, Rows};
pub use manifest::{Manifest, PublishedFile};
pub use published::Published;

use datafusion::common::DataFusionError;
use datafusion::error::DataFusionError as EngineError;
use object_store::Error as StoreError;
use thiserror::Error;

/// The file that makes a draft the result.
pub const MANIFEST: &str = "manifest.json";
/// The folder of drafts.
const DRAFTS: &str = "drafts";
/// The folder of snapshot files in a draft.
const SNAPSHOTS: &str = "snapshots";
/// The folder of redaction files in a draft.
const REDACTIONS: &str = "redactions";

/// Why a result cannot be published or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// A result is there already.
    #[error("{place} holds a published result already: read it, or publish to another folder")]
    Published {
        /// The folder.
        place: String,
    },
    /// No result is there.
    #[error("{place} holds no published result: publish one, or name the folder of the manifest")]
    NotPublished {
        /// The folder.
        place: String,
    },
    /// A draft of that name is there already.
    #[error("{place} holds a draft `{name}` already: take another name for each attempt")]
    DraftExists {
        /// The folder.
        place: String,
        /// The name.
        name: String,
    },
    /// Not a name for a draft.
    #[error("`{name}` cannot be the name of a draft: use letters, digits and dashes")]
    DraftName {
        /// The name.
        name: String,
    },
    /// The manifest does not read.
    #[error("{place}{MANIFEST} is no manifest of this format: {why}")]
    Manifest {
        /// The folder.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file is not as the manifest says.
    #[error("{file} is not the published file: {what} is {found}, the manifest says {expected}")]
    File {
        /// The file.
        file: String,
        /// What of it.
        what: &'static str,
        /// What the manifest says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The store refused.
    #[error("cannot {action} {file}: {message}")]
    Store {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        file: String,
        /// What the store said.
        message: String,
    },
    /// The query whose rows were to be written failed.
    #[error(transparent)]
    Query(#[from] DataFusionError),
}

impl PublishError {
    fn store(action: &'static str, file: &impl ToString) -> impl FnOnce(StoreError) -> Self {
        let file = file.to_string();
        move |error| Self::Store {
            action,
            file,
            message: error.to_string(),
        }
    }

    fn engine(error: impl Into<EngineError>) -> Self {
        Self::Query(error.into())
    }
}
