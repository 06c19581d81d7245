//! Nodes: sorted leaves, inner nodes that know the first key of each child.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Bytes of entries in a leaf as bulk building leaves it. Smaller ones make small deltas a little
/// cheaper and bulk work half as fast again.
const LEAF_BYTES: usize = 4096;

/// Children of an inner node as bulk building leaves it, and at most.
pub(super) const FANOUT: usize = 32;
pub(super) const MAX_FANOUT: usize = 48;

/// A node of the tree.
#[derive(Clone)]
pub(super) enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    Inner(Vec<Child<K, V>>),
}

/// A subtree and its first key.
// INVARIANT: `first` equals the first key of the subtree at all times, never a key that has left
// it: what was erased must not live on in an inner node.
pub(super) struct Child<K, V> {
    pub(super) first: K,
    pub(super) node: Arc<Node<K, V>>,
}

impl<K: Clone, V> Clone for Child<K, V> {
    fn clone(&self) -> Self {
        Self {
            first: self.first.clone(),
            node: Arc::clone(&self.node),
        }
    }
}

/// Entries in a leaf as bulk building leaves it.
pub(super) const fn leaf_fill<E>() -> usize {
    let size = if size_of::<E>() == 0 {
        1
    } else {
        size_of::<E>()
    };
    let fill = LEAF_BYTES / size;
    if fill < 16 {
        16
    } else if fill > 128 {
        128
    } else {
        fill
    }
}

/// Room that a built, copied or grown leaf gets, so that the next writes need no new memory.
pub(super) const fn slack<E>() -> usize {
    leaf_fill::<E>() / 16 + 1
}

/// Entries in a leaf at most.
pub(super) const fn leaf_max<E>() -> usize {
    leaf_fill::<E>() + leaf_fill::<E>() / 2
}

impl<K, V> Node<K, V> {
    /// The entries of a leaf; none of an inner node.
    #[inline]
    pub(super) fn entries(&self) -> &[(K, V)] {
        match self {
            Self::Leaf(entries) => entries,
            Self::Inner(_) => &[],
        }
    }

    /// The children of an inner node; none of a leaf.
    pub(super) fn children(&self) -> &[Child<K, V>] {
        match self {
            Self::Inner(children) => children,
            Self::Leaf(_) => &[],
        }
    }

    /// The first entry that `probe` does not call less.
    pub(super) fn lower_bound(&self, probe: &impl Fn(&K) -> Ordering) -> Option<(&K, &V)> {
        match self {
            Self::Leaf(entries) => {
                let at = entries.partition_point(|(key, _)| probe(key) == Ordering::Less);
                entries.get(at).map(|(key, value)| (key, value))
            }
            Self::Inner(children) => {
                let at = child_of(children, probe);
                let found = children.get(at)?.node.lower_bound(probe);
                // SUBTLE: a child may hold only keys below the probe; then the next one starts at it.
                found.or_else(|| children.get(at + 1)?.node.lower_bound(probe))
            }
        }
    }

    /// The one child of an inner node that has only one.
    pub(super) fn only_child(&self) -> Option<Arc<Self>> {
        match self {
            Self::Inner(children) => match children.as_slice() {
                [child] => Some(Arc::clone(&child.node)),
                _ => None,
            },
            Self::Leaf(_) => None,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Leaf(entries) => entries.len(),
            Self::Inner(children) => children.len(),
        }
    }

    fn room(&self) -> usize {
        match self {
            Self::Leaf(_) => leaf_max::<(K, V)>(),
            Self::Inner(_) => MAX_FANOUT,
        }
    }
}

/// The child whose range holds the probe.
pub(super) fn child_of<K, V>(children: &[Child<K, V>], probe: &impl Fn(&K) -> Ordering) -> usize {
    children
        .partition_point(|child| probe(&child.first) != Ordering::Greater)
        .saturating_sub(1)
}

impl<K: Clone, V> Child<K, V> {
    pub(super) fn new(node: Arc<Node<K, V>>) -> Option<Self> {
        let first = match &*node {
            Node::Leaf(entries) => entries.first()?.0.clone(),
            Node::Inner(children) => children.first()?.first.clone(),
        };
        Some(Self { first, node })
    }
}

impl<K: Ord + Clone, V: Clone> Child<K, V> {
    /// Reads the first key again after a write below. Only a write to the first entry needs it.
    pub(super) fn refresh(&mut self) {
        let first = match &*self.node {
            Node::Leaf(entries) => entries.first().map(|(key, _)| key),
            Node::Inner(children) => children.first().map(|child| &child.first),
        };
        if let Some(first) = first
            && *first != self.first
        {
            self.first = first.clone();
        }
    }
}

impl<K: Ord + Clone, V: Clone> Node<K, V> {
    /// The node for writing; copied first if it is shared.
    pub(super) fn unshared(node: &mut Arc<Self>) -> &mut Self {
        if Arc::strong_count(node) > 1
            && let Self::Leaf(entries) = &**node
        {
            let mut copy = Vec::with_capacity(entries.len() + slack::<(K, V)>());
            copy.extend_from_slice(entries);
            *node = Arc::new(Self::Leaf(copy));
        }
        Arc::make_mut(node)
    }

    /// Removes the entry that `probe` calls equal, which is there.
    pub(super) fn remove(node: &mut Arc<Self>, probe: &impl Fn(&K) -> Ordering) {
        match Self::unshared(node) {
            Self::Leaf(entries) => {
                if let Ok(at) = entries.binary_search_by(|(key, _)| probe(key)) {
                    entries.remove(at);
                }
            }
            Self::Inner(children) => {
                let at = child_of(children, probe);
                if let Some(child) = children.get_mut(at) {
                    Self::remove(&mut child.node, probe);
                    child.refresh();
                }
                Self::absorb(children, at);
            }
        }
    }

    /// Edits values, ascending. True iff `edit` said that it changed one.
    pub(super) fn edit(node: &mut Arc<Self>, edit: &mut impl FnMut(&K, &mut V) -> bool) -> bool {
        if Arc::get_mut(node).is_some() {
            return match Self::unshared(node) {
                Self::Leaf(entries) => entries
                    .iter_mut()
                    .fold(false, |changed, (key, value)| edit(key, value) | changed),
                Self::Inner(children) => children.iter_mut().fold(false, |changed, child| {
                    Self::edit(&mut child.node, edit) | changed
                }),
            };
        }
        // Shared: edits a copy, and keeps it if that made a difference.
        let mut copy = Arc::new(Self::clone(node));
        let changed = Self::edit(&mut copy, edit);
        if changed {
            *node = copy;
        }
        changed
    }

    /// Drops a child that has become empty, or joins it to its neighbour when both fit in one.
    fn absorb(children: &mut Vec<Child<K, V>>, at: usize) {
        let Some(child) = children.get(at) else {
            return;
        };
        if child.node.size() == 0 {
            children.remove(at);
            return;
        }
        let left = at.saturating_sub(1);
        let (Some(a), Some(b)) = (children.get(left), children.get(left + 1)) else {
            return;
        };
        if child.node.size() * 4 > child.node.room()
            || a.node.size() + b.node.size() > child.node.room() / 2
        {
            return;
        }
        let right = children.remove(left + 1);
        let Some(into) = children.get_mut(left) else {
            return;
        };
        match (
            Self::unshared(&mut into.node),
            Arc::unwrap_or_clone(right.node),
        ) {
            (Self::Leaf(entries), Self::Leaf(more)) => entries.extend(more),
            (Self::Inner(below), Self::Inner(more)) => below.extend(more),
            // Uniform height: siblings are of one kind.
            _ => {}
        }
    }
}
