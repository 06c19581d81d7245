//! Making a database for a log.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use redb::{Builder, Database, Durability};
use storage_adapter::log::{LogError, MAX_HEADER};

use crate::database::{Db, io_error};
use crate::{FORMAT, parts};

/// What every database of the engine begins with.
const MAGIC: &[u8; 9] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// Memory that the engine may take for pages. A store above keeps what it reads often itself.
const CACHE: usize = 64 << 20;

pub(crate) fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// Makes the file, its tables and the first part.
pub(crate) fn create(path: &Path, header: &[u8]) -> Result<(Db, u64), LogError> {
    let (len, max) = (header.len(), MAX_HEADER);
    if len > max {
        return Err(LogError::HeaderTooLarge { len, max });
    }
    match File::create_new(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken(path)),
        Err(source) => return Err(fs_error("create", path, source)),
    }
    let made = fill(path, header);
    if made.is_err() {
        // The file is ours and holds nothing; what keeps it from being removed is no worse than what failed.
        let _ = fs::remove_file(path);
    }
    made
}

fn fill(path: &Path, header: &[u8]) -> Result<(Db, u64), LogError> {
    let engine = builder().create(path);
    let db = Db::new(
        path.to_path_buf(),
        engine.map_err(|error| io_error("create", path, error))?,
    );
    let part = db.change("create", Durability::Immediate, |transaction| {
        {
            let mut meta = transaction.open_table(parts::META)?;
            meta.insert(parts::FORMAT_KEY, &FORMAT.to_le_bytes()[..])?;
            meta.insert(parts::HEADER_KEY, header)?;
        }
        let part = parts::begin(transaction)?;
        parts::list(transaction, &[part])?;
        Ok(part)
    })?;
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    // The name has to be on the medium too.
    let synced = File::open(&folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| fs_error("sync", &folder, source))?;
    Ok((db, part))
}

/// Why nothing is made where there is something.
fn taken(path: &Path) -> LogError {
    let path = path.to_path_buf();
    match is_database(&path) {
        Ok(true) => LogError::AlreadyAStore { path },
        Ok(false) => LogError::NotEmpty {
            path,
            found: "a file of another kind".into(),
        },
        Err(error) => error,
    }
}

/// Whether a file begins as those of the engine do.
pub(crate) fn is_database(path: &Path) -> Result<bool, LogError> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(|source| fs_error("open", path, source))?;
    let read = file.take(MAGIC.len() as u64).read_to_end(&mut start);
    read.map_err(|source| fs_error("read", path, source))?;
    Ok(start == MAGIC)
}

pub(crate) fn fs_error(action: &'static str, path: &Path, source: io::Error) -> LogError {
    LogError::Io {
        action,
        path: path.to_path_buf(),
        source,
    }
}
