//! A persistent ordered map in chunks: the storage under every set of this crate.
//!
//! A tree of uniform height whose leaves are sorted arrays of about two kilobytes. Nodes are shared
//! by reference count and copied when written while shared, so a clone is one pointer and a write
//! after it copies one path. Bulk work runs over whole leaves: it costs what a sorted array costs,
//! and, since leaves are freed while new ones are filled, it hardly touches fresh memory.

mod cursor;
mod iter;
mod node;
mod upsert;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

pub(crate) use cursor::{Builder, Drain};
pub(crate) use iter::Iter;
use node::{Child, Node};
use upsert::Batch;
pub(crate) use upsert::{KeepOld, Upsert};

/// A persistent ordered map; with `V = ()`, a set.
// INVARIANT: keys ascend strictly over the whole tree, all leaves have the same depth, no node is
// empty, and `len` is the number of entries.
pub(crate) struct Chunks<K, V = ()> {
    root: Option<Arc<Node<K, V>>>,
    len: usize,
}

/// What to do with the entries of two maps that are being merged.
pub(crate) trait Merge<K, V> {
    /// An entry only the left map has; false drops it.
    fn left(&mut self, key: &K, value: &V) -> bool;
    /// An entry only the right map has; false drops it.
    fn right(&mut self, key: &K, value: &V) -> bool;
    /// The value of a key both maps have; `None` drops it.
    fn both(&mut self, key: &K, left: V, right: V) -> Option<V>;
}

impl<K, V> Default for Chunks<K, V> {
    fn default() -> Self {
        Self { root: None, len: 0 }
    }
}

impl<K, V> Clone for Chunks<K, V> {
    /// `O(1)`: the nodes are shared.
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            len: self.len,
        }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Chunks<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && (self.shares_root(other) || self.iter().eq(other.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for Chunks<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Chunks<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K, V> Chunks<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True iff both maps are the very same nodes, hence equal.
    pub(crate) fn shares_root(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(left), Some(right)) => Arc::ptr_eq(left, right),
            (None, None) => true,
            _ => false,
        }
    }

    /// All entries, ascending.
    pub(crate) fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(self.root.as_deref(), self.len)
    }

    /// The entry that `probe` calls equal. `O(log n)`.
    pub(crate) fn get(&self, probe: impl Fn(&K) -> Ordering) -> Option<(&K, &V)> {
        self.seek(&probe)
            .filter(|(key, _)| probe(key) == Ordering::Equal)
    }

    /// The first entry that `probe` does not call less. `O(log n)`.
    pub(crate) fn seek(&self, probe: impl Fn(&K) -> Ordering) -> Option<(&K, &V)> {
        self.root.as_deref()?.seek(&probe)
    }
}

impl<K: Ord + Clone, V: Clone> Chunks<K, V> {
    /// Takes a batch of entries in strictly ascending order in. `O(log n)` each. True iff a key was
    /// new; what became of the others is for `rule` to tell.
    pub(crate) fn upsert(&mut self, batch: Vec<(K, V)>, rule: &mut impl Upsert<V>) -> bool {
        let mut batch = Batch {
            entries: batch.into_iter(),
            rule,
            fresh: 0,
        };
        let Some(root) = &mut self.root else {
            *self = batch.entries.collect();
            return !self.is_empty();
        };
        let right = batch.sink(root, None);
        self.len += batch.fresh;
        if !right.is_empty() {
            let level = Child::new(Arc::clone(root))
                .into_iter()
                .chain(right)
                .collect();
            self.root = cursor::stack(level);
        }
        batch.fresh > 0
    }

    /// Removes the entry that `probe` calls equal. `O(log n)`.
    pub(crate) fn remove(&mut self, probe: impl Fn(&K) -> Ordering) -> bool {
        if self.get(&probe).is_none() {
            return false;
        }
        if let Some(root) = &mut self.root {
            Node::remove(root, &probe);
            self.len -= 1;
            while let Some(child) = root.only_child() {
                *root = child;
            }
        }
        if self.len == 0 {
            self.root = None;
        }
        true
    }

    /// Keeps the entries `keep` says yes to; `O(n)`, and leaves that lose nothing stay shared.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let mut kept = Builder::new();
        for leaf in Drain::leaves_of(self.root.take()) {
            kept.push_filtered(leaf, &mut keep);
        }
        *self = kept.finish();
    }

    /// Merges two maps in linear time, moving what is not shared.
    pub(crate) fn merge(self, other: Self, rule: &mut impl Merge<K, V>) -> Self {
        let mut merged = Builder::new();
        let (mut left, mut right) = (Drain::new(self.root), Drain::new(other.root));
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(l), Some(r)) => l.0.cmp(&r.0),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Less => left.move_if(&mut merged, |k, v| rule.left(k, v)),
                Ordering::Greater => right.move_if(&mut merged, |k, v| rule.right(k, v)),
                Ordering::Equal => {
                    if let (Some((key, l)), Some((_, r))) = (left.next(), right.next())
                        && let Some(value) = rule.both(&key, l, r)
                    {
                        merged.push((key, value));
                    }
                }
            }
        }
        merged.finish()
    }
}

impl<K: Clone, V: Clone> IntoIterator for Chunks<K, V> {
    type Item = (K, V);
    type IntoIter = Drain<K, V>;

    fn into_iter(self) -> Drain<K, V> {
        Drain::new(self.root)
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Chunks<K, V> {
    /// From entries in strictly ascending order.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut builder = Builder::new();
        for entry in entries {
            builder.push(entry);
        }
        builder.finish()
    }
}
