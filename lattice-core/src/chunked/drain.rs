//! Consuming trees, leaf by leaf.

use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::iter::FusedIterator;

use super::ChunkedMap;
use super::node::{Child, Node};

/// A leaf being consumed: moved out of if it is ours alone, cloned from if it is shared.
pub(super) enum Leaf<K, V> {
    Own(vec::IntoIter<(K, V)>),
    Shared(Arc<Node<K, V>>, usize),
}

impl<K, V> Leaf<K, V> {
    pub(super) fn new(node: Arc<Node<K, V>>) -> Self {
        match Arc::try_unwrap(node) {
            Ok(Node::Leaf(entries)) => Self::Own(entries.into_iter()),
            Ok(inner @ Node::Inner(_)) => Self::Shared(Arc::new(inner), 0),
            Err(shared) => Self::Shared(shared, 0),
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<&(K, V)> {
        match self {
            Self::Own(entries) => entries.as_slice().first(),
            Self::Shared(node, at) => node.entries().get(*at),
        }
    }

    #[inline]
    pub(super) fn skip(&mut self) {
        match self {
            Self::Own(entries) => drop(entries.next()),
            Self::Shared(_, at) => *at += 1,
        }
    }
}

impl<K: Clone, V: Clone> Leaf<K, V> {
    #[inline]
    pub(super) fn next(&mut self) -> Option<(K, V)> {
        match self {
            Self::Own(entries) => entries.next(),
            Self::Shared(..) => {
                let entry = self.peek()?.clone();
                self.skip();
                Some(entry)
            }
        }
    }
}

/// The leaves of a tree, in order.
pub(super) struct Leaves<K, V> {
    above: Vec<vec::IntoIter<Child<K, V>>>,
    root: Option<Arc<Node<K, V>>>,
}

impl<K, V> Leaves<K, V> {
    pub(super) fn new(root: Option<Arc<Node<K, V>>>) -> Self {
        Self {
            above: Vec::new(),
            root,
        }
    }
}

impl<K: Clone, V: Clone> Iterator for Leaves<K, V> {
    type Item = Arc<Node<K, V>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut next = self.root.take();
        loop {
            let Some(node) = next else {
                next = self.above.last_mut()?.next().map(|child| child.node);
                if next.is_none() {
                    self.above.pop();
                }
                continue;
            };
            if matches!(&*node, Node::Leaf(_)) {
                return Some(node);
            }
            next = None;
            // SUBTLE: children cloned out of a shared node count as shared themselves, so their
            // entries are cloned, not moved.
            if let Node::Inner(children) = Arc::unwrap_or_clone(node) {
                self.above.push(children.into_iter());
            }
        }
    }
}

/// The entries of a [`ChunkedMap`], ascending, by value.
pub struct IntoIter<K, V> {
    leaf: Option<Leaf<K, V>>,
    rest: Leaves<K, V>,
    left: usize,
}

impl<K: Clone, V: Clone> IntoIter<K, V> {
    pub(super) fn new(map: ChunkedMap<K, V>) -> Self {
        let mut rest = Leaves::new(map.root);
        Self {
            leaf: rest.next().map(Leaf::new),
            rest,
            left: map.len,
        }
    }
}

impl<K: Clone, V: Clone> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(entry) = self.leaf.as_mut()?.next() {
                self.left -= 1;
                return Some(entry);
            }
            self.leaf = self.rest.next().map(Leaf::new);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K: Clone, V: Clone> ExactSizeIterator for IntoIter<K, V> {}
impl<K: Clone, V: Clone> FusedIterator for IntoIter<K, V> {}
