//! A consistent view of a log, and what it holds of each segment.

use std::fmt;
use std::sync::Arc;

use super::disk::Disk;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::Key;
use super::frames::Frames;
use super::manifest::Segment;
use super::name;
use super::open::open_file;
use super::segment::Cursor;
use super::verify::VerifyReport;

/// An open segment.
pub(super) struct Part<D> {
    pub(super) segment: Segment,
    pub(super) name: Arc<str>,
    pub(super) key: Key,
    pub(super) file: Arc<D>,
}

impl<D> Part<D> {
    pub(super) fn new(segment: Segment, header: &[u8], file: Arc<D>) -> Self {
        Self {
            name: name::segment(segment.id).into(),
            key: Key::new(header, segment.id),
            segment,
            file,
        }
    }
}

// Not derived: the file itself is shared, not cloned.
impl<D> Clone for Part<D> {
    fn clone(&self) -> Self {
        Self {
            segment: self.segment.clone(),
            name: Arc::clone(&self.name),
            key: self.key.clone(),
            file: Arc::clone(&self.file),
        }
    }
}

/// Everything that was committed at one moment, readable from any thread, without the
/// [`LogDir`](super::LogDir), for as long as it lives.
///
/// It holds the files open: later commits and replacements do not change what it shows, and removed
/// files can still be read through it. (The one exception: when a [`sync`](super::LogDir::sync) fails,
/// commits that were never durable are cut, and a view that shows them ends in an error.) Making and
/// cloning one is O(1); reading takes memory for one frame and a read buffer.
///
/// ```
/// use storage_adapter::log::{Frame, LogDir};
///
/// let dir = tempfile::tempdir()?;
/// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
/// log.append([Frame::new(1, *b"before")], 1)?;
/// let view = log.view();
/// log.append([Frame::new(1, *b"after")], 2)?;
/// let reader = std::thread::spawn(move || (view.commit(), view.frames().count()));
/// assert_eq!(reader.join().unwrap(), (1, 1));
/// assert_eq!(log.view().frames().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LogView<F: Files = Disk> {
    pub(super) files: Arc<F>,
    /// In the order of the manifest, the active one last.
    pub(super) parts: Arc<Vec<Part<F::File>>>,
    /// The last point to read, in the last part.
    pub(super) end: Cursor,
}

impl<F: Files> LogView<F> {
    /// The last commit in it, 0 for none.
    pub fn commit(&self) -> u64 {
        self.end.commit
    }

    /// The time given with that commit.
    pub fn commit_time_micros(&self) -> u64 {
        self.end.time
    }

    /// Streams every frame in commit order, all checks verified; ends after the first error.
    ///
    /// # Errors
    ///
    /// Each item can be [`LogError::Corrupt`], [`LogError::Short`] or [`LogError::Io`].
    pub fn frames(&self) -> Frames<F> {
        Frames::new(self.clone())
    }

    /// Reads everything in it and reports all damage instead of stopping at the first. What has the names of its segments
    /// now is read, not what it holds open.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the system cannot read; damage is in the report.
    pub fn verify(&self) -> Result<VerifyReport, LogError> {
        super::verify::verify(self)
    }

    /// How many bytes of a part are committed.
    pub(super) fn limit(&self, index: usize) -> u64 {
        let is_last = index + 1 == self.parts.len();
        let part = self.parts.get(index).filter(|_| !is_last);
        part.map_or(self.end.at, |part| part.segment.len)
    }

    /// The same segments, as the directory has them under their names now.
    pub(super) fn reopened(&self) -> Result<Self, LogError> {
        let reopen = |part: &Part<F::File>| {
            let file = Arc::new(open_file(&*self.files, &part.name)?);
            Ok(Part {
                file,
                ..part.clone()
            })
        };
        let parts: Result<Vec<_>, LogError> = self.parts.iter().map(reopen).collect();
        Ok(Self {
            parts: Arc::new(parts?),
            ..self.clone()
        })
    }
}

impl<D: DataFile> Part<D> {
    /// How long the file is now.
    pub(super) fn len<F: Files<File = D>>(&self, files: &F) -> Result<u64, LogError> {
        let len = self.file.len();
        len.map_err(LogError::io("read the length of", files.path(&self.name)))
    }
}

impl<F: Files> Clone for LogView<F> {
    fn clone(&self) -> Self {
        Self {
            files: Arc::clone(&self.files),
            parts: Arc::clone(&self.parts),
            end: self.end,
        }
    }
}

impl<F: Files> fmt::Debug for LogView<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogView")
            .field("path", &self.files.path(""))
            .field("commit", &self.end.commit)
            .field("segments", &self.parts.len())
            .finish_non_exhaustive()
    }
}
