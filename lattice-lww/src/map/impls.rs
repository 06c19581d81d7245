//! What a map of registers is to other code: a lattice, a collection, a value.

use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

use lattice_core::{Bottom, Decompose, JoinSemilattice};

use super::LwwMap;
use super::merge::SPARSE;
use crate::{LwwRegister, Stamp};

impl<K: Ord + Clone, V: Ord, S: Stamp, A: Ord> JoinSemilattice for LwwMap<K, V, S, A> {
    fn join(&mut self, other: Self) -> bool {
        self.tree.join(other.tree)
    }

    fn leq(&self, other: &Self) -> bool {
        if self.len() > other.len() {
            return false; // a key is missing there
        }
        if self.len() <= other.len() / SPARSE {
            return self
                .iter()
                .all(|(key, mine)| other.get(key).is_some_and(|it| mine.leq(it)));
        }
        let mut theirs = other.iter();
        self.iter().all(|(key, mine)| {
            let at_or_after = theirs.find(|&(candidate, _)| candidate >= key);
            at_or_after.is_some_and(|(candidate, it)| candidate == key && mine.leq(it))
        })
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        // SUBTLE: a clonable map does not let on that its parts are; `join_cloning` asks for it.
        !other.leq(self) && self.join(other.clone())
    }
}

impl<K: Ord + Clone, V: Ord, S: Stamp, A: Ord> Bottom for LwwMap<K, V, S, A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

/// One part for each write of each key.
impl<K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone> Decompose for LwwMap<K, V, S, A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().flat_map(|(key, register)| {
            register
                .decompose()
                .map(move |part| Self::from_sorted([(key.clone(), part)]))
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        Self::from_sorted(self.iter().filter_map(|(key, mine)| {
            let delta = known
                .get(key)
                .map_or_else(|| mine.clone(), |it| mine.delta_since(it));
            (!delta.is_bottom()).then(|| (key.clone(), delta))
        }))
    }
}

impl<K, V: Ord, S: Stamp, A: Ord> Default for LwwMap<K, V, S, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq, V: Ord, S: Stamp, A: Ord> PartialEq for LwwMap<K, V, S, A> {
    // Equal entries may be cut into leaves in different ways.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl<K: Eq, V: Ord, S: Stamp, A: Ord> Eq for LwwMap<K, V, S, A> {}

impl<K: Hash, V: Ord + Hash, S: Stamp + Hash, A: Ord + Hash> Hash for LwwMap<K, V, S, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<K, V, S, A> fmt::Debug for LwwMap<K, V, S, A>
where
    K: fmt::Debug,
    V: Ord + fmt::Debug,
    S: Stamp + fmt::Debug,
    A: Ord + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Keys in any order and more than once; registers of one key are joined.
impl<K: Ord + Clone, V: Ord, S: Stamp, A: Ord> FromIterator<(K, LwwRegister<V, S, A>)>
    for LwwMap<K, V, S, A>
{
    fn from_iter<I: IntoIterator<Item = (K, LwwRegister<V, S, A>)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::from_sorted(entries)
    }
}

/// Joins the entries as one map.
impl<K: Ord + Clone, V: Ord, S: Stamp, A: Ord> Extend<(K, LwwRegister<V, S, A>)>
    for LwwMap<K, V, S, A>
{
    fn extend<I: IntoIterator<Item = (K, LwwRegister<V, S, A>)>>(&mut self, entries: I) {
        self.join(entries.into_iter().collect());
    }
}
