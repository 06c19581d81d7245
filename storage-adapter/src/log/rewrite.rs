//! Writing anew what was committed, on any thread, while the owner goes on.

use std::fmt;
use std::sync::Arc;

use super::dir::LogDir;
use super::disk::Disk;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Chain, Frame};
use super::manifest::Segment;
use super::name;
use super::pace::Pace;
use super::place::Place;
use super::segment::{BatchWriter, Cursor, SEGMENT_HEAD, Stamp, segment_head};
use super::shared::{Made, Token};
use super::view::{LogView, Part};

/// New segments for what was committed when it was begun, while they are written.
///
/// Made by [`LogDir::begin_rewrite`] and [`LogDir::begin_rewrite_after`]; it needs no owner, so another thread can fill it while the owner
/// appends. There is one at a time. Dropping it gives it up: its files are removed, nothing else
/// changes, and the next one may begin. (It holds the lock of the directory, as its owner does.)
///
/// What it writes carries the number and time of the last commit it replaces, so it makes no commit.
///
/// ```
/// use storage_adapter::log::{Frame, LogDir, LogError};
///
/// let dir = tempfile::tempdir()?;
/// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
/// log.append([Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
/// let mut rewrite = log.begin_rewrite()?;
/// assert!(matches!(log.begin_rewrite(), Err(LogError::Busy { .. })));
/// let compactor = std::thread::spawn(move || {
///     let bodies = rewrite.view().frames().map(|entry| entry.map(|e| e.body));
///     let joined = bodies.collect::<Result<Vec<_>, _>>()?.concat();
///     rewrite.push(Frame::new(9, joined))?;
///     rewrite.finish()
/// });
/// log.append([Frame::new(1, *b"c")], 20)?; // meanwhile
/// let finished = compactor.join().unwrap()?;
/// let obsolete = log.publish_rewrite(finished)?;
/// log.remove(obsolete)?;
///
/// let entries = log.frames().collect::<Result<Vec<_>, _>>()?;
/// let seen: Vec<_> = entries.iter().map(|e| (e.kind, &e.body[..], e.commit)).collect();
/// assert_eq!(seen, [(9, &b"ab"[..], 1), (1, b"c", 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a rewrite gives it up"]
pub struct Rewrite<F: Files = Disk> {
    replaced: LogView<F>,
    /// How many segments at its beginning stay.
    kept: usize,
    header: Arc<[u8]>,
    target: u64,
    done: Vec<Part<F::File>>,
    open: Option<Draft<F::File>>,
    /// The running check at the end of the last segment.
    chain: Chain,
    pushed: u64,
    has_failed: bool,
    pace: Pace,
    // SUBTLE: fields drop in this order: the files go first, then the next rewrite may begin.
    made: Made<F>,
    token: Token<F>,
}

/// The segment in the making.
struct Draft<D> {
    segment: Segment,
    /// Up to here it was synced.
    synced: u64,
    file: Arc<D>,
    batch: BatchWriter<Arc<D>>,
}

/// A [`Rewrite`] of which every byte and name is on the medium, and that is not in force yet.
///
/// For [`LogDir::publish_rewrite`]. Dropping it gives it up, as with a rewrite.
#[must_use = "a rewrite is in force only once it is published"]
pub struct Finished<F: Files = Disk> {
    pub(super) replaced: LogView<F>,
    /// How many segments at its beginning stay.
    pub(super) kept: usize,
    pub(super) parts: Vec<Part<F::File>>,
    pub(super) made: Made<F>,
    pub(super) token: Token<F>,
}

impl<F: Files> Rewrite<F> {
    /// Of everything that `log` shows behind its first segments, all of it durable and in sealed segments.
    pub(super) fn new(log: &LogDir<F>, kept: usize, token: Token<F>) -> Self {
        Self {
            replaced: log.view(),
            kept,
            header: log.header().into(),
            target: log.segment_target,
            done: Vec::new(),
            open: None,
            chain: Chain::default(),
            pushed: 0,
            has_failed: false,
            pace: Pace::new(&log.shared.syncs),
            made: Made::new(&log.shared),
            token,
        }
    }

    /// The last commit that is replaced; 0 when there was none.
    pub fn commit(&self) -> u64 {
        self.replaced.commit()
    }

    /// What there was when it began, with what is left standing.
    pub fn view(&self) -> LogView<F> {
        self.replaced.clone()
    }

    /// Adds one frame, and says where it lies. Memory is bounded by the largest of them.
    ///
    /// # Errors
    ///
    /// [`LogError::ReservedKind`], [`LogError::FrameTooLarge`]: the frame is not taken, and the rewrite
    /// goes on. [`LogError::Io`]: the rewrite has failed; its files are removed, and each
    /// later call gives [`LogError::RewriteFailed`]. The store is as it was, unless a sync failed: then
    /// its owner is poisoned. [`LogError::Poisoned`] when it is so already.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "frames are handed over, as to `write`"
    )]
    pub fn push(&mut self, frame: Frame) -> Result<Place, LogError> {
        self.live()?;
        frame.admit(self.pushed)?;
        let written = self.write(&frame);
        let place = self.note(written)?;
        self.pushed = self.pushed.saturating_add(1);
        Ok(place)
    }

    /// Brings all of it to the medium, names included.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn finish(mut self) -> Result<Finished<F>, LogError> {
        self.live()?;
        let closed = self.close().and_then(|()| self.made.shared.sync_dir());
        self.note(closed)?;
        Ok(Finished {
            replaced: self.replaced,
            kept: self.kept,
            parts: self.done,
            made: self.made,
            token: self.token,
        })
    }

    fn live(&self) -> Result<(), LogError> {
        self.made.shared.writable()?;
        if self.has_failed {
            let path = self.made.shared.files.path("");
            return Err(LogError::RewriteFailed { path });
        }
        Ok(())
    }

    /// Gives the space back at once when something failed: it may be what the owner lacks.
    fn note<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        if result.is_err() {
            self.has_failed = true;
            self.open = None;
            self.done.clear();
            self.made.remove();
        }
        result
    }

    fn write(&mut self, frame: &Frame) -> Result<Place, LogError> {
        if self
            .open
            .as_ref()
            .is_some_and(|o| o.batch.at() >= self.target)
        {
            self.close()?;
        }
        let mut draft = match self.open.take() {
            Some(draft) => draft,
            None => self.draft()?,
        };
        let name = name::segment(draft.segment.id);
        let place = Place {
            part: draft.segment.id,
            offset: draft.batch.at(),
        };
        let pushed = draft.batch.push(frame);
        pushed.map_err(LogError::io("write to", self.replaced.files.path(&name)))?;
        let at = draft.batch.at();
        let shared = &self.made.shared;
        let unsynced = at.saturating_sub(draft.synced);
        if self.pace.is_due(unsynced, &shared.syncs) {
            let synced = self.pace.sync(&shared.syncs, || draft.file.sync());
            synced.map_err(|error| shared.sync_failed(error, &name))?;
            draft.synced = at;
        }
        self.open = Some(draft);
        Ok(place)
    }

    /// Begins the next segment.
    fn draft(&mut self) -> Result<Draft<F::File>, LogError> {
        let (id, name, file) = self.made.create(name::segment)?;
        let path = self.replaced.files.path(&name);
        let file = Arc::new(file);
        file.append(&segment_head(id))
            .map_err(LogError::io("write to", &path))?;
        let part = Part::new(
            Segment {
                id,
                first: self.commit(),
                last: self.commit(),
                start: self.chain,
                len: SEGMENT_HEAD,
                chain: self.chain,
            },
            &self.header,
            Arc::clone(&file),
        );
        let end = &self.replaced.end;
        let before = Cursor {
            at: SEGMENT_HEAD,
            chain: self.chain,
            ..*end
        };
        let stamp = Stamp {
            commit: end.commit,
            time: end.time,
            durable: end.commit,
        };
        let batch = BatchWriter::begin(Arc::clone(&file), part.key, &before, stamp)
            .map_err(LogError::io("write to", path))?;
        Ok(Draft {
            segment: part.segment,
            synced: 0,
            file,
            batch,
        })
    }

    /// Ends the segment that is open, if one is, and syncs it.
    fn close(&mut self) -> Result<(), LogError> {
        let Some(draft) = self.open.take() else {
            return Ok(());
        };
        let Draft {
            mut segment,
            file,
            batch,
            ..
        } = draft;
        let name = name::segment(segment.id);
        let path = self.replaced.files.path(&name);
        let end = batch.finish().map_err(LogError::io("write to", path))?;
        let shared = &self.made.shared;
        file.sync()
            .map_err(|error| shared.sync_failed(error, &name))?;
        (segment.len, segment.chain) = (end.at, end.chain);
        self.chain = end.chain;
        self.done.push(Part::new(segment, &self.header, file));
        Ok(())
    }
}

impl<F: Files> fmt::Debug for Rewrite<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewrite")
            .field("replaced", &self.replaced)
            .field("pushed", &self.pushed)
            .field("has_failed", &self.has_failed)
            .finish_non_exhaustive()
    }
}

impl<F: Files> fmt::Debug for Finished<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("replaced", &self.replaced)
            .field("segments", &self.parts.len())
            .finish_non_exhaustive()
    }
}
