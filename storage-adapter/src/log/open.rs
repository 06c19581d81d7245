//! Opening a store: first look at everything, then make durable what was seen. Who may write then repairs, and only
//! then removes what nothing names.

use std::io;
use std::sync::Arc;

use super::batch::{Batches, Event, Fault, Stop, check_segment_head};
use super::create::{Contents, contents};
use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::manifest::{Current, Manifest, plausible_len};
use super::name::{self, CURRENT, LOCK, Own};
use super::segment::Cursor;
use super::shared::Shared;
use super::tail::{Verdict, judge};
use super::view::Part;
use super::window::Window;

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// The torn tail that was cut, if there was one.
    pub cut: Option<CutTail>,
    /// The torn tail that was left where it is, as the store was opened to be read only.
    pub torn: Option<TornTail>,
    /// Own files that nothing named and that were removed.
    pub orphans_removed: Vec<String>,
    /// Own files that nothing named and that could not be removed; the next open tries again.
    pub orphans_left: Vec<String>,
}

/// Bytes of a batch that was never acknowledged, cut from the end of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutTail {
    /// The segment.
    pub file: String,
    /// Where the cut was made: the end of the last whole batch.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
    /// The file that keeps them, until [`LogDir::discard_tails`] removes it.
    pub kept: String,
}

/// Bytes of a batch that was never acknowledged, at the end of a segment. They are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub file: String,
    /// Where they begin: the end of the last whole batch.
    pub offset: u64,
    /// How many there are.
    pub bytes: u64,
}

/// Takes the lock, or says who is in the way.
pub(super) fn lock<F: Files>(files: &F) -> Result<F::Lock, LogError> {
    locked(files, files.try_lock(LOCK))
}

fn locked<F: Files>(files: &F, taken: io::Result<Option<F::Lock>>) -> Result<F::Lock, LogError> {
    let path = files.path(LOCK);
    match taken {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(LogError::Locked { path }),
        Err(source) => Err(LogError::Io {
            action: "lock",
            path,
            source,
        }),
    }
}

impl<F: Files> LogDir<F> {
    /// [`open`](LogDir::open) on any file layer.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_on(files: F) -> Result<(Self, OpenReport), LogError> {
        expect_store(&files)?;
        let lock = lock(&files)?;
        // Again under the lock: the first look may have met another owner at work.
        expect_store(&files)?;

        let Found {
            manifest,
            sealed,
            active,
            end,
            len,
            is_torn,
        } = Found::look(&files)?;
        let mut next_id = manifest.next_id;
        for entry in files.list().map_err(LogError::io("list", files.path("")))? {
            if let Some(Own::Manifest(id) | Own::Segment(id) | Own::Gone(id)) = name::parse(&entry)
            {
                next_id = next_id.max(id.saturating_add(1));
            }
        }
        let shared = Shared::new(files, lock, next_id);
        let log = Self::assemble(shared, manifest, sealed, active, end);
        // SUBTLE: what we saw may be in the system's memory only, left by an owner that was killed
        // between write and sync. It becomes durable before anyone acts on it, and before the files
        // of another state go.
        log.sync_file(&log.active, &log.active_name())?;
        log.shared.sync_dir()?;
        let cut = if is_torn {
            Some(log.cut_tail(len)?)
        } else {
            None
        };
        let (orphans_removed, orphans_left) = log.remove_orphans()?;
        Ok((
            log,
            OpenReport {
                cut,
                orphans_removed,
                orphans_left,
                ..OpenReport::default()
            },
        ))
    }

    /// [`open_read_only`](LogDir::open_read_only) on any file layer.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_read_only_on(files: F) -> Result<(Self, OpenReport), LogError> {
        expect_store(&files)?;
        let lock = locked(&files, files.try_lock_shared(LOCK))?;
        expect_store(&files)?;

        let found = Found::look(&files)?;
        let torn = found.is_torn.then(|| TornTail {
            file: found.active.name.to_string(),
            offset: found.end.at,
            bytes: found.len.saturating_sub(found.end.at),
        });
        let shared = Shared::read_only(files, lock);
        let log = Self::assemble(
            shared,
            found.manifest,
            found.sealed,
            found.active,
            found.end,
        );
        // SUBTLE: as in `open_on`, and nothing is repaired. Some systems sync only what may be written to; there, what
        // an owner left unsynced who was killed may be shown now and be lost with the power.
        match log.active.sync().and_then(|()| log.shared.files.sync_dir()) {
            Err(error) if !cannot_sync(&error) => {
                Err(log.shared.sync_failed(error, &log.active_name()))
            }
            _ => Ok((
                log,
                OpenReport {
                    torn,
                    ..OpenReport::default()
                },
            )),
        }
    }

    /// Keeps the bytes `end .. len` of the active segment aside, durably, then cuts them.
    fn cut_tail(&self, len: u64) -> Result<CutTail, LogError> {
        let (file, offset) = (self.active_name(), self.end.at);
        let path = self.shared.files.path(&file);
        let bytes = len.saturating_sub(offset);
        let kept = self.keep(offset, bytes)?;
        self.active
            .truncate(offset)
            .map_err(LogError::io("cut", &path))?;
        self.sync_file(&self.active, &file)?;
        Ok(CutTail {
            file,
            offset,
            bytes,
            kept,
        })
    }

    /// Copies the tail into a file of its own. A copy that an open before this one made, and was
    /// stopped after, is taken as it is; one that it did not finish is made again.
    fn keep(&self, offset: u64, bytes: u64) -> Result<String, LogError> {
        let segment = self.manifest.segments.last().map_or(0, |s| s.id);
        for nth in 0.. {
            let kept = name::tail(segment, offset, nth);
            let path = self.shared.files.path(&kept);
            match self.shared.files.open(&kept) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::io("open", &path)(error)),
                Ok(copy) => match self
                    .is_copy(&copy, offset, bytes)
                    .map_err(LogError::io("read", &path))?
                {
                    Copy::Other => continue,
                    Copy::Whole => return self.sync_kept(&copy, kept),
                    Copy::Part => self
                        .shared
                        .files
                        .unlink(&kept)
                        .map_err(LogError::io("remove", &path))?,
                },
            }
            let copy = self
                .shared
                .files
                .create_new(&kept)
                .map_err(LogError::io("make", &path))?;
            let mut tail = Window::new(&self.active);
            for (at, len) in pieces(offset, bytes) {
                let piece = tail.get(at, len).map_err(LogError::io(
                    "read",
                    self.shared.files.path(&self.active_name()),
                ))?;
                copy.append(piece)
                    .map_err(LogError::io("write to", &path))?;
            }
            return self.sync_kept(&copy, kept);
        }
        Err(LogError::io("number", self.shared.files.path(""))(
            io::Error::other("no name for a kept tail is left"),
        ))
    }

    fn sync_kept(&self, copy: &F::File, kept: String) -> Result<String, LogError> {
        self.sync_file(copy, &kept)?;
        self.shared.sync_dir()?;
        Ok(kept)
    }

    /// How a kept file compares with the tail that is to be kept.
    fn is_copy(&self, copy: &F::File, offset: u64, bytes: u64) -> io::Result<Copy> {
        let len = copy.len()?;
        if len > bytes {
            return Ok(Copy::Other);
        }
        let (mut ours, mut theirs) = (Window::new(&self.active), Window::new(copy));
        for (at, size) in pieces(0, len) {
            if theirs.get(at, size)? != ours.get(offset + at, size)? {
                return Ok(Copy::Other);
            }
        }
        Ok(if len == bytes {
            Copy::Whole
        } else {
            Copy::Part
        })
    }

    /// Removes own files that nothing names.
    fn remove_orphans(&self) -> Result<(Vec<String>, Vec<String>), LogError> {
        let (mut removed, mut left) = (Vec::new(), Vec::new());
        for entry in self.list()? {
            let is_orphan = match name::parse(&entry) {
                Some(Own::Manifest(id)) => id != self.manifest.id,
                Some(Own::Segment(id)) => self.manifest.segments.iter().all(|s| s.id != id),
                Some(Own::CurrentTmp | Own::Gone(_)) => true,
                Some(Own::Lock | Own::Current | Own::Tail) | None => false,
            };
            if is_orphan {
                let gone = self.shared.files.unlink(&entry).is_ok();
                if gone { &mut removed } else { &mut left }.push(entry);
            }
        }
        if !removed.is_empty() {
            // Before a new file can get the name of a removed one.
            self.shared.sync_dir()?;
        }
        removed.sort();
        left.sort();
        self.shared.obsolete().clone_from(&left);
        Ok((removed, left))
    }
}

/// Whether it says that there is no syncing here: not of what is open for reading only, or not on a medium that cannot be
/// written to.
fn cannot_sync(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};

    let kinds = [
        InvalidInput,
        PermissionDenied,
        ReadOnlyFilesystem,
        Unsupported,
    ];
    kinds.contains(&error.kind())
}

/// What there is to open.
struct Found<D> {
    manifest: Manifest,
    sealed: Vec<Part<D>>,
    active: Part<D>,
    /// The last committed point.
    end: Cursor,
    /// The length of the active segment, and whether what lies behind the end is a torn tail.
    len: u64,
    is_torn: bool,
}

impl<D: DataFile> Found<D> {
    fn look<F: Files<File = D>>(files: &F) -> Result<Self, LogError> {
        let manifest = read_manifest(files)?;
        let (sealed, active) = open_segments(files, &manifest)?;
        let (end, len, is_torn) = find_end(files, &manifest, &active)?;
        Ok(Self {
            manifest,
            sealed,
            active,
            end,
            len,
            is_torn,
        })
    }
}

enum Copy {
    Whole,
    Part,
    Other,
}

/// Cuts a range into pieces that fit in memory.
fn pieces(from: u64, len: u64) -> impl Iterator<Item = (u64, usize)> {
    const PIECE: usize = 64 * 1024;
    let end = from.saturating_add(len);
    (from..end).step_by(PIECE).map(move |at| {
        (
            at,
            usize::try_from(end - at).map_or(PIECE, |left| left.min(PIECE)),
        )
    })
}

pub(super) fn expect_store<F: Files>(files: &F) -> Result<(), LogError> {
    let path = files.path("");
    let why = match contents(files) {
        Ok(Contents::Store) => return Ok(()),
        Ok(Contents::Headless) => {
            return Err(LogError::Missing {
                file: files.path(CURRENT),
            });
        }
        Ok(Contents::Vacant { .. }) => "it holds no store; create one there",
        Ok(Contents::Foreign(_)) => "it holds other files",
        Err(LogError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            "there is no such directory"
        }
        Err(LogError::Io { source, .. }) if source.kind() == io::ErrorKind::NotADirectory => {
            "it is not a directory"
        }
        Err(error) => return Err(error),
    };
    Err(LogError::NotAStore { path, why })
}

/// The manifest in force, checked against `CURRENT`.
pub(super) fn read_manifest<F: Files>(files: &F) -> Result<Manifest, LogError> {
    let current = read_whole(files, CURRENT, |len| len <= Current::MAX_LEN)?;
    let current = Current::decode(&current, &files.path(CURRENT))?;
    let name = name::manifest(current.manifest);
    let bytes = read_whole(files, &name, plausible_len)?;
    // Its own check first: it tells which of the two files is damaged.
    let manifest = Manifest::decode(&bytes, current.manifest, &files.path(&name))?;
    let found = blake3::hash(&bytes);
    if found != current.hash {
        return Err(LogError::Corrupt {
            file: files.path(CURRENT),
            offset: 0,
            expected: format!("the hash of {name}, {found}"),
            found: current.hash.to_string(),
        });
    }
    Ok(manifest)
}

pub(super) fn read_whole<F: Files>(
    files: &F,
    name: &str,
    plausible: impl Fn(u64) -> bool,
) -> Result<Vec<u8>, LogError> {
    let path = files.path(name);
    let file = open_file(files, name)?;
    let len = file
        .len()
        .map_err(LogError::io("read the length of", &path))?;
    let Some(size) = usize::try_from(len).ok().filter(|_| plausible(len)) else {
        let (expected, found) = ("a short file".to_owned(), format!("{len} bytes"));
        return Err(LogError::Corrupt {
            file: path,
            offset: 0,
            expected,
            found,
        });
    };
    let mut window = Window::new(file);
    window
        .get(0, size)
        .map(<[u8]>::to_vec)
        .map_err(LogError::io("read", path))
}

/// Opens every file that the manifest names, none of which may be missing or too short; the last one
/// comes by itself.
#[expect(clippy::type_complexity, reason = "a pair of what it says")]
fn open_segments<F: Files>(
    files: &F,
    manifest: &Manifest,
) -> Result<(Vec<Part<F::File>>, Part<F::File>), LogError> {
    let mut parts = Vec::new();
    for segment in &manifest.segments {
        let file = open_file(files, &name::segment(segment.id))?;
        let part = Part::new(segment.clone(), &manifest.header, Arc::new(file));
        let (path, found) = (files.path(&part.name), part.len(files)?);
        if found < segment.len {
            return Err(LogError::Short {
                file: path,
                expected: segment.len,
                found,
            });
        }
        check_segment_head(&mut Window::new(&part.file), segment.id)
            .map_err(|stop| stop.into_error(&path))?;
        parts.push(part);
    }
    // INVARIANT: a decoded manifest has at least one segment.
    let active = parts.pop().ok_or_else(|| LogError::Missing {
        file: files.path(&name::segment(0)),
    })?;
    Ok((parts, active))
}

/// Opens a file the store cannot do without.
pub(super) fn open_file<F: Files>(files: &F, name: &str) -> Result<F::File, LogError> {
    let path = files.path(name);
    files.open(name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => LogError::Missing { file: path },
        _ => LogError::Io {
            action: "open",
            path,
            source: error,
        },
    })
}

/// Follows the batches behind the point the manifest vouches for. Returns the last committed point,
/// the length of the file, and whether what lies between is a torn tail.
fn find_end<F: Files>(
    files: &F,
    manifest: &Manifest,
    active: &Part<F::File>,
) -> Result<(Cursor, u64, bool), LogError> {
    let path = files.path(&active.name);
    let len = active.len(files)?;
    let start = Cursor {
        at: active.segment.len,
        commit: manifest.commit,
        time: manifest.time,
        chain: active.segment.chain,
    };
    let next = manifest.commit.saturating_add(1);
    let (file, key) = (&active.file, &active.key);
    let mut batches = Batches::new(file, key.clone(), start, next, len);
    let fault: Fault = loop {
        match batches.next() {
            Ok(None) => return Ok((batches.last(), len, false)),
            Ok(Some(Event::Frame { .. } | Event::Commit(_))) => {}
            Err(Stop::Fault(fault)) => break fault,
            Err(stop) => return Err(stop.into_error(&path)),
        }
    };
    let end = batches.last();
    let verdict = judge(file, key, &end, len, &fault);
    match verdict.map_err(LogError::io("read", &path))? {
        Verdict::Torn => Ok((end, len, true)),
        Verdict::Damage => Err(Stop::Fault(fault).into_error(&path)),
    }
}
