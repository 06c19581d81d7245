//! Compaction beside appends: what was committed is written anew, on any thread, and put in force in
//! one step, while the owner goes on appending behind it.

use std::fmt;
use std::sync::{Arc, Weak};

use super::dir::LogDir;
use super::disk::Disk;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Chain, Frame};
use super::manifest::{Manifest, Segment};
use super::name;
use super::segment::{BatchWriter, Cursor, SEGMENT_HEAD, Stamp, segment_head};
use super::shared::{Made, Shared, Token};
use super::view::{LogView, Part};

/// New segments for everything that was committed when it was begun, while they are written.
///
/// Made by [`LogDir::begin_rewrite`]; it needs no owner, so another thread can fill it while the owner
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
    header: Arc<[u8]>,
    target: u64,
    done: Vec<Part<F::File>>,
    open: Option<Draft<F::File>>,
    /// The running check at the end of the last segment.
    chain: Chain,
    pushed: u64,
    has_failed: bool,
    // SUBTLE: fields drop in this order: the files go first, then the next rewrite may begin.
    made: Made<F>,
    token: Token<F>,
}

/// The segment in the making.
struct Draft<D> {
    segment: Segment,
    file: Arc<D>,
    batch: BatchWriter<Arc<D>>,
}

/// A [`Rewrite`] of which every byte and name is on the medium, and that is not in force yet.
///
/// For [`LogDir::publish_rewrite`]. Dropping it gives it up, as with a rewrite.
#[must_use = "a rewrite is in force only once it is published"]
pub struct Finished<F: Files = Disk> {
    replaced: LogView<F>,
    parts: Vec<Part<F::File>>,
    made: Made<F>,
    _token: Token<F>,
}

/// Files that only an earlier manifest named, for [`LogDir::remove`].
///
/// If it is dropped instead, they stay until the store is opened again.
#[must_use = "the files stay until they are removed"]
pub struct Obsolete<F: Files = Disk> {
    names: Vec<String>,
    owner: Weak<Shared<F>>,
}

impl<F: Files> Obsolete<F> {
    /// The names of the files.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl<F: Files> Rewrite<F> {
    /// The last commit that is replaced; 0 when there was none.
    pub fn commit(&self) -> u64 {
        self.replaced.commit()
    }

    /// What is replaced.
    pub fn view(&self) -> LogView<F> {
        self.replaced.clone()
    }

    /// Adds one frame. Memory is bounded by the largest of them.
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
    pub fn push(&mut self, frame: Frame) -> Result<(), LogError> {
        self.live()?;
        frame.admit(self.pushed)?;
        let written = self.write(&frame);
        self.note(written)?;
        self.pushed = self.pushed.saturating_add(1);
        Ok(())
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
            parts: self.done,
            made: self.made,
            _token: self.token,
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

    fn write(&mut self, frame: &Frame) -> Result<(), LogError> {
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
        let pushed = draft.batch.push(frame);
        let name = name::segment(draft.segment.id);
        self.open = Some(draft);
        pushed.map_err(LogError::io("write to", self.replaced.files.path(&name)))
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

impl<F: Files> LogDir<F> {
    /// Begins to replace everything committed so far. It is made durable, and the active segment is closed
    /// if it holds a batch, so that later commits go to later segments.
    ///
    /// # Errors
    ///
    /// [`LogError::Busy`] while another rewrite is alive; [`LogError::Io`]: nothing has changed, or the
    /// owner is poisoned; [`LogError::Poisoned`].
    pub fn begin_rewrite(&mut self) -> Result<Rewrite<F>, LogError> {
        self.writable()?;
        let token = Token::take(&self.shared)?;
        self.sync()?;
        if self.end.at > SEGMENT_HEAD {
            self.begin_segment()?;
        }
        Ok(Rewrite {
            replaced: self.view(),
            header: self.manifest.header.as_slice().into(),
            target: self.segment_target,
            done: Vec::new(),
            open: None,
            chain: Chain::default(),
            pushed: 0,
            has_failed: false,
            made: Made::new(&self.shared),
            token,
        })
    }

    /// Puts a rewrite in force: from now on the store is its segments, and those that were begun since
    /// [`begin_rewrite`](Self::begin_rewrite). It makes no commit of its own; every commit written so far
    /// is durable then.
    ///
    /// Readers go on as they are. What they may still need is for the caller to know: `Obsolete` names
    /// the files that the store does without, and [`remove`](Self::remove) takes them off the disk.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`]: the files of the rewrite are removed and nothing has changed. If a sync or the
    /// rename failed, the owner is poisoned: reads go on with the old state, nothing is removed that
    /// either state needs, and opening again decides which of the two it is. [`LogError::Poisoned`];
    /// [`LogError::Foreign`].
    pub fn publish_rewrite(&mut self, rewrite: Finished<F>) -> Result<Obsolete<F>, LogError> {
        self.own(Arc::ptr_eq(&self.shared, &rewrite.made.shared))?;
        self.sync()?;
        let Finished {
            replaced,
            parts,
            made,
            _token,
        } = rewrite;
        // INVARIANT: segments are only added at the end while a rewrite lives, so those that it replaces
        // are still the first ones. The last one that it saw was empty then, and stays.
        let gone = replaced.parts.len().saturating_sub(1);
        let stay = self.parts_now().into_iter().skip(gone);
        let parts: Vec<_> = parts.into_iter().chain(stay).collect();
        let old = self.publish(parts, made)?;
        Ok(Obsolete {
            names: self.only_in(&old),
            owner: Arc::downgrade(&self.shared),
        })
    }

    /// Removes the files that a publication left behind. What cannot be removed is listed by
    /// [`obsolete`](Self::obsolete), and tried again at the next removal and at the next open.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the directory cannot be synced: the owner is poisoned.
    /// [`LogError::Poisoned`]: the next open removes them. [`LogError::Foreign`].
    pub fn remove(&mut self, obsolete: Obsolete<F>) -> Result<(), LogError> {
        self.own(obsolete.owner.ptr_eq(&Arc::downgrade(&self.shared)))?;
        let mut names = obsolete.names;
        names.append(&mut self.shared.obsolete());
        if let Err(poisoned) = self.writable() {
            *self.shared.obsolete() = names;
            return Err(poisoned);
        }
        self.shared.unlink(names);
        self.shared.sync_dir()
    }

    /// Replaces everything that is stored by these frames and returns the number of the last commit, which
    /// stays what it was: a [`Rewrite`] begun, filled, published and cleaned up in one call.
    ///
    /// `Ok` means that the new state is on the medium. The time is not used.
    ///
    /// # Errors
    ///
    /// As [`begin_rewrite`](Self::begin_rewrite), [`Rewrite::push`] and
    /// [`publish_rewrite`](Self::publish_rewrite).
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.append([Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
    /// assert_eq!(log.replace([Frame::new(9, *b"ab")], 20)?, 1);
    /// let entry = log.frames().next().unwrap()?;
    /// assert_eq!((entry.kind, &entry.body[..]), (9, &b"ab"[..]));
    /// assert_eq!((entry.commit, entry.commit_time_micros), (1, 10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
        _commit_time_micros: u64,
    ) -> Result<u64, LogError> {
        let mut rewrite = self.begin_rewrite()?;
        for frame in frames {
            rewrite.push(frame)?;
        }
        let obsolete = self.publish_rewrite(rewrite.finish()?)?;
        // The new state stands whatever comes of this; a failure poisons, as any failed sync does.
        let _ = self.remove(obsolete);
        Ok(self.commit())
    }

    fn own(&self, is_ours: bool) -> Result<(), LogError> {
        if is_ours {
            return Ok(());
        }
        let path = self.shared.files.path("");
        Err(LogError::Foreign { path })
    }

    /// Files that `old` names and the manifest in force does not, `old` itself included.
    fn only_in(&self, old: &Manifest) -> Vec<String> {
        let stays = |id: u64| self.manifest.segments.iter().any(|s| s.id == id);
        let gone = old.segments.iter().filter(|s| !stays(s.id));
        gone.map(|s| name::segment(s.id))
            .chain([name::manifest(old.id)])
            .collect()
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

impl<F: Files> fmt::Debug for Obsolete<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Obsolete").field(&self.names).finish()
    }
}
