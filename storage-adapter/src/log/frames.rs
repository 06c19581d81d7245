//! Streaming everything that is committed.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::{fmt, io};

use super::batch::{Batches, Event};
use super::disk::Disk;
use super::error::LogError;
use super::files::{DataFile, Files};
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
    place: FramePlace<F>,
}

/// A place between the frames of a [`LogView`], at first before all of them.
///
/// It holds no file open: the view does, and whoever takes the view away takes the files.
pub struct FramePlace<F: Files = Disk> {
    /// Index of the next segment to read.
    next: usize,
    open: Option<Source<F::File>>,
    done: bool,
}

impl<F: Files> Default for FramePlace<F> {
    fn default() -> Self {
        Self {
            next: 0,
            open: None,
            done: false,
        }
    }
}

impl<F: Files> fmt::Debug for FramePlace<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramePlace")
            .field("segments_begun", &self.next)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

/// A file that somebody else holds open.
struct Borrowed<D>(Weak<D>);

impl<D> Borrowed<D> {
    fn file(&self) -> io::Result<Arc<D>> {
        let gone = || io::Error::other("the view this place is in is gone");
        self.0.upgrade().ok_or_else(gone)
    }
}

impl<D: DataFile> DataFile for Borrowed<D> {
    fn len(&self) -> io::Result<u64> {
        self.file()?.len()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file()?.read_at(buf, offset)
    }
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.file()?.append(bytes)
    }
    fn truncate(&self, len: u64) -> io::Result<()> {
        self.file()?.truncate(len)
    }
    fn sync(&self) -> io::Result<()> {
        self.file()?.sync()
    }
}

struct Source<D> {
    batches: Batches<Borrowed<D>>,
    name: Arc<str>,
    /// The point the manifest vouches for; taken once it was seen.
    anchor: Option<(u64, Chain)>,
}

impl<F: Files> Frames<F> {
    pub(super) fn new(view: LogView<F>) -> Self {
        Self {
            view,
            place: FramePlace::default(),
        }
    }
}

impl<F: Files> LogView<F> {
    /// The frame at a place, all checks verified, and the place behind it; `None` at the end, and after
    /// an error. A place of another view leads to errors or to frames that do not follow each other.
    pub fn read(&self, place: &mut FramePlace<F>) -> Option<Result<Entry, LogError>> {
        if place.done {
            return None;
        }
        let step = place.step(self).transpose();
        place.done = !matches!(step, Some(Ok(_)));
        step
    }
}

impl<F: Files> FramePlace<F> {
    /// Before the first frame of a segment.
    pub(super) fn at_part(next: usize) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    fn step(&mut self, view: &LogView<F>) -> Result<Option<Entry>, LogError> {
        loop {
            let Some(source) = &mut self.open else {
                self.open = open_segment(view, self.next)?;
                self.next += 1;
                if self.open.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let path = |name: &str| view.files.path(name);
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
                    let is_last = self.next == view.parts.len();
                    if is_last && (end.at, end.chain) != (view.end.at, view.end.chain) {
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
    let file = Borrowed(Arc::downgrade(&part.file));
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
        self.view.read(&mut self.place)
    }
}

impl<F: Files> std::iter::FusedIterator for Frames<F> {}
