//! Writing a file whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file through `write`; whole and durable when this returns. A file of that name is
/// replaced in one step: whoever looks sees the old one or the new one.
///
/// What is being written has the name with `.partial` behind it.
///
/// # Errors
///
/// What the system says. A file that was there before is then still there, unless only the last
/// step failed, making the new name durable.
///
/// ```
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("report.json");
/// storage_adapter::write_whole(&path, |out| out.write_all(b"[]"))?;
/// assert_eq!(std::fs::read(&path)?, b"[]");
/// let failed = storage_adapter::write_whole(&path, |out| {
///     out.write_all(b"[1,")?;
///     Err(std::io::Error::other("no more"))
/// });
/// assert!(failed.is_err());
/// assert_eq!(std::fs::read(&path)?, b"[]");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut temp = path.as_os_str().to_owned();
    temp.push(".partial");
    let temp = PathBuf::from(temp);
    let written = write_synced(&temp, write).and_then(|()| fs::rename(&temp, path));
    if written.is_err() {
        // Best effort: the first error is the one that matters.
        let _ = fs::remove_file(&temp);
    }
    written?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}

fn write_synced(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path)?);
    write(&mut out)?;
    out.into_inner()?.sync_all()
}

/// Makes the names in a folder durable, where the system has a way to.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}
