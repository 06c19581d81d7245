//! The persistent ordered collections of `im` as lattices.
//!
//! A clone is O(1) and shares everything; a join copies only the paths to what changed. Where two
//! versions of one map meet, what they share is recognised by address and skipped.

use alloc::vec::Vec;
use core::mem;

use im::ordmap::DiffItem;
use im::{OrdMap, OrdSet};

use crate::{Bottom, Decompose, JoinSemilattice, Split};

/// A side this many times shorter than the other is looked up key by key.
const SPARSE: usize = 16;

/// Pointwise, as [`Map`](crate::Map): an absent key is below every present one.
///
/// O(m log n) for `m` entries into many more; for two versions of one map about the number of
/// differences; else O(n + m).
impl<K: Ord + Clone, V: JoinSemilattice + Clone> JoinSemilattice for OrdMap<K, V> {
    fn join(&mut self, mut other: Self) -> bool {
        // The longer side has a key that the shorter lacks.
        let other_is_longer = other.len() > self.len();
        if other_is_longer {
            mem::swap(self, &mut other);
        }
        let news: Vec<(K, V)> = if other.len() <= self.len() / SPARSE {
            let is_new =
                |(key, theirs): &(&K, &V)| self.get(*key).is_none_or(|mine| !theirs.leq(mine));
            other
                .iter()
                .filter(is_new)
                .map(|(key, theirs)| (key.clone(), theirs.clone()))
                .collect()
        } else {
            let news = self.diff(&other).filter_map(|difference| match difference {
                DiffItem::Add(key, theirs) => Some((key, theirs)),
                DiffItem::Update { old, new } => (!new.1.leq(old.1)).then_some(new),
                DiffItem::Remove(..) => None,
            });
            news.map(|(key, theirs)| (key.clone(), theirs.clone()))
                .collect()
        };
        let grew = other_is_longer || !news.is_empty();
        for (key, theirs) in news {
            match self.get_mut(&key) {
                Some(mine) => {
                    mine.join(theirs);
                }
                None => {
                    self.insert(key, theirs);
                }
            }
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        if self.len() > other.len() {
            return false;
        }
        if self.len() <= other.len() / SPARSE {
            return self
                .iter()
                .all(|(key, mine)| other.get(key).is_some_and(|theirs| mine.leq(theirs)));
        }
        self.diff(other).all(|difference| match difference {
            DiffItem::Add(..) => true,
            DiffItem::Update { old, new } => old.1.leq(new.1),
            DiffItem::Remove(..) => false,
        })
    }
}

impl<K: Ord + Clone, V: JoinSemilattice + Clone> Bottom for OrdMap<K, V> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<K: Ord + Clone, V: Split + Clone> Decompose for OrdMap<K, V> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter()
            .flat_map(|(key, value)| value.split().map(move |part| Self::unit(key.clone(), part)))
    }

    fn delta_since(&self, known: &Self) -> Self {
        let news = known.diff(self).filter_map(|difference| match difference {
            DiffItem::Add(key, mine) => Some((key.clone(), mine.clone())),
            DiffItem::Update { old, new } => Some((new.0.clone(), new.1.split_since(old.1)?)),
            DiffItem::Remove(..) => None,
        });
        news.collect()
    }
}

/// Union.
impl<T: Ord + Clone> JoinSemilattice for OrdSet<T> {
    fn join(&mut self, mut other: Self) -> bool {
        let other_is_longer = other.len() > self.len();
        if other_is_longer {
            mem::swap(self, &mut other);
        }
        let before = self.len();
        let news: Vec<T> = if other.len() <= self.len() / SPARSE {
            other
                .iter()
                .filter(|element| !self.contains(*element))
                .cloned()
                .collect()
        } else {
            let news = self.diff(&other).filter_map(|difference| match difference {
                im::ordset::DiffItem::Add(element) => Some(element.clone()),
                _ => None,
            });
            news.collect()
        };
        for element in news {
            self.insert(element);
        }
        other_is_longer || self.len() > before
    }

    fn leq(&self, other: &Self) -> bool {
        self.is_subset(other)
    }
}

impl<T: Ord + Clone> Bottom for OrdSet<T> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Ord + Clone> Decompose for OrdSet<T> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().map(Self::unit)
    }

    fn delta_since(&self, known: &Self) -> Self {
        let news = known.diff(self).filter_map(|difference| match difference {
            im::ordset::DiffItem::Add(element) => Some(element.clone()),
            _ => None,
        });
        news.collect()
    }
}
