//! Writing a file whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file through `write`; whole and durable when this returns. A file of that name is
/// replaced in one step: whoever looks sees the old one or the new one.
///
/// What is being written has the name with `.partial` behind it; where something of that name is there, that is an error.
/// A link is followed, so that it goes
/// on naming the file, and rights to a file that was there before stay as they were. What is no file but can be written to, such as `/dev/stdout` or a pipe, is
/// written to, never replaced.
///
/// # Errors
///
/// What the system says, or what `write` says: an error of any type that system errors turn into. A
/// file that was there before is then still there, unless only the last step failed, making the new
/// name durable.
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
pub fn write_whole<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    if is_device(path) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
        write(&mut out)?;
        return Ok(out.flush()?);
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| followed(path));
    let temp = partial(&path);
    let file = create_partial(&temp)?;
    if let Ok(before) = fs::metadata(&path) {
        // Who could not read the old one cannot read the new one. Best effort: some file systems have no rights.
        let _ = file.set_permissions(before.permissions());
    }
    let written = write_synced(file, write).and_then(|()| Ok(fs::rename(&temp, &path)?));
    if written.is_err() {
        // Best effort: the first error is the one that matters.
        let _ = fs::remove_file(&temp);
    }
    written?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    Ok(sync_folder(folder.unwrap_or(Path::new(".")))?)
}

/// Whether there is something that can be written to and is no file.
pub(crate) fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// Where a link leads to that is not there yet; what is no link is itself.
fn followed(path: &Path) -> PathBuf {
    // As many as a system follows.
    const MOST: usize = 40;
    let step = |path: &PathBuf| {
        let to = fs::read_link(path).ok()?;
        Some(path.parent().unwrap_or(Path::new("")).join(to))
    };
    let links = std::iter::successors(Some(path.to_owned()), step);
    links.take(MOST).last().unwrap_or_default()
}

/// The name of a file while it is written.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// What [`write_whole`] holds in memory beside what `write` does, in bytes.
pub(crate) const WHOLE_BUFFER: usize = 1 << 18;

/// A new file of this name. One that is there may be of value to somebody, and a link may lead anywhere.
fn create_partial(path: &Path) -> io::Result<File> {
    File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => in_the_way(path),
        _ => error,
    })
}

/// Something has the name that an unfinished file is to get.
pub(crate) fn in_the_way(path: &Path) -> io::Error {
    let what = format!(
        "{} is in the way, left by a write that was stopped or put there by somebody: remove it, or move it",
        path.display()
    );
    io::Error::new(io::ErrorKind::AlreadyExists, what)
}

fn write_synced<E: From<io::Error>>(
    file: File,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = BufWriter::with_capacity(WHOLE_BUFFER, file);
    write(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

/// Makes the names in a folder durable, where the system has a way to.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_goes_on_naming_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_link_to_what_is_not_there_yet_is_followed_too() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        symlink("file", &link).unwrap();
        write_whole(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        // One that leads to itself is no way to any file.
        let circle = dir.path().join("circle");
        symlink("circle", &circle).unwrap();
        let _ = write_whole::<io::Error>(&circle, |out| out.write_all(b"new"));
    }

    #[test]
    fn who_could_not_read_the_old_file_cannot_read_the_new_one() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        write_whole(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    /// Renaming over a device would replace it, for whoever may.
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink("/dev/null", &link).unwrap();
        write_whole(&link, |out| out.write_all(b"gone")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_has_the_name_of_an_unfinished_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("file"), dir.path().join("other"));
        let temp = partial(&path);
        let refused = || {
            let refused = write_whole(&path, |out| out.write_all(b"new"));
            let error: io::Error = refused.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert!(error.to_string().contains("file.partial is in the way"));
            assert!(!path.exists());
        };
        fs::write(&temp, "precious").unwrap();
        refused();
        assert_eq!(fs::read(&temp).unwrap(), b"precious");
        fs::rename(&temp, &other).unwrap();
        symlink(&other, &temp).unwrap();
        refused();
        assert_eq!(fs::read(&other).unwrap(), b"precious");
        fs::remove_file(&temp).unwrap();
        write_whole(&path, |out| out.write_all(b"new")).unwrap();
    }

    #[test]
    fn a_folder_is_refused_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        write_whole(&folder, |out| out.write_all(b"x")).unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}
