//! Streaming everything that is committed.

use std::path::PathBuf;
use std::sync::Arc;

use super::batch::{Batches, Event, Stop};
use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Chain, Key};
use super::manifest::Segment;
use super::name;
use super::segment::{Cursor, SEGMENT_HEAD};

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

/// Every committed frame in commit order; made by [`LogDir::frames`].
///
/// Ends after the first error: what lies behind damage cannot be told apart from it.
/// [`LogDir::verify`] goes on.
pub struct Frames<'a, F: Files> {
    log: &'a LogDir<F>,
    /// Index of the next segment to open.
    next: usize,
    open: Option<Source<F::File>>,
    /// The running check at the end of the last segment, and the number of its last commit.
    chain: Chain,
    done: bool,
}

struct Source<D> {
    batches: Batches<D>,
    name: Arc<str>,
    /// The point the manifest vouches for; taken once it was seen.
    anchor: Option<(u64, Chain)>,
}

impl<'a, F: Files> Frames<'a, F> {
    pub(super) fn new(log: &'a LogDir<F>) -> Self {
        Self {
            log,
            next: 0,
            open: None,
            chain: Chain::default(),
            done: false,
        }
    }

    fn step(&mut self) -> Result<Option<Entry>, LogError> {
        loop {
            let Some(source) = &mut self.open else {
                let Some(segment) = self.log.manifest.segments.get(self.next) else {
                    return Ok(None);
                };
                self.open = Some(open_segment(self.log, segment, self.next, self.chain)?);
                self.next += 1;
                continue;
            };
            let path = |name: &str| self.log.files.path(name);
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
                    if self.next == self.log.manifest.segments.len() && end != self.log.end {
                        return Err(other_history(path(&source.name), end.at));
                    }
                    self.chain = end.chain;
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

/// Opens a segment for reading up to its committed end.
fn open_segment<F: Files>(
    log: &LogDir<F>,
    segment: &Segment,
    index: usize,
    chain: Chain,
) -> Result<Source<F::File>, LogError> {
    let name = name::segment(segment.id);
    let path = log.files.path(&name);
    let file = log.open_file(&name)?;
    let is_last = index + 1 == log.manifest.segments.len();
    let limit = if is_last { log.end.at } else { segment.len };
    let found = file
        .len()
        .map_err(LogError::io("read the length of", &path))?;
    if found < limit {
        return Err(LogError::Short {
            file: path,
            expected: limit,
            found,
        });
    }
    let key = Key::new(&log.manifest.header, segment.id);
    // SUBTLE: several segments of one `replace` carry the same commit number, so the number comes
    // from the manifest and not from the segment before.
    let start = Cursor {
        at: SEGMENT_HEAD,
        commit: segment.first.saturating_sub(1),
        time: log.manifest.time,
        chain,
    };
    let mut batches = Batches::new(file, key, start, limit);
    batches
        .check_head(segment.id)
        .map_err(|stop: Stop| stop.into_error(&path))?;
    let anchor = (segment.len > SEGMENT_HEAD).then_some((segment.len, segment.chain));
    Ok(Source {
        batches,
        name: name.into(),
        anchor,
    })
}

impl<F: Files> Iterator for Frames<'_, F> {
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

impl<F: Files> std::iter::FusedIterator for Frames<'_, F> {}
