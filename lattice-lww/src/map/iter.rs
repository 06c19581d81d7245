//! Walking a map in order.

use alloc::vec;
use core::iter::FusedIterator;
use core::slice;

use super::LwwMap;
use super::tree::{Branch, Leaf, Tree};
use crate::{LwwRegister, Stamp};

/// The keys and registers of a borrowed map, in order of the keys.
#[derive(Clone, Debug)]
pub struct Iter<'a, K, R> {
    branches: slice::Iter<'a, Branch<K, R>>,
    leaves: slice::Iter<'a, Leaf<K, R>>,
    entries: slice::Iter<'a, (K, R)>,
    left: usize,
}

impl<'a, K, R> Iter<'a, K, R> {
    pub(super) fn new(tree: &'a Tree<K, R>) -> Self {
        let branches = tree.root.nodes.iter();
        Self {
            branches,
            leaves: [].iter(),
            entries: [].iter(),
            left: tree.len,
        }
    }
}

impl<'a, K, R> Iterator for Iter<'a, K, R> {
    type Item = (&'a K, &'a R);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, register)) = self.entries.next() {
                self.left -= 1;
                return Some((key, register));
            }
            match self.leaves.next() {
                Some(leaf) => self.entries = leaf.entries.iter(),
                None => self.leaves = self.branches.next()?.nodes.iter(),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, R> ExactSizeIterator for Iter<'_, K, R> {}
impl<K, R> FusedIterator for Iter<'_, K, R> {}

/// The keys and registers of a map that is taken apart, in order of the keys.
#[derive(Debug)]
pub struct IntoIter<K, R> {
    branches: vec::IntoIter<Branch<K, R>>,
    leaves: vec::IntoIter<Leaf<K, R>>,
    entries: vec::IntoIter<(K, R)>,
    left: usize,
}

impl<K, R> IntoIter<K, R> {
    pub(super) fn new(tree: Tree<K, R>) -> Self {
        let (leaves, entries) = (vec::IntoIter::default(), vec::IntoIter::default());
        Self {
            branches: tree.root.nodes.into_iter(),
            leaves,
            entries,
            left: tree.len,
        }
    }
}

impl<K, R> Iterator for IntoIter<K, R> {
    type Item = (K, R);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.entries.next() {
                self.left -= 1;
                return Some(entry);
            }
            match self.leaves.next() {
                Some(leaf) => self.entries = leaf.entries.into_iter(),
                None => self.leaves = self.branches.next()?.nodes.into_iter(),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, R> ExactSizeIterator for IntoIter<K, R> {}
impl<K, R> FusedIterator for IntoIter<K, R> {}

impl<'a, K, V: Ord, S: Stamp, A: Ord> IntoIterator for &'a LwwMap<K, V, S, A> {
    type Item = (&'a K, &'a LwwRegister<V, S, A>);
    type IntoIter = Iter<'a, K, LwwRegister<V, S, A>>;

    fn into_iter(self) -> Self::IntoIter {
        Iter::new(&self.tree)
    }
}

impl<K, V: Ord, S: Stamp, A: Ord> IntoIterator for LwwMap<K, V, S, A> {
    type Item = (K, LwwRegister<V, S, A>);
    type IntoIter = IntoIter<K, LwwRegister<V, S, A>>;

    fn into_iter(self) -> Self::IntoIter {
        IntoIter::new(self.tree)
    }
}
