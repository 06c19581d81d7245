//! [`LwwMap`]: many registers under sorted keys, for bulk work and cheap snapshots.

mod impls;
mod rule;

use alloc::vec::Vec;
use core::borrow::Borrow;

use lattice_core::{Bottom, ChunkedMap, JoinSemilattice};

use crate::{EventHash, LwwRegister, Stamp, Write};

/// The entries of a borrowed [`LwwMap`], in order of the keys.
pub type Iter<'a, K, V, S, A> = lattice_core::chunked::Iter<'a, K, LwwRegister<V, S, A>>;

/// The entries of an [`LwwMap`] that is taken apart, in order of the keys.
pub type IntoIter<K, V, S, A> = lattice_core::chunked::IntoIter<K, LwwRegister<V, S, A>>;

/// Many [`LwwRegister`]s under sorted keys, laid out for joining in bulk.
///
/// The lattice is that of a map of registers: an absent key is a register that was never written,
/// joining joins under each key. What differs from such a map is the cost: this is a
/// [`ChunkedMap`], a persistent tree of sorted arrays. Its clones share what they do not change, two
/// maps of like size are merged in one linear walk, and one that is much smaller than the other is
/// searched in, many keys side by side.
///
/// # Cost
///
/// With `n` entries here and `m` coming in, and one write in each register:
///
/// | operation | cost |
/// |---|---|
/// | `clone` | O(1) |
/// | [`get`](LwwMap::get) | O(log n) |
/// | [`write`](LwwMap::write), [`join_entry`](LwwMap::join_entry) | O(log n), and moving at most one array |
/// | `join`, `m` at most `n / 32` | O(m log n), and moving at most one array for each key |
/// | `join`, `m` more than that | O(n + m); under a common key one comparison |
/// | `leq`, [`iter`](LwwMap::iter), `==` | linear |
///
/// A write to what a clone shares copies one array of four kilobytes and the path to it.
///
/// # Invariants
///
/// No register is bottom, so equal knowledge is equal. Keys are cloned as separators, one for some
/// twenty entries.
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
/// let before = here.clone();
///
/// let there = LwwMap::from_iter([("size", write(3, "xl").into())]);
/// assert!(here.join(there));
/// assert_eq!(here.get("size").and_then(|register| register.get()), Some(&"xl"));
/// assert_eq!(before.get("size").and_then(|register| register.get()), Some(&"m"));
/// ```
#[derive(Clone)]
pub struct LwwMap<K, V: Ord, S: Stamp, A: Ord> {
    // INVARIANT: no register is bottom.
    registers: ChunkedMap<K, LwwRegister<V, S, A>>,
}

impl<K, V: Ord, S: Stamp, A: Ord> LwwMap<K, V, S, A> {
    /// The empty map. Does not allocate.
    ///
    /// ```
    /// use lattice_lww::{Lamport, LwwMap};
    ///
    /// assert!(LwwMap::<u8, u8, Lamport, u8>::new().is_empty());
    /// ```
    pub const fn new() -> Self {
        Self {
            registers: ChunkedMap::new(),
        }
    }

    /// The number of keys. O(1).
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, LwwRegister, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let register = LwwRegister::from_write(Write::new(key, 'x'));
    /// let map = LwwMap::from_iter([(1, register.clone()), (2, register)]);
    /// assert_eq!(map.len(), 2);
    /// ```
    pub const fn len(&self) -> usize {
        self.registers.len()
    }

    /// True iff nothing was ever written. O(1).
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// map.write("size", Write::new(key, 'm'));
    /// assert!(!map.is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.registers.is_empty()
    }

    /// Keys and registers, in order of the keys.
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// map.write("size", Write::new(key, 'm'));
    /// map.write("kind", Write::new(key, 'b'));
    /// assert!(map.iter().map(|(key, _)| *key).eq(["kind", "size"]));
    /// ```
    pub fn iter(&self) -> Iter<'_, K, V, S, A> {
        self.registers.iter()
    }

    /// The register of `key`; `None` if it was never written. O(log n).
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// map.write(String::from("size"), Write::new(key, 'm'));
    /// assert_eq!(map.get("size").and_then(|register| register.get()), Some(&'m'));
    /// assert_eq!(map.get("kind"), None);
    /// ```
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&LwwRegister<V, S, A>>
    where
        K: Borrow<Q>,
    {
        self.registers.get(key)
    }

    /// True iff `key` was ever written. O(log n).
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// map.write("size", Write::new(key, 'm'));
    /// assert!(map.contains_key("size") && !map.contains_key("kind"));
    /// ```
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.registers.contains_key(key)
    }
}

impl<K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone> LwwMap<K, V, S, A> {
    /// Joins one write into the register of `key`. True iff the map grew. O(log n).
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// assert!(map.write("size", Write::new(key, 'm')));
    /// assert!(!map.write("size", Write::new(key, 'm')));
    /// ```
    pub fn write(&mut self, key: K, write: Write<V, S, A>) -> bool {
        self.join_entry(key, LwwRegister::from_write(write))
    }

    /// Joins a register into the one of `key`. True iff the map grew. O(log n).
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, LwwRegister, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// assert!(map.join_entry("size", LwwRegister::from_write(Write::new(key, 'm'))));
    /// assert!(!map.join_entry("kind", LwwRegister::new())); // says nothing
    /// ```
    pub fn join_entry(&mut self, key: K, register: LwwRegister<V, S, A>) -> bool {
        !register.is_bottom()
            && self
                .registers
                .upsert(alloc::vec![(key, register)], &mut rule::Join::default())
    }

    /// Redacts the cells of the writes whose event `redacted` names; keys stay. True iff a value
    /// went. Linear; arrays in which nothing is redacted stay shared.
    ///
    /// For a fixed set of names this commutes with joining. Clones that were made before keep the
    /// value: redact every version that is held.
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let mut map = LwwMap::new();
    /// map.write("size", Write::new(key, 'm'));
    /// assert!(map.redact(|event| *event == EventHash([1; 32])));
    /// assert!(map.get("size").is_some_and(|register| register.is_redacted()));
    /// ```
    pub fn redact(&mut self, redacted: impl Fn(&EventHash) -> bool) -> bool {
        self.registers
            .edit(|_, register| register.redact(&redacted))
    }

    /// Takes entries with strictly increasing keys and no bottom registers, as
    /// [`iter`](LwwMap::iter) gives them; `None` if they are not. Linear.
    ///
    /// ```
    /// # use lattice_lww::{EventHash, Lamport, LwwMap, LwwRegister, Write, WriteKey};
    /// # let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash: EventHash([1; 32]) };
    /// let register = LwwRegister::from_write(Write::new(key, 'x'));
    /// assert!(LwwMap::from_canonical(vec![(1, register.clone()), (2, register.clone())]).is_some());
    /// assert!(LwwMap::from_canonical(vec![(2, register.clone()), (1, register)]).is_none());
    /// ```
    pub fn from_canonical(entries: Vec<(K, LwwRegister<V, S, A>)>) -> Option<Self> {
        let sorted = entries.is_sorted_by(|(a, _), (b, _)| a < b);
        let written = entries.iter().all(|(_, register)| !register.is_bottom());
        (sorted && written).then(|| Self::from_sorted(entries))
    }

    /// Lays out entries with increasing keys, joining registers of equal keys.
    fn from_sorted(entries: impl IntoIterator<Item = (K, LwwRegister<V, S, A>)>) -> Self {
        let mut entries = entries
            .into_iter()
            .filter(|(_, register)| !register.is_bottom())
            .peekable();
        let joined = core::iter::from_fn(|| {
            let (key, mut register) = entries.next()?;
            while let Some((_, more)) = entries.next_if(|(next, _)| *next == key) {
                register.join(more);
            }
            Some((key, register))
        });
        Self {
            registers: joined.collect(),
        }
    }
}
