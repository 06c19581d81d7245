//! Consuming and building trees, leaf by leaf.

use alloc::sync::Arc;
use alloc::vec::{self, Vec};

use super::Chunks;
use super::node::{Child, FANOUT, Node, leaf_fill, slack};

/// A leaf being consumed: moved out of if it is ours alone, copied from if it is shared.
enum Leaf<K, V> {
    Own(vec::IntoIter<(K, V)>),
    Shared(Arc<Node<K, V>>, usize),
}

impl<K, V> Leaf<K, V> {
    fn new(node: Arc<Node<K, V>>) -> Self {
        match Arc::try_unwrap(node) {
            Ok(Node::Leaf(entries)) => Self::Own(entries.into_iter()),
            Ok(inner @ Node::Inner(_)) => Self::Shared(Arc::new(inner), 0),
            Err(shared) => Self::Shared(shared, 0),
        }
    }

    #[inline]
    fn peek(&self) -> Option<&(K, V)> {
        match self {
            Self::Own(entries) => entries.as_slice().first(),
            Self::Shared(node, at) => match &**node {
                Node::Leaf(entries) => entries.get(*at),
                Node::Inner(_) => None,
            },
        }
    }

    #[inline]
    fn skip(&mut self) {
        match self {
            Self::Own(entries) => drop(entries.next()),
            Self::Shared(_, at) => *at += 1,
        }
    }
}

impl<K: Clone, V: Clone> Leaf<K, V> {
    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
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
            // entries are copied, not moved.
            if let Node::Inner(children) = Arc::unwrap_or_clone(node) {
                self.above.push(children.into_iter());
            }
        }
    }
}

/// The entries of a tree that is being consumed.
pub(crate) struct Drain<K, V> {
    leaf: Option<Leaf<K, V>>,
    rest: Leaves<K, V>,
}

impl<K: Clone, V: Clone> Drain<K, V> {
    pub(super) fn leaves_of(root: Option<Arc<Node<K, V>>>) -> Leaves<K, V> {
        Leaves {
            above: Vec::new(),
            root,
        }
    }

    pub(super) fn new(root: Option<Arc<Node<K, V>>>) -> Self {
        let mut rest = Self::leaves_of(root);
        Self {
            leaf: rest.next().map(Leaf::new),
            rest,
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<&(K, V)> {
        self.leaf.as_ref()?.peek()
    }

    /// Moves the entry at the front over if `keep` says yes, drops it otherwise.
    #[inline]
    pub(super) fn move_if(&mut self, into: &mut Builder<K, V>, keep: impl FnOnce(&K, &V) -> bool) {
        let Some(leaf) = self.leaf.as_mut() else {
            return;
        };
        if leaf.peek().is_some_and(|(key, value)| keep(key, value)) {
            if let Some(entry) = leaf.next() {
                into.push(entry);
            }
        } else {
            leaf.skip();
        }
        if leaf.peek().is_none() {
            self.refill();
        }
    }

    #[cold]
    fn refill(&mut self) {
        self.leaf = self.rest.next().map(Leaf::new);
    }
}

impl<K: Clone, V: Clone> Iterator for Drain<K, V> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        let leaf = self.leaf.as_mut()?;
        let entry = leaf.next();
        if leaf.peek().is_none() {
            self.refill();
        }
        entry
    }
}

/// Builds a tree from entries in ascending order.
pub(crate) struct Builder<K, V> {
    leaf: Vec<(K, V)>,
    /// Entries the leaf may take; 0 before there is one.
    room: usize,
    leaves: Vec<Child<K, V>>,
    len: usize,
}

impl<K: Clone, V: Clone> Builder<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            leaf: Vec::new(),
            room: 0,
            leaves: Vec::new(),
            len: 0,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: (K, V)) {
        if self.leaf.len() >= self.room {
            self.next_leaf();
        }
        self.leaf.push(entry);
    }

    #[cold]
    fn next_leaf(&mut self) {
        self.flush();
        self.room = leaf_fill::<(K, V)>();
        self.leaf = Vec::with_capacity(self.room + slack::<(K, V)>());
    }

    fn flush(&mut self) {
        if self.leaf.is_empty() {
            return;
        }
        let mut leaf = core::mem::take(&mut self.leaf);
        self.room = 0;
        self.len += leaf.len();
        leaf.shrink_to(leaf.len() + slack::<(K, V)>());
        self.leaves.extend(Child::new(Arc::new(Node::Leaf(leaf))));
    }

    /// Takes a whole leaf; it stays shared if it loses nothing.
    pub(super) fn push_filtered(
        &mut self,
        leaf: Arc<Node<K, V>>,
        keep: &mut impl FnMut(&K, &V) -> bool,
    ) {
        let Node::Leaf(entries) = &*leaf else { return };
        let fill = leaf_fill::<(K, V)>();
        let roomy = self.leaf.is_empty() || self.leaf.len() >= fill / 2;
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

    pub(crate) fn finish(mut self) -> Chunks<K, V> {
        self.flush();
        Chunks {
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
