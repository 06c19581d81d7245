//! Joining two maps: a linear merge, or, when one side is small, one search for each of its keys.

use alloc::vec::{self, Vec};
use core::cmp::Ordering;
use core::{iter, mem, slice};

use lattice_core::JoinSemilattice;

use super::tree::{Builder, Leaf, Place, Tree};

/// Below one incoming key for so many held ones, searching beats merging.
pub(super) const SPARSE: usize = 32;

/// What a map holds under its keys.
pub(super) trait Register: JoinSemilattice {
    /// For two registers of which one joins to the other: which is greater. `None` if that takes
    /// a closer look.
    fn quick_cmp(&self, other: &Self) -> Option<Ordering>;
}

/// An entry that comes in, owned or borrowed.
pub(super) trait Incoming<K, R> {
    fn key(&self) -> &K;
    fn into_entry(self) -> (K, R);
    fn join_into(self, register: &mut R) -> bool;
}

impl<K, R: Register> Incoming<K, R> for (K, R) {
    #[inline]
    fn key(&self) -> &K {
        &self.0
    }

    #[inline]
    fn into_entry(self) -> (K, R) {
        self
    }

    fn join_into(self, register: &mut R) -> bool {
        register.join(self.1)
    }
}

impl<K: Clone, R: Register + Clone> Incoming<K, R> for &(K, R) {
    #[inline]
    fn key(&self) -> &K {
        &self.0
    }

    #[inline]
    fn into_entry(self) -> (K, R) {
        self.clone()
    }

    fn join_into(self, register: &mut R) -> bool {
        register.join_ref(&self.1)
    }
}

/// The entries of a leaf in order, of which the next can be seen before it is moved.
trait Run<K, R>: Iterator<Item: Incoming<K, R>> + Default {
    /// What is left.
    fn rest(&self) -> &[(K, R)];
    /// What is left, as a leaf.
    fn into_leaf(self) -> Leaf<K, R>;
}

impl<K, R: Register> Run<K, R> for vec::IntoIter<(K, R)> {
    #[inline]
    fn rest(&self) -> &[(K, R)] {
        self.as_slice()
    }

    fn into_leaf(self) -> Leaf<K, R> {
        // A run of which nothing was taken gives its allocation back.
        Leaf {
            entries: self.collect(),
        }
    }
}

impl<K: Clone, R: Register + Clone> Run<K, R> for slice::Iter<'_, (K, R)> {
    #[inline]
    fn rest(&self) -> &[(K, R)] {
        self.as_slice()
    }

    fn into_leaf(self) -> Leaf<K, R> {
        Leaf::copy_of(self.as_slice())
    }
}

/// Runs one after the other.
struct Runs<A, I> {
    run: A,
    later: I,
}

impl<A: Default, I: Iterator<Item = A>> Runs<A, I> {
    fn new(later: I) -> Self {
        Self {
            run: A::default(),
            later,
        }
    }

    /// Goes on to the next run if this one is at its end: into `out` as a whole if it is below
    /// `other`, what the other side comes with next. True iff there was one.
    fn refill<K: Ord + Clone, R>(&mut self, other: Option<&(K, R)>, out: &mut Builder<K, R>) -> bool
    where
        A: Run<K, R>,
    {
        if !self.run.rest().is_empty() {
            return false;
        }
        let Some(run) = self.later.next() else {
            return false;
        };
        match (run.rest().last(), other) {
            (Some(last), Some(other)) if last.0 < other.0 => out.append_leaf(run.into_leaf()),
            _ => self.run = run,
        }
        true
    }

    /// Moves all that is left into `out`. True iff there was anything.
    fn drain<K: Ord + Clone, R>(self, out: &mut Builder<K, R>) -> bool
    where
        A: Run<K, R>,
    {
        let mut any = false;
        for entry in self.run {
            out.leaf().push(entry.into_entry());
            any = true;
        }
        for run in self.later {
            out.append_leaf(run.into_leaf());
            any = true;
        }
        any
    }
}

/// Moves the next entry of a run to the end of a leaf.
#[inline]
fn give<K, R>(run: &mut impl Run<K, R>, leaf: &mut Vec<(K, R)>) {
    if let Some(entry) = run.next() {
        leaf.push(entry.into_entry());
    }
}

/// Merges the runs of both sides into `out`, joining under equal keys. True iff `theirs` had
/// anything new.
fn merge<K: Ord + Clone, R: Register, A: Run<K, R>, B: Run<K, R>>(
    ours: impl Iterator<Item = A>,
    theirs: impl Iterator<Item = B>,
    out: &mut Builder<K, R>,
) -> bool {
    let (mut ours, mut theirs) = (Runs::new(ours), Runs::new(theirs));
    let mut grew = false;
    loop {
        let (Some(mine), Some(new)) = (ours.run.rest().first(), theirs.run.rest().first()) else {
            if ours.refill(theirs.run.rest().first(), out) {
                continue;
            }
            if theirs.refill(ours.run.rest().first(), out) {
                grew |= theirs.run.rest().is_empty(); // it went as a whole
                continue;
            }
            break;
        };
        let leaf = out.leaf();
        // SUBTLE: entries are compared where they lie and moved once, to where they go. Taking
        // them out first halves the speed of the loop.
        match mine.0.cmp(&new.0) {
            Ordering::Less => give(&mut ours.run, leaf),
            Ordering::Greater => {
                give(&mut theirs.run, leaf);
                grew = true;
            }
            Ordering::Equal => match mine.1.quick_cmp(&new.1) {
                Some(Ordering::Greater) => {
                    give(&mut ours.run, leaf);
                    theirs.run.next();
                }
                Some(Ordering::Less) => {
                    give(&mut theirs.run, leaf);
                    ours.run.next();
                    grew = true;
                }
                Some(Ordering::Equal) | None => {
                    give(&mut ours.run, leaf);
                    if let (Some((_, register)), Some(new)) = (leaf.last_mut(), theirs.run.next()) {
                        grew |= new.join_into(register);
                    }
                }
            },
        }
    }
    ours.drain(out);
    grew |= theirs.drain(out);
    grew
}

impl<K: Ord + Clone, R: Register> Tree<K, R> {
    /// Joins another tree.
    pub(super) fn join(&mut self, other: Self) -> bool {
        if self.len == 0 {
            *self = other;
            return self.len > 0;
        }
        if other.len <= self.len / SPARSE {
            let mut entries = Vec::with_capacity(other.len);
            other
                .into_leaves()
                .for_each(|leaf| entries.extend(leaf.entries));
            return self.join_few(entries);
        }
        self.join_runs(other.into_leaves().map(|leaf| leaf.entries.into_iter()))
    }

    /// Joins a borrowed tree, cloning only what is new.
    pub(super) fn join_cloning(&mut self, other: &Self) -> bool
    where
        R: Clone,
    {
        if other.len <= self.len / SPARSE {
            return self.join_few(other.leaves().flat_map(|leaf| &leaf.entries).collect());
        }
        self.join_runs(other.leaves().map(|leaf| leaf.entries.iter()))
    }

    fn join_runs<B: Run<K, R>>(&mut self, theirs: impl Iterator<Item = B>) -> bool {
        let ours = mem::replace(self, Self::new());
        let ours = ours.into_leaves().map(|leaf| leaf.entries.into_iter());
        let mut out = Builder::new();
        let grew = merge(ours, theirs, &mut out);
        *self = out.finish();
        grew
    }

    /// Joins one entry.
    pub(super) fn join_entry(&mut self, entry: (K, R)) -> bool {
        if self.len == 0 {
            let mut out = Builder::new();
            out.leaf().push(entry);
            *self = out.finish();
            return true;
        }
        let place = self.find(&entry.0);
        let grew = self.join_into_leaf(&[place], iter::once(entry));
        self.split_branch(place.branch);
        grew
    }

    /// Joins entries with strictly increasing keys into a tree that is not empty.
    fn join_few<X: Incoming<K, R>>(&mut self, mut entries: Vec<X>) -> bool {
        // Two passes, each of independent searches, let the processor wait for many cache lines
        // at once.
        let mut places: Vec<_> = entries
            .iter()
            .map(|entry| self.locate(entry.key()))
            .collect();
        self.refine_all(&mut places, &entries);
        let mut grew = false;
        // From the last to the first, so that what is inserted moves nothing still to be found.
        while let Some(&last) = places.last() {
            let elsewhere = |place: &Place| (place.branch, place.leaf) != (last.branch, last.leaf);
            let start = places.iter().rposition(elsewhere).map_or(0, |at| at + 1);
            let group = places.get(start..).unwrap_or_default();
            grew |= self.join_into_leaf(group, entries.drain(start..));
            places.truncate(start);
            if places
                .last()
                .is_none_or(|place| place.branch != last.branch)
            {
                self.split_branch(last.branch);
            }
        }
        grew
    }

    /// Finds many slots, several at a time.
    ///
    /// Where the map is larger than the caches, a search waits for one line of memory after the
    /// other. Searches that go on side by side wait for theirs together.
    fn refine_all<X: Incoming<K, R>>(&self, places: &mut [Place], entries: &[X]) {
        const ABREAST: usize = 8;
        for (places, entries) in places.chunks_mut(ABREAST).zip(entries.chunks(ABREAST)) {
            let mut searches = [(&[][..], 0, 0); ABREAST];
            for (search, place) in searches.iter_mut().zip(&*places) {
                let entries = self.leaf(*place).map_or(&[][..], |leaf| &leaf.entries);
                *search = (entries, 0, entries.len());
            }
            // INVARIANT: all before `base` is below the key, nothing from `base + size` on is.
            for _halving in 0..usize::BITS - Leaf::<K, R>::CAPACITY.leading_zeros() {
                for ((leaf, base, size), entry) in searches.iter_mut().zip(entries) {
                    let half = *size / 2;
                    let probe = leaf.get(*base + half).filter(|_| *size > 0);
                    let below = probe.is_some_and(|(probe, _)| probe < entry.key());
                    *base += if below { half + 1 } else { 0 };
                    *size = if below { *size - half - 1 } else { half };
                }
            }
            for ((place, entry), (leaf, at, _)) in places.iter_mut().zip(entries).zip(searches) {
                let found = leaf.get(at).is_some_and(|(probe, _)| probe == entry.key());
                place.slot = if found { Ok(at) } else { Err(at) };
            }
        }
    }

    /// Joins the entries that belong to one leaf, whose places were all found before.
    fn join_into_leaf<X: Incoming<K, R>>(
        &mut self,
        places: &[Place],
        entries: impl DoubleEndedIterator<Item = X> + ExactSizeIterator,
    ) -> bool {
        let Some(&place) = places.first() else {
            return false;
        };
        let fresh = places.iter().filter(|place| place.slot.is_err()).count();
        let Some(leaf) = self.leaf_mut(place) else {
            return false;
        };
        let mut grew = fresh > 0;
        if leaf.entries.len() + fresh <= Leaf::<K, R>::CAPACITY {
            for (place, entry) in places.iter().zip(entries).rev() {
                match place.slot {
                    Ok(at) => {
                        if let Some((_, register)) = leaf.entries.get_mut(at) {
                            grew |= entry.join_into(register);
                        }
                    }
                    Err(at) => leaf.entries.insert(at, entry.into_entry()),
                }
            }
            self.len += fresh;
            return grew;
        }
        // No room: lay the leaf out anew as several.
        let entries: Vec<_> = entries.map(Incoming::into_entry).collect();
        let ours = mem::replace(leaf, Leaf::empty()).entries;
        let mut out = Builder::new();
        grew |= merge(
            iter::once(ours.into_iter()),
            iter::once(entries.into_iter()),
            &mut out,
        );
        self.len += fresh;
        self.replace_leaf(place, out.finish());
        grew
    }
}
