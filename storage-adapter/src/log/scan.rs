//! Reading what checks of a log, whether or not it opens.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{Chain, Key, MARK, Mark, UNKNOWN};
use super::manifest::Segment;
use super::name;
use super::open::{expect_store, lock, open_file, read_manifest};
use super::segment::Stamp;
use super::verify::{Damage, Piece, of_error, walk};

/// A committed frame that checks, and what the marks around it tell of its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// What the body is, in the caller's terms.
    pub kind: u8,
    /// The bytes that were appended.
    pub body: Vec<u8>,
    /// The segment file it lies in.
    pub file: Arc<str>,
    /// Offset of its first byte in that file.
    pub offset: u64,
    /// The commits it can have come with: one, where the marks that check leave no doubt.
    pub commits: RangeInclusive<u64>,
    /// The time given with that one, in microseconds, where the mark that opens it checks.
    pub time_micros: Option<u64>,
    /// Whether the bytes right before it do not check, or the segment before is gone, so that frames of its commit may be
    /// missing there.
    pub is_behind_damage: bool,
}

/// What a [`scan`] read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScanReport {
    /// The header that the log was made with.
    pub header: Vec<u8>,
    /// Frames handed out.
    pub frames: u64,
    /// What does not check of what the manifest vouches for, or in front of a mark that does; in the order of the log.
    pub damage: Vec<Damage>,
}

/// Hands out every committed frame that checks, also behind damage and of a log that does not open, in the order of
/// the log.
///
/// Each frame proves itself: its check is bound to the log, the segment and the place. Batches that the manifest vouches
/// for or that a mark behind them follows are handed out; whether the last of them was acknowledged, [`LogDir::open`]
/// judges, where it can. Only `CURRENT` and the manifest have to be whole; [`rebuild`](super::rebuild()) makes them again. One pass over all bytes, memory for what
/// lies between two marks that check. Takes the lock for as long as it reads.
///
/// [`LogDir::open`]: super::LogDir::open
///
/// # Errors
///
/// [`LogError`] if there is no log, it is in use, or `CURRENT` or the manifest does not read.
///
/// ```
/// use storage_adapter::log::{Disk, Frame, LogDir, scan};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("store");
/// let mut log = LogDir::create(&path, b"")?;
/// let first = log.append([Frame::new(1, *b"damaged"), Frame::new(1, *b"whole")], 1_000)?;
/// let entry = log.frames().next().unwrap()?;
/// let file = path.join(&*entry.file);
/// drop(log);
/// let mut bytes = std::fs::read(&file)?;
/// bytes[entry.offset as usize + 8] ^= 1;
/// std::fs::write(&file, bytes)?;
///
/// let mut found = Vec::new();
/// let report = scan(&Disk::at(&path), |fragment| found.push(fragment))?;
/// assert_eq!((report.frames, report.damage.len()), (1, 1));
/// assert_eq!(found[0].body, b"whole");
/// assert_eq!((&found[0].commits, found[0].is_behind_damage), (&(first..=first), true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan<F: Files>(files: &F, each: impl FnMut(Fragment)) -> Result<ScanReport, LogError> {
    expect_store(files)?;
    let _lock = lock(files)?;
    let manifest = read_manifest(files)?;
    let mut scan = Scan {
        each,
        report: ScanReport {
            header: manifest.header.clone(),
            ..ScanReport::default()
        },
        is_behind_damage: false,
    };
    let last = manifest.segments.last().map(|segment| segment.id);
    let mut before: Option<&Segment> = None;
    for segment in &manifest.segments {
        let follows = Follows::new(before.replace(segment), segment);
        let name = name::segment(segment.id);
        let file = match open_file(files, &name) {
            Err(error @ LogError::Missing { .. }) => {
                scan.report.damage.push(of_error(error, segment.len));
                scan.is_behind_damage = true;
                continue;
            }
            file => file?,
        };
        let read = || LogError::io("read", files.path(&name));
        let len = file.len().map_err(read())?;
        // Only the last segment has grown since.
        let grown = if Some(segment.id) == last { len } else { 0 };
        let mut batches = Batches::new(segment, follows, name.as_str().into());
        let key = Key::new(&manifest.header, segment.id);
        let place = (name.as_str(), segment.id);
        walk(file, place, &key, segment.len.max(grown), &mut |piece| {
            batches.take(piece, &mut scan);
        })
        .map_err(read())?;
        batches.finish(&mut scan);
    }
    Ok(scan.report)
}

struct Scan<E> {
    each: E,
    report: ScanReport,
    /// Frames of the commit of the next frame may be missing right before it.
    is_behind_damage: bool,
}

/// How a segment follows the one before. A rewrite goes on from segment to segment under one number.
struct Follows {
    /// It begins with the commit that the one before ends in.
    is_same: bool,
    /// It goes on from the running check of the one before, or begins anew.
    is_next: bool,
}

impl Follows {
    fn new(before: Option<&Segment>, segment: &Segment) -> Self {
        let is_begin = segment.start == Chain::default();
        let is_next = |before: &Segment| before.chain == segment.start && segment.start != UNKNOWN;
        Self {
            is_same: before.is_some_and(|before| before.last == segment.first),
            is_next: is_begin || before.is_some_and(is_next),
        }
    }
}

/// Follows the batches of a segment, as far as their marks check.
struct Batches<'s> {
    segment: &'s Segment,
    follows: Follows,
    file: Arc<str>,
    /// The number and the time of the batch that is open, if the mark that opens it checks.
    open: Option<(u64, u64)>,
    /// The number of the batch that was closed last.
    closed: u64,
    /// What came since the last mark.
    frames: Vec<Fragment>,
    damage: Vec<Damage>,
    /// How many of the frames stand in front of the first damage since the last mark.
    sure: Option<usize>,
}

impl<'s> Batches<'s> {
    fn new(segment: &'s Segment, follows: Follows, file: Arc<str>) -> Self {
        Self {
            segment,
            follows,
            file,
            open: None,
            closed: segment.first.saturating_sub(1),
            frames: Vec::new(),
            damage: Vec::new(),
            sure: None,
        }
    }

    fn take(&mut self, piece: Piece, scan: &mut Scan<impl FnMut(Fragment)>) {
        match piece {
            Piece::Damage(damage) => {
                self.damage.push(damage);
                self.sure.get_or_insert(self.frames.len());
                scan.is_behind_damage = true;
            }
            Piece::Frame(_, raw) if raw.kind == MARK => match Mark::decode(&raw.body) {
                Some(Mark::Begin(stamp)) => {
                    let Stamp { commit, time, .. } = stamp;
                    self.release(commit.saturating_sub(1), scan);
                    self.open = Some((commit, time));
                    // What is missing before another commit is of no commit behind it.
                    scan.is_behind_damage &= self.follows.is_same && commit == self.segment.first;
                    scan.is_behind_damage |= !self.follows.is_next && stamp.is_rewrite();
                }
                Some(Mark::Commit { commit, .. }) => {
                    self.release(commit, scan);
                    (self.open, self.closed) = (None, commit);
                }
                None => {}
            },
            Piece::Frame(offset, raw) => {
                self.frames.push(Fragment {
                    kind: raw.kind,
                    body: raw.body,
                    file: Arc::clone(&self.file),
                    offset,
                    // Told once the next mark is seen.
                    commits: 0..=0,
                    time_micros: None,
                    is_behind_damage: std::mem::take(&mut scan.is_behind_damage),
                });
            }
        }
    }

    /// Hands out what came since the last mark, none of it behind commit `last`.
    fn release(&mut self, last: u64, scan: &mut Scan<impl FnMut(Fragment)>) {
        let sure = self.sure.take().unwrap_or(self.frames.len());
        for (place, mut frame) in self.frames.drain(..).enumerate() {
            // Commits ascend by one, those of one rewrite have one number, and only damage hides marks.
            let (first, last) = match self.open {
                Some((commit, _)) if place < sure => (commit, commit),
                Some((commit, _)) => (commit, last.max(commit)),
                None => (last.min(self.closed.saturating_add(1)), last),
            };
            let is_open = |(commit, time)| (commit == last && first == last).then_some(time);
            frame.time_micros = self.open.and_then(is_open);
            frame.commits = first..=last;
            scan.report.frames += 1;
            (scan.each)(frame);
        }
        scan.report.damage.append(&mut self.damage);
    }

    /// Hands out what the manifest vouches for; bytes behind that, which no mark closes, may never have been
    /// committed.
    fn finish(mut self, scan: &mut Scan<impl FnMut(Fragment)>) {
        self.frames.retain(|frame| frame.offset < self.segment.len);
        self.damage
            .retain(|damage| damage.offset < self.segment.len);
        self.release(self.segment.last, scan);
    }
}
