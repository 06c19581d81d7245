//! The owner of a store directory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::Key;
use super::frames::Frames;
use super::manifest::Manifest;
use super::name;
use super::obsolete::STEP;
use super::open::{OpenReport, open_file};
use super::segment::Cursor;
use super::shared::Shared;
use super::verify::{Damage, VerifyReport};
use super::view::{LogView, Part};

/// A segment is closed, and a new one begun, at about this many bytes.
const SEGMENT_TARGET: u64 = 64 << 20;

/// Exclusive owner of a store directory.
///
/// Dropping it lets go of the lock, once no [`Rewrite`](super::Rewrite) of it lives either. It syncs
/// nothing: what was [written](Self::write) and not [synced](Self::sync) is left to the system.
/// Every segment is held open. `F` is the file layer, the real [`Disk`] unless a test says otherwise.
pub struct LogDir<F: Files = Disk> {
    pub(super) shared: Arc<Shared<F>>,
    pub(super) manifest: Manifest,
    /// The segments of the manifest.
    pub(super) parts: Arc<Vec<Part<F::File>>>,
    /// The last of them, open for appending, and its key.
    pub(super) active: Arc<F::File>,
    pub(super) key: Key,
    /// The last committed point, in the active segment.
    pub(super) end: Cursor,
    /// The last point known to be on the medium, at or before `end` in the same segment.
    pub(super) durable: Cursor,
    /// There may be bytes behind `end` that a failed write left.
    pub(super) dirty: bool,
    pub(super) segment_target: u64,
    pub(super) removal_step: u64,
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

    /// Opens the store at `path` to read it, beside others that do: nothing is written, repaired or removed, no right to
    /// write is needed, and no owner can open it meanwhile. Each write is refused with [`LogError::ReadOnly`].
    ///
    /// What it shows is what [`open`](Self::open) would. It is synced first, as an owner who was killed may have left it in
    /// the system's memory only. (Where a system does not sync what is open for reading, as Windows, that is left out.)
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); [`LogError::Locked`] while there is an owner.
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir, LogError};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("store");
    /// let mut owner = LogDir::create(&path, b"")?;
    /// owner.append([Frame::new(1, *b"whole")], 1)?;
    /// assert!(matches!(LogDir::open_read_only(&path), Err(LogError::Locked { .. })));
    /// drop(owner);
    ///
    /// let (mut one, _) = LogDir::open_read_only(&path)?;
    /// let (another, _) = LogDir::open_read_only(&path)?;
    /// assert_eq!((one.frames().count(), another.frames().count()), (1, 1));
    /// assert!(matches!(LogDir::open(&path), Err(LogError::Locked { .. })));
    /// let refused = one.append([Frame::new(1, *b"more")], 2);
    /// assert!(matches!(refused, Err(LogError::ReadOnly { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_read_only(path: &Path) -> Result<(Self, OpenReport), LogError> {
        Self::open_read_only_on(Disk::read_only(path))
    }
}

impl<F: Files> LogDir<F> {
    /// An owner of what a manifest names, `sealed` and then `active`, of which everything up to `end` is
    /// durable.
    pub(super) fn assemble(
        shared: Arc<Shared<F>>,
        manifest: Manifest,
        sealed: Vec<Part<F::File>>,
        active: Part<F::File>,
        end: Cursor,
    ) -> Self {
        let (file, key) = (Arc::clone(&active.file), active.key.clone());
        let mut parts = sealed;
        parts.push(active);
        Self {
            shared,
            manifest,
            parts: Arc::new(parts),
            active: file,
            key,
            end,
            durable: end,
            dirty: false,
            segment_target: SEGMENT_TARGET,
            removal_step: STEP,
        }
    }

    /// The directory.
    pub fn path(&self) -> PathBuf {
        self.shared.files.path("")
    }

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

    /// Why the store is read-only, if it is. A [`Rewrite`](super::Rewrite) on another thread can be the
    /// cause.
    pub fn poisoned(&self) -> Option<&str> {
        self.shared.poisoned()
    }

    /// Own files that nothing names any more and that could not be removed; it is tried again with the
    /// next [`remove`](Self::remove), the next segment, and at the next open.
    pub fn obsolete(&self) -> Vec<String> {
        self.shared.obsolete().clone()
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
    ///
    /// Each segment is a file that the owner and its views hold open, and each new one writes a
    /// manifest of them all: take a larger size rather than thousands of segments.
    pub fn set_segment_target(&mut self, bytes: u64) {
        self.segment_target = bytes;
    }

    /// Sets how much [`Obsolete::unlink`](super::Obsolete::unlink) takes off a file at a time, 1 MiB unless told; 0
    /// is all of it. Behind each step it rests for a millisecond. It is not stored.
    pub fn set_removal_step(&mut self, bytes: u64) {
        self.removal_step = bytes;
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
        // Files may be on their way off the disk.
        let len = |name: &String| match self.len_of(name) {
            Err(LogError::Missing { .. }) => Ok(0),
            len => len,
        };
        own.map(len).sum()
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
    /// [`LogError::Io`]; some may then be removed already. [`LogError::Poisoned`].
    pub fn discard_tails(&mut self) -> Result<usize, LogError> {
        self.writable()?;
        let tails = self.kept_tails()?;
        for (tail, _) in &tails {
            let files = &self.shared.files;
            files
                .unlink(tail)
                .map_err(LogError::io("remove", files.path(tail)))?;
        }
        if !tails.is_empty() {
            self.shared.sync_dir()?;
        }
        Ok(tails.len())
    }

    /// Everything committed now, to be read by anyone while the store goes on. O(1).
    pub fn view(&self) -> LogView<F> {
        LogView {
            files: Arc::clone(&self.shared.files),
            parts: Arc::clone(&self.parts),
            end: self.end,
        }
    }

    /// Streams every frame committed now in commit order, all checks verified; the same as of
    /// [`view`](Self::view).
    ///
    /// Memory: one frame and a read buffer. Ends after the first error.
    ///
    /// # Errors
    ///
    /// Each item can be [`LogError::Corrupt`], [`LogError::Short`] or [`LogError::Io`].
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
    pub fn frames(&self) -> Frames<F> {
        Frames::new(self.view())
    }

    /// Damage of the list of segments: it cannot be read, or is not the one that this log goes by. Reads two small files.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the system cannot read; damage is in the result.
    pub fn damage_beside(&self) -> Result<Vec<Damage>, LogError> {
        super::verify::damage_beside(self)
    }

    /// Reads everything and reports all damage instead of stopping at the first: what is
    /// [beside](Self::damage_beside), and what a [view](LogView::verify) finds.
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
        let beside = self.damage_beside()?;
        Ok(self.view().verify()?.with_damage(beside))
    }

    /// The name of the active segment.
    pub(super) fn active_name(&self) -> String {
        self.manifest
            .segments
            .last()
            .map(|s| name::segment(s.id))
            .unwrap_or_default()
    }

    pub(super) fn writable(&self) -> Result<(), LogError> {
        self.shared.writable()
    }

    pub(super) fn list(&self) -> Result<Vec<String>, LogError> {
        let files = &self.shared.files;
        files.list().map_err(LogError::io("list", files.path("")))
    }

    fn len_of(&self, name: &str) -> Result<u64, LogError> {
        let files = &*self.shared.files;
        open_file(files, name)?
            .len()
            .map_err(LogError::io("read the length of", files.path(name)))
    }
}

impl<F: Files> fmt::Debug for LogDir<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogDir")
            .field("path", &self.shared.files.path(""))
            .field("commit", &self.end.commit)
            .field("durable_commit", &self.durable.commit)
            .field("segments", &self.segments())
            .field("poisoned", &self.poisoned())
            .finish_non_exhaustive()
    }
}
