//! Compaction and the one commit point of the directory: `CURRENT` gets a new content by rename.

use std::io;

use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Chain, Frame, Key};
use super::manifest::{Current, Manifest, Segment};
use super::name::{self, CURRENT, CURRENT_TMP};
use super::segment::{BatchWriter, Cursor, SEGMENT_HEAD, segment_head};

/// Why nothing was published.
enum Unpublished {
    /// Before the rename: the old state holds, the new files may go.
    Refused(LogError),
    /// At or after it: either state may be the one that a crash leaves, so both sets of files stay.
    Unknown(LogError),
}

/// New segments that no manifest names yet.
struct Draft<D> {
    segments: Vec<Segment>,
    /// The last of them, its key, and its end.
    active: Option<(D, Key, Cursor)>,
}

impl<F: Files> LogDir<F> {
    /// Replaces everything that is stored by these frames, as one commit, and returns its number.
    ///
    /// `Ok` means that the new state is on the medium; the old files are then removed (see
    /// [`obsolete`](Self::obsolete)). The frames are streamed: memory is bounded by the largest of them.
    ///
    /// # Errors
    ///
    /// [`LogError::ReservedKind`], [`LogError::FrameTooLarge`], [`LogError::Io`]: the old state holds, new files are
    /// removed now or by the next open. If a sync or the rename failed the owner is poisoned: reads go on with the old
    /// state, and opening again decides which of the two it is. [`LogError::Poisoned`].
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.append([Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
    /// assert_eq!(log.replace([Frame::new(9, *b"ab")], 20)?, 2);
    /// let entry = log.frames().next().unwrap()?;
    /// assert_eq!((entry.kind, &entry.body[..], entry.commit, entry.commit_time_micros), (9, &b"ab"[..], 2, 20));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
        commit_time_micros: u64,
    ) -> Result<u64, LogError> {
        self.writable()?;
        let commit = self.end.commit.saturating_add(1);
        let mut draft = Draft {
            segments: Vec::new(),
            active: None,
        };
        let written = self.draft_batch(frames.into_iter(), commit, commit_time_micros, &mut draft);
        match written
            .map_err(Unpublished::Refused)
            .and_then(|()| self.publish(&draft.segments, commit, commit_time_micros))
        {
            Ok(old) => {
                self.adopt(draft);
                self.remove_old(&old);
                Ok(commit)
            }
            Err(unpublished) => Err(self.give_up(unpublished, &draft.segments)),
        }
    }

    /// Closes the active segment and begins a new one.
    pub(super) fn begin_segment(&mut self) -> Result<(), LogError> {
        let mut draft = Draft {
            segments: Vec::new(),
            active: None,
        };
        let first = self.end.commit.saturating_add(1);
        let made = self.draft_segment(first, self.end.chain, &mut draft);
        let mut all = self.manifest.segments.clone();
        if let Some(last) = all.last_mut() {
            (last.len, last.chain) = (self.end.at, self.end.chain);
        }
        let made = made.and_then(|()| self.sync_dir());
        all.extend(draft.segments.iter().cloned());
        match made
            .map_err(Unpublished::Refused)
            .and_then(|()| self.publish(&all, self.end.commit, self.end.time))
        {
            Ok(old) => {
                let end = self.end;
                self.adopt(draft);
                self.end = Cursor {
                    at: SEGMENT_HEAD,
                    ..end
                };
                self.remove_old(&old);
                self.writable()
            }
            Err(unpublished) => Err(self.give_up(unpublished, &draft.segments)),
        }
    }

    /// Writes the frames to new segments, synced, names included.
    fn draft_batch(
        &mut self,
        frames: impl Iterator<Item = Frame>,
        commit: u64,
        time: u64,
        draft: &mut Draft<F::File>,
    ) -> Result<(), LogError> {
        let mut frames = frames.zip(0..).peekable();
        let mut chain = Chain::default();
        loop {
            self.draft_segment(commit, chain, draft)?;
            let Some((file, key, end)) = &mut draft.active else {
                continue;
            };
            let name = draft
                .segments
                .last()
                .map(|s| name::segment(s.id))
                .unwrap_or_default();
            let path = self.files.path(&name);
            let failed = || LogError::io("write to", &path);
            let mut batch = BatchWriter::begin(&*file, key, end, commit, time).map_err(failed())?;
            while let Some((frame, index)) = frames.next_if(|_| batch.at() < self.segment_target) {
                frame.admit(index)?;
                batch.push(&frame).map_err(failed())?;
            }
            let full = batch.finish().map_err(failed())?;
            file.sync()
                .map_err(|error| self.sync_failed(error, &name))?;
            if let Some(segment) = draft.segments.last_mut() {
                (segment.len, segment.chain) = (full.at, full.chain);
            }
            chain = full.chain;
            *end = full;
            if frames.peek().is_none() {
                return self.sync_dir();
            }
        }
    }

    /// Makes one new, empty segment, synced, its name not yet.
    fn draft_segment(
        &mut self,
        first: u64,
        chain: Chain,
        draft: &mut Draft<F::File>,
    ) -> Result<(), LogError> {
        let (id, file) = self.create_next(name::segment)?;
        draft.segments.push(Segment {
            id,
            first,
            len: SEGMENT_HEAD,
            chain,
        });
        let name = name::segment(id);
        file.append(&segment_head(id))
            .map_err(LogError::io("write to", self.files.path(&name)))?;
        file.sync()
            .map_err(|error| self.sync_failed(error, &name))?;
        let end = Cursor {
            at: SEGMENT_HEAD,
            commit: first.saturating_sub(1),
            time: self.end.time,
            chain,
        };
        draft.active = Some((file, Key::new(&self.manifest.header, id), end));
        Ok(())
    }

    /// Makes the next file of a kind; a name that exists is passed over, never opened.
    pub(super) fn create_next(
        &mut self,
        name: fn(u64) -> String,
    ) -> Result<(u64, F::File), LogError> {
        create_next(&self.files, &mut self.next_id, name)
    }

    /// The commit point. Every file that `segments` names is synced already, and so is its name. Returns the
    /// manifest that was in force.
    fn publish(
        &mut self,
        segments: &[Segment],
        commit: u64,
        time: u64,
    ) -> Result<Manifest, Unpublished> {
        let manifest = match self.prepare(segments, commit, time) {
            Ok(manifest) => manifest,
            Err(error) => return Err(Unpublished::Refused(error)),
        };
        if let Err(source) = self.files.rename(CURRENT_TMP, CURRENT) {
            let path = self.files.path(CURRENT);
            self.poison = Some(format!(
                "cannot rename {} into place: {source}",
                path.display()
            ));
            return Err(Unpublished::Unknown(LogError::Io {
                action: "rename into place",
                path,
                source,
            }));
        }
        self.sync_dir().map_err(Unpublished::Unknown)?;
        Ok(std::mem::replace(&mut self.manifest, manifest))
    }

    /// Everything before the rename.
    fn prepare(
        &mut self,
        segments: &[Segment],
        commit: u64,
        time: u64,
    ) -> Result<Manifest, LogError> {
        let (id, file) = self.create_next(name::manifest)?;
        let name = name::manifest(id);
        let (next_id, header) = (self.next_id, self.manifest.header.clone());
        let manifest = Manifest {
            id,
            next_id,
            commit,
            time,
            header,
            segments: segments.to_vec(),
        };
        let result = self.write_manifest(&manifest, &file, &name);
        if result.is_err() {
            self.remove([name]);
        }
        result.map(|()| manifest)
    }

    fn write_manifest(
        &mut self,
        manifest: &Manifest,
        file: &F::File,
        name: &str,
    ) -> Result<(), LogError> {
        let bytes = manifest.encode();
        self.write_whole(file, name, &bytes)?;
        self.sync_dir()?;
        match self.files.unlink(CURRENT_TMP) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(LogError::io("remove", self.files.path(CURRENT_TMP))(error));
            }
            _ => {}
        }
        let tmp = self
            .files
            .create_new(CURRENT_TMP)
            .map_err(LogError::io("make", self.files.path(CURRENT_TMP)))?;
        let current = Current {
            manifest: manifest.id,
            hash: blake3::hash(&bytes),
        };
        self.write_whole(&tmp, CURRENT_TMP, current.encode().as_bytes())
    }

    fn write_whole(&mut self, file: &F::File, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        file.append(bytes)
            .map_err(LogError::io("write to", self.files.path(name)))?;
        file.sync().map_err(|error| self.sync_failed(error, name))
    }

    fn adopt(&mut self, draft: Draft<F::File>) {
        if let Some((file, key, end)) = draft.active {
            (self.active, self.key, self.end) = (file, key, end);
        }
        self.dirty = false;
    }

    /// Undoes as far as it is safe.
    fn give_up(&mut self, unpublished: Unpublished, new: &[Segment]) -> LogError {
        match unpublished {
            Unpublished::Refused(error) => {
                self.remove(new.iter().map(|s| name::segment(s.id)));
                error
            }
            Unpublished::Unknown(error) => error,
        }
    }

    /// Removes the files that only `old` named.
    fn remove_old(&mut self, old: &Manifest) {
        let kept = |s: &&Segment| self.manifest.segments.iter().any(|k| k.id == s.id);
        let mut gone: Vec<String> = old
            .segments
            .iter()
            .filter(|s| !kept(s))
            .map(|s| name::segment(s.id))
            .collect();
        gone.push(name::manifest(old.id));
        gone.append(&mut self.obsolete);
        self.remove(gone);
        // The commit stands whatever comes of this; a failure poisons, as any failed sync does.
        let _ = self.sync_dir();
    }

    /// Removes own files that nothing names; what cannot be removed is remembered.
    fn remove(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            match self.files.unlink(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => self.obsolete.push(name),
                _ => {}
            }
        }
    }
}

/// See [`LogDir::create_next`].
pub(super) fn create_next<F: Files>(
    files: &F,
    next_id: &mut u64,
    name: fn(u64) -> String,
) -> Result<(u64, F::File), LogError> {
    loop {
        let id = *next_id;
        let path = files.path(&name(id));
        let Some(after) = id.checked_add(1) else {
            return Err(LogError::io("number", path)(io::Error::other(
                "no file id is left",
            )));
        };
        *next_id = after;
        match files.create_new(&name(id)) {
            Ok(file) => return Ok((id, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => {
                return Err(LogError::Io {
                    action: "make",
                    path,
                    source,
                });
            }
        }
    }
}
