//! The hashed collections of `std` as lattices.
//!
//! Equal states may iterate in different orders: never write bytes from them without sorting.

// These instances are for callers who keep state in hash order; nothing in this crate does.
#![allow(clippy::disallowed_types)]

use core::hash::{BuildHasher, Hash};
use core::mem;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::{Bottom, Decompose, JoinSemilattice, Split};

/// Pointwise, as [`Map`](crate::Map): an absent key is below every present one.
impl<K: Eq + Hash, V: JoinSemilattice, S: BuildHasher> JoinSemilattice for HashMap<K, V, S> {
    fn join(&mut self, mut other: Self) -> bool {
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

impl<K: Eq + Hash, V: JoinSemilattice, S: BuildHasher + Default> Bottom for HashMap<K, V, S> {
    fn bottom() -> Self {
        Self::default()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V, S> Decompose for HashMap<K, V, S>
where
    K: Eq + Hash + Clone,
    V: Split + Clone,
    S: BuildHasher + Default,
{
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().flat_map(|(key, value)| {
            value
                .split()
                .map(move |part| core::iter::once((key.clone(), part)).collect())
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
impl<T: Eq + Hash, S: BuildHasher> JoinSemilattice for HashSet<T, S> {
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

impl<T: Eq + Hash, S: BuildHasher + Default> Bottom for HashSet<T, S> {
    fn bottom() -> Self {
        Self::default()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Eq + Hash + Clone, S: BuildHasher + Default> Decompose for HashSet<T, S> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter()
            .map(|element| core::iter::once(element).collect())
    }

    fn delta_since(&self, known: &Self) -> Self {
        self.difference(known).cloned().collect()
    }
}
