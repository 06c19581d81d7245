//! The owner of a store directory.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use super::disk::Disk;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Frame, Key};
use super::frames::Frames;
use super::manifest::Manifest;
use super::name;
use super::open::OpenReport;
use super::segment::{BatchWriter, Cursor, SEGMENT_HEAD};
use super::verify::VerifyReport;

/// A segment is closed, and a new one begun, at about this many bytes.
pub(super) const SEGMENT_TARGET: u64 = 64 << 20;

/// Exclusive owner of a store directory.
///
/// Dropping it lets go of the lock; there is nothing to flush, since every `Ok` was synced.
/// `F` is the file layer, the real [`Disk`] unless a test says otherwise.
pub struct LogDir<F: Files = Disk> {
    pub(super) files: F,
    /// Held for as long as we live.
    pub(super) _lock: F::Lock,
    pub(super) manifest: Manifest,
    /// The last segment of the manifest, open for appending, and its key.
    pub(super) active: F::File,
    pub(super) key: Key,
    /// The last committed point, in the active segment.
    pub(super) end: Cursor,
    pub(super) next_id: u64,
    /// There may be bytes behind `end` that a failed append left.
    pub(super) dirty: bool,
    /// Why nothing more may be written.
    pub(super) poison: Option<String>,
    /// Own files that nothing names any more and that could not be removed yet.
    pub(super) obsolete: Vec<String>,
    pub(super) segment_target: u64,
}

/// One segment, as [`LogDir::segments`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its file name.
    pub file: String,
    /// Committed bytes in it, its head included.
    pub bytes: u64,
    /// The number of the first commit in it (of the next one, if it holds none yet).
    pub first_commit: u64,
}

impl LogDir<Disk> {
    /// Makes a new store at `path`, which is made when missing and must otherwise be empty.
    ///
    /// `header` is kept for ever and comes back from [`header`](Self::header); the checks of all
    /// frames are bound to it.
    ///
    /// # Errors
    ///
    /// [`LogError::AlreadyAStore`]; [`LogError::NotEmpty`] when there are foreign files;
    /// [`LogError::Missing`] when there is data of a store that lost its `CURRENT`;
    /// [`LogError::Locked`]; [`LogError::HeaderTooLarge`]; [`LogError::Io`]. After any of them but
    /// the last, nothing was changed; what the last one leaves does not stand in the way of the
    /// next attempt.
    ///
    /// ```
    /// use storage_adapter::log::{LogDir, LogError};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("a/b/store");
    /// let log = LogDir::create(&path, b"mine")?;
    /// assert_eq!((log.commit(), log.header()), (0, &b"mine"[..]));
    /// drop(log);
    /// assert!(matches!(LogDir::create(&path, b"mine"), Err(LogError::AlreadyAStore { .. })));
    /// assert!(matches!(LogDir::create(dir.path(), b"mine"), Err(LogError::NotEmpty { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create(path: &Path, header: &[u8]) -> Result<Self, LogError> {
        // Refused before the directory is made.
        super::create::admit_header(header)?;
        let disk = Disk::make(path).map_err(LogError::io("make the directory", path))?;
        Self::create_on(disk, header)
    }

    /// Opens the store at `path` and repairs what a crash can have left.
    ///
    /// # Errors
    ///
    /// [`LogError::NotAStore`], [`LogError::Locked`], [`LogError::NewerFormat`],
    /// [`LogError::Missing`], [`LogError::Short`], [`LogError::Corrupt`], [`LogError::Io`]. On any
    /// of them no file of the store has been removed or cut.
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir, LogError};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("store");
    /// assert!(matches!(LogDir::open(&path), Err(LogError::NotAStore { .. })));
    ///
    /// let mut log = LogDir::create(&path, b"")?;
    /// log.append([Frame::new(1, *b"whole")], 1)?;
    /// assert!(matches!(LogDir::open(&path), Err(LogError::Locked { .. })));
    /// let segment = log.segments()[0].clone();
    /// drop(log);
    ///
    /// // A crash left the first bytes of a batch behind.
    /// let mut bytes = std::fs::read(path.join(&segment.file))?;
    /// bytes.extend([16, 0, 0]);
    /// std::fs::write(path.join(&segment.file), bytes)?;
    /// let (mut log, report) = LogDir::open(&path)?;
    /// let cut = report.cut.unwrap();
    /// assert_eq!((cut.file, cut.offset, cut.bytes), (segment.file, segment.bytes, 3));
    /// assert_eq!(std::fs::read(path.join(cut.kept))?, [16, 0, 0]);
    /// assert_eq!(log.frames().count(), 1);
    /// assert_eq!(log.discard_tails()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path) -> Result<(Self, OpenReport), LogError> {
        Self::open_on(Disk::at(path))
    }
}

impl<F: Files> LogDir<F> {
    /// The bytes given to `create`.
    pub fn header(&self) -> &[u8] {
        &self.manifest.header
    }

    /// The number of the last commit; 0 before the first.
    pub fn commit(&self) -> u64 {
        self.end.commit
    }

    /// The time given with the last commit; 0 before the first.
    pub fn commit_time_micros(&self) -> u64 {
        self.end.time
    }

    /// Why the store is read-only, if it is.
    pub fn poisoned(&self) -> Option<&str> {
        self.poison.as_deref()
    }

    /// Own files that a [`replace`](Self::replace) made obsolete and that could not be removed;
    /// removal is tried again at the next one and at the next open.
    pub fn obsolete(&self) -> &[String] {
        &self.obsolete
    }

    /// The segments in commit order.
    pub fn segments(&self) -> Vec<SegmentInfo> {
        let last = self.manifest.segments.len().saturating_sub(1);
        let info = |(index, segment): (usize, &super::manifest::Segment)| SegmentInfo {
            file: name::segment(segment.id),
            bytes: if index == last {
                self.end.at
            } else {
                segment.len
            },
            first_commit: segment.first,
        };
        self.manifest
            .segments
            .iter()
            .enumerate()
            .map(info)
            .collect()
    }

    /// Sets at which size a segment is closed and a new one begun, 64 MiB unless told. It is not
    /// stored.
    pub fn set_segment_target(&mut self, bytes: u64) {
        self.segment_target = bytes;
    }

    /// Bytes of all own files in the directory, kept tails and files waiting for removal included.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`].
    pub fn disk_bytes(&self) -> Result<u64, LogError> {
        let names = self.list()?;
        let own = names
            .iter()
            .filter(|n| !matches!(name::parse(n), None | Some(name::Own::Lock)));
        own.map(|n| self.len_of(n)).sum()
    }

    /// Files that keep what opening cut from a torn tail, with their lengths.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`].
    pub fn kept_tails(&self) -> Result<Vec<(String, u64)>, LogError> {
        let mut names = self.list()?;
        names.retain(|n| name::parse(n) == Some(name::Own::Tail));
        names.sort();
        names
            .into_iter()
            .map(|n| self.len_of(&n).map(|len| (n, len)))
            .collect()
    }

    /// Removes the files of [`kept_tails`](Self::kept_tails) and returns how many there were.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`]; some may then be removed already.
    pub fn discard_tails(&mut self) -> Result<usize, LogError> {
        let tails = self.kept_tails()?;
        for (tail, _) in &tails {
            self.files
                .unlink(tail)
                .map_err(LogError::io("remove", self.files.path(tail)))?;
        }
        if !tails.is_empty() {
            self.sync_dir()?;
        }
        Ok(tails.len())
    }

    /// Streams every committed frame in commit order, all checks verified.
    ///
    /// Memory: one frame and a read buffer. Ends after the first error.
    ///
    /// # Errors
    ///
    /// Each item can be [`LogError::Corrupt`], [`LogError::Missing`], [`LogError::Short`] or
    /// [`LogError::Io`].
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.append([Frame::new(7, *b"a")], 10)?;
    /// log.append([Frame::new(8, *b"b")], 20)?;
    /// let last = log.frames().last().unwrap()?;
    /// assert_eq!((last.kind, last.commit, last.commit_time_micros), (8, 2, 20));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn frames(&self) -> Frames<'_, F> {
        Frames::new(self)
    }

    /// Reads everything and reports all damage instead of stopping at the first.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the system cannot read; damage is in the report.
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("store");
    /// let mut log = LogDir::create(&path, b"")?;
    /// log.append([Frame::new(1, *b"damaged"), Frame::new(1, *b"whole")], 1)?;
    /// assert!(log.verify()?.damage.is_empty());
    ///
    /// let first = log.frames().next().unwrap()?;
    /// let mut bytes = std::fs::read(path.join(&*first.file))?;
    /// bytes[first.offset as usize + 8] ^= 1;
    /// std::fs::write(path.join(&*first.file), bytes)?;
    /// let report = log.verify()?;
    /// assert_eq!((report.damage[0].offset, report.damage[0].bytes), (first.offset, 13 + 7));
    /// assert_eq!(report.frames, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self) -> Result<VerifyReport, LogError> {
        super::verify::verify(self)
    }

    /// Appends one batch as one commit and returns its number.
    ///
    /// `Ok` means that the batch is on the medium. After `Err`, or a crash on the way, it is not
    /// part of the store, unless syncing itself failed: then the owner is poisoned and opening
    /// again tells. A batch without frames writes nothing and returns the last number.
    ///
    /// # Errors
    ///
    /// [`LogError::ReservedKind`], [`LogError::FrameTooLarge`], [`LogError::Io`] (unless
    /// [`poisoned`](Self::poisoned), the store goes on: free some space and try again),
    /// [`LogError::Poisoned`].
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir, LogError};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// let refused = log.append([Frame::new(1, *b"good"), Frame::new(0, *b"bad")], 1);
    /// assert!(matches!(refused, Err(LogError::ReservedKind { index: 1 })));
    /// assert_eq!(log.frames().count(), 0); // all or nothing
    /// assert_eq!(log.append([Frame::new(1, *b"good")], 1)?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
        commit_time_micros: u64,
    ) -> Result<u64, LogError> {
        self.writable()?;
        let mut frames = frames.into_iter().peekable();
        if frames.peek().is_none() {
            return Ok(self.end.commit);
        }
        self.cut_leftover()?;
        if self.end.at >= self.segment_target.max(SEGMENT_HEAD + 1) {
            self.begin_segment()?;
        }
        // INVARIANT: set before the first byte is written, so that also after a panic of `frames`
        // the next append starts by cutting.
        self.dirty = true;
        let end = match self.write_batch(frames, commit_time_micros) {
            Ok(end) => end,
            Err(error) => {
                // Best effort: the next append does it again if it fails now.
                let _ = self.cut_leftover();
                return Err(error);
            }
        };
        if let Err(error) = self.active.sync() {
            // SUBTLE: the system may now show bytes that it will never write. Cut them while we
            // know: a later open would read them as good, build on them, and lose what it built at
            // the next loss of power.
            let _ = self.active.truncate(self.end.at);
            return Err(self.sync_failed(error, &self.active_name()));
        }
        self.dirty = false;
        self.end = end;
        Ok(end.commit)
    }

    fn write_batch(
        &self,
        frames: impl Iterator<Item = Frame>,
        time: u64,
    ) -> Result<Cursor, LogError> {
        let path = self.files.path(&self.active_name());
        let failed = || LogError::io("write to", &path);
        let commit = self.end.commit.saturating_add(1);
        let mut batch = BatchWriter::begin(&self.active, &self.key, &self.end, commit, time)
            .map_err(failed())?;
        for (frame, index) in frames.zip(0..) {
            frame.admit(index)?;
            batch.push(&frame).map_err(failed())?;
        }
        batch.finish().map_err(failed())
    }

    /// Cuts what a failed append left behind the last committed point, and syncs the cut: else the
    /// next batch could end up, after a crash, in front of remains of this one.
    fn cut_leftover(&mut self) -> Result<(), LogError> {
        if !self.dirty {
            return Ok(());
        }
        let name = self.active_name();
        self.active
            .truncate(self.end.at)
            .map_err(LogError::io("cut", self.files.path(&name)))?;
        if let Err(error) = self.active.sync() {
            return Err(self.sync_failed(error, &name));
        }
        self.dirty = false;
        Ok(())
    }

    pub(super) fn active_name(&self) -> String {
        self.manifest
            .segments
            .last()
            .map(|s| name::segment(s.id))
            .unwrap_or_default()
    }

    pub(super) fn writable(&self) -> Result<(), LogError> {
        match &self.poison {
            None => Ok(()),
            Some(why) => Err(LogError::Poisoned {
                path: self.files.path(""),
                why: why.clone(),
            }),
        }
    }

    /// A failed sync is never tried again and believed: nothing more is written through this owner.
    pub(super) fn sync_failed(&mut self, source: io::Error, name: &str) -> LogError {
        let path = self.files.path(name);
        self.poison = Some(format!("cannot sync {}: {source}", path.display()));
        LogError::Io {
            action: "sync",
            path,
            source,
        }
    }

    /// Brings names to the medium; a failure poisons.
    pub(super) fn sync_dir(&mut self) -> Result<(), LogError> {
        self.files
            .sync_dir()
            .map_err(|error| self.sync_failed(error, ""))
    }

    pub(super) fn list(&self) -> Result<Vec<String>, LogError> {
        self.files
            .list()
            .map_err(LogError::io("list", self.files.path("")))
    }

    pub(super) fn open_file(&self, name: &str) -> Result<F::File, LogError> {
        open_file(&self.files, name)
    }

    fn len_of(&self, name: &str) -> Result<u64, LogError> {
        self.open_file(name)?
            .len()
            .map_err(LogError::io("read the length of", self.files.path(name)))
    }
}

impl<F: Files> fmt::Debug for LogDir<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogDir")
            .field("path", &self.files.path(""))
            .field("commit", &self.end.commit)
            .field("segments", &self.segments())
            .field("poisoned", &self.poison)
            .finish_non_exhaustive()
    }
}

/// Opens a file the store cannot do without.
pub(super) fn open_file<F: Files>(files: &F, name: &str) -> Result<F::File, LogError> {
    let path: PathBuf = files.path(name);
    files.open(name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => LogError::Missing { file: path },
        _ => LogError::Io {
            action: "open",
            path,
            source: error,
        },
    })
}
