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

/// The kind of frames that are replaced before anybody reads them.
const PLACEHOLDER: u8 = u8::MAX;

/// Writes frames, which begin with the first of their log, commit by commit under the same numbers and
/// times.
pub(super) fn replay(log: &mut impl LogStore, entries: &[Entry]) -> Result<(), LogError> {
    let frame = |entry: &Entry| Frame::new(entry.kind, entry.body.clone());
    let commits: Vec<&[Entry]> = entries.chunk_by(|a, b| a.commit == b.commit).collect();
    let number = |commit: &[Entry]| commit.first().map_or(0, |entry| entry.commit);
    // What a compaction wrote stands for commits that are gone, so there is a gap before it; at most the first of
    // several can do without.
    let mut before = 0;
    let gaps = commits.iter().map(|commit| {
        let expected = before + 1;
        before = number(commit);
        before != expected
    });
    let gaps: Vec<bool> = gaps.collect();
    let runs = gaps.iter().rposition(|gap| *gap).map_or(0, |last| last + 1);
    for (index, commit) in commits.into_iter().enumerate() {
        let time = commit.first().map_or(0, |entry| entry.commit_time_micros);
        if index >= runs {
            log.write(commit.iter().map(frame).collect(), time)?;
            continue;
        }
        // Others in the place of those commits, which are replaced at once, bring the new log to its number.
        let standing = log.commit();
        for _ in standing..number(commit) {
            log.write(vec![Frame::new(PLACEHOLDER, Vec::new())], time)?;
        }
        let mut rewrite = log.begin_rewrite_after(standing)?;
        for entry in commit {
            rewrite.push(frame(entry))?;
        }
        let obsolete = log.publish(rewrite.finish()?)?;
        log.remove(obsolete)?;
    }
    log.sync().map(drop)
}
