//! `CURRENT` and the manifest, made again from what else is there.

use super::Damage;
use std::io::ErrorKind;

use super::batch::{Batches, Stop, frame_at};
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Chain, Key, MARK, Mark, UNKNOWN};
use super::manifest::{Current, Manifest, Segment, plausible_len};
use super::name::{self, CURRENT, Own};
use super::open::{expect_store, lock, open_file, read_manifest, read_whole};
use super::segment::{Cursor, SEGMENT_HEAD, Stamp};
use super::verify::{Piece, next_frame, of_error, walk};
use super::window::Window;

/// How far into each segment a first frame is looked for, to tell which header the log was made with, before all of them
/// are looked through.
const LOOK: u64 = 1 << 20;

/// The files that say what belongs to a log, made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Names and contents, which stand for files of these names.
    pub files: Vec<(String, Vec<u8>)>,
    /// What they are made from.
    pub from: RebuiltFrom,
    /// What made it necessary, and segments that could not be given a place.
    pub damage: Vec<Damage>,
}

/// What [`rebuild`] went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RebuiltFrom {
    /// `CURRENT` is made again, and names the newest manifest. That is the one that was in force, or one that was
    /// to follow it and tells of the same commits.
    Manifest,
    /// Both are made again, from the marks in the segments. Among these may be some that had been replaced and not
    /// yet removed, and that some are missing at the end cannot be seen.
    Segments,
}

/// Makes `CURRENT` and, if need be, the manifest again, of a log that does not open since they are damaged or gone.
/// `headers` are those that the log may have been made with; one that a manifest tells needs not be among them.
///
/// Nothing is written: put the files into a copy, or into a [`Files`] that keeps them in memory, and open or
/// [scan](super::scan) that. `None`: they are whole, or nothing is there to go by. A damaged `CURRENT` is made again
/// exactly. Of a manifest made from segments this much is known: each segment is of this log, its frames check,
/// and they stand in the order of their commits. Where a rewrite had replaced what came before, the running check that the next
/// segment goes on from is gone with the manifest, so the log opens and reads up to there, and only a scan reads on.
///
/// At most three passes over all bytes, memory for the largest frame. Takes the lock for as long as it reads.
///
/// # Errors
///
/// [`LogError`] if there is no log, it is in use or newer, or the system refuses.
///
/// ```
/// use storage_adapter::log::{Disk, Frame, LogDir, RebuiltFrom, rebuild};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("store");
/// let mut log = LogDir::create(&path, b"header")?;
/// log.append([Frame::new(1, *b"kept")], 1_000)?;
/// drop(log);
/// std::fs::remove_file(path.join("CURRENT"))?;
/// assert!(LogDir::open(&path).is_err());
///
/// let rebuilt = rebuild(&Disk::at(&path), &[])?.unwrap();
/// assert_eq!(rebuilt.from, RebuiltFrom::Manifest);
/// for (name, content) in rebuilt.files {
///     std::fs::write(path.join(name), content)?; // better in a copy
/// }
/// let (log, _) = LogDir::open(&path)?;
/// assert_eq!(log.frames().next().unwrap()?.body, b"kept");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rebuild<F: Files>(files: &F, headers: &[Vec<u8>]) -> Result<Option<Rebuilt>, LogError> {
    match expect_store(files) {
        Err(LogError::Missing { .. }) | Ok(()) => {}
        Err(error) => return Err(error),
    }
    let _lock = lock(files)?;
    let damage = match read_manifest(files) {
        Ok(_) => return Ok(None),
        Err(
            error @ (LogError::Corrupt { .. } | LogError::Missing { .. } | LogError::Short { .. }),
        ) => of_error(error, 0),
        Err(error) => return Err(error),
    };
    let own = Names::list(files)?;
    let named = named_by_current(files).unwrap_or(0);
    let newest = own.newest_manifest(files)?;
    let rebuilt = match newest.filter(|(id, _)| named <= *id) {
        Some((id, bytes)) => Some(Rebuilt {
            files: vec![current(id, &bytes)],
            from: RebuiltFrom::Manifest,
            damage: Vec::new(),
        }),
        None => from_segments(files, &own, headers)?,
    };
    Ok(rebuilt.map(|mut rebuilt| {
        rebuilt.damage.insert(0, damage);
        rebuilt
    }))
}

/// The ids that stand in the names of the log's own files, ascending.
#[derive(Default)]
struct Names {
    manifests: Vec<u64>,
    segments: Vec<u64>,
}

impl Names {
    fn list<F: Files>(files: &F) -> Result<Self, LogError> {
        let mut own = Self::default();
        for entry in files.list().map_err(LogError::io("list", files.path("")))? {
            match name::parse(&entry) {
                Some(Own::Manifest(id)) => own.manifests.push(id),
                Some(Own::Segment(id)) => own.segments.push(id),
                _ => {}
            }
        }
        own.manifests.sort_unstable();
        own.segments.sort_unstable();
        Ok(own)
    }

    /// The manifest with the greatest id, if it checks and nothing was written since that it does not tell of. An older one
    /// may name segments that were replaced since, and does not name what came since.
    fn newest_manifest<F: Files>(&self, files: &F) -> Result<Option<(u64, Vec<u8>)>, LogError> {
        let Some(&id) = self.manifests.last() else {
            return Ok(None);
        };
        let name = name::manifest(id);
        let read = read_whole(files, &name, plausible_len).and_then(|bytes| {
            let manifest = Manifest::decode(&bytes, id, &files.path(&name))?;
            Ok((bytes, manifest))
        });
        match read {
            Ok((_, manifest)) if self.is_outdated(files, &manifest)? => Ok(None),
            Ok((bytes, _)) => Ok(Some((id, bytes))),
            Err(LogError::Corrupt { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the log went on without this manifest: in a segment that it holds for sealed, or in one made later.
    fn is_outdated<F: Files>(&self, files: &F, manifest: &Manifest) -> Result<bool, LogError> {
        let sealed = manifest.segments.split_last();
        for segment in sealed.map_or(&[][..], |(_, sealed)| sealed) {
            let name = name::segment(segment.id);
            match files.open(&name).and_then(|file| file.len()) {
                Ok(len) if len > segment.len => return Ok(true),
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(LogError::io("read", files.path(&name))(error));
                }
                _ => {}
            }
        }
        for &id in self.segments.iter().filter(|id| **id >= manifest.next_id) {
            let name = name::segment(id);
            let file = open_file(files, &name)?;
            let read = || LogError::io("read", files.path(&name));
            let len = file.len().map_err(read())?;
            let key = Key::new(&manifest.header, id);
            let first = match frame_at(&mut Window::new(file), &key, SEGMENT_HEAD, len) {
                Ok(raw) => Mark::decode(&raw.body).filter(|_| raw.kind == MARK),
                Err(Stop::Fault(_)) => None,
                Err(Stop::Io(error)) => return Err(read()(error)),
            };
            // A rewrite that was given up tells nothing new.
            let is_draft = matches!(first, Some(Mark::Begin(stamp)) if stamp.is_rewrite());
            if len > SEGMENT_HEAD && !is_draft {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The manifest that `CURRENT` names, where that reads.
fn named_by_current<F: Files>(files: &F) -> Option<u64> {
    let bytes = read_whole(files, CURRENT, |len| len <= Current::MAX_LEN).ok()?;
    let current = Current::decode(&bytes, &files.path(CURRENT)).ok()?;
    Some(current.manifest)
}

fn current(manifest: u64, bytes: &[u8]) -> (String, Vec<u8>) {
    let hash = blake3::hash(bytes);
    let line = Current { manifest, hash }.encode();
    (CURRENT.to_owned(), line.into_bytes())
}

fn from_segments<F: Files>(
    files: &F,
    own: &Names,
    headers: &[Vec<u8>],
) -> Result<Option<Rebuilt>, LogError> {
    let Some(header) = header_of(files, own, headers)? else {
        return Ok(None);
    };
    let (mut surveys, mut damage) = (Vec::new(), Vec::new());
    for &id in &own.segments {
        let survey = Survey::of(files, id, header)?;
        if survey.has_marks {
            surveys.push(survey);
        } else if survey.len > SEGMENT_HEAD {
            damage.push(Damage {
                file: name::segment(id),
                offset: SEGMENT_HEAD,
                bytes: survey.len - SEGMENT_HEAD,
                expected: "a mark that tells its commits".to_owned(),
                found: "none that checks".to_owned(),
            });
        }
    }
    // Segments of one rewrite have one number, and were made in the order of their ids.
    surveys.sort_by_key(|survey| (survey.first, survey.end(), survey.id));
    if surveys.is_empty() {
        return Ok(None);
    }
    let (segments, end) = chain(files, header, &surveys)?;
    // Its file is there in memory only, so the id may be that of a manifest which does not read.
    let last = surveys.iter().map(|survey| survey.id).max();
    let id = last.map_or(1, |last| last.saturating_add(1));
    let manifest = Manifest {
        id,
        next_id: id.saturating_add(1),
        commit: end.commit,
        time: end.time,
        header: header.to_vec(),
        segments,
    };
    let bytes = manifest.encode();
    let current = current(id, &bytes);
    Ok(Some(Rebuilt {
        files: vec![(name::manifest(id), bytes), current],
        from: RebuiltFrom::Segments,
        damage,
    }))
}

/// The header under which the frames of a segment check.
fn header_of<'h, F: Files>(
    files: &F,
    own: &Names,
    headers: &'h [Vec<u8>],
) -> Result<Option<&'h [u8]>, LogError> {
    for look in [LOOK, u64::MAX] {
        for &id in &own.segments {
            let name = name::segment(id);
            let file = open_file(files, &name)?;
            let read = || LogError::io("read", files.path(&name));
            let end = file.len().map_err(read())?.min(look);
            let mut window = Window::new(file);
            for header in headers {
                let key = Key::new(header, id);
                if next_frame(&mut window, &key, SEGMENT_HEAD, end).map_err(read())? < end {
                    return Ok(Some(header));
                }
            }
        }
    }
    Ok(None)
}

/// What the marks in a segment tell of it.
struct Survey {
    id: u64,
    len: u64,
    has_marks: bool,
    /// It begins with a mark that checks, so nothing stands before that.
    is_begun: bool,
    /// The least number in its marks, and the greatest in any that closes a batch.
    first: u64,
    last: u64,
    /// The mark that opens a batch and is not followed by one that closes it.
    open: Option<Stamp>,
    /// The running check in the last mark that closes a batch, if nothing follows.
    chain: Chain,
}

impl Survey {
    fn of<F: Files>(files: &F, id: u64, header: &[u8]) -> Result<Self, LogError> {
        let name = name::segment(id);
        let file = open_file(files, &name)?;
        let read = || LogError::io("read", files.path(&name));
        let mut survey = Self {
            id,
            len: file.len().map_err(read())?,
            has_marks: false,
            is_begun: false,
            first: u64::MAX,
            last: 0,
            open: None,
            chain: UNKNOWN,
        };
        let (key, len) = (Key::new(header, id), survey.len);
        walk(file, (&name, id), &key, len, &mut |piece| {
            let Piece::Frame(at, raw) = piece else { return };
            let commit = match Mark::decode(&raw.body).filter(|_| raw.kind == MARK) {
                Some(Mark::Begin(stamp)) => {
                    survey.is_begun |= at == SEGMENT_HEAD;
                    (survey.open, survey.chain) = (Some(stamp), UNKNOWN);
                    stamp.commit
                }
                Some(Mark::Commit { commit, chain, .. }) => {
                    survey.last = survey.last.max(commit);
                    (survey.open, survey.chain) = (None, chain);
                    commit
                }
                None => return,
            };
            survey.has_marks = true;
            survey.first = survey.first.min(commit);
        })
        .map_err(read())?;
        Ok(survey)
    }

    /// The greatest number in its marks.
    fn end(&self) -> u64 {
        let open = self.open.map_or(0, |open| open.commit);
        open.max(self.last)
    }

    /// Whether it was made durable as it is: it is followed by another, or was written by a rewrite. One that was given
    /// up tells nothing that the others do not.
    fn is_sealed(&self, is_last: bool) -> bool {
        !is_last || self.open.is_some_and(Stamp::is_rewrite)
    }
}

/// The segments as a manifest names them, and the last commit that it vouches for.
fn chain<F: Files>(
    files: &F,
    header: &[u8],
    surveys: &[Survey],
) -> Result<(Vec<Segment>, Cursor), LogError> {
    // A log begins with nothing, and so does a rewrite; other segments go on from the one before.
    let nothing = Chain::default();
    let mut end = Cursor {
        at: SEGMENT_HEAD,
        commit: 0,
        time: 0,
        chain: nothing,
    };
    let mut segments = Vec::new();
    for (place, survey) in surveys.iter().enumerate() {
        // Where the first mark is lost, so may be commits before the first that is told.
        let first = if survey.is_begun {
            survey.first
        } else {
            survey.first.min(end.commit.saturating_add(1))
        };
        let first = first.max(end.commit);
        let begin = |chain| Cursor {
            at: SEGMENT_HEAD,
            commit: first.saturating_sub(1),
            time: 0,
            chain,
        };
        let mut segment = Segment {
            id: survey.id,
            first,
            last: survey.end(),
            start: UNKNOWN,
            len: survey.len,
            chain: survey.chain,
        };
        segment.last = segment.last.max(first);
        let mut read = begin(UNKNOWN);
        for start in [nothing, end.chain] {
            let reached = follow(files, header, survey, begin(start))?;
            if reached.at > SEGMENT_HEAD {
                (segment.start, read) = (start, reached);
            }
        }
        if !survey.is_sealed(place + 1 == surveys.len()) {
            // What stands behind the last commit that reads is judged when the log is opened.
            segment.last = read.commit;
            (segment.len, segment.chain) = (read.at, read.chain);
        }
        end = Cursor {
            at: segment.len,
            commit: segment.last.max(end.commit),
            time: read.time,
            chain: segment.chain,
        };
        segments.push(segment);
    }
    Ok((segments, end))
}

/// The last commit of a segment up to which it reads whole, if it goes on from here.
fn follow<F: Files>(
    files: &F,
    header: &[u8],
    survey: &Survey,
    begin: Cursor,
) -> Result<Cursor, LogError> {
    let name = name::segment(survey.id);
    let file = open_file(files, &name)?;
    let key = Key::new(header, survey.id);
    let next = begin.commit.saturating_add(1);
    let mut batches = Batches::new(file, key, begin, next, survey.len);
    loop {
        match batches.next() {
            Ok(Some(_)) => {}
            Ok(None) | Err(Stop::Fault(_)) => return Ok(batches.last()),
            Err(stop) => return Err(stop.into_error(&files.path(&name))),
        }
    }
}
