//! [`LwwMap`]: many registers under sorted keys, for bulk work.

mod impls;
mod iter;
mod merge;
mod tree;

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;

use lattice_core::{Bottom, JoinSemilattice};

pub use self::iter::{IntoIter, Iter};
use self::merge::Register;
use self::tree::{Builder, Tree};
use crate::{EventHash, LwwRegister, Stamp, Write};

/// Many [`LwwRegister`]s under sorted keys, laid out for joining in bulk.
///
/// The lattice is that of a map of registers: an absent key is a register that was never written,
/// joining joins under each key. What differs from such a map is the cost.
///
/// # Layout
///
/// Entries lie in sorted arrays of some four kilobytes, under two levels of separators. Two maps
/// of like size are merged in one linear walk, which passes on whole arrays where the other side
/// has nothing between; each array that has been read is freed before the next is written, so a
/// join touches few pages that were not in the cache. A map that is much smaller than the other is
/// searched in, all keys side by side, and joined in place.
///
/// # Cost
///
/// With `n` entries here and `m` coming in, and one write in each register:
///
/// | operation | cost |
/// |---|---|
/// | [`get`](LwwMap::get) | O(log n) |
/// | [`write`](LwwMap::write), [`join_entry`](LwwMap::join_entry) | O(log n), and moving at most one array |
/// | `join`, `m` at most `n / 32` | O(m log n), and moving at most one array for each key |
/// | `join`, `m` more than that | O(n + m); under a common key one comparison |
/// | [`join_cloning`](LwwMap::join_cloning) | as `join`, and a clone of what is new |
/// | `leq`, [`iter`](LwwMap::iter), `clone`, `==` | linear |
///
/// # Invariants
///
/// No register is bottom, so equal knowledge is equal. Keys are cloned as separators, one for some
/// forty entries.
///
/// ```
/// use lattice_lww::{EventHash, JoinSemilattice, Lamport, LwwMap, Write, WriteKey};
///
/// let write = |stamp, value| {
///     let event_hash = EventHash([stamp as u8; 32]);
///     Write::new(WriteKey { stamp: Lamport(stamp), wall_ts: 0, agent_id: "a", event_hash }, value)
/// };
/// let mut here = LwwMap::new();
/// here.write("size", write(1, "m"));
/// here.write("kind", write(2, "bug"));
///
/// let there = LwwMap::from_iter([("size", write(3, "xl").into())]);
/// assert!(here.join(there));
/// assert_eq!(here.get("size").and_then(|register| register.get()), Some(&"xl"));
/// assert_eq!(here.len(), 2);
/// ```
#[derive(Clone)]
pub struct LwwMap<K, V: Ord, S: Stamp, A: Ord> {
    // INVARIANT: no register is bottom.
    tree: Tree<K, LwwRegister<V, S, A>>,
}

impl<K, V: Ord, S: Stamp, A: Ord> LwwMap<K, V, S, A> {
    /// The empty map. Does not allocate.
    pub const fn new() -> Self {
        Self { tree: Tree::new() }
    }

    /// The number of keys.
    pub const fn len(&self) -> usize {
        self.tree.len
    }

    /// True iff nothing was ever written.
    pub const fn is_empty(&self) -> bool {
        self.tree.len == 0
    }

    /// Keys and registers, in order of the keys.
    pub fn iter(&self) -> Iter<'_, K, LwwRegister<V, S, A>> {
        Iter::new(&self.tree)
    }

    /// The register of `key`; `None` if it was never written. O(log n).
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&LwwRegister<V, S, A>>
    where
        K: Borrow<Q>,
    {
        let place = self.tree.find(key);
        let (_, register) = self.tree.leaf(place)?.entries.get(place.slot.ok()?)?;
        Some(register)
    }

    /// True iff `key` was ever written. O(log n).
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Redacts the cells of the writes whose event `redacted` names; keys stay. True iff a value
    /// went. Linear.
    ///
    /// For a fixed set of names this commutes with joining.
    pub fn redact(&mut self, redacted: impl Fn(&EventHash) -> bool) -> bool {
        let registers = self.tree.leaves_mut().flat_map(|leaf| &mut leaf.entries);
        registers.fold(false, |changed, (_, register)| {
            register.redact(&redacted) | changed
        })
    }
}

impl<K: Ord + Clone, V: Ord, S: Stamp, A: Ord> LwwMap<K, V, S, A> {
    /// Joins one write into the register of `key`. True iff the map grew. O(log n).
    pub fn write(&mut self, key: K, write: Write<V, S, A>) -> bool {
        self.tree.join_entry((key, LwwRegister::from_write(write)))
    }

    /// Joins a register into the one of `key`. True iff the map grew. O(log n).
    pub fn join_entry(&mut self, key: K, register: LwwRegister<V, S, A>) -> bool {
        !register.is_bottom() && self.tree.join_entry((key, register))
    }

    /// [`join`](JoinSemilattice::join) with a borrowed map that clones no more than the entries
    /// that are new.
    pub fn join_cloning(&mut self, other: &Self) -> bool
    where
        V: Clone,
        A: Clone,
    {
        self.tree.join_cloning(&other.tree)
    }

    /// Takes entries with strictly increasing keys and no bottom registers, as
    /// [`iter`](LwwMap::iter) gives them; `None` if they are not. Linear.
    pub fn from_canonical(entries: Vec<(K, LwwRegister<V, S, A>)>) -> Option<Self> {
        let sorted = entries.is_sorted_by(|(a, _), (b, _)| a < b);
        let written = entries.iter().all(|(_, register)| !register.is_bottom());
        (sorted && written).then(|| Self::from_sorted(entries))
    }

    /// Lays out entries with increasing keys, joining registers of equal keys.
    fn from_sorted(entries: impl IntoIterator<Item = (K, LwwRegister<V, S, A>)>) -> Self {
        let mut out = Builder::<K, LwwRegister<V, S, A>>::new();
        for (key, register) in entries {
            if register.is_bottom() {
                continue;
            }
            match out.last_mut() {
                Some((last, known)) if *last == key => _ = known.join(register),
                _ => out.leaf().push((key, register)),
            }
        }
        Self { tree: out.finish() }
    }
}

impl<V: Ord, S: Stamp, A: Ord> Register for LwwRegister<V, S, A> {
    #[inline]
    fn quick_cmp(&self, other: &Self) -> Option<Ordering> {
        self.single_cmp(other)
    }
}
