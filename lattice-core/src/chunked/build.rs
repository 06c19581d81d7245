//! Building trees from entries in ascending order.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ChunkedMap;
use super::drain::Leaf;
use super::node::{Child, FANOUT, Node, leaf_fill, slack};

/// Builds a tree from entries in ascending order.
pub(super) struct Builder<K, V> {
    leaf: Vec<(K, V)>,
    leaves: Vec<Child<K, V>>,
    len: usize,
    /// Emptied leaves, to be filled again: their memory is in the cache, fresh memory is not.
    // INVARIANT: nobody else holds them.
    spare: Vec<Arc<Node<K, V>>>,
    /// The node that `leaf` was taken out of.
    home: Option<Arc<Node<K, V>>>,
}

impl<K: Clone, V: Clone> Builder<K, V> {
    pub(super) fn new() -> Self {
        Self {
            leaf: Vec::new(),
            leaves: Vec::new(),
            len: 0,
            spare: Vec::new(),
            home: None,
        }
    }

    pub(super) fn last_key(&self) -> Option<&K> {
        self.leaf.last().map(|(key, _)| key)
    }

    #[inline]
    pub(super) fn push(&mut self, entry: (K, V)) {
        self.room().push(entry);
    }

    /// The leaf to push to, and room in it for at least one entry.
    #[inline]
    pub(super) fn room(&mut self) -> &mut Vec<(K, V)> {
        if self.leaf.len() >= leaf_fill::<(K, V)>() || self.leaf.capacity() == 0 {
            self.next_leaf();
        }
        &mut self.leaf
    }

    #[cold]
    fn next_leaf(&mut self) {
        self.flush();
        self.home = self.spare.pop();
        self.leaf = match self.home.as_mut().and_then(Arc::get_mut) {
            Some(Node::Leaf(spare)) => core::mem::take(spare),
            _ => Vec::with_capacity(leaf_fill::<(K, V)>() + slack::<(K, V)>()),
        };
    }

    fn flush(&mut self) {
        if self.leaf.is_empty() {
            return;
        }
        let mut leaf = core::mem::take(&mut self.leaf);
        self.len += leaf.len();
        if leaf.capacity() > leaf.len() + 2 * slack::<(K, V)>() {
            leaf.shrink_to(leaf.len() + slack::<(K, V)>());
        }
        let node = match self.home.take() {
            Some(mut home) => {
                if let Some(node) = Arc::get_mut(&mut home) {
                    *node = Node::Leaf(leaf);
                }
                home
            }
            None => Arc::new(Node::Leaf(leaf)),
        };
        self.leaves.extend(Child::new(node));
    }

    /// Takes an emptied leaf back, to be filled again.
    pub(super) fn recycle(&mut self, mut node: Arc<Node<K, V>>) {
        if let Some(Node::Leaf(entries)) = Arc::get_mut(&mut node) {
            entries.clear();
            if entries.capacity() >= leaf_fill::<(K, V)>() {
                self.spare.push(node);
            }
        }
    }

    /// Takes a whole leaf; it stays shared if it loses nothing.
    pub(super) fn push_filtered(
        &mut self,
        leaf: Arc<Node<K, V>>,
        keep: &mut impl FnMut(&K, &V) -> bool,
    ) {
        let fill = leaf_fill::<(K, V)>();
        let roomy = self.leaf.is_empty() || self.leaf.len() >= fill / 2;
        let entries = leaf.entries();
        let kept = entries
            .iter()
            .take_while(|(key, value)| keep(key, value))
            .count();
        if kept == entries.len() && roomy && kept >= fill / 2 {
            self.flush();
            self.len += kept;
            self.leaves.extend(Child::new(leaf));
            return;
        }
        let mut at = 0;
        let mut entries = Leaf::new(leaf);
        while let Some((key, value)) = entries.peek() {
            // SUBTLE: `keep` was asked about the first `kept + 1` entries already.
            let stays = at < kept || at > kept && keep(key, value);
            if stays {
                if let Some(entry) = entries.next() {
                    self.push(entry);
                }
            } else {
                entries.skip();
            }
            at += 1;
        }
    }

    pub(super) fn finish(mut self) -> ChunkedMap<K, V> {
        self.flush();
        ChunkedMap {
            root: stack(self.leaves),
            len: self.len,
        }
    }
}

/// Puts inner nodes over a level of nodes until there is one root.
pub(super) fn stack<K: Clone, V>(mut level: Vec<Child<K, V>>) -> Option<Arc<Node<K, V>>> {
    while level.len() > 1 {
        // Even shares, so that no node is left with one child.
        let (count, groups) = (level.len(), level.len().div_ceil(FANOUT));
        let mut children = level.into_iter();
        level = (0..groups)
            .filter_map(|at| {
                let share = count * (at + 1) / groups - count * at / groups;
                Child::new(Arc::new(Node::Inner(
                    children.by_ref().take(share).collect(),
                )))
            })
            .collect();
    }
    level.pop().map(|child| child.node)
}
