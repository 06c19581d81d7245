//! Opening a database, and clearing what a stop left in it.

use std::collections::BTreeSet;
use std::path::Path;

use redb::{DatabaseError, Durability, ReadableDatabase, ReadableTable, TableError, TableHandle};
use storage_adapter::log::LogError;

use crate::create::{builder, is_database};
use crate::database::{Db, io_error};
use crate::value::{Mark, decode};
use crate::{FORMAT, parts};

/// What a database says of its log.
pub(crate) struct Found {
    pub(crate) db: Db,
    pub(crate) header: Vec<u8>,
    pub(crate) parts: Vec<u64>,
    /// The last commit of each, or of those before it if it has none.
    pub(crate) ends: Vec<u64>,
    pub(crate) commit: u64,
    pub(crate) time: u64,
    /// Whether the last part has no commit.
    pub(crate) is_tail_empty: bool,
    /// Whether the file may hold bytes of what was replaced.
    pub(crate) to_shrink: bool,
}

pub(crate) fn open(path: &Path) -> Result<Found, LogError> {
    let no_store = |why| LogError::NotAStore {
        path: path.to_path_buf(),
        why,
    };
    if !path.is_file() {
        return Err(no_store("there is no such file; create one there"));
    }
    if !is_database(path)? {
        return Err(no_store("it is not a redb database"));
    }
    let engine = builder().open(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => LogError::Locked {
            path: path.to_path_buf(),
        },
        error => io_error("open", path, error),
    })?;
    let db = Db::new(path.to_path_buf(), engine);
    // INVARIANT: nothing is changed before the database is known to be ours and whole.
    let mut found = look(db)?.ok_or_else(|| no_store("the database holds no log"))?;
    clear(&mut found)?;
    Ok(found)
}

/// Reads the list, and the end of the log; `None` if there is no log in the database.
fn look(db: Db) -> Result<Option<Found>, LogError> {
    let read = |error: redb::Error| db.error("read", error);
    let transaction = db.engine.begin_read().map_err(|e| read(e.into()))?;
    let meta = match transaction.open_table(parts::META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
            return Ok(None);
        }
        Err(error) => return Err(read(error.into())),
    };
    let get = |key| -> Result<Option<Vec<u8>>, LogError> {
        let value = meta.get(key).map_err(|e| read(e.into()))?;
        Ok(value.map(|value| value.value().to_vec()))
    };
    let corrupt = |what: &str| read(redb::Error::Corrupted(what.into()));
    let format = get(parts::FORMAT_KEY)?.and_then(|bytes| bytes.try_into().ok());
    let Some(format) = format.map(u32::from_le_bytes) else {
        return Ok(None);
    };
    if format > FORMAT {
        return Err(LogError::NewerFormat {
            path: db.path.clone(),
            found: format,
            supported: FORMAT,
        });
    }
    let header = get(parts::HEADER_KEY)?.ok_or_else(|| corrupt("the log has no header"))?;
    let named = get(parts::PARTS_KEY)?.and_then(|bytes| parts::decode_list(&bytes));
    let named = named.filter(|parts| !parts.is_empty());
    let named = named.ok_or_else(|| corrupt("the log has no list of parts"))?;
    let to_shrink = get(parts::SHRINK_KEY)?.is_some();
    let (mut commit, mut time, mut is_tail_empty) = (0, 0, false);
    let mut ends = Vec::new();
    for part in &named {
        let name = parts::name(*part);
        let table = transaction.open_table(parts::table(&name));
        let table = table.map_err(|e| read(e.into()))?;
        let last = table.last().map_err(|e| read(e.into()))?;
        is_tail_empty = last.is_none();
        if let Some((key, _)) = last {
            (commit, _) = key.value();
        }
        ends.push(commit);
        if is_tail_empty {
            continue;
        }
        let mark = table.get((commit, 0)).map_err(|e| read(e.into()))?;
        let mark = mark.and_then(|value| {
            let (_, body) = decode((commit, 0), value.value())?;
            Mark::decode(body)
        });
        time = mark
            .ok_or_else(|| corrupt("the last commit has no mark"))?
            .time;
    }
    drop(transaction);
    Ok(Some(Found {
        header,
        parts: named,
        ends,
        commit,
        time,
        is_tail_empty,
        to_shrink,
        db,
    }))
}

/// Removes the tables of parts that the list does not name: of rewrites given up, and of what was replaced.
fn clear(found: &mut Found) -> Result<(), LogError> {
    let named: BTreeSet<u64> = found.parts.iter().copied().collect();
    let db = &found.db;
    let transaction = db.engine.begin_read().map_err(|e| db.error("read", e))?;
    let tables = transaction.list_tables().map_err(|e| db.error("read", e))?;
    let parts = tables.filter_map(|table| parts::parse_name(table.name()));
    let left: Vec<u64> = parts.filter(|part| !named.contains(part)).collect();
    drop(transaction);
    if !left.is_empty() {
        db.change("clear", Durability::Immediate, |transaction| {
            parts::delete(transaction, &left)
        })?;
        found.to_shrink = true;
    }
    Ok(())
}
