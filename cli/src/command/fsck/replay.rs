//! Writing proven frames into another log.

use std::path::{Path, PathBuf};

use storage_adapter::log::{Entry, Frame, LogDir, LogError};
use storage_adapter::{AnyStore, LogRewrite, LogStore};
use tempfile::TempDir;

use super::examine::{Found, Readable};
use crate::error::CliError;

/// A store that was written anew.
pub(super) struct Repair {
    pub(super) into: PathBuf,
    /// Its last commit.
    pub(super) commit: u64,
    /// The time of that.
    pub(super) time_micros: u64,
    /// Frames written.
    pub(super) frames: u64,
}

impl Found {
    /// Writes a new store with everything that was read. It appears whole or not at all; none when nothing
    /// could be read.
    pub(super) fn repair(&self, target: &Path) -> Result<Option<Repair>, CliError> {
        let Some(Readable {
            header, entries, ..
        }) = &self.readable
        else {
            return Ok(None);
        };
        if entries.is_empty() && !self.damage.is_empty() {
            return Ok(None);
        }
        let parent = target.parent().filter(|path| !path.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let room = TempDir::new_in(parent).map_err(CliError::io("make a directory in", parent))?;
        let made = room.path().join("store");
        let mut log = LogDir::create(&made, header)?;
        replay(&mut log, entries)?;
        let repair = Repair {
            into: target.into(),
            commit: log.commit(),
            time_micros: log.commit_time_micros(),
            frames: entries.len() as u64,
        };
        drop(log);
        // Opening reads and verifies all of it.
        drop(AnyStore::open(&made)?);
        std::fs::rename(&made, target).map_err(CliError::io("make the directory", target))?;
        Ok(Some(repair))
    }
}

/// Writes frames, which begin with the first of their log, commit by commit under the same numbers and
/// times.
pub(super) fn replay(log: &mut impl LogStore, entries: &[Entry]) -> Result<(), LogError> {
    let frame = |entry: &Entry| Frame::new(entry.kind, entry.body.clone());
    let mut commits = entries.chunk_by(|a, b| a.commit == b.commit);
    // The first commit of a log that was compacted has a greater number than 1: it stands for all before.
    // Others in their place, which are replaced at once, bring the new log to that number.
    if let Some(first) = entries.first().filter(|first| first.commit > 1) {
        for _ in 0..first.commit {
            let stand_in = Frame::new(first.kind, Vec::new());
            log.write(vec![stand_in], first.commit_time_micros)?;
        }
        let mut rewrite = log.begin_rewrite()?;
        for entry in commits.next().into_iter().flatten() {
            rewrite.push(frame(entry))?;
        }
        let obsolete = log.publish(rewrite.finish()?)?;
        log.remove(obsolete)?;
    }
    for commit in commits {
        let time = commit.first().map_or(0, |entry| entry.commit_time_micros);
        log.write(commit.iter().map(frame).collect(), time)?;
    }
    log.sync().map(drop)
}
