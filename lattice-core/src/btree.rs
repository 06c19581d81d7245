//! The ordered collections of `alloc` as lattices.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use core::mem;

use crate::{Bottom, Decompose, JoinSemilattice, Split};

/// Pointwise, as [`Map`](crate::Map): an absent key is below every present one.
impl<K: Ord, V: JoinSemilattice> JoinSemilattice for BTreeMap<K, V> {
    fn join(&mut self, mut other: Self) -> bool {
        // The longer side has a key that the shorter lacks.
        let other_is_longer = other.len() > self.len();
        if other_is_longer {
            mem::swap(self, &mut other);
        }
        let mut grew = other_is_longer;
        for (key, theirs) in other {
            grew |= match self.entry(key) {
                Entry::Occupied(mut mine) => mine.get_mut().join(theirs),
                Entry::Vacant(place) => {
                    place.insert(theirs);
                    true
                }
            };
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.len() <= other.len()
            && self
                .iter()
                .all(|(key, mine)| other.get(key).is_some_and(|theirs| mine.leq(theirs)))
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<K: Ord, V: JoinSemilattice> Bottom for BTreeMap<K, V> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<K: Ord + Clone, V: Split + Clone> Decompose for BTreeMap<K, V> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().flat_map(|(key, value)| {
            value
                .split()
                .map(move |part| Self::from([(key.clone(), part)]))
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        self.iter()
            .filter_map(|(key, mine)| {
                let news = match known.get(key) {
                    Some(known) => mine.split_since(known)?,
                    None => mine.clone(),
                };
                Some((key.clone(), news))
            })
            .collect()
    }
}

/// Union.
impl<T: Ord> JoinSemilattice for BTreeSet<T> {
    fn join(&mut self, mut other: Self) -> bool {
        let other_is_longer = other.len() > self.len();
        if other_is_longer {
            mem::swap(self, &mut other);
        }
        let mut grew = other_is_longer;
        for element in other {
            grew |= self.insert(element);
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.is_subset(other)
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<T: Ord> Bottom for BTreeSet<T> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Ord + Clone> Decompose for BTreeSet<T> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().map(|element| Self::from([element]))
    }

    fn delta_since(&self, known: &Self) -> Self {
        self.difference(known).cloned().collect()
    }
}
