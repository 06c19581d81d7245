//! Items that lie where compactions wrote them: an index in memory, and each item read when it is first asked for.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

use bones_compact::{Dated, Source};
use bones_snapshot::{EventHash, Order};
use lattice_core::Set;

use super::held::{HeldEvent, Item};
use super::items::Outline;
use super::load::{Record, Told};
use crate::error::StoreError;
use crate::log::{Frame, Place};
use crate::log_store::SealedFrames;
use crate::record::{PACKED, SourceRecord, unpack};

/// So many items are read together when all are asked for.
const AHEAD: usize = 1024;

/// So many of them by one thread in a row: they share packed frames.
const IN_A_ROW: usize = 64;

/// Items by their place in an index, in the order of their ids. A clone is O(1), and shares what was read.
#[derive(Clone)]
pub(crate) struct Indexed<S: Order> {
    table: Arc<Table>,
    frames: Arc<Frames>,
    /// The redactions that all of it was written under.
    masked_by: Arc<Set<EventHash>>,
    /// Each item once it was read, under the redactions of the views that share this.
    cells: Arc<[OnceLock<Arc<Item<S>>>]>,
    /// How many events each item covers, once anybody asked.
    covered: Arc<OnceLock<Box<[usize]>>>,
}

/// Where the sources of every item lie. Some 40 bytes for an item of one source, beside its id.
#[derive(Default)]
pub(super) struct Table {
    /// All ids, one behind the other, ascending.
    ids: String,
    /// Of each item where its id ends, and where its sources do.
    ends: Vec<(u32, u32)>,
    /// The sources of all items, one behind the other, of each ascending by commit.
    sources: Vec<Located>,
    /// The parts of the log that they lie in.
    parts: Vec<u64>,
    /// The last commit of any source.
    last: u64,
}

/// A [`SourceRecord`] that takes little room.
#[derive(Clone, Copy)]
struct Located {
    commit: u64,
    offset: u64,
    /// Of its line or payload; the highest bit tells states.
    bytes: u32,
    /// Place in `parts`.
    part: u16,
    inner: u16,
}

impl Located {
    fn len(&self) -> u64 {
        u64::from(self.bytes & !STATE_BIT)
    }

    fn is_state(&self) -> bool {
        self.bytes & STATE_BIT > 0
    }
}

/// No frame is packed at this place.
const UNPACKED: u16 = u16::MAX;
const STATE_BIT: u32 = 1 << 31;

/// The frames that an index is about, until they are let go.
struct Frames {
    /// The last commit up to which they go.
    end: u64,
    open: RwLock<Option<Arc<dyn SealedFrames>>>,
}

/// An item that was read, or why it was not.
pub(super) type Passed<S> = Result<Arc<Item<S>>, StoreError>;

/// What items of views are read from, to let go of it when that is compacted away.
#[derive(Default)]
pub(super) struct OpenFrames(Vec<Weak<Frames>>);

impl OpenFrames {
    /// Notes that views read from there.
    pub(super) fn note<S: Order>(&mut self, indexed: &Indexed<S>) {
        self.0.retain(|frames| frames.strong_count() > 0);
        self.0.push(Arc::downgrade(&indexed.frames));
    }

    /// Lets go of all that goes further than `after`, once reads under way are over. What was read stays; what was not
    /// has expired.
    pub(super) fn close_behind(&mut self, after: u64) {
        self.0.retain(|frames| {
            let Some(frames) = frames.upgrade().filter(|frames| frames.end > after) else {
                return true;
            };
            *frames.open.write().unwrap_or_else(PoisonError::into_inner) = None;
            false
        });
    }
}

/// The packed frame that was read last: items beside each other lie in one.
#[derive(Default)]
pub(super) struct Unpacked(Option<(Place, Vec<Frame>)>);

impl<S: Order> Indexed<S> {
    /// Items that lie in frames which go up to a commit, all written under these redactions.
    pub(super) fn new(
        table: Table,
        (end, frames): (u64, Arc<dyn SealedFrames>),
        masked_by: Set<EventHash>,
    ) -> Self {
        Self {
            cells: empty(table.len()),
            table: Arc::new(table),
            frames: Arc::new(Frames {
                end,
                open: RwLock::new(Some(frames)),
            }),
            masked_by: Arc::new(masked_by),
            covered: Arc::default(),
        }
    }

    /// The commit up to which the index goes.
    pub(super) fn end(&self) -> u64 {
        self.frames.end
    }

    /// Whether all of it was written under these redactions.
    pub(super) fn is_masked_by(&self, redactions: &Set<EventHash>) -> bool {
        *self.masked_by == *redactions
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The last commit that any item has a source of.
    pub(super) fn last(&self) -> u64 {
        self.table.last
    }

    /// The id of the item at a place; empty behind the last.
    pub(super) fn id(&self, at: usize) -> &str {
        self.table.id(at)
    }

    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.table.find(id)
    }

    /// The commits of the sources of an item.
    pub(super) fn commits(&self, at: usize) -> impl Iterator<Item = u64> {
        self.outlines(at).map(|outline| outline.commit)
    }

    /// What the sources of an item are.
    pub(super) fn outlines(&self, at: usize) -> impl Iterator<Item = Outline> {
        let sources = self.table.sources(at).iter();
        sources.map(|source| Outline {
            commit: source.commit,
            bytes: source.len(),
            is_state: source.is_state(),
        })
    }

    /// Those that were read, with their ids.
    pub(super) fn read_already(&self) -> impl Iterator<Item = (&str, &Arc<Item<S>>)> {
        let cells = self.cells.iter().enumerate();
        cells.filter_map(|(at, cell)| Some((self.id(at), cell.get()?)))
    }

    /// Takes an item for read, if it is what lies where the index says. Views that share this must know the same
    /// redactions as those that share the item.
    pub(super) fn keep(&self, id: &str, item: Item<S>) {
        if let Some(at) = self.find(id)
            && let Some(cell) = self.cells.get(at)
            && self.outlines(at).eq(item.outlines())
        {
            cell.get_or_init(|| Arc::new(item));
        }
    }

    /// The item at a place, read if it was not yet.
    pub(super) fn get(&self, at: usize) -> Result<&Arc<Item<S>>, StoreError> {
        self.get_beside(at, &mut Unpacked::default())
    }

    /// As [`get`](Self::get), of several items one after the other.
    pub(super) fn get_beside(
        &self,
        at: usize,
        unpacked: &mut Unpacked,
    ) -> Result<&Arc<Item<S>>, StoreError> {
        let cell = self.cells.get(at).ok_or_else(|| self.expired(at))?;
        if let Some(item) = cell.get() {
            return Ok(item);
        }
        let item = self.read(at, unpacked)?;
        Ok(cell.get_or_init(|| item))
    }

    /// Reads an item and some of those behind it, as far as that is possible, and returns the place up to which it went.
    pub(super) fn read_ahead(&self, at: usize) -> usize {
        let passed = self.pass(at);
        let until = at.saturating_add(passed.len());
        let cells = self.cells.get(at..until).unwrap_or_default();
        for (cell, item) in cells.iter().zip(passed) {
            if let Ok(item) = item {
                cell.get_or_init(|| item);
            }
        }
        until
    }

    /// The item at a place and some of those behind it. What was not read before is read in passing, and not kept.
    pub(super) fn pass(&self, at: usize) -> Vec<Passed<S>> {
        let until = at.saturating_add(AHEAD).min(self.len());
        let row = |from: usize| {
            let mut unpacked = Unpacked::default();
            let row = from..from.saturating_add(IN_A_ROW).min(until);
            let read = |at| match self.cells.get(at).and_then(OnceLock::get) {
                Some(item) => Ok(Arc::clone(item)),
                None => self.read(at, &mut unpacked),
            };
            row.map(read).collect::<Vec<_>>()
        };
        #[cfg(feature = "rayon")]
        {
            use rayon::prelude::*;
            let rows = (at..until).into_par_iter().step_by(IN_A_ROW);
            rows.flat_map_iter(row).collect()
        }
        #[cfg(not(feature = "rayon"))]
        (at..until).step_by(IN_A_ROW).flat_map(row).collect()
    }

    /// The items under more redactions.
    pub(super) fn masked(&self, grew: &Set<EventHash>) -> Self {
        let cells = self.cells.iter().map(|cell| {
            cell.get().map_or_else(OnceLock::new, |item| {
                let masked = item.redacted(grew).map(Arc::new);
                OnceLock::from(masked.unwrap_or_else(|| Arc::clone(item)))
            })
        });
        Self {
            cells: cells.collect(),
            table: Arc::clone(&self.table),
            frames: Arc::clone(&self.frames),
            masked_by: Arc::clone(&self.masked_by),
            // Redactions take text, no events.
            covered: Arc::clone(&self.covered),
        }
    }

    /// How many events the item at a place covers. The first time reads all items, in passing.
    pub(super) fn covered(&self, at: usize) -> Result<usize, StoreError> {
        if let Some(covered) = self.covered.get() {
            return Ok(covered.get(at).copied().unwrap_or(0));
        }
        let mut covered = Vec::with_capacity(self.len());
        while covered.len() < self.len() {
            for item in self.pass(covered.len()) {
                covered.push(item?.covered());
            }
        }
        let covered = self.covered.get_or_init(|| covered.into());
        Ok(covered.get(at).copied().unwrap_or(0))
    }

    fn expired(&self, at: usize) -> StoreError {
        StoreError::Expired {
            item: self.id(at).to_owned(),
        }
    }

    fn read(&self, at: usize, unpacked: &mut Unpacked) -> Result<Arc<Item<S>>, StoreError> {
        // SUBTLE: held while it reads, so that nobody reads any more once they are let go.
        let open = &self.frames.open;
        let frames = open.read().unwrap_or_else(PoisonError::into_inner);
        let frames = frames.as_deref().ok_or_else(|| self.expired(at))?;
        let sources = self.table.sources(at).iter();
        let read = |source| self.table.read(self.id(at), source, frames, unpacked);
        let sources: Result<Vec<_>, StoreError> = sources.map(read).collect();
        Ok(Arc::new(Item::new(sources?)))
    }
}

fn empty<S: Order>(len: usize) -> Arc<[OnceLock<Arc<Item<S>>>]> {
    std::iter::repeat_with(OnceLock::new).take(len).collect()
}

impl Table {
    fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives back what it took in advance.
    pub(super) fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.sources.shrink_to_fit();
    }

    /// Adds an item behind those before it; says what is wrong with it, if anything is.
    pub(super) fn push(&mut self, id: &str, sources: &[SourceRecord]) -> Result<(), &'static str> {
        let known = self.sources.len();
        let pushed = self.try_push(id, sources);
        if pushed.is_err() {
            self.sources.truncate(known);
        }
        pushed
    }

    fn try_push(&mut self, id: &str, sources: &[SourceRecord]) -> Result<(), &'static str> {
        const TOO_MUCH: &str = "it holds more than an index can";
        if sources.is_empty() {
            return Err("an item has no sources");
        }
        if self.len() > 0 && self.id(self.len() - 1) >= id {
            return Err("items do not ascend");
        }
        if sources.windows(2).any(|pair| match pair {
            [a, b] => a.commit > b.commit,
            _ => false,
        }) {
            return Err("sources of an item do not ascend");
        }
        for source in sources {
            let located = self.locate(source).ok_or(TOO_MUCH)?;
            self.sources.push(located);
            self.last = self.last.max(source.commit);
        }
        let end = |len: usize| u32::try_from(len).map_err(|_| TOO_MUCH);
        let ids = self.ids.len().saturating_add(id.len());
        let ends = (end(ids)?, end(self.sources.len())?);
        self.ids.push_str(id);
        self.ends.push(ends);
        Ok(())
    }

    fn locate(&mut self, source: &SourceRecord) -> Option<Located> {
        let part = if self.parts.last() == Some(&source.part) {
            self.parts.len() - 1
        } else {
            let known = self.parts.iter().position(|part| *part == source.part);
            known.unwrap_or_else(|| {
                self.parts.push(source.part);
                self.parts.len() - 1
            })
        };
        let is_state = if source.is_state { STATE_BIT } else { 0 };
        let fits = source.bytes < STATE_BIT && source.inner != Some(UNPACKED);
        fits.then_some(Located {
            commit: source.commit,
            offset: source.offset,
            bytes: source.bytes | is_state,
            part: u16::try_from(part).ok()?,
            inner: source.inner.unwrap_or(UNPACKED),
        })
    }

    fn id(&self, at: usize) -> &str {
        let (from, until) = self.range(at, |(id, _)| id);
        self.ids.get(from..until).unwrap_or_default()
    }

    fn sources(&self, at: usize) -> &[Located] {
        let (from, until) = self.range(at, |(_, sources)| sources);
        self.sources.get(from..until).unwrap_or_default()
    }

    fn range(&self, at: usize, end: impl Fn((u32, u32)) -> u32) -> (usize, usize) {
        let end = |at: usize| self.ends.get(at).map_or(0, |ends| end(*ends) as usize);
        (at.checked_sub(1).map_or(0, &end), end(at))
    }

    fn find(&self, id: &str) -> Option<usize> {
        let (mut from, mut until) = (0, self.len());
        while from < until {
            let middle = from.midpoint(until);
            match self.id(middle).cmp(id) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => until = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// What lies at the place of a source.
    fn read<S: Order>(
        &self,
        id: &str,
        source: &Located,
        frames: &dyn SealedFrames,
        unpacked: &mut Unpacked,
    ) -> Result<Dated<HeldEvent<S>>, StoreError> {
        let place = Place {
            part: self
                .parts
                .get(usize::from(source.part))
                .copied()
                .unwrap_or(0),
            offset: source.offset,
        };
        let wrong = |why: String| StoreError::Index {
            file: frames.name(place),
            offset: place.offset,
            why,
        };
        let record = if source.inner == UNPACKED {
            let frame = frames.fetch(place)?;
            Record::decode(frame.kind, &frame.body)
        } else {
            let frame = unpacked.get(place, usize::from(source.inner), frames)?;
            let frame = frame.ok_or_else(|| wrong("no such frame is packed there".to_owned()))?;
            Record::decode(frame.kind, &frame.body)
        };
        let record = record.map_err(|why| wrong(format!("it does not read: {why}")))?;
        let Record::Past(commit, told) = record else {
            return Err(wrong("it tells nothing of an item".to_owned()));
        };
        let is_state = matches!(told.source, Source::State(_));
        let Told {
            item: found,
            source: held,
            bytes,
        } = told;
        let as_listed =
            commit == source.commit && is_state == source.is_state() && bytes == source.len();
        if *found != *id || !as_listed {
            let what = if is_state { "a state" } else { "an event" };
            return Err(wrong(format!(
                "{what} of item `{}` and commit {commit} in {bytes} bytes lies there, and not what belongs to item `{id}`",
                &*found
            )));
        }
        Ok(Dated {
            commit,
            bytes,
            source: held,
        })
    }
}

impl Unpacked {
    fn get(
        &mut self,
        place: Place,
        inner: usize,
        frames: &dyn SealedFrames,
    ) -> Result<Option<&Frame>, StoreError> {
        if self.0.as_ref().is_none_or(|(at, _)| *at != place) {
            let frame = frames.fetch(place)?;
            let unpacked = if frame.kind == PACKED {
                unpack(&frame.body)
            } else {
                Err("it is not packed")
            };
            let unpacked = unpacked.map_err(|why| StoreError::Frame {
                file: frames.name(place),
                offset: place.offset,
                kind: frame.kind,
                why: why.to_owned(),
            })?;
            self.0 = Some((place, unpacked));
        }
        let frames = self.0.as_ref().map(|(_, frames)| frames.get(inner));
        Ok(frames.flatten())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop right there"
)]
mod tests {
    use lattice_lww::Unstamped;

    use super::*;

    fn source(n: u64) -> SourceRecord {
        SourceRecord {
            commit: n,
            part: 7,
            offset: n * 2_000,
            inner: n.is_multiple_of(2).then_some(3),
            bytes: 1_900,
            is_state: n.is_multiple_of(3),
        }
    }

    fn table(items: u64) -> Table {
        let mut table = Table::default();
        for n in 0..items {
            table.push(&format!("bn-{n:07}"), &[source(n)]).unwrap();
        }
        table.shrink();
        table
    }

    /// The items themselves are read when they are asked for.
    #[test]
    fn an_item_takes_64_bytes_at_most() {
        let items = 10_000;
        let table = table(items);
        let bytes = table.ids.capacity()
            + table.ends.capacity() * size_of::<(u32, u32)>()
            + table.sources.capacity() * size_of::<Located>()
            + table.parts.capacity() * size_of::<u64>()
            + table.len() * size_of::<OnceLock<Arc<Item<Unstamped>>>>();
        let each = bytes / usize::try_from(items).unwrap();
        assert!(each <= 64, "{each} bytes");
    }

    #[test]
    fn what_is_put_in_is_found() {
        let table = table(1_000);
        for n in 0..1_000 {
            let at = usize::try_from(n).unwrap();
            assert_eq!(table.find(&format!("bn-{n:07}")), Some(at));
            let [one] = table.sources(at) else {
                panic!("{n} has one source");
            };
            assert_eq!((one.commit, one.offset), (n, n * 2_000));
            assert_eq!((one.len(), one.is_state()), (1_900, n.is_multiple_of(3)));
        }
        for absent in ["", "bn-", "bn-0000500x", "bn-0001000", "z"] {
            assert_eq!(table.find(absent), None);
        }
        assert_eq!((table.id(1_000), table.sources(1_000).len()), ("", 0));
    }

    #[test]
    fn what_an_index_cannot_hold_is_refused() {
        let mut table = table(2);
        let refused = |table: &mut Table, id, sources: &[SourceRecord]| {
            assert!(table.push(id, sources).is_err());
            assert_eq!(table.len(), 2);
        };
        refused(&mut table, "bn-0000001", &[source(1)]);
        refused(&mut table, "a", &[source(1)]);
        refused(&mut table, "c", &[source(2), source(1)]);
        refused(&mut table, "c", &[]);
        let long = SourceRecord {
            bytes: STATE_BIT,
            ..source(9)
        };
        refused(&mut table, "c", &[long]);
        let inner = Some(UNPACKED);
        refused(&mut table, "c", &[SourceRecord { inner, ..source(9) }]);
        table.push("c", &[source(9)]).unwrap();
        assert_eq!(table.find("c"), Some(2));
        assert_eq!(table.sources(2).len(), 1);
    }
}
