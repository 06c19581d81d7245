//! A store made again from the frames of its log.

use std::path::Path;

use crate::log::{Entry, Frame, LogError};
use crate::log_store::{LogRewrite, LogStore};
use crate::record::{HISTORY, is_index};
use crate::version::StreamError;

/// The kind of frames that are replaced before anybody reads them.
const PLACEHOLDER: u8 = u8::MAX;

/// Writes the frames of one log, from the first on, into another that is empty: the same commits under the same numbers
/// and times, with what compactions made of them. So a [`stream`](crate::SharedStore::stream) that was kept as a backup
/// becomes a store again, over a log of any kind. Returns the number of the last commit, which is durable.
///
/// After an error the log holds a part of the store, and may not open: begin anew with an empty one. Memory: the frames of
/// one commit; what a compaction wrote goes frame by frame.
///
/// An index is left out, for it is true of one log only: open the store and compact it to have one again.
///
/// # Errors
///
/// Those of `entries`, and [`LogError`]: [`LogError::NotEmpty`] if the log holds a commit.
///
/// ```
/// use lattice_lww::Unstamped;
/// use storage_adapter::log::LogDir;
/// use storage_adapter::{Batch, HeldEvent, ItemStore, SharedStore, restore};
/// # use bones_snapshot::write_line;
/// # use storage_adapter::Compaction;
/// # let dir = tempfile::tempdir()?;
/// # let line = write_line(7, "alice", "-", &[], "item.create", "bn-1", r#"{"title":"a"}"#);
/// # let mut store = ItemStore::<Unstamped>::create(&dir.path().join("store"))?;
/// # let events = vec![HeldEvent::parse(line.as_bytes())?];
/// # store.apply(Batch { events, ..Batch::default() }, 1_000)?;
/// # store.compact(&Compaction::without_history(2_000))?;
/// let shared = SharedStore::new(store);
/// let header = ItemStore::<Unstamped>::header();
/// let mut backup = LogDir::create(&dir.path().join("backup"), &header)?;
/// restore(&mut backup, shared.stream())?;
///
/// let backup = ItemStore::<Unstamped>::over(backup)?;
/// assert_eq!(backup.digest()?, shared.read().digest()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn restore<L: LogStore, E: From<LogError>>(
    log: &mut L,
    entries: impl IntoIterator<Item = Result<Entry, E>>,
) -> Result<u64, E> {
    if log.commit() > 0 {
        let (path, found) = (log.place(), "commits".to_owned());
        return Err(LogError::NotEmpty { path, found }.into());
    }
    let told = |entry: &Result<Entry, E>| !entry.as_ref().is_ok_and(|e| is_index(e.kind));
    let mut entries = entries.into_iter().filter(told).peekable();
    while let Some(first) = entries.next().transpose()? {
        let next = log.commit().saturating_add(1);
        let (commit, time) = (first.commit, first.commit_time_micros);
        let is_of_it = |next: &Result<Entry, E>| next.as_ref().is_ok_and(|e| e.commit == commit);
        let mut rest = || entries.next_if(is_of_it).and_then(Result::ok).map(frame);
        // What a compaction wrote begins so, and stands for commits that are gone.
        if first.kind == HISTORY && commit >= next {
            // Others in the place of those, which are replaced at once, bring the log to its number.
            for _ in next..=commit {
                log.write(vec![Frame::new(PLACEHOLDER, Vec::new())], time)?;
            }
            let mut rewrite = log.begin_rewrite_after(next.saturating_sub(1))?;
            rewrite.push(frame(first))?;
            while let Some(frame) = rest() {
                rewrite.push(frame)?;
            }
            let obsolete = log.publish(rewrite.finish()?)?;
            log.remove(obsolete)?;
        } else if commit == next {
            let frames = std::iter::once(frame(first)).chain(std::iter::from_fn(rest));
            let frames = frames.collect();
            log.write(frames, time)?;
        } else {
            let (expected, found) = (format!("commit {next}"), format!("commit {commit}"));
            let (file, offset) = (Path::new(&*first.file).into(), first.offset);
            return Err(LogError::Corrupt {
                file,
                offset,
                expected,
                found,
            }
            .into());
        }
    }
    Ok(log.sync()?)
}

fn frame(entry: Entry) -> Frame {
    Frame::new(entry.kind, entry.body)
}

impl From<LogError> for StreamError<LogError> {
    fn from(error: LogError) -> Self {
        Self::Read(error)
    }
}
