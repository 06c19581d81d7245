//! The shape of a map: sorted leaves of a few kilobytes, under two levels of separators.
//!
//! A B-tree of fixed height. Its leaves are large enough that bulk work is a walk over arrays, and
//! small enough that one insertion moves little. The separators of a level lie side by side, so a
//! search misses the cache in the leaf and hardly before.

use alloc::vec::Vec;
use core::borrow::Borrow;

/// Bytes of entries for which a leaf is laid out.
const LEAF_BYTES: usize = 4_096;

/// Most leaves in a branch.
const FAN_OUT: usize = 256;

/// Leaves, at least one.
pub(super) type Branch<K, R> = Spine<K, Leaf<K, R>>;

/// Entries with strictly increasing keys, at least one.
#[derive(Debug)]
pub(super) struct Leaf<K, R> {
    pub(super) entries: Vec<(K, R)>,
}

impl<K, R> Leaf<K, R> {
    /// Most entries in a leaf.
    pub(super) const CAPACITY: usize = {
        let size = if size_of::<(K, R)>() == 0 {
            1
        } else {
            size_of::<(K, R)>()
        };
        let fitting = LEAF_BYTES / size;
        if fitting < 8 { 8 } else { fitting }
    };

    /// Entries that bulk work puts in a leaf: the rest is room for later insertions.
    const FILL: usize = Self::CAPACITY / 4 * 3;

    /// No entries, and room for a full leaf.
    fn new() -> Self {
        Self {
            entries: Vec::with_capacity(Self::CAPACITY),
        }
    }

    /// No entries and no room: stands in for a leaf while that is taken apart.
    pub(super) const fn empty() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Entries of another leaf, with room for more, which `Vec::clone` would not keep.
    pub(super) fn copy_of(entries: &[(K, R)]) -> Self
    where
        K: Clone,
        R: Clone,
    {
        let mut leaf = Self::new();
        leaf.entries.extend_from_slice(entries);
        leaf
    }

    fn first_key(&self) -> Option<&K> {
        self.entries.first().map(|(key, _)| key)
    }
}

impl<K: Clone, R: Clone> Clone for Leaf<K, R> {
    fn clone(&self) -> Self {
        Self::copy_of(&self.entries)
    }
}

/// Nodes in order, and a key between every two of them.
///
/// INVARIANT: `separators[i]` is above every key in `nodes[i]` and not above any in
/// `nodes[i + 1]`; there is one separator less than nodes.
#[derive(Clone, Debug)]
pub(super) struct Spine<K, N> {
    pub(super) nodes: Vec<N>,
    separators: Vec<K>,
}

impl<K, N> Spine<K, N> {
    pub(super) const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            separators: Vec::new(),
        }
    }

    /// The node that has `key` if any has; 0 when there are no nodes.
    #[inline]
    pub(super) fn locate<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        self.separators
            .partition_point(|separator| separator.borrow() <= key)
    }

    /// Appends a node with least key `first`, which is above all keys so far.
    pub(super) fn push(&mut self, first: K, node: N) {
        if !self.nodes.is_empty() {
            self.separators.push(first);
        }
        self.nodes.push(node);
    }

    /// Puts `nodes`, each with its least key, behind node `at`.
    pub(super) fn insert_behind(&mut self, at: usize, nodes: Vec<(K, N)>) {
        let (separators, nodes): (Vec<_>, Vec<_>) = nodes.into_iter().unzip();
        self.separators.splice(at..at, separators);
        let behind = at + 1;
        self.nodes.splice(behind..behind, nodes);
    }

    /// Cuts the spine to at most `limit` nodes; what is behind comes back in pieces of that size,
    /// each with its least key.
    pub(super) fn cut(&mut self, limit: usize) -> Vec<(K, Self)> {
        let mut pieces = Vec::new();
        while self.nodes.len() > limit {
            // From the end, so that nothing is moved twice.
            let keep = (self.nodes.len() - 1) / limit * limit;
            let nodes = self.nodes.split_off(keep);
            let separators = self.separators.split_off(keep);
            // The separator in front of the piece is its least key.
            pieces.extend(
                self.separators
                    .pop()
                    .map(|first| (first, Self { nodes, separators })),
            );
        }
        pieces.reverse();
        pieces
    }
}

/// All entries of a map, in order.
#[derive(Clone, Debug)]
pub(super) struct Tree<K, R> {
    pub(super) root: Spine<K, Branch<K, R>>,
    pub(super) len: usize,
}

/// Where an entry stands, or where one would.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) branch: usize,
    pub(super) leaf: usize,
    /// As `binary_search` says it.
    pub(super) slot: Result<usize, usize>,
}

impl<K, R> Tree<K, R> {
    pub(super) const fn new() -> Self {
        Self {
            root: Spine::new(),
            len: 0,
        }
    }

    pub(super) fn leaves(&self) -> impl Iterator<Item = &Leaf<K, R>> {
        self.root.nodes.iter().flat_map(|branch| &branch.nodes)
    }

    pub(super) fn leaves_mut(&mut self) -> impl Iterator<Item = &mut Leaf<K, R>> {
        self.root
            .nodes
            .iter_mut()
            .flat_map(|branch| &mut branch.nodes)
    }

    pub(super) fn into_leaves(self) -> impl Iterator<Item = Leaf<K, R>> {
        self.root.nodes.into_iter().flat_map(|branch| branch.nodes)
    }

    pub(super) fn leaf(&self, place: Place) -> Option<&Leaf<K, R>> {
        self.root.nodes.get(place.branch)?.nodes.get(place.leaf)
    }

    pub(super) fn leaf_mut(&mut self, place: Place) -> Option<&mut Leaf<K, R>> {
        self.root
            .nodes
            .get_mut(place.branch)?
            .nodes
            .get_mut(place.leaf)
    }

    /// The leaf that `key` belongs to; its `slot` is still to be found.
    #[inline]
    pub(super) fn locate<Q: Ord + ?Sized>(&self, key: &Q) -> Place
    where
        K: Borrow<Q>,
    {
        let branch = self.root.locate(key);
        let leaf = self
            .root
            .nodes
            .get(branch)
            .map_or(0, |branch| branch.locate(key));
        Place {
            branch,
            leaf,
            slot: Err(0),
        }
    }

    /// Where `key` stands.
    pub(super) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Place
    where
        K: Borrow<Q>,
    {
        let place = self.locate(key);
        let entries = self.leaf(place).map_or(&[][..], |leaf| &leaf.entries);
        let slot = entries.binary_search_by(|(probe, _)| probe.borrow().cmp(key));
        Place { slot, ..place }
    }

    /// Puts the leaves of `parts`, at least one, in the place of a leaf. The branch may then have
    /// too many: [`split_branch`](Tree::split_branch) is to follow.
    pub(super) fn replace_leaf(&mut self, place: Place, parts: Self)
    where
        K: Clone,
    {
        let mut leaves = parts.into_leaves();
        let (Some(branch), Some(first)) = (self.root.nodes.get_mut(place.branch), leaves.next())
        else {
            return;
        };
        if let Some(leaf) = branch.nodes.get_mut(place.leaf) {
            *leaf = first;
        }
        let behind = leaves
            .filter_map(|leaf| Some((leaf.first_key()?.clone(), leaf)))
            .collect();
        branch.insert_behind(place.leaf, behind);
    }

    /// Splits the branch if it has too many leaves. Places in it and behind it are void.
    pub(super) fn split_branch(&mut self, branch: usize) {
        if let Some(node) = self.root.nodes.get_mut(branch)
            && node.nodes.len() > FAN_OUT
        {
            let pieces = node.cut(FAN_OUT / 2);
            self.root.insert_behind(branch, pieces);
        }
    }
}

/// Lays entries out as a tree, in order.
#[derive(Debug)]
pub(super) struct Builder<K, R> {
    tree: Tree<K, R>,
    branch: Branch<K, R>,
    branch_first: Option<K>,
    leaf: Leaf<K, R>,
}

impl<K: Clone, R> Builder<K, R> {
    pub(super) fn new() -> Self {
        Self {
            tree: Tree::new(),
            branch: Spine::new(),
            branch_first: None,
            leaf: Leaf::new(),
        }
    }

    /// The leaf to push the next entry to, with room for one.
    #[inline]
    pub(super) fn leaf(&mut self) -> &mut Vec<(K, R)> {
        if self.leaf.entries.len() >= Leaf::<K, R>::FILL {
            self.close_leaf();
        }
        &mut self.leaf.entries
    }

    #[cold]
    fn close_leaf(&mut self) {
        let leaf = core::mem::replace(&mut self.leaf, Leaf::new());
        self.push_leaf(leaf);
    }

    /// Takes a whole leaf that follows what was pushed, without touching its entries.
    pub(super) fn append_leaf(&mut self, leaf: Leaf<K, R>) {
        if !self.leaf.entries.is_empty() {
            self.close_leaf();
        }
        self.push_leaf(leaf);
    }

    /// The last entry pushed.
    pub(super) fn last_mut(&mut self) -> Option<&mut (K, R)> {
        self.leaf.entries.last_mut()
    }

    fn push_leaf(&mut self, leaf: Leaf<K, R>) {
        let Some(first) = leaf.first_key().cloned() else {
            return;
        };
        self.tree.len += leaf.entries.len();
        if self.branch.nodes.len() >= FAN_OUT / 2 {
            self.close_branch();
        }
        if self.branch_first.is_none() {
            self.branch_first = Some(first.clone());
        }
        self.branch.push(first, leaf);
    }

    fn close_branch(&mut self) {
        let branch = core::mem::replace(&mut self.branch, Spine::new());
        if let Some(first) = self.branch_first.take() {
            self.tree.root.push(first, branch);
        }
    }

    pub(super) fn finish(mut self) -> Tree<K, R> {
        let leaf = core::mem::replace(&mut self.leaf, Leaf::empty());
        self.push_leaf(leaf);
        self.close_branch();
        self.tree
    }
}
