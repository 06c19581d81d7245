//! The engine: transactions, and its errors as ours.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

use redb::{Database, Durability, WriteTransaction};
use storage_adapter::log::LogError;

/// A database and where it is.
pub(crate) struct Db {
    pub(crate) path: PathBuf,
    pub(crate) engine: Database,
    /// What failed, once a transaction did: only opening the file again tells its outcome.
    failed: OnceLock<String>,
}

impl Db {
    pub(crate) fn new(path: PathBuf, engine: Database) -> Self {
        Self {
            path,
            engine,
            failed: OnceLock::new(),
        }
    }

    /// Refuses once a transaction has failed.
    pub(crate) fn writable(&self) -> Result<(), LogError> {
        match self.failed.get() {
            None => Ok(()),
            Some(why) => Err(LogError::Poisoned {
                path: self.path.clone(),
                why: why.clone(),
            }),
        }
    }

    /// Runs `change` in one transaction. After an error every other one is refused.
    pub(crate) fn change<T>(
        &self,
        action: &'static str,
        durability: Durability,
        change: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, LogError> {
        self.writable()?;
        let run = || {
            let mut transaction = self.engine.begin_write()?;
            transaction.set_durability(durability)?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|error: redb::Error| {
            // A second failure says no more than the first.
            let _ = self.failed.set(format!("{action}: {error}"));
            self.error(action, error)
        })
    }

    /// An error of the engine.
    pub(crate) fn error(&self, action: &'static str, error: impl Into<redb::Error>) -> LogError {
        io_error(action, &self.path, error)
    }
}

/// An error of the engine on this file.
pub(crate) fn io_error(
    action: &'static str,
    path: impl Into<PathBuf>,
    error: impl Into<redb::Error>,
) -> LogError {
    let source = match error.into() {
        redb::Error::Io(error) => error,
        redb::Error::Corrupted(what) => io::Error::new(io::ErrorKind::InvalidData, what),
        other => io::Error::other(other.to_string()),
    };
    LogError::Io {
        action,
        path: path.into(),
        source,
    }
}
