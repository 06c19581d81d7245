//! Single frames of sealed segments, by where they lie.

use std::sync::Arc;

use super::batch::{Raw, Stop, frame_at};
use super::disk::Disk;
use super::error::LogError;
use super::files::Files;
use super::frame::{FRAME_OVERHEAD, Frame, MARK, Mark};
use super::frames::FramePlace;
use super::name;
use super::segment::SEGMENT_HEAD;
use super::view::{LogView, Part};
use super::window::Window;

/// Where a frame lies in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The part of the log: of a [`LogDir`](super::LogDir), the id of the segment.
    pub part: u64,
    /// Where it begins in that part.
    pub offset: u64,
}

/// The sealed segments up to one commit, for reading single frames of them.
///
/// It holds those files open, and no others. Any thread can read through it.
pub struct Sealed<F: Files = Disk> {
    files: Arc<F>,
    parts: Vec<Part<F::File>>,
}

/// So much is read at once, which nearly every frame fits in.
const READ: usize = 4096;

impl<F: Files> LogView<F> {
    /// The commits that end with a segment, ascending: all up to there is sealed.
    pub fn ends(&self) -> Vec<u64> {
        let pairs = self.parts.windows(2);
        // The segments of one rewrite all begin and end with one commit.
        let end = |pair: &[Part<F::File>]| match pair {
            [a, b] => {
                (a.segment.last < b.segment.first && a.segment.last > 0).then_some(a.segment.last)
            }
            _ => None,
        };
        pairs.filter_map(end).collect()
    }

    /// The segments up to one of the [`ends`](Self::ends); `None` for any other commit.
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.append([Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
    /// let mut rewrite = log.begin_rewrite()?;
    /// let place = rewrite.push(Frame::new(9, *b"ab"))?;
    /// rewrite.push(Frame::new(8, *b"end"))?;
    /// let obsolete = log.publish_rewrite(rewrite.finish()?)?;
    /// log.remove(obsolete)?;
    ///
    /// let view = log.view();
    /// assert_eq!(view.ends(), [1]);
    /// let sealed = view.sealed(1).unwrap();
    /// assert_eq!(sealed.fetch(place)?.body, b"ab");
    /// assert_eq!(sealed.last(3)?.unwrap().kind, 8);
    /// assert!(sealed.last(4)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sealed(&self, end: u64) -> Option<Sealed<F>> {
        let parts = self.parts.get(..self.parts_until(end)?)?;
        Some(Sealed {
            files: Arc::clone(&self.files),
            parts: parts.to_vec(),
        })
    }

    /// The place behind one of the [`ends`](Self::ends), to read on from; `None` for any other commit.
    pub fn behind(&self, end: u64) -> Option<FramePlace<F>> {
        self.parts_until(end).map(FramePlace::at_part)
    }

    fn parts_until(&self, end: u64) -> Option<usize> {
        let is_end = self.ends().contains(&end);
        let until = || self.parts.partition_point(|part| part.segment.last <= end);
        // The active segment may be empty, and then ends with the commit before it.
        is_end.then(|| until().min(self.parts.len().saturating_sub(1)))
    }
}

impl<F: Files> Sealed<F> {
    /// The frame at a place, its check verified: one read, or two of a long one.
    ///
    /// # Errors
    ///
    /// [`LogError::Corrupt`] when no frame that checks begins there; [`LogError::Missing`] when the part is none of
    /// these; [`LogError::Io`].
    pub fn fetch(&self, place: Place) -> Result<Frame, LogError> {
        let path = self.files.path(&name::segment(place.part));
        let part = self.parts.iter().find(|part| part.segment.id == place.part);
        let part = part.ok_or_else(|| LogError::Missing { file: path.clone() })?;
        let raw = Self::read(part, place.offset).map_err(|stop| stop.into_error(&path))?;
        if raw.kind == MARK {
            return Err(LogError::Corrupt {
                file: path,
                offset: place.offset,
                expected: "a frame".to_owned(),
                found: "the mark of a batch".to_owned(),
            });
        }
        Ok(Frame::new(raw.kind, raw.body))
    }

    /// The frame before the end, if its body has this length; `None` if it has another, or is damaged.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`].
    pub fn last(&self, len: usize) -> Result<Option<Frame>, LogError> {
        let closing = FRAME_OVERHEAD + Mark::COMMIT_LEN;
        let Some(part) = self.parts.last() else {
            return Ok(None);
        };
        let offset = part
            .segment
            .len
            .checked_sub((closing + FRAME_OVERHEAD + len) as u64);
        let Some(offset) = offset.filter(|offset| *offset >= SEGMENT_HEAD) else {
            return Ok(None);
        };
        match Self::read(part, offset) {
            Ok(raw) if raw.kind != MARK && raw.body.len() == len => {
                Ok(Some(Frame::new(raw.kind, raw.body)))
            }
            Ok(_) | Err(Stop::Fault(_)) => Ok(None),
            Err(Stop::Io(source)) => Err(LogError::io("read", self.files.path(&part.name))(source)),
        }
    }

    /// The name of the file that holds a place.
    pub fn name(&self, place: Place) -> String {
        name::segment(place.part)
    }

    fn read(part: &Part<F::File>, offset: u64) -> Result<Raw, Stop> {
        let mut window = Window::of(&part.file, READ);
        frame_at(&mut window, &part.key, offset, part.segment.len)
    }
}
