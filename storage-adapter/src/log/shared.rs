//! What the owner of a directory and a rewrite on another thread have in common.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::error::LogError;
use super::files::Files;
use super::pace::OwnerSyncs;

/// The directory, its lock, its ids, and whether it may still be written to.
///
/// SUBTLE: the lock is held until the last of owner and rewrite is gone. Else the files of a rewrite
/// could meet those of the next owner.
pub(super) struct Shared<F: Files> {
    pub(super) files: Arc<F>,
    _lock: F::Lock,
    next_id: AtomicU64,
    /// Whether it was opened to be read only.
    is_read_only: bool,
    /// Why nothing more may be written.
    poison: OnceLock<String>,
    /// Whether a rewrite is alive.
    rewriting: AtomicBool,
    pub(super) syncs: OwnerSyncs,
    /// Own files that nothing names any more and that could not be removed yet.
    obsolete: Mutex<Vec<String>>,
}

impl<F: Files> Shared<F> {
    pub(super) fn new(files: F, lock: F::Lock, next_id: u64) -> Arc<Self> {
        Arc::new(Self::with(files, lock, next_id, false))
    }

    /// Of a directory that is not to be written to.
    pub(super) fn read_only(files: F, lock: F::Lock) -> Arc<Self> {
        Arc::new(Self::with(files, lock, 0, true))
    }

    fn with(files: F, lock: F::Lock, next_id: u64, is_read_only: bool) -> Self {
        Self {
            files: Arc::new(files),
            _lock: lock,
            next_id: AtomicU64::new(next_id),
            is_read_only,
            poison: OnceLock::new(),
            rewriting: AtomicBool::new(false),
            syncs: OwnerSyncs::default(),
            obsolete: Mutex::new(Vec::new()),
        }
    }

    /// Greater than every id given out so far.
    pub(super) fn next_id(&self) -> u64 {
        self.next_id.load(Ordering::Acquire)
    }

    /// Makes the next file of a kind; a name that exists is passed over, never opened.
    // INVARIANT: an id is drawn once, whichever thread asks, and also when making the file fails.
    pub(super) fn create_next(&self, name: fn(u64) -> String) -> Result<(u64, F::File), LogError> {
        loop {
            let drawn = self
                .next_id
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |id| id.checked_add(1));
            let Ok(id) = drawn else {
                let path = self.files.path("");
                let none_left = io::Error::other("no file id is left");
                return Err(LogError::io("number a file in", path)(none_left));
            };
            match self.files.create_new(&name(id)) {
                Ok(file) => return Ok((id, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(LogError::io("make", self.files.path(&name(id)))(error)),
            }
        }
    }

    pub(super) fn poisoned(&self) -> Option<&str> {
        self.poison.get().map(String::as_str)
    }

    pub(super) fn writable(&self) -> Result<(), LogError> {
        if self.is_read_only {
            let path = self.files.path("");
            return Err(LogError::ReadOnly { path });
        }
        match self.poisoned() {
            None => Ok(()),
            Some(why) => Err(LogError::Poisoned {
                path: self.files.path(""),
                why: why.to_owned(),
            }),
        }
    }

    /// Forbids all further writing, through the owner as through a rewrite. The first reason stays.
    pub(super) fn poison(&self, why: String) {
        let _ = self.poison.set(why);
    }

    /// A failed sync is never tried again and believed.
    pub(super) fn sync_failed(&self, source: io::Error, name: &str) -> LogError {
        let path = self.files.path(name);
        self.poison(format!("cannot sync {}: {source}", path.display()));
        LogError::Io {
            action: "sync",
            path,
            source,
        }
    }

    /// Brings names to the medium; a failure poisons.
    pub(super) fn sync_dir(&self) -> Result<(), LogError> {
        let synced = self.files.sync_dir();
        synced.map_err(|error| self.sync_failed(error, ""))
    }

    /// Removes own files that nothing names; what cannot be removed is remembered.
    pub(super) fn unlink(&self, names: impl IntoIterator<Item = String>) {
        for name in names {
            match self.files.unlink(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => self.obsolete().push(name),
                _ => {}
            }
        }
    }

    /// Files that could not be removed.
    pub(super) fn obsolete(&self) -> MutexGuard<'_, Vec<String>> {
        self.obsolete.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that were made and that nothing durable names yet: removed on drop unless [kept](Self::keep).
pub(super) struct Made<F: Files> {
    pub(super) shared: Arc<Shared<F>>,
    names: Vec<String>,
}

impl<F: Files> Made<F> {
    pub(super) fn new(shared: &Arc<Shared<F>>) -> Self {
        Self {
            shared: Arc::clone(shared),
            names: Vec::new(),
        }
    }

    /// Makes the next file of a kind.
    pub(super) fn create(
        &mut self,
        name: fn(u64) -> String,
    ) -> Result<(u64, String, F::File), LogError> {
        let (id, file) = self.shared.create_next(name)?;
        self.names.push(name(id));
        Ok((id, name(id), file))
    }

    /// Removes what was made so far.
    pub(super) fn remove(&mut self) {
        self.shared.unlink(self.names.drain(..));
    }

    /// Lets the files be: something durable names them, or may do so.
    pub(super) fn keep(mut self) {
        self.names.clear();
    }
}

impl<F: Files> Drop for Made<F> {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Held by the one rewrite there can be at a time.
pub(super) struct Token<F: Files>(Arc<Shared<F>>);

impl<F: Files> Token<F> {
    pub(super) fn take(shared: &Arc<Shared<F>>) -> Result<Self, LogError> {
        if shared.rewriting.swap(true, Ordering::AcqRel) {
            return Err(LogError::Busy {
                path: shared.files.path(""),
            });
        }
        Ok(Self(Arc::clone(shared)))
    }
}

impl<F: Files> Drop for Token<F> {
    fn drop(&mut self) {
        self.0.rewriting.store(false, Ordering::Release);
    }
}
