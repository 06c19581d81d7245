//! Consistent views: one read transaction of the engine each.

use std::io;
use std::sync::Arc;

use redb::{ReadTransaction, ReadableDatabase};
use storage_adapter::log::{Damage, Entry, LogError, VerifyReport};
use storage_adapter::{LogReader, SealedFrames};

use crate::cursor::{Cursor, Flaw, Walk};
use crate::database::{Db, io_error};
use crate::parts;
use crate::sealed::{Holds, Sealed};

/// How much is read ahead at once: a transaction is looked into for many frames, not for each.
const AHEAD_FRAMES: usize = 256;
const AHEAD_BYTES: usize = 256 << 10;

/// A consistent view of a [`RedbLog`](crate::RedbLog). While it is alive, no page it may need is used again, and
/// the database stays open and locked, also when the log is gone.
pub struct RedbReader {
    db: Arc<Db>,
    holds: Arc<Holds>,
    parts: Vec<u64>,
    /// The last commit of each, or of those before it if it has none.
    ends: Vec<u64>,
    commit: u64,
    /// Making a reader cannot fail, reading can: why there is no transaction is told then.
    transaction: Result<ReadTransaction, String>,
}

impl std::fmt::Debug for RedbReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedbReader")
            .field("path", &self.db.path)
            .field("parts", &self.parts)
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

impl RedbReader {
    pub(crate) fn new(db: &Arc<Db>, holds: &Arc<Holds>, parts: &[u64], ends: &[u64]) -> Self {
        Self {
            db: Arc::clone(db),
            holds: Arc::clone(holds),
            parts: parts.to_vec(),
            ends: ends.to_vec(),
            commit: ends.last().copied().unwrap_or(0),
            transaction: db.engine.begin_read().map_err(|error| error.to_string()),
        }
    }

    /// How many parts there are up to the end of one of them.
    fn until(&self, end: u64) -> Option<usize> {
        let before = self.ends.partition_point(|last| *last < end);
        let is_end = end > 0 && self.ends.get(before) == Some(&end);
        is_end.then_some(before.saturating_add(1))
    }

    fn transaction(&self) -> Result<&ReadTransaction, LogError> {
        self.transaction.as_ref().map_err(|why| LogError::Io {
            action: "read",
            path: self.db.path.clone(),
            source: io::Error::other(why.clone()),
        })
    }

    /// Reads on: some frames, or the rest of a part.
    fn fill(&self, cursor: &mut Cursor) -> Result<(), LogError> {
        let error = |error: redb::Error| io_error("read", &self.db.path, error);
        let Some(part) = self.parts.get(cursor.part) else {
            cursor.has_ended = true;
            let end = cursor.walk.end(self.commit);
            return end.map_err(|flaw| self.damaged(&flaw));
        };
        let name = parts::name(*part);
        let file = Arc::from(&*name);
        let table = self.transaction()?.open_table(parts::table(&name));
        let table = table.map_err(|e| error(e.into()))?;
        if cursor.from == (0, 0) {
            cursor.walk.begin_part();
        }
        let mut bytes = 0_usize;
        for pair in table.range(cursor.from..).map_err(|e| error(e.into()))? {
            let (key, value) = pair.map_err(|e| error(e.into()))?;
            let (key, value) = (key.value(), value.value());
            let taken = cursor.walk.take(&file, key, value);
            cursor
                .ahead
                .extend(taken.map_err(|flaw| self.damaged(&flaw))?);
            cursor.from = (key.0, key.1.saturating_add(1));
            bytes = bytes.saturating_add(value.len());
            if cursor.ahead.len() >= AHEAD_FRAMES || bytes >= AHEAD_BYTES {
                return Ok(());
            }
        }
        cursor.part = cursor.part.saturating_add(1);
        cursor.from = (0, 0);
        Ok(())
    }

    fn damaged(&self, flaw: &Flaw) -> LogError {
        let Flaw { expected, found } = flaw;
        let what = format!("expected {expected}, found {found}; restore it from a copy");
        LogError::Io {
            action: "read",
            path: self.db.path.clone(),
            source: io::Error::new(io::ErrorKind::InvalidData, what),
        }
    }
}

impl LogReader for RedbReader {
    type Cursor = Cursor;

    fn commit(&self) -> u64 {
        self.commit
    }

    fn read(&self, cursor: &mut Cursor) -> Option<Result<Entry, LogError>> {
        while cursor.ahead.is_empty() && !cursor.has_ended {
            if let Err(error) = self.fill(cursor) {
                // SUBTLE: what was read before it is told first.
                cursor.has_ended = true;
                cursor.error = Some(error);
            }
        }
        let ahead = cursor.ahead.pop_front().map(Ok);
        ahead.or_else(|| cursor.error.take().map(Err))
    }

    fn verify(&self) -> Result<VerifyReport, LogError> {
        let error = |error: redb::Error| io_error("read", &self.db.path, error);
        let mut report = VerifyReport::default();
        let mut walk = Walk::default();
        let damage = |file: &str, offset, bytes, flaw: Flaw| Damage {
            file: file.to_owned(),
            offset,
            bytes,
            expected: flaw.expected,
            found: flaw.found,
        };
        for part in &self.parts {
            let name = parts::name(*part);
            let file: Arc<str> = Arc::from(&*name);
            let table = self.transaction()?.open_table(parts::table(&name));
            let table = table.map_err(|e| error(e.into()))?;
            walk.begin_part();
            for pair in table.range((0, 0)..).map_err(|e| error(e.into()))? {
                let (key, value) = pair.map_err(|e| error(e.into()))?;
                let (key, value) = (key.value(), value.value());
                let len = value.len() as u64;
                report.bytes = report.bytes.saturating_add(len);
                match walk.take(&file, key, value) {
                    Ok(entry) => {
                        report.frames = report.frames.saturating_add(u64::from(entry.is_some()));
                    }
                    Err(flaw) => report.damage.push(damage(&name, key.1, len, flaw)),
                }
            }
        }
        if let Err(flaw) = walk.end(self.commit) {
            report.damage.push(damage("lattice log", 0, 0, flaw));
        }
        Ok(report)
    }

    fn ends(&self) -> Vec<u64> {
        let mut ends = self.ends.clone();
        ends.dedup();
        ends.retain(|end| *end > 0);
        ends
    }

    /// `None` also once the log has removed what this reader goes on to read.
    fn sealed(&self, end: u64) -> Option<Arc<dyn SealedFrames>> {
        let count = self.until(end)?;
        let parts = self.parts.iter().copied().zip(self.ends.iter().copied());
        let sealed = Sealed::new(&self.db, &self.holds, parts.take(count))?;
        Some(Arc::new(sealed))
    }

    fn behind(&self, end: u64) -> Option<Cursor> {
        Some(Cursor {
            part: self.until(end)?,
            walk: Walk::behind(end),
            ..Cursor::default()
        })
    }
}
