//! Locks on files.

use std::fs::{File, TryLockError};
use std::io;

/// An exclusive or a shared lock on an open file, let go when this is dropped.
///
/// The system ties such a lock to the open file, not to one handle of it, and a child process gets a
/// copy of every handle, which it keeps until it runs another program. So closing our handle is not
/// enough: a program that starts another at that moment would find its own lock in the way. This
/// lets go by asking for it, whoever else has copies.
///
/// ```
/// use std::fs::File;
/// use storage_adapter::log::FileLock;
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("LOCK");
/// let held = FileLock::try_new(File::create(&path)?)?;
/// assert!(held.is_some());
/// assert!(FileLock::try_new(File::open(&path)?)?.is_none());
///
/// drop(held);
/// assert!(FileLock::try_new(File::open(&path)?)?.is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Locks `file`. `None`: somebody else holds a lock.
    ///
    /// # Errors
    ///
    /// What the system says; a file system without locks says `Unsupported`.
    pub fn try_new(file: File) -> io::Result<Option<Self>> {
        let taken = file.try_lock();
        Self::taken(file, taken)
    }

    /// Locks `file` beside others that do the same. `None`: somebody else holds an exclusive lock.
    ///
    /// # Errors
    ///
    /// As [`try_new`](Self::try_new).
    ///
    /// ```
    /// use std::fs::File;
    /// use storage_adapter::log::FileLock;
    ///
    /// let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("LOCK");
    /// let first = FileLock::try_shared(File::create(&path)?)?;
    /// let second = FileLock::try_shared(File::open(&path)?)?;
    /// assert!(first.is_some() && second.is_some());
    /// assert!(FileLock::try_new(File::open(&path)?)?.is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn try_shared(file: File) -> io::Result<Option<Self>> {
        let taken = file.try_lock_shared();
        Self::taken(file, taken)
    }

    fn taken(file: File, taken: Result<(), TryLockError>) -> io::Result<Option<Self>> {
        match taken {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Locks `file`, and waits for whoever holds the lock.
    ///
    /// # Errors
    ///
    /// As [`try_new`](Self::try_new).
    pub fn wait(file: File) -> io::Result<Self> {
        file.lock()?;
        Ok(Self(file))
    }

    /// The file, to read and write while it is locked.
    pub fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Best effort: closing the file, which follows, lets go too once no copy is left.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of the handle stands for the child that has not yet run its program.
    #[test]
    fn a_copy_of_the_handle_does_not_hold_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("LOCK");
        let file = File::create(&path).unwrap();
        let copy = file.try_clone().unwrap();
        let lock = FileLock::try_new(file).unwrap().unwrap();
        assert!(
            FileLock::try_new(File::open(&path).unwrap())
                .unwrap()
                .is_none()
        );
        drop(lock);
        assert!(
            FileLock::try_new(File::open(&path).unwrap())
                .unwrap()
                .is_some()
        );
        drop(copy);
    }
}
