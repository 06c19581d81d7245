//! The log itself.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{CompactionError, Durability};
use storage_adapter::LogStore;
use storage_adapter::log::{Frame, LogError};

use crate::create::{self, fs_error};
use crate::database::Db;
use crate::open::{self, Found};
use crate::parts;
use crate::reader::RedbReader;
use crate::rewrite::{Draft, RedbFinished, RedbObsolete, RedbRewrite};
use crate::sealed::Holds;
use crate::value::{Mark, admit};

/// A log of commits in one database file.
///
/// ```
/// use lattice_redb::RedbLog;
/// use storage_adapter::log::{Frame, LogError};
/// use storage_adapter::{LogReader, LogRewrite, LogStore};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("log.redb");
/// let mut log = RedbLog::create(&path, b"header")?;
/// log.write(vec![Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
/// log.sync()?;
/// assert!(matches!(RedbLog::open(&path), Err(LogError::Locked { .. })));
///
/// let mut rewrite = log.begin_rewrite()?;
/// log.write(vec![Frame::new(1, *b"c")], 20)?; // meanwhile
/// rewrite.push(Frame::new(9, *b"ab"))?;
/// let obsolete = log.publish(rewrite.finish()?)?;
/// log.remove(obsolete)?;
/// drop(log);
///
/// let log = RedbLog::open(&path)?;
/// let entries = log.reader().frames().collect::<Result<Vec<_>, _>>()?;
/// let seen: Vec<_> = entries.iter().map(|e| (e.kind, &e.body[..], e.commit)).collect();
/// assert_eq!(seen, [(9, &b"ab"[..], 1), (1, b"c", 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RedbLog {
    db: Arc<Db>,
    header: Vec<u8>,
    /// The parts in their order; commits go to the last.
    parts: Vec<u64>,
    /// The last commit of each, or of those before it if it has none.
    ends: Vec<u64>,
    is_tail_empty: bool,
    commit: u64,
    time: u64,
    durable: u64,
    /// Whether the file may hold bytes of what was replaced.
    to_shrink: bool,
    /// Parts that frames are read from.
    holds: Arc<Holds>,
    /// Parts that were replaced while they were held.
    left: Vec<u64>,
    /// Whether a rewrite is alive. Also tells our rewrites from those of others.
    rewriting: Arc<AtomicBool>,
}

impl RedbLog {
    /// Makes a log in a file of its own, which must not be there yet.
    ///
    /// # Errors
    ///
    /// [`LogError::AlreadyAStore`], [`LogError::NotEmpty`], [`LogError::HeaderTooLarge`], [`LogError::Io`].
    pub fn create(path: &Path, header: &[u8]) -> Result<Self, LogError> {
        let (db, part) = create::create(path, header)?;
        Ok(Self::over(Found {
            db,
            header: header.to_vec(),
            parts: vec![part],
            ends: vec![0],
            commit: 0,
            time: 0,
            is_tail_empty: true,
            to_shrink: false,
        }))
    }

    /// Opens a log. What rewrites that were given up, and publications that were not cleaned up, left in
    /// the file is removed.
    ///
    /// # Errors
    ///
    /// [`LogError::NotAStore`] for anything but a database with a log in it, [`LogError::NewerFormat`],
    /// [`LogError::Locked`], [`LogError::Io`]. Nothing is changed before the database is known to be ours.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let mut log = Self::over(open::open(path)?);
        log.shrink()?;
        Ok(log)
    }

    fn over(found: Found) -> Self {
        Self {
            db: Arc::new(found.db),
            header: found.header,
            parts: found.parts,
            ends: found.ends,
            is_tail_empty: found.is_tail_empty,
            commit: found.commit,
            time: found.time,
            // The engine opens at the last transaction that was synced.
            durable: found.commit,
            to_shrink: found.to_shrink,
            holds: Arc::default(),
            left: Vec::new(),
            rewriting: Arc::default(),
        }
    }

    /// Compacts the file if what was replaced may still be in it. With a reader or a rewrite alive, or single
    /// frames of a part held, that is left to the next time.
    fn shrink(&mut self) -> Result<(), LogError> {
        let Some(db) = Arc::get_mut(&mut self.db).filter(|_| self.to_shrink) else {
            return Ok(());
        };
        match db.engine.compact() {
            Ok(_) => {}
            Err(CompactionError::TransactionInProgress) => return Ok(()),
            Err(error) => return Err(db.error("compact", error)),
        }
        self.db
            .change("compact", Durability::Immediate, |transaction| {
                transaction
                    .open_table(parts::META)?
                    .remove(parts::SHRINK_KEY)?;
                Ok(())
            })?;
        self.to_shrink = false;
        Ok(())
    }

    fn own(&self, owner: &Arc<AtomicBool>) -> Result<(), LogError> {
        if Arc::ptr_eq(&self.rewriting, owner) {
            return Ok(());
        }
        Err(LogError::Foreign { path: self.place() })
    }
}

impl LogStore for RedbLog {
    type Rewrite = RedbRewrite;
    type Finished = RedbFinished;
    type Obsolete = RedbObsolete;
    type Reader = RedbReader;

    fn place(&self) -> PathBuf {
        self.db.path.clone()
    }

    fn header(&self) -> &[u8] {
        &self.header
    }

    fn commit(&self) -> u64 {
        self.commit
    }

    fn commit_time_micros(&self) -> u64 {
        self.time
    }

    fn durable_commit(&self) -> u64 {
        self.durable
    }

    fn write(&mut self, frames: Vec<Frame>, time_micros: u64) -> Result<u64, LogError> {
        for (index, frame) in (0..).zip(&frames) {
            admit(frame, index)?;
        }
        self.db.writable()?;
        let Some(&tail) = self.parts.last().filter(|_| !frames.is_empty()) else {
            return Ok(self.commit);
        };
        let (commit, count) = (self.commit.saturating_add(1), frames.len() as u64);
        let mark = Mark {
            time: time_micros,
            count,
        };
        self.db
            .change("write to", Durability::None, |transaction| {
                parts::mark(transaction, tail, commit, mark)?;
                let frames = frames.iter().map(|frame| (frame.kind, &frame.body[..]));
                parts::put(transaction, tail, (commit, 1), frames)
            })?;
        (self.commit, self.time, self.is_tail_empty) = (commit, time_micros, false);
        if let Some(end) = self.ends.last_mut() {
            *end = commit;
        }
        Ok(commit)
    }

    fn sync(&mut self) -> Result<u64, LogError> {
        self.db.writable()?;
        if self.durable < self.commit {
            // A transaction that is synced takes all before it along.
            self.db.change("sync", Durability::Immediate, |_| Ok(()))?;
            self.durable = self.commit;
        }
        Ok(self.durable)
    }

    fn reader(&self) -> RedbReader {
        RedbReader::new(&self.db, &self.holds, &self.parts, &self.ends)
    }

    fn seams(&self) -> Vec<u64> {
        let mut seams = self.ends.clone();
        seams.dedup();
        seams.retain(|seam| *seam > 0 && *seam < self.commit);
        seams
    }

    fn begin_rewrite_after(&mut self, standing: u64) -> Result<RedbRewrite, LogError> {
        self.db.writable()?;
        if standing > 0 && !self.seams().contains(&standing) {
            return Err(LogError::NoSeam {
                path: self.place(),
                commit: standing,
            });
        }
        let kept = self.ends.partition_point(|end| *end <= standing);
        let kept = if standing == 0 { 0 } else { kept };
        if self.rewriting.swap(true, Ordering::AcqRel) {
            return Err(LogError::Busy { path: self.place() });
        }
        let needs_tail = !self.is_tail_empty;
        let begun = self
            .db
            .change("rewrite", Durability::Immediate, |transaction| {
                let part = parts::begin(transaction)?;
                let mut list = self.parts.clone();
                if needs_tail {
                    list.push(parts::begin(transaction)?);
                    parts::list(transaction, &list)?;
                }
                Ok((part, list))
            });
        let (part, list) = begun.inspect_err(|_| self.rewriting.store(false, Ordering::Release))?;
        let tail = list.last().copied().unwrap_or_default();
        self.ends.resize(list.len(), self.commit);
        (self.parts, self.is_tail_empty, self.durable) = (list, true, self.commit);
        Ok(RedbRewrite {
            draft: Draft {
                db: Arc::clone(&self.db),
                part,
                is_published: false,
                rewriting: Arc::clone(&self.rewriting),
            },
            commit: self.commit,
            time: self.time,
            kept,
            tail,
            waiting: Vec::new(),
            bytes: 0,
            written: 0,
        })
    }

    fn publish(&mut self, finished: RedbFinished) -> Result<RedbObsolete, LogError> {
        let RedbFinished {
            mut draft,
            commit,
            kept,
            tail,
        } = finished;
        self.own(&draft.rewriting)?;
        // INVARIANT: parts are only added at the end while a rewrite lives, so what it replaces is all before
        // its tail.
        let at = self.parts.iter().position(|part| *part == tail);
        let replaced = kept..at.unwrap_or(self.parts.len());
        let (mut list, mut ends) = (self.parts.clone(), self.ends.clone());
        let gone = list.splice(replaced.clone(), [draft.part]).collect();
        ends.splice(replaced, [commit]);
        // SUBTLE: if this fails nobody knows whether it is in force, so the draft is not removed here.
        draft.is_published = true;
        self.db
            .change("publish", Durability::Immediate, |transaction| {
                parts::list(transaction, &list)?;
                transaction
                    .open_table(parts::META)?
                    .insert(parts::SHRINK_KEY, &[][..])?;
                Ok(())
            })?;
        (self.parts, self.ends) = (list, ends);
        (self.durable, self.to_shrink) = (self.commit, true);
        Ok(RedbObsolete {
            parts: gone,
            owner: Arc::clone(&self.rewriting),
        })
    }

    fn remove(&mut self, obsolete: RedbObsolete) -> Result<(), LogError> {
        self.own(&obsolete.owner)?;
        self.left.extend(obsolete.parts);
        // Nobody can begin to hold a part until those that nobody holds are gone.
        let counts = self.holds.counts();
        let (held, free) = self.left.iter().partition(|part| counts.is_held(**part));
        let free: Vec<u64> = free;
        self.db
            .change("remove from", Durability::Immediate, |transaction| {
                parts::delete(transaction, &free)
            })?;
        drop(counts);
        self.left = held;
        self.durable = self.commit;
        self.shrink()
    }

    fn disk_bytes(&self) -> Result<u64, LogError> {
        let path = &self.db.path;
        let file = fs::metadata(path).map_err(|source| fs_error("look at", path, source))?;
        Ok(file.len())
    }

    fn parts(&self) -> usize {
        self.parts.len()
    }
}

impl fmt::Debug for RedbLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbLog")
            .field("path", &self.db.path)
            .field("parts", &self.parts)
            .field("commit", &self.commit)
            .field("durable", &self.durable)
            .finish_non_exhaustive()
    }
}
