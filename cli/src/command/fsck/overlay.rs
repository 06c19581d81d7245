//! A directory that is only read: everything written to it stays in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage_adapter::log::{DataFile, FileLock, Files};

/// The files of a directory, with changes on top that nobody else sees. Opening a log mends what a
/// crash left; through this it can do so without touching the files.
pub(super) struct Overlay {
    dir: PathBuf,
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    /// Files that were opened, made or renamed.
    nodes: BTreeMap<String, Arc<Node>>,
    removed: BTreeSet<String>,
}

impl Overlay {
    /// The directory, with some of its files cut, or filled up with zeros, to a given length.
    pub(super) fn new(dir: &Path, lengths: &BTreeMap<String, u64>) -> io::Result<Self> {
        let overlay = Self {
            dir: dir.into(),
            names: Mutex::default(),
        };
        for (name, length) in lengths {
            let node = overlay.open(name)?;
            let missing = length.saturating_sub(node.len()?);
            node.truncate(*length)?;
            node.append(&vec![0; usize::try_from(missing).unwrap_or(0)])?;
        }
        Ok(overlay)
    }

    /// Puts a file of this content in the place of what has the name.
    pub(super) fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let node = Node::default();
        node.append(content)?;
        self.names().nodes.insert(name.to_owned(), Arc::new(node));
        Ok(())
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Overlay {
    type File = Arc<Node>;
    type Lock = Option<FileLock>;

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() {
            self.dir.clone()
        } else {
            self.dir.join(name)
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut all: BTreeSet<String> = fs::read_dir(&self.dir)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<_>>()?;
        let names = self.names();
        all.extend(names.nodes.keys().cloned());
        Ok(all.difference(&names.removed).cloned().collect())
    }

    /// As who reads locks it, which what is written here does not change.
    fn try_lock(&self, name: &str) -> io::Result<Option<Option<FileLock>>> {
        self.try_lock_shared(name)
    }

    /// Locks the file that is there; one that is missing is not made.
    fn try_lock_shared(&self, name: &str) -> io::Result<Option<Option<FileLock>>> {
        let file = match File::open(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(None)),
            file => file?,
        };
        Ok(FileLock::try_shared(file)?.map(Some))
    }

    fn create_new(&self, name: &str) -> io::Result<Arc<Node>> {
        if self.list()?.iter().any(|taken| taken == name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = Arc::new(Node::default());
        let mut names = self.names();
        names.removed.remove(name);
        names.nodes.insert(name.to_owned(), Arc::clone(&node));
        Ok(node)
    }

    fn open(&self, name: &str) -> io::Result<Arc<Node>> {
        let mut names = self.names();
        if names.removed.contains(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if let Some(node) = names.nodes.get(name) {
            return Ok(Arc::clone(node));
        }
        let node = Arc::new(Node::over(File::open(self.path(name))?)?);
        names.nodes.insert(name.to_owned(), Arc::clone(&node));
        Ok(node)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let node = self.open(from)?;
        let mut names = self.names();
        names.nodes.remove(from);
        names.removed.insert(from.to_owned());
        names.removed.remove(to);
        names.nodes.insert(to.to_owned(), node);
        Ok(())
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let mut names = self.names();
        names.nodes.remove(name);
        names.removed.insert(name.to_owned());
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A file: the beginning of one on the disk, and what was written behind that.
#[derive(Default)]
pub(super) struct Node(Mutex<Content>);

#[derive(Default)]
struct Content {
    disk: Option<File>,
    /// How much of the file on the disk counts.
    len: u64,
    written: Vec<u8>,
}

impl Node {
    fn over(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self(Mutex::new(Content {
            disk: Some(file),
            len,
            written: Vec::new(),
        })))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DataFile for Node {
    fn len(&self) -> io::Result<u64> {
        let content = self.content();
        Ok(content.len.saturating_add(content.written.len() as u64))
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut content = self.content();
        if let Some(behind) = offset.checked_sub(content.len) {
            let behind = usize::try_from(behind).unwrap_or(usize::MAX);
            let mut rest = content.written.get(behind..).unwrap_or_default();
            return rest.read(buf);
        }
        let left = content.len.saturating_sub(offset);
        let Some(disk) = &mut content.disk else {
            return Ok(0);
        };
        disk.seek(SeekFrom::Start(offset))?;
        disk.take(left).read(buf)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.content().written.extend_from_slice(bytes);
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let mut content = self.content();
        let behind = len.saturating_sub(content.len);
        content.len = content.len.min(len);
        content
            .written
            .truncate(usize::try_from(behind).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
