//! What a chunked map of lattice values is to other code: a lattice.

use super::merge::{MergeRule, Pick};
use super::upsert::Upsert;
use super::{ChunkedMap, SPARSE};
use crate::{Bottom, Decompose, JoinSemilattice, Split};

/// The pointwise join.
struct Pointwise {
    /// The left side grew.
    grew: bool,
}

impl<K, V: JoinSemilattice + Clone> MergeRule<K, V> for Pointwise {
    fn left(&mut self, _: &K, _: &V) -> bool {
        true
    }

    fn right(&mut self, _: &K, _: &V) -> bool {
        self.grew = true;
        true
    }

    fn both(&mut self, _: &K, left: &V, right: &V) -> Pick {
        if right.leq(left) {
            return Pick::Left;
        }
        self.grew = true;
        if left.leq(right) {
            Pick::Right
        } else {
            Pick::Both
        }
    }

    fn join(&mut self, left: &mut V, right: V) {
        left.join(right);
    }
}

impl<V: JoinSemilattice> Upsert<V> for Pointwise {
    fn changes(&mut self, old: &V, new: &V) -> bool {
        !new.leq(old)
    }

    fn update(&mut self, old: &mut V, new: V) {
        old.join(new);
    }
}

/// Pointwise: an absent key is below every present one.
impl<K: Ord + Clone, V: JoinSemilattice + Clone> JoinSemilattice for ChunkedMap<K, V> {
    fn join(&mut self, other: Self) -> bool {
        if self.shares_root(&other) {
            return false;
        }
        let mut rule = Pointwise { grew: false };
        if other.len() <= self.len() / SPARSE {
            return self.upsert_ascending(other.into_iter().collect(), &mut rule);
        }
        *self = core::mem::take(self).merge(other, &mut rule);
        rule.grew
    }

    fn leq(&self, other: &Self) -> bool {
        if self.shares_root(other) {
            return true;
        }
        if self.len() > other.len() {
            return false; // a key is missing there
        }
        if self.len() <= other.len() / SPARSE {
            return self
                .iter()
                .all(|(key, mine)| other.get(key).is_some_and(|theirs| mine.leq(theirs)));
        }
        let mut theirs = other.iter();
        self.iter().all(|(key, mine)| {
            theirs
                .find(|(known, _)| *known >= key)
                .is_some_and(|(known, theirs)| known == key && mine.leq(theirs))
        })
    }

    fn join_ref(&mut self, other: &Self) -> bool {
        // A clone shares its nodes, and what is shared is copied only where it is new.
        self.join(other.clone())
    }
}

impl<K: Ord + Clone, V: JoinSemilattice + Clone> Bottom for ChunkedMap<K, V> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

/// One part for each part of each value.
impl<K: Ord + Clone, V: Split + Clone> Decompose for ChunkedMap<K, V> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().flat_map(|(key, value)| {
            value
                .split()
                .map(move |part| Self::from_iter([(key.clone(), part)]))
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        if self.shares_root(known) {
            return Self::new();
        }
        let sparse = self.len() <= known.len() / SPARSE;
        let mut theirs = known.iter().peekable();
        self.iter()
            .filter_map(|(key, mine)| {
                let known = if sparse {
                    known.get(key)
                } else {
                    while theirs.next_if(|(known, _)| *known < key).is_some() {}
                    theirs
                        .peek()
                        .filter(|(known, _)| *known == key)
                        .map(|(_, value)| *value)
                };
                let news =
                    known.map_or_else(|| Some(mine.clone()), |known| mine.split_since(known))?;
                Some((key.clone(), news))
            })
            .collect()
    }
}
