//! The items of a store or of a scope.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::sync::Arc;

use bones_compact::{Dated, LatticeEvent, Source};
use bones_snapshot::{EventHash, Order};
use lattice_core::Set;

use super::held::Item;
use super::id::ItemId;
use super::indexed::Indexed;
use crate::error::StoreError;

/// Items by id: those that lie where a compaction wrote them, read when they are asked for, and over them those that
/// changed since. A clone is O(1), and a change copies only the way to what it changes.
#[derive(Clone)]
pub(super) struct Items<S: Order> {
    indexed: Option<Indexed<S>>,
    changed: im::OrdMap<ItemId, Arc<Item<S>>>,
    /// How many of `changed` are not in the index.
    added: usize,
    /// Held by all that hold what was made at once with this: [`is_shared`](Self::is_shared).
    made: Arc<()>,
}

/// Where an item is held.
enum Entry<'i, S: Order> {
    Changed(&'i Arc<Item<S>>),
    Indexed(usize),
}

/// An item, and where it was found.
pub(super) enum Found<'i, S: Order> {
    /// With the id it is held under.
    InMemory(&'i ItemId, &'i Arc<Item<S>>),
    /// Where the index says.
    Read(&'i Arc<Item<S>>),
}

/// What a source is, but for what it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) commit: u64,
    /// Length of its line or payload.
    pub(super) bytes: u64,
    pub(super) is_state: bool,
}

impl Outline {
    pub(super) fn of<E>(held: &Dated<E>) -> Self
    where
        E: LatticeEvent,
    {
        Self {
            commit: held.commit,
            bytes: held.bytes,
            is_state: matches!(held.source, Source::State(_)),
        }
    }
}

/// An item that is read when somebody asks for it.
pub(super) struct Asked<'i, S: Order> {
    items: &'i Items<S>,
    id: &'i str,
    entry: Entry<'i, S>,
}

impl<'i, S: Order> Asked<'i, S> {
    pub(super) fn item(&self) -> Result<&'i Arc<Item<S>>, StoreError> {
        self.items.enter(self.id, &self.entry)
    }

    /// How many events it covers. What has to be read for that does not stay in memory.
    pub(super) fn covered(&self) -> Result<usize, StoreError> {
        match (&self.entry, &self.items.indexed) {
            (Entry::Indexed(at), Some(indexed)) => indexed.covered(*at),
            _ => Ok(self.item()?.covered()),
        }
    }
}

impl<S: Order> Items<S> {
    pub(super) fn new() -> Self {
        Self::of(im::OrdMap::new())
    }

    /// Items all of which are in memory.
    pub(super) fn of(changed: im::OrdMap<ItemId, Arc<Item<S>>>) -> Self {
        Self {
            indexed: None,
            added: changed.len(),
            changed,
            made: Arc::default(),
        }
    }

    /// Items that lie where an index says.
    pub(super) fn indexed(indexed: Indexed<S>) -> Self {
        Self {
            indexed: Some(indexed),
            changed: im::OrdMap::new(),
            added: 0,
            made: Arc::default(),
        }
    }

    /// An item if it is in memory, having changed since the index or for want of one.
    pub(super) fn in_memory_of(&self, id: &str) -> Option<&Arc<Item<S>>> {
        self.changed.get(id)
    }

    /// Those that lie where an index says.
    pub(super) fn index(&self) -> Option<&Indexed<S>> {
        self.indexed.as_ref()
    }

    /// Whether others still hold items that were made at once with these: who lets go of them last waits until all
    /// of them are freed.
    pub(super) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.made) > 1
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let indexed = self.indexed.as_ref().map_or(0, Indexed::len);
        indexed.saturating_add(self.added)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.changed.contains_key(id) || self.locate(id).is_some()
    }

    /// Their ids, ascending. Reads nothing.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries().map(|(id, _)| id)
    }

    /// An item, read if it was not yet, and wanted from now on.
    pub(super) fn get(&self, id: &str) -> Result<Option<&Arc<Item<S>>>, StoreError> {
        let item = match self.changed.get(id) {
            Some(item) => Some(item),
            None => self.read(id)?,
        };
        item.inspect(|item| item.want());
        Ok(item)
    }

    /// Those in memory, with their ids: what changed, and what was read already.
    pub(super) fn in_memory(&self) -> impl Iterator<Item = (&str, &Arc<Item<S>>)> {
        let changed = self.changed.iter().map(|(id, item)| (&**id, item));
        let indexed = self.indexed.iter().flat_map(Indexed::read_already);
        let indexed = indexed.filter(|(id, _)| !self.changed.contains_key(*id));
        changed.chain(indexed)
    }

    /// Those in memory that readers want, with their ids.
    fn wanted(&self) -> impl Iterator<Item = (&str, &Arc<Item<S>>)> {
        self.in_memory().filter(|(_, item)| item.is_wanted())
    }

    /// Notes that readers want what they wanted of earlier items, as far as it is in memory.
    pub(super) fn want_as(&self, before: &Self) {
        for (id, _) in before.wanted() {
            if let Some(item) = self.changed.get(id) {
                item.want();
            }
        }
    }

    /// These by an index of theirs, with those in memory that readers want. Only who is wanted again stays beyond the next.
    pub(super) fn by(&self, index: Indexed<S>) -> Self {
        for (id, item) in self.wanted() {
            index.keep(id, item.unwanted());
        }
        Self::indexed(index)
    }

    /// As [`get`](Self::get), saying where it was found.
    pub(super) fn find(&self, id: &ItemId) -> Result<Option<Found<'_, S>>, StoreError> {
        match self.changed.get_key_value(id) {
            Some((id, item)) => Ok(Some(Found::InMemory(id, item))),
            None => Ok(self.read(id)?.map(Found::Read)),
        }
    }

    fn read(&self, id: &str) -> Result<Option<&Arc<Item<S>>>, StoreError> {
        match self.locate(id) {
            Some((indexed, at)) => Ok(Some(indexed.get(at)?)),
            None => Ok(None),
        }
    }

    /// All of them, ascending by id. Those ahead are read together.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<(&str, &Arc<Item<S>>), StoreError>> {
        self.each().map(|(id, item)| Ok((id, item?)))
    }

    /// As [`iter`](Self::iter), but nothing that is read for it stays in memory.
    pub(super) fn pass(&self) -> impl Iterator<Item = Result<(&str, Arc<Item<S>>), StoreError>> {
        let (mut begin, mut ahead) = (0, Vec::new().into_iter().enumerate());
        self.entries().map(move |(id, entry)| {
            let (at, indexed) = match (entry, &self.indexed) {
                (Entry::Changed(item), _) => return Ok((id, Arc::clone(item))),
                (Entry::Indexed(at), Some(indexed)) => (at, indexed),
                (Entry::Indexed(_), None) => return Err(StoreError::Expired { item: id.into() }),
            };
            // Those between were passed over, as they changed since.
            let read = loop {
                match ahead.next() {
                    Some((n, _)) if begin + n < at => {}
                    Some((_, read)) => break read,
                    None => (begin, ahead) = (at, indexed.pass(at).into_iter().enumerate()),
                }
            };
            Ok((id, read?))
        })
    }

    /// As [`iter`](Self::iter), with the ids of those that cannot be read.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, Result<&Arc<Item<S>>, StoreError>)> {
        let mut ahead = 0;
        self.entries().map(move |(id, entry)| {
            if let (Entry::Indexed(at), Some(indexed)) = (&entry, &self.indexed)
                && *at >= ahead
            {
                // What could not be read is tried again when it is its turn, and says why.
                ahead = indexed.read_ahead(*at);
            }
            (id, self.enter(id, &entry))
        })
    }

    /// The commits behind `floor` that sources came with, and of what item. Reads nothing.
    pub(super) fn behind(&self, floor: u64) -> impl Iterator<Item = (u64, &str)> {
        let indexed = self.indexed.iter().filter(move |i| i.last() > floor);
        let indexed = indexed.flat_map(|indexed| {
            let items = (0..indexed.len()).map(|at| (indexed.id(at), at));
            let items = items.filter(|(id, _)| !self.changed.contains_key(*id));
            items.flat_map(|(id, at)| indexed.commits(at).map(move |commit| (commit, id)))
        });
        let changed = self.changed.iter().flat_map(|(id, item)| {
            let sources = item.sources().iter().rev();
            sources.map(|held| (held.commit, &**id))
        });
        indexed
            .chain(changed)
            .filter(move |(commit, _)| *commit > floor)
    }

    /// Holds an item in place of what was there under its id.
    pub(super) fn insert(&mut self, id: ItemId, item: Arc<Item<S>>) {
        let is_known = self.contains(&id);
        self.changed.insert(id, item);
        self.added = self.added.saturating_add(usize::from(!is_known));
    }

    /// Changes an item, which is held in memory from now on. `read` is what [`find`](Self::find) read of it; without that
    /// it is in memory already, or new.
    pub(super) fn change(
        &mut self,
        id: ItemId,
        read: Option<Arc<Item<S>>>,
        change: impl FnOnce(&mut Item<S>),
    ) {
        if let Some(item) = self.changed.get_mut(&id) {
            return change(Arc::make_mut(item));
        }
        let mut item = read.unwrap_or_else(|| {
            self.added = self.added.saturating_add(1);
            Arc::new(Item::new(Vec::new()))
        });
        change(Arc::make_mut(&mut item));
        self.changed.insert(id, item);
    }

    /// Masks what the redactions name in every item. Reads nothing.
    pub(super) fn mask(&mut self, redactions: &Set<EventHash>) {
        let masked: Vec<(ItemId, Arc<Item<S>>)> = self
            .changed
            .iter()
            .filter_map(|(id, item)| Some((id.clone(), Arc::new(item.redacted(redactions)?))))
            .collect();
        self.changed.extend(masked);
        if let Some(indexed) = &mut self.indexed {
            *indexed = indexed.masked(redactions);
        }
    }

    /// Those of which anything came behind `after`; what lies elsewhere is not read.
    pub(super) fn since(
        &self,
        after: u64,
    ) -> impl Iterator<Item = Result<(&str, &Arc<Item<S>>), StoreError>> {
        let all = (after == 0).then(|| self.iter());
        let some = (after > 0).then(|| {
            self.entries().filter_map(move |(id, entry)| {
                let last = match &entry {
                    Entry::Changed(item) => item.sources().last()?.commit,
                    Entry::Indexed(at) => self.indexed.as_ref()?.commits(*at).last()?,
                };
                let item = (last > after).then(|| self.enter(id, &entry))?;
                Some(item.map(|item| (id, item)))
            })
        });
        let some = some.into_iter().flatten();
        all.into_iter().flatten().chain(some)
    }

    /// Of those of which nothing came behind `after` the first commit. Reads nothing.
    pub(super) fn until(&self, after: u64) -> impl Iterator<Item = (&str, u64)> {
        self.entries().filter_map(move |(id, entry)| {
            let (first, last) = match entry {
                Entry::Changed(item) => {
                    let commit = |held: &Dated<_>| held.commit;
                    let sources = item.sources();
                    (sources.first().map(commit), sources.last().map(commit))
                }
                Entry::Indexed(at) => {
                    let commits = || self.indexed.iter().flat_map(|indexed| indexed.commits(at));
                    (commits().next(), commits().last())
                }
            };
            (last? <= after).then_some((id, first?))
        })
    }

    /// What is held of each item, ascending by commit, and the item itself when it is asked for.
    pub(super) fn outlines(&self) -> impl Iterator<Item = (Vec<Outline>, Asked<'_, S>)> {
        self.entries().map(move |(id, entry)| {
            let outlines = match (&entry, &self.indexed) {
                (Entry::Changed(item), _) => item.outlines().collect(),
                (Entry::Indexed(at), Some(indexed)) => indexed.outlines(*at).collect(),
                (Entry::Indexed(_), None) => Vec::new(),
            };
            let asked = Asked {
                items: self,
                id,
                entry,
            };
            (outlines, asked)
        })
    }

    /// All of them in memory, if what their index is about goes further than `after`; as they are otherwise.
    pub(super) fn to_rewrite(&self, after: u64) -> Result<Self, StoreError> {
        if self.indexed.as_ref().is_none_or(|i| i.end() <= after) {
            return Ok(Self {
                made: Arc::default(),
                ..self.clone()
            });
        }
        let all = self.iter().map(|held| {
            let (id, item) = held?;
            Ok((ItemId::from(id), Arc::clone(item)))
        });
        Ok(Self::of(all.collect::<Result<_, StoreError>>()?))
    }

    /// Those that may hold text which these redactions take away. What was written under all of them is not read.
    pub(super) fn unmasked(
        &self,
        redactions: &Set<EventHash>,
    ) -> impl Iterator<Item = Result<&Arc<Item<S>>, StoreError>> {
        let is_clean = self
            .indexed
            .as_ref()
            .is_none_or(|i| i.is_masked_by(redactions));
        let changed = is_clean.then(|| self.changed.values().map(Ok));
        let all = (!is_clean).then(|| self.iter().map(|held| held.map(|(_, item)| item)));
        let all = all.into_iter().flatten();
        changed.into_iter().flatten().chain(all)
    }

    fn enter<'i>(&'i self, id: &str, entry: &Entry<'i, S>) -> Result<&'i Arc<Item<S>>, StoreError> {
        match (entry, &self.indexed) {
            (Entry::Changed(item), _) => Ok(item),
            (Entry::Indexed(at), Some(indexed)) => indexed.get(*at),
            (Entry::Indexed(_), None) => Err(StoreError::Expired { item: id.into() }),
        }
    }

    fn locate(&self, id: &str) -> Option<(&Indexed<S>, usize)> {
        let indexed = self.indexed.as_ref()?;
        Some((indexed, indexed.find(id)?))
    }

    fn entries(&self) -> impl Iterator<Item = (&str, Entry<'_, S>)> {
        let indexed = self
            .indexed
            .iter()
            .flat_map(|indexed| (0..indexed.len()).map(|at| (indexed.id(at), Entry::Indexed(at))));
        let changed = self.changed.iter();
        let changed = changed.map(|(id, item)| (&**id, Entry::Changed(item)));
        Merged {
            under: indexed.peekable(),
            over: changed.peekable(),
        }
    }
}

/// Two ascending rows as one; where both have an id, `over` counts.
struct Merged<U: Iterator, O: Iterator> {
    under: Peekable<U>,
    over: Peekable<O>,
}

impl<'i, T, U, O> Iterator for Merged<U, O>
where
    U: Iterator<Item = (&'i str, T)>,
    O: Iterator<Item = (&'i str, T)>,
{
    type Item = (&'i str, T);

    fn next(&mut self) -> Option<Self::Item> {
        let order = match (self.under.peek(), self.over.peek()) {
            (Some((under, _)), Some((over, _))) => under.cmp(over),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.under.next(),
            Ordering::Greater => self.over.next(),
            Ordering::Equal => {
                self.under.next();
                self.over.next()
            }
        }
    }
}
