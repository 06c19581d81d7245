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

/// The segment that the next append goes to.
struct Active<D> {
    file: D,
    key: Key,
    end: Cursor,
}

impl<F: Files> LogDir<F> {
    /// Replaces everything that is stored by these frames, as one commit, and returns its number.
    ///
    /// `Ok` means that the new state is on the medium; the old files are then removed (see
    /// [`obsolete`](Self::obsolete)). The frames are streamed: memory is bounded by the largest of
    /// them.
    ///
    /// # Errors
    ///
    /// [`LogError::ReservedKind`], [`LogError::FrameTooLarge`], [`LogError::Io`]: the old state
    /// holds, new files are removed now or by the next open. If a sync or the rename failed the
    /// owner is poisoned: reads go on with the old state, and opening again decides which of the
    /// two it is. [`LogError::Poisoned`].
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.append([Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
    /// assert_eq!(log.replace([Frame::new(9, *b"ab")], 20)?, 2);
    /// let entry = log.frames().next().unwrap()?;
    /// assert_eq!((entry.kind, &entry.body[..]), (9, &b"ab"[..]));
    /// assert_eq!((entry.commit, entry.commit_time_micros), (2, 20));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
        commit_time_micros: u64,
    ) -> Result<u64, LogError> {
        self.writable()?;
        let commit = self.end.commit.saturating_add(1);
        let mut new = Vec::new();
        let frames = frames.into_iter();
        match self.replacement(frames, commit, commit_time_micros, &mut new) {
            Ok((active, old)) => {
                self.adopt(active, &old);
                Ok(commit)
            }
            Err(unpublished) => Err(self.give_up(unpublished, &new)),
        }
    }

    /// Closes the active segment and begins a new one.
    pub(super) fn begin_segment(&mut self) -> Result<(), LogError> {
        let mut new = Vec::new();
        match self.successor(&mut new) {
            Ok((active, old)) => {
                self.adopt(active, &old);
                self.writable()
            }
            Err(unpublished) => Err(self.give_up(unpublished, &new)),
        }
    }

    /// All of a `replace` up to its commit point. `new` gets each segment as soon as it is made.
    fn replacement(
        &mut self,
        frames: impl Iterator<Item = Frame>,
        commit: u64,
        time: u64,
        new: &mut Vec<Segment>,
    ) -> Result<(Active<F::File>, Manifest), Unpublished> {
        let active = self
            .write_segments(frames, commit, time, new)
            .map_err(Unpublished::Refused)?;
        let old = self.publish(new, commit, time)?;
        Ok((active, old))
    }

    /// All of `begin_segment` up to its commit point.
    fn successor(
        &mut self,
        new: &mut Vec<Segment>,
    ) -> Result<(Active<F::File>, Manifest), Unpublished> {
        let first = self.end.commit.saturating_add(1);
        let active = self
            .new_segment(first, self.end, new)
            .map_err(Unpublished::Refused)?;
        let name = new.last().map(|s| name::segment(s.id)).unwrap_or_default();
        let synced = active
            .file
            .sync()
            .map_err(|error| self.sync_failed(error, &name));
        synced
            .and_then(|()| self.sync_dir())
            .map_err(Unpublished::Refused)?;
        let mut all = self.manifest.segments.clone();
        if let Some(last) = all.last_mut() {
            (last.len, last.chain) = (self.end.at, self.end.chain);
        }
        all.extend(new.iter().cloned());
        let old = self.publish(&all, self.end.commit, self.end.time)?;
        Ok((active, old))
    }

    /// Writes the frames to new segments, each a batch of its own under the same number, all
    /// synced, names included.
    fn write_segments(
        &mut self,
        frames: impl Iterator<Item = Frame>,
        commit: u64,
        time: u64,
        new: &mut Vec<Segment>,
    ) -> Result<Active<F::File>, LogError> {
        let mut frames = frames.zip(0..).peekable();
        let mut chain = Chain::default();
        loop {
            let before = Cursor { chain, ..self.end };
            let mut active = self.new_segment(commit, before, new)?;
            let name = new.last().map(|s| name::segment(s.id)).unwrap_or_default();
            let path = self.files.path(&name);
            let failed = || LogError::io("write to", &path);
            let begun = BatchWriter::begin(&active.file, &active.key, &active.end, commit, time);
            let mut batch = begun.map_err(failed())?;
            let target = self.segment_target;
            while let Some((frame, index)) =
                frames.next_if(|_| batch.is_empty() || batch.at() < target)
            {
                frame.admit(index)?;
                batch.push(&frame).map_err(failed())?;
            }
            let end = batch.finish().map_err(failed())?;
            active
                .file
                .sync()
                .map_err(|error| self.sync_failed(error, &name))?;
            if let Some(segment) = new.last_mut() {
                (segment.len, segment.chain) = (end.at, end.chain);
            }
            (active.end, chain) = (end, end.chain);
            if frames.peek().is_none() {
                self.sync_dir()?;
                return Ok(active);
            }
        }
    }

    /// Makes one new segment without batches, which goes on behind `before`; nothing of it is
    /// synced yet.
    fn new_segment(
        &mut self,
        first: u64,
        before: Cursor,
        new: &mut Vec<Segment>,
    ) -> Result<Active<F::File>, LogError> {
        let (id, file) = create_next(&self.files, &mut self.next_id, name::segment)?;
        new.push(Segment {
            id,
            first,
            len: SEGMENT_HEAD,
            chain: before.chain,
        });
        let path = self.files.path(&name::segment(id));
        file.append(&segment_head(id))
            .map_err(LogError::io("write to", path))?;
        let key = Key::new(&self.manifest.header, id);
        Ok(Active {
            file,
            key,
            end: Cursor {
                at: SEGMENT_HEAD,
                ..before
            },
        })
    }

    /// The commit point. Every file that `segments` names is synced already, and so is its name.
    /// Returns the manifest that was in force.
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
        let (id, file) = create_next(&self.files, &mut self.next_id, name::manifest)?;
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
            self.remove([CURRENT_TMP.to_owned(), name]);
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
        let made = match self.files.create_new(CURRENT_TMP) {
            // Left by a publication that failed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let again = || self.files.create_new(CURRENT_TMP);
                self.files.unlink(CURRENT_TMP).and_then(|()| again())
            }
            made => made,
        };
        let tmp = made.map_err(LogError::io("make", self.files.path(CURRENT_TMP)))?;
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

    /// Goes on with the new state and removes the files that only the old one named.
    fn adopt(&mut self, active: Active<F::File>, old: &Manifest) {
        (self.active, self.key, self.end) = (active.file, active.key, active.end);
        self.dirty = false;
        self.remove_old(old);
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

/// Makes the next file of a kind; a name that exists is passed over, never opened.
fn create_next<F: Files>(
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
