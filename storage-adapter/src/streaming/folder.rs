//! The folder that a fold spills into.
//!
//! It holds the texts of the log, redacted ones too, so nobody but its owner may look into it, and it
//! goes when the fold ends, however that ends. What a killed fold leaves is removed by the next one
//! into the same output.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{FoldError, io_error};
use super::watch::locked;
use crate::log::FileLock;

/// The file that says whose folder it is, and is locked while somebody uses it.
const MARKER: &str = "LATTICE-SPILL";
/// What the marker begins with.
const FIRST_LINE: &str = "lattice spill folder 1\n";
/// How its files are called, before a number.
const NAMES: [&str; 2] = ["part-", "run-"];

/// A folder of our own, removed when this is dropped.
pub(super) struct SpillFolder {
    path: PathBuf,
    // Held for its lock; `None` once the folder is to go.
    marker: Mutex<Option<FileLock>>,
    next: AtomicU64,
}

impl SpillFolder {
    /// The folder for a fold into `output`, beside it or in `within`.
    pub(super) fn path_for(output: &Path, within: Option<&Path>) -> Result<PathBuf, FoldError> {
        let output = settled(output)?;
        let mut name = output.file_name().unwrap_or_default().to_owned();
        Ok(if let Some(folder) = within {
            // Outputs of one name in two folders may both be spilled here.
            let hash = blake3::hash(output.as_os_str().as_encoded_bytes()).to_hex();
            name.push(format!("-{}.spill", hash.get(..16).unwrap_or_default()));
            folder.join(name)
        } else {
            name.push(".spill");
            output.with_file_name(name)
        })
    }

    /// Makes the folder, in place of what a killed fold left there.
    /// With it goes `output`, which that fold had not finished.
    pub(super) fn create(path: PathBuf, output: Option<&Path>) -> Result<Self, FoldError> {
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                clear(&path)?;
                if let Some(output) = output
                    && let Err(error) = fs::remove_file(output)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    return Err(io_error("remove", output)(error));
                }
                make(&path).map_err(io_error("create", &path))?;
            }
            made => made.map_err(io_error("create", &path))?,
        }
        let marked = mark(&path);
        if marked.is_err() {
            // Best effort: the first error is the one that matters.
            let _ = fs::remove_dir_all(&path);
        }
        Ok(Self {
            marker: Mutex::new(Some(marked?)),
            path,
            next: AtomicU64::new(1),
        })
    }

    /// A new file for records.
    pub(super) fn part(&self) -> Result<(PathBuf, File), FoldError> {
        self.file("part-")
    }

    /// A new file for sorted payloads.
    pub(super) fn run(&self) -> Result<(PathBuf, File), FoldError> {
        self.file("run-")
    }

    fn file(&self, kind: &str) -> Result<(PathBuf, File), FoldError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{kind}{number:06}"));
        let file = private_file(&path).map_err(io_error("create", &path))?;
        Ok((path, file))
    }

    /// Removes the folder and everything in it.
    pub(super) fn remove(&self) -> Result<(), FoldError> {
        locked(&self.marker).take();
        fs::remove_dir_all(&self.path).map_err(io_error("remove", &self.path))
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        // Best effort: what stays is recognised by the next fold.
        if locked(&self.marker).take().is_some() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The path without links, also when there is no such file yet.
pub(super) fn settled(path: &Path) -> Result<PathBuf, FoldError> {
    if let Ok(settled) = fs::canonicalize(path) {
        return Ok(settled);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
    let folder = folder.map_err(io_error("write", path))?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

#[cfg_attr(not(unix), allow(unused_mut))]
fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg_attr(not(unix), allow(unused_mut))]
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}

/// Marks a folder as ours and in use.
fn mark(folder: &Path) -> Result<FileLock, FoldError> {
    let path = folder.join(MARKER);
    let marker = private_file(&path).map_err(io_error("create", &path))?;
    // SUBTLE: locked before it is ours to the eye, so that no other fold takes it for one left behind.
    let marker = FileLock::wait(marker).map_err(io_error("lock", &path))?;
    let text = format!(
        "{FIRST_LINE}Made by `lattice fold`, which removes it when it ends. If none is running, it may go.\n"
    );
    marker
        .file()
        .write_all(text.as_bytes())
        .map_err(io_error("write", &path))?;
    Ok(marker)
}

/// Removes the folder that a killed fold left. Whatever else stands there is not touched.
fn clear(path: &Path) -> Result<(), FoldError> {
    let foreign = || FoldError::SpillForeign { path: path.into() };
    let meta = fs::symlink_metadata(path).map_err(io_error("read", path))?;
    if !meta.is_dir() {
        return Err(foreign());
    }
    // A fold that was killed right away leaves an empty folder; this fails when it is not.
    if fs::remove_dir(path).is_ok() {
        return Ok(());
    }
    let marker = path.join(MARKER);
    let file = File::open(&marker).map_err(|_| foreign())?;
    let lock = FileLock::try_new(file).map_err(io_error("lock", &marker))?;
    let Some(lock) = lock else {
        return Err(FoldError::SpillInUse { path: path.into() });
    };
    let mut first = vec![0; FIRST_LINE.len()];
    let is_ours = lock.file().read_exact(&mut first).is_ok() && first == FIRST_LINE.as_bytes();
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(io_error("read", path))? {
        let entry = entry.map_err(io_error("read", path))?;
        files.push(entry.file_name().to_string_lossy().into_owned());
    }
    if !is_ours || !files.iter().all(|name| is_our_name(name)) {
        return Err(foreign());
    }
    // The marker goes last: until then whoever is killed here leaves what is recognised.
    files.sort_by_key(|name| name == MARKER);
    for name in files {
        let file = path.join(name);
        fs::remove_file(&file).map_err(io_error("remove", &file))?;
    }
    fs::remove_dir(path).map_err(io_error("remove", path))
}

fn is_our_name(name: &str) -> bool {
    let numbered = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    name == MARKER
        || NAMES
            .iter()
            .any(|kind| name.strip_prefix(kind).is_some_and(numbered))
}
