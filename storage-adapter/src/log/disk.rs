//! The real file layer.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::files::{DataFile, Files};
use super::lock::FileLock;

/// A directory of the file system.
///
/// ```
/// use storage_adapter::log::{DataFile, Disk, Files};
///
/// let dir = tempfile::tempdir()?;
/// let disk = Disk::make(&dir.path().join("new"))?;
/// let file = disk.create_new("data")?;
/// file.append(b"abc")?;
/// file.sync()?;
/// disk.sync_dir()?;
/// assert_eq!((disk.list()?, DataFile::len(&file)?), (vec!["data".to_owned()], 3));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// Whether files are opened to be read and not to be written to.
    is_read_only: bool,
}

impl Disk {
    /// The directory at `root`, which need not exist yet.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            is_read_only: false,
        }
    }

    /// The directory at `root`, of which files are [opened](Files::open) to be read only, as a user may who must not
    /// write, or from a medium that cannot be written to.
    pub fn read_only(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            is_read_only: true,
        }
    }

    /// Makes the directory and what is missing above it, and syncs each new name.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn make(root: &Path) -> io::Result<Self> {
        let missing: Vec<&Path> = root
            .ancestors()
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists())
            .collect();
        fs::create_dir_all(root)?;
        for new in missing.into_iter().rev() {
            match new.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent)?,
                _ => sync_directory(Path::new("."))?,
            }
        }
        Ok(Self::at(root))
    }
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Directories cannot be opened for syncing here; the file system's own journal orders names.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

impl Files for Disk {
    type File = File;
    type Lock = FileLock;

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() {
            self.root.clone()
        } else {
            self.root.join(name)
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.root)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn try_lock(&self, name: &str) -> io::Result<Option<FileLock>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path(name))?;
        FileLock::try_new(file)
    }

    fn try_lock_shared(&self, name: &str) -> io::Result<Option<FileLock>> {
        let file = match File::open(self.path(name)) {
            // A copy may have come without it, and somebody else may make it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(self.path(name)),
            file => file,
        };
        FileLock::try_shared(file?)
    }

    fn create_new(&self, name: &str) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .open(self.path(name))
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .append(!self.is_read_only)
            .open(self.path(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        sync_directory(&self.root)
    }
}

impl DataFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buf, offset)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(bytes)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}
