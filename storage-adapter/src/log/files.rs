//! The few file operations the log is made of, as traits, so that tests can stand a disk that
//! crashes and lies in their place.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// One directory of flat files.
///
/// The contract is the one a careful reader of POSIX gets: what was written is visible at once to
/// every handle of the running system, and is on the medium only after [`DataFile::sync`]; a name
/// that was made, renamed or removed is so on the medium only after [`Files::sync_dir`]. Until then
/// a crash may keep or undo each single operation. [`Disk`](super::Disk) is the real one.
pub trait Files: Send + Sync + 'static {
    /// An open file.
    type File: DataFile + Send + Sync + 'static;
    /// A held lock; dropping it lets go.
    type Lock;

    /// The path of a file, for messages; `""` gives the directory.
    fn path(&self, name: &str) -> PathBuf;

    /// Names of everything in the directory, in no order. A name that is not UTF-8 comes back in
    /// lossy form, which can never equal a name of the log's own.
    ///
    /// # Errors
    ///
    /// `NotFound` or `NotADirectory` when there is no such directory; else what the system says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Takes the exclusive lock on `name`, made when missing. `None`: somebody else holds it.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn try_lock(&self, name: &str) -> io::Result<Option<Self::Lock>>;

    /// Takes a lock on `name` beside others that are taken so, and not beside an exclusive one. `None`: somebody else
    /// holds that.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn try_lock_shared(&self, name: &str) -> io::Result<Option<Self::Lock>>;

    /// Makes a new empty file.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` when the name is taken; else what the system says.
    fn create_new(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file that exists.
    ///
    /// # Errors
    ///
    /// `NotFound` when it does not; else what the system says.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Gives `from` the name `to`, replacing what had it, in one step.
    ///
    /// # Errors
    ///
    /// What the system says; the caller must then take the outcome for unknown.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a name.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn unlink(&self, name: &str) -> io::Result<()>;

    /// Brings every name made, renamed or removed so far to the medium.
    ///
    /// # Errors
    ///
    /// What the system says; the caller must then take the outcome for unknown.
    fn sync_dir(&self) -> io::Result<()>;
}

/// One open file of a [`Files`] directory: read anywhere, write only at the end.
pub trait DataFile {
    /// Its length in bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn len(&self) -> io::Result<u64>;

    /// True iff it holds no byte.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads into `buf` from `offset` on; returns how many bytes came, 0 at the end of the file.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    ///
    /// What the system says; any prefix may have been written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Brings length and bytes to the medium.
    ///
    /// # Errors
    ///
    /// What the system says. What was written since the last success may then be lost even if a
    /// later call succeeds.
    fn sync(&self) -> io::Result<()>;
}

impl<D: DataFile + ?Sized> DataFile for Arc<D> {
    fn len(&self) -> io::Result<u64> {
        (**self).len()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buf, offset)
    }
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (**self).append(bytes)
    }
    fn truncate(&self, len: u64) -> io::Result<()> {
        (**self).truncate(len)
    }
    fn sync(&self) -> io::Result<()> {
        (**self).sync()
    }
}

impl<D: DataFile + ?Sized> DataFile for &D {
    fn len(&self) -> io::Result<u64> {
        (**self).len()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buf, offset)
    }
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (**self).append(bytes)
    }
    fn truncate(&self, len: u64) -> io::Result<()> {
        (**self).truncate(len)
    }
    fn sync(&self) -> io::Result<()> {
        (**self).sync()
    }
}
