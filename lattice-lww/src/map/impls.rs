//! What a map of registers is to other code: a lattice, a collection, a value.

use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

use lattice_core::{Bottom, Decompose, JoinSemilattice};

use super::rule::Join;
use super::{IntoIter, Iter, LwwMap};
use crate::{LwwRegister, Stamp};

/// Below one incoming key for so many held ones, searching beats merging.
const SPARSE: usize = 32;

impl<K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone> JoinSemilattice
    for LwwMap<K, V, S, A>
{
    fn join(&mut self, other: Self) -> bool {
        if self.registers.shares_root(&other.registers) {
            return false;
        }
        let mut rule = Join::default();
        if other.len() <= self.len() / SPARSE {
            return self
                .registers
                .upsert(other.registers.into_iter().collect(), &mut rule);
        }
        let mine = core::mem::take(&mut self.registers);
        self.registers = mine.merge(other.registers, &mut rule);
        rule.grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.registers.leq(&other.registers)
    }

    fn join_ref(&mut self, other: &Self) -> bool {
        // A clone shares its arrays, and what is shared is copied only where it is new.
        self.join(other.clone())
    }
}

impl<K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone> Bottom for LwwMap<K, V, S, A> {
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
        Self {
            registers: self.registers.delta_since(&known.registers),
        }
    }
}

impl<K, V: Ord, S: Stamp, A: Ord> Default for LwwMap<K, V, S, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq, V: Ord, S: Stamp, A: Ord> PartialEq for LwwMap<K, V, S, A> {
    fn eq(&self, other: &Self) -> bool {
        self.registers == other.registers
    }
}

impl<K: Eq, V: Ord, S: Stamp, A: Ord> Eq for LwwMap<K, V, S, A> {}

impl<K: Hash, V: Ord + Hash, S: Stamp + Hash, A: Ord + Hash> Hash for LwwMap<K, V, S, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.registers.hash(state);
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
impl<K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone>
    FromIterator<(K, LwwRegister<V, S, A>)> for LwwMap<K, V, S, A>
{
    fn from_iter<I: IntoIterator<Item = (K, LwwRegister<V, S, A>)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::from_sorted(entries)
    }
}

/// Joins the entries as one map.
impl<K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone> Extend<(K, LwwRegister<V, S, A>)>
    for LwwMap<K, V, S, A>
{
    fn extend<I: IntoIterator<Item = (K, LwwRegister<V, S, A>)>>(&mut self, entries: I) {
        self.join(entries.into_iter().collect());
    }
}

impl<'a, K, V: Ord, S: Stamp, A: Ord> IntoIterator for &'a LwwMap<K, V, S, A> {
    type Item = (&'a K, &'a LwwRegister<V, S, A>);
    type IntoIter = Iter<'a, K, V, S, A>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone> IntoIterator for LwwMap<K, V, S, A> {
    type Item = (K, LwwRegister<V, S, A>);
    type IntoIter = IntoIter<K, V, S, A>;

    fn into_iter(self) -> Self::IntoIter {
        self.registers.into_iter()
    }
}
