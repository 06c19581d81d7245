//! [`ChunkedMap`]: a persistent ordered map in chunks.
//!
//! A tree of uniform height whose leaves are sorted arrays of some four kilobytes. Nodes are shared
//! by reference count and copied when written while shared, so a clone is one pointer and a write
//! after it copies one path. Bulk work runs over whole leaves: it costs what a sorted array costs,
//! and, since emptied leaves are filled again, it hardly touches fresh memory.

mod build;
mod drain;
mod iter;
mod lattice;
mod merge;
mod node;
mod search;
mod union;
mod upsert;

use alloc::sync::Arc;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use build::Builder;
pub use drain::IntoIter;
pub use iter::Iter;
pub use merge::{MergeRule, Pick};
use node::Node;
pub use upsert::Upsert;

/// Below one entry coming in for so many held ones, searching beats merging.
const SPARSE: usize = 32;

/// A persistent ordered map: clones share what they do not change. With `V = ()`, a set.
///
/// As a lattice it is what [`Map`](crate::Map) is: keys to lattice values, an absent key below every
/// present one. It pays where states are large: where [`Map`](crate::Map) is one array, this is a
/// tree of small ones, so that a snapshot is free and a small delta stays small.
///
/// Sets and maps with rules of their own are built on [`union`](ChunkedMap::union),
/// [`merge`](ChunkedMap::merge) and [`upsert`](ChunkedMap::upsert).
///
/// # Cost
///
/// | operation | time |
/// |---|---|
/// | `clone` | O(1), everything is shared |
/// | `get`, `contains_key` | O(log n) |
/// | `insert`, `remove` | O(log n); copies one path of what is shared |
/// | `join` of `m` entries, `m` at most `n / 32` | O(m log n) |
/// | `join` of more | O(n + m) |
/// | `iter` | O(n), ascending |
/// | memory | the entries, and some 5 % |
///
/// # Invariants
///
/// Keys ascend strictly. Equal entries are equal maps, whatever the cuts between leaves. Keys are
/// cloned into inner nodes, one for some forty entries; a key that leaves the map leaves them too.
///
/// ```
/// use lattice_core::{ChunkedMap, JoinSemilattice, Max};
///
/// let mut scores: ChunkedMap<u32, Max<u32>> = (0..1_000).map(|n| (n, Max(n))).collect();
/// let before = scores.clone(); // O(1)
/// assert!(scores.join(ChunkedMap::from_iter([(7, Max(99)), (2_000, Max(1))])));
/// assert_eq!(scores.get(&7), Some(&Max(99)));
/// assert_eq!(before.get(&7), Some(&Max(7)));
/// assert_eq!((before.len(), scores.len()), (1_000, 1_001));
/// ```
// INVARIANT: keys ascend strictly over the whole tree, all leaves have the same depth, no node is
// empty, and `len` is the number of entries.
pub struct ChunkedMap<K, V = ()> {
    root: Option<Arc<Node<K, V>>>,
    len: usize,
}

impl<K, V> ChunkedMap<K, V> {
    /// The empty map. Does not allocate.
    ///
    /// ```
    /// assert!(lattice_core::ChunkedMap::<u8, u8>::new().is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { root: None, len: 0 }
    }

    /// The number of entries. O(1).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// assert_eq!(ChunkedMap::from_iter([(1, "one"), (2, "two")]).len(), 2);
    /// ```
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True iff there are no entries. O(1).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// assert!(!ChunkedMap::from_iter([(1, "one")]).is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True iff both maps are the very same nodes, hence equal. O(1). False says nothing.
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let map = ChunkedMap::from_iter([(1, "one")]);
    /// assert!(map.shares_root(&map.clone()));
    /// ```
    pub fn shares_root(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(left), Some(right)) => Arc::ptr_eq(left, right),
            (None, None) => true,
            _ => false,
        }
    }

    /// All entries, ascending.
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let map = ChunkedMap::from_iter([(2, "two"), (1, "one")]);
    /// assert!(map.iter().eq([(&1, &"one"), (&2, &"two")]));
    /// ```
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(self.root.as_deref(), self.len)
    }

    /// The value of `key`. O(log n).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let map = ChunkedMap::from_iter([(String::from("one"), 1)]);
    /// assert_eq!(map.get("one"), Some(&1));
    /// ```
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (found, value) = self.lower_bound_by(|known| known.borrow().cmp(key))?;
        (found.borrow() == key).then_some(value)
    }

    /// True iff there is an entry for `key`. O(log n).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// assert!(ChunkedMap::from_iter([(1, "one")]).contains_key(&1));
    /// ```
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The first entry that `probe` does not call less. O(log n).
    ///
    /// `probe` says how a key compares to what is looked for, and must agree with the order of the
    /// keys; else some entry or none is found.
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let map = ChunkedMap::from_iter([((1, 'a'), ()), ((2, 'a'), ()), ((2, 'b'), ())]);
    /// let of_two = map.lower_bound_by(|(number, _)| number.cmp(&2));
    /// assert_eq!(of_two, Some((&(2, 'a'), &())));
    /// ```
    pub fn lower_bound_by(&self, probe: impl Fn(&K) -> Ordering) -> Option<(&K, &V)> {
        self.root.as_deref()?.lower_bound(&probe)
    }
}

impl<K: Ord + Clone, V: Clone> ChunkedMap<K, V> {
    /// Takes entries whose keys strictly increase; `None` if they do not. O(n).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// assert!(ChunkedMap::from_sorted(vec![(1, "one"), (2, "two")]).is_some());
    /// assert!(ChunkedMap::from_sorted(vec![(2, "two"), (1, "one")]).is_none());
    /// assert!(ChunkedMap::from_sorted(vec![(1, "one"), (1, "uno")]).is_none());
    /// ```
    pub fn from_sorted(entries: alloc::vec::Vec<(K, V)>) -> Option<Self> {
        let strict = entries.is_sorted_by(|(a, _), (b, _)| a < b);
        strict.then(|| entries.into_iter().collect())
    }

    /// Sets the value of `key`. True iff the key was new. O(log n).
    ///
    /// Not a lattice operation: a value may get smaller. To join, use
    /// [`join`](crate::JoinSemilattice::join) or [`upsert`](Self::upsert).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let mut map = ChunkedMap::new();
    /// assert!(map.insert(1, "one"));
    /// assert!(!map.insert(1, "uno"));
    /// assert_eq!(map.get(&1), Some(&"uno"));
    /// ```
    pub fn insert(&mut self, key: K, value: V) -> bool {
        self.put_one((key, value), &mut upsert::Replace)
    }

    /// Removes the entry that `probe` calls equal; see [`lower_bound_by`](Self::lower_bound_by). True
    /// iff there was one. O(log n).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let mut map = ChunkedMap::from_iter([(1, "one"), (2, "two")]);
    /// assert!(map.remove_by(|known| known.cmp(&1)));
    /// assert!(!map.remove_by(|known| known.cmp(&1)));
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn remove_by(&mut self, probe: impl Fn(&K) -> Ordering) -> bool {
        let found = self.lower_bound_by(&probe);
        if found.is_none_or(|(key, _)| probe(key) != Ordering::Equal) {
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

    /// Removes the entry of `key`. True iff there was one. O(log n).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let mut map = ChunkedMap::from_iter([(String::from("one"), 1)]);
    /// assert!(map.remove("one") && map.is_empty());
    /// ```
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.remove_by(|known| known.borrow().cmp(key))
    }

    /// Keeps the entries that `keep` says yes to. O(n); leaves that lose nothing stay shared.
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let mut map: ChunkedMap<u32> = (0..100).map(|n| (n, ())).collect();
    /// map.retain(|n, ()| n % 10 == 0);
    /// assert_eq!(map.len(), 10);
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let mut kept = Builder::new();
        for leaf in drain::Leaves::new(self.root.take()) {
            kept.push_filtered(leaf, &mut keep);
        }
        *self = kept.finish();
    }

    /// Edits every value, ascending. O(n); leaves in which `edit` says it changed nothing stay
    /// shared. True iff it changed any.
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let mut map = ChunkedMap::from_iter([(1, 10), (2, 20)]);
    /// assert!(map.edit(|key, value| *key == 2 && { *value += 1; true }));
    /// assert_eq!(map.get(&2), Some(&21));
    /// ```
    pub fn edit(&mut self, mut edit: impl FnMut(&K, &mut V) -> bool) -> bool {
        self.root
            .as_mut()
            .is_some_and(|root| Node::edit(root, &mut edit))
    }
}

impl<K, V> Default for ChunkedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Clone for ChunkedMap<K, V> {
    /// O(1): the nodes are shared.
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            len: self.len,
        }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for ChunkedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        // Equal entries may be cut into leaves in different ways.
        self.len == other.len && (self.shares_root(other) || self.iter().eq(other.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for ChunkedMap<K, V> {}

impl<K: Hash, V: Hash> Hash for ChunkedMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len.hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for ChunkedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a, K, V> IntoIterator for &'a ChunkedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<K: Clone, V: Clone> IntoIterator for ChunkedMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    /// Moves entries that no other map shares, and clones the others.
    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter::new(self)
    }
}

/// Entries in any order; of equal keys the last one stays.
impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for ChunkedMap<K, V> {
    /// O(n log n); O(n) for entries that ascend.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries = entries.into_iter();
        let mut builder = Builder::new();
        while let Some((key, value)) = entries.next() {
            if builder.last_key().is_none_or(|last| *last < key) {
                builder.push((key, value));
                continue;
            }
            // Out of order here: the rest is sorted, and set over what there is.
            let mut rest: alloc::vec::Vec<_> =
                core::iter::once((key, value)).chain(entries).collect();
            rest.sort_by(|(a, _), (b, _)| a.cmp(b));
            rest.reverse(); // `dedup` keeps the first of equal keys
            rest.dedup_by(|(a, _), (b, _)| a == b);
            rest.reverse();
            return builder
                .finish()
                .merge(Self::from_iter(rest), &mut merge::Right);
        }
        builder.finish()
    }
}
