//! Streaming everything that is committed.

use std::path::PathBuf;
use std::sync::Arc;

use super::batch::{Batches, Event};
use super::disk::Disk;
use super::error::LogError;
use super::files::Files;
use super::frame::Chain;
use super::segment::{Cursor, SEGMENT_HEAD};
use super::view::LogView;

/// A frame and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the body is, in the caller's terms.
    pub kind: u8,
    /// The bytes that were appended.
    pub body: Vec<u8>,
    /// The segment file it lies in.
    pub file: Arc<str>,
    /// Offset of its first byte in that file.
    pub offset: u64,
    /// The commit it came with.
    pub commit: u64,
    /// The time given with that commit, in microseconds.
    pub commit_time_micros: u64,
}

/// Every committed frame in commit order; made by [`LogDir::frames`](super::LogDir::frames) and
/// [`LogView::frames`].
///
/// Ends after the first error: what lies behind damage cannot be told apart from it.
/// [`LogDir::verify`](super::LogDir::verify) goes on.
pub struct Frames<F: Files = Disk> {
    view: LogView<F>,
    /// Index of the next segment to read.
    next: usize,
    open: Option<Source<F::File>>,
    done: bool,
}

struct Source<D> {
    batches: Batches<Arc<D>>,
    name: Arc<str>,
    /// The point the manifest vouches for; taken once it was seen.
    anchor: Option<(u64, Chain)>,
}

impl<F: Files> Frames<F> {
    pub(super) fn new(view: LogView<F>) -> Self {
        Self {
            view,
            next: 0,
            open: None,
            done: false,
        }
    }

    fn step(&mut self) -> Result<Option<Entry>, LogError> {
        loop {
            let Some(source) = &mut self.open else {
                self.open = open_segment(&self.view, self.next)?;
                self.next += 1;
                if self.open.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let path = |name: &str| self.view.files.path(name);
            match source
                .batches
                .next()
                .map_err(|stop| stop.into_error(&path(&source.name)))?
            {
                Some(Event::Frame {
                    kind,
                    body,
                    at,
                    commit,
                    time,
                }) => {
                    let file = Arc::clone(&source.name);
                    return Ok(Some(Entry {
                        kind,
                        body,
                        file,
                        offset: at,
                        commit,
                        commit_time_micros: time,
                    }));
                }
                Some(Event::Commit(end)) => {
                    source
                        .vouch(end)
                        .map_err(|at| other_history(path(&source.name), at))?;
                }
                None => {
                    let end = source.batches.last();
                    source
                        .vouch(end)
                        .map_err(|at| other_history(path(&source.name), at))?;
                    // The running check goes over numbers and times too.
                    let is_last = self.next == self.view.parts.len();
                    if is_last && (end.at, end.chain) != (self.view.end.at, self.view.end.chain) {
                        return Err(other_history(path(&source.name), end.at));
                    }
                    self.open = None;
                }
            }
        }
    }
}

impl<D> Source<D> {
    /// Compares the running check with the manifest's as soon as its point is reached; gives that
    /// point if they differ.
    fn vouch(&mut self, end: Cursor) -> Result<(), u64> {
        match self.anchor {
            Some((at, chain)) if end.at >= at => {
                self.anchor = None;
                if end.at == at && end.chain == chain {
                    Ok(())
                } else {
                    Err(at)
                }
            }
            _ => Ok(()),
        }
    }
}

/// Frames check, each by itself, and are not the ones this owner knows to be there.
fn other_history(file: PathBuf, offset: u64) -> LogError {
    let (expected, found) = (
        "the batches that were committed up to here".to_owned(),
        "others".to_owned(),
    );
    LogError::Corrupt {
        file,
        offset,
        expected,
        found,
    }
}

/// Begins to read a segment up to its committed end; `None` behind the last one.
fn open_segment<F: Files>(
    view: &LogView<F>,
    index: usize,
) -> Result<Option<Source<F::File>>, LogError> {
    let Some(part) = view.parts.get(index) else {
        return Ok(None);
    };
    let segment = &part.segment;
    let path = || view.files.path(&part.name);
    let limit = view.limit(index);
    let found = part.len(&*view.files)?;
    if found < limit {
        return Err(LogError::Short {
            file: path(),
            expected: limit,
            found,
        });
    }
    let start = Cursor {
        at: SEGMENT_HEAD,
        commit: 0,
        time: 0,
        chain: segment.start,
    };
    let file = Arc::clone(&part.file);
    let mut batches = Batches::new(file, part.key.clone(), start, segment.first, limit);
    batches
        .check_head(segment.id)
        .map_err(|stop| stop.into_error(&path()))?;
    let anchor = (segment.len > SEGMENT_HEAD).then_some((segment.len, segment.chain));
    Ok(Some(Source {
        batches,
        name: Arc::clone(&part.name),
        anchor,
    }))
}

impl<F: Files> Iterator for Frames<F> {
    type Item = Result<Entry, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step().transpose();
        self.done = !matches!(step, Some(Ok(_)));
        step
    }
}

impl<F: Files> std::iter::FusedIterator for Frames<F> {}
