//! A map of lattices in one sorted vector.

use alloc::vec::{self, Vec};
use core::mem;

use crate::{Bottom, Decompose, JoinSemilattice, Split, sorted};

/// Keys to lattice values, in one vector sorted by key. The join joins the values of equal keys.
///
/// # Absent and bottom are two things
///
/// An absent key is below every present one, also below one whose value is bottom: the map is the
/// lattice of functions from keys to "absent, or a value". So no value needs a bottom, no entry has
/// to be normalised away, and two maps are equal iff they hold equal entries.
///
/// # Invariants
///
/// Keys are strictly increasing. Values may be edited freely, keys may not.
///
/// # Cost
///
/// | operation | time |
/// |---|---|
/// | `get`, `contains_key` | O(log n) |
/// | `join` of `m` entries, all keys known | O(m log(n/m)), nothing moved or allocated |
/// | `join` past the last key | O(m) amortised |
/// | `join` of few new keys | O(m log(n/m)) comparisons, one move of the tail, in place |
/// | `join` of like sizes | O(n + m), one allocation |
/// | `leq` | O(m log(n/m)) |
///
/// ```
/// use lattice_core::{JoinSemilattice, Map, Max};
///
/// let mut scores = Map::from_iter([("ada", Max(3)), ("bob", Max(5))]);
/// assert!(scores.join(Map::singleton("ada", Max(9))));
/// assert!(!scores.join(Map::singleton("bob", Max(1))));
/// assert_eq!(scores.get(&"ada"), Some(&Max(9)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Map<K, V> {
    // INVARIANT: keys strictly increase.
    entries: Vec<(K, V)>,
}

impl<K, V> Map<K, V> {
    /// The empty map.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// const EMPTY: Map<u8, Max<u8>> = Map::new();
    /// assert!(EMPTY.is_empty());
    /// ```
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The map of one entry.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// assert_eq!(Map::singleton("ada", Max(3)).as_slice(), [("ada", Max(3))]);
    /// ```
    pub fn singleton(key: K, value: V) -> Self {
        Self {
            entries: vec![(key, value)],
        }
    }

    /// The empty map with room for `capacity` entries.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let mut scores = Map::with_capacity(2);
    /// scores.join_entry("ada", Max(3)); // does not allocate
    /// assert_eq!(scores.len(), 1);
    /// ```
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Vec::with_capacity(capacity),
        }
    }

    /// The number of entries.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// assert_eq!(Map::from_iter([("ada", Max(3)), ("ada", Max(5))]).len(), 1);
    /// ```
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// True iff there are no entries.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// assert!(Map::<u8, Max<u8>>::new().is_empty());
    /// assert!(!Map::singleton(1, Max(0)).is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order of their keys.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// let total: u32 = scores.iter().map(|(_, score)| score.0).sum();
    /// assert_eq!(total, 8);
    /// assert_eq!(scores.iter().next(), Some((&"ada", &Max(3))));
    /// ```
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter {
            entries: self.entries.iter(),
        }
    }

    /// The entries in order of their keys, values editable.
    ///
    /// ```
    /// use lattice_core::{Cell, Map};
    ///
    /// let mut texts = Map::from_iter([(1, Cell::Present("a")), (2, Cell::Present("b"))]);
    /// for (key, cell) in texts.iter_mut() {
    ///     if *key == 2 {
    ///         cell.redact();
    ///     }
    /// }
    /// assert_eq!(texts.get(&2), Some(&Cell::Redacted));
    /// ```
    pub fn iter_mut(
        &mut self,
    ) -> impl DoubleEndedIterator<Item = (&K, &mut V)> + ExactSizeIterator {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys in order.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// assert!(scores.keys().eq(&["ada", "bob"]));
    /// ```
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values in order of their keys.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// assert!(scores.values().eq(&[Max(3), Max(5)]));
    /// ```
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values in order of their keys, editable.
    ///
    /// ```
    /// use lattice_core::{JoinSemilattice, Map, Max};
    ///
    /// let mut scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// for score in scores.values_mut() {
    ///     score.join(Max(4));
    /// }
    /// assert!(scores.values().eq(&[Max(4), Max(5)]));
    /// ```
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The entries as a slice, in order of their keys.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// assert_eq!(scores.as_slice(), [("ada", Max(3)), ("bob", Max(5))]);
    /// ```
    pub fn as_slice(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The entries as a vector, in order of their keys.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// assert_eq!(Map::from_sorted(scores.clone().into_vec()), Some(scores));
    /// ```
    pub fn into_vec(self) -> Vec<(K, V)> {
        self.entries
    }

    /// Keeps the entries that `keep` says yes to. Not a lattice operation: the map may get smaller.
    ///
    /// O(n).
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let mut scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
    /// scores.retain(|_, score| score.0 > 3);
    /// assert!(scores.keys().eq(&["bob"]));
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keep(key, value));
    }
}

impl<K: Ord, V> Map<K, V> {
    /// Takes a vector whose keys strictly increase, in O(n); `None` if they do not.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// assert!(Map::from_sorted(vec![(1, Max(0)), (2, Max(0))]).is_some());
    /// assert!(Map::from_sorted(vec![(2, Max(0)), (1, Max(0))]).is_none());
    /// assert!(Map::from_sorted(vec![(1, Max(0)), (1, Max(0))]).is_none());
    /// ```
    pub fn from_sorted(entries: Vec<(K, V)>) -> Option<Self> {
        sorted::is_strict(&entries, |(a, _), (b, _)| a.cmp(b)).then_some(Self { entries })
    }

    /// The value under `key`.
    ///
    /// O(log n).
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::singleton("ada", Max(3));
    /// assert_eq!(scores.get(&"ada"), Some(&Max(3)));
    /// assert_eq!(scores.get(&"bob"), None);
    /// ```
    pub fn get(&self, key: &K) -> Option<&V> {
        let index = self.find(key).ok()?;
        self.entries.get(index).map(|(_, value)| value)
    }

    /// The value under `key`, editable.
    ///
    /// O(log n).
    ///
    /// ```
    /// use lattice_core::{Cell, Map};
    ///
    /// let mut texts = Map::singleton("note", Cell::Present("secret"));
    /// assert!(texts.get_mut(&"note").is_some_and(Cell::redact));
    /// assert_eq!(texts.get(&"note"), Some(&Cell::Redacted));
    /// ```
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let index = self.find(key).ok()?;
        self.entries.get_mut(index).map(|(_, value)| value)
    }

    /// True iff there is an entry under `key`.
    ///
    /// O(log n).
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let scores = Map::singleton("ada", Max(3));
    /// assert!(scores.contains_key(&"ada") && !scores.contains_key(&"bob"));
    /// ```
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    fn find(&self, key: &K) -> Result<usize, usize> {
        match self.entries.last() {
            Some((last, _)) if last < key => Err(self.entries.len()),
            _ => self.entries.binary_search_by(|(probe, _)| probe.cmp(key)),
        }
    }
}

impl<K: Ord, V: JoinSemilattice> Map<K, V> {
    /// Joins `value` into the entry under `key`, adding it if absent. True iff the map grew.
    ///
    /// O(log n) where the key is known, O(1) amortised past the last key, else O(n) for the move.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let mut scores = Map::singleton("ada", Max(3));
    /// assert!(scores.join_entry("bob", Max(0)));
    /// assert!(scores.join_entry("ada", Max(4)));
    /// assert!(!scores.join_entry("ada", Max(2)));
    /// assert_eq!(scores.as_slice(), [("ada", Max(4)), ("bob", Max(0))]);
    /// ```
    pub fn join_entry(&mut self, key: K, value: V) -> bool {
        match self.find(&key) {
            Ok(index) => self
                .entries
                .get_mut(index)
                .is_some_and(|(_, mine)| mine.join(value)),
            Err(index) => {
                self.entries.insert(index, (key, value));
                true
            }
        }
    }

    /// [`join`](JoinSemilattice::join) with a borrowed map that clones no more than the entries that
    /// are new.
    ///
    /// Costs what `join` costs.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let mut here = Map::singleton("ada", Max(3));
    /// let there = Map::from_iter([("ada", Max(4)), ("bob", Max(5))]);
    /// assert!(here.join_cloning(&there));
    /// assert_eq!(here, there);
    /// ```
    pub fn join_cloning(&mut self, other: &Self) -> bool
    where
        K: Clone,
        V: Clone,
    {
        sorted::join(
            &mut self.entries,
            other.entries.iter(),
            |(a, _), (b, _)| a.cmp(b),
            |(_, mine), (_, theirs)| mine.join_ref(theirs),
            Clone::clone,
        )
    }

    /// Writes the join of both into `out`, in the allocation that `out` already has.
    ///
    /// For bulk work that keeps a scratch map: fresh memory costs more than joining does.
    ///
    /// ```
    /// use lattice_core::{Map, Max};
    ///
    /// let ours = Map::from_iter([(1, Max(1)), (2, Max(5))]);
    /// let theirs = Map::from_iter([(2, Max(3)), (4, Max(0))]);
    /// let mut scratch = Map::with_capacity(4);
    /// ours.join_into(&theirs, &mut scratch);
    /// assert_eq!(scratch, Map::from_iter([(1, Max(1)), (2, Max(5)), (4, Max(0))]));
    /// ```
    pub fn join_into(&self, other: &Self, out: &mut Self)
    where
        K: Clone,
        V: Clone,
    {
        sorted::join_into(
            &self.entries,
            &other.entries,
            &mut out.entries,
            |(a, _), (b, _)| a.cmp(b),
            |(_, mine), (_, theirs)| {
                mine.join_ref(theirs);
            },
        );
    }
}

impl<K: Ord, V: JoinSemilattice> JoinSemilattice for Map<K, V> {
    fn join(&mut self, mut other: Self) -> bool {
        // The longer side has a key that the shorter lacks; work in its allocation.
        let other_is_longer = other.len() > self.len();
        if other_is_longer && other.len() / 2 >= self.len() {
            mem::swap(self, &mut other);
        }
        let grew = sorted::join(
            &mut self.entries,
            other.entries.into_iter(),
            |(a, _), (b, _)| a.cmp(b),
            |(_, mine), (_, theirs)| mine.join(theirs),
            |entry| entry,
        );
        grew | other_is_longer
    }

    fn leq(&self, other: &Self) -> bool {
        sorted::leq(
            &self.entries,
            &other.entries,
            |(a, _), (b, _)| a.cmp(b),
            |(_, mine), (_, theirs)| mine.leq(theirs),
        )
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<K: Ord, V: JoinSemilattice> Bottom for Map<K, V> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<K: Ord + Clone, V: Split + Clone> Decompose for Map<K, V> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().flat_map(|(key, value)| {
            value
                .split()
                .map(move |part| Self::singleton(key.clone(), part))
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        let mut at = 0;
        let entries = self.entries.iter().filter_map(|(key, value)| {
            let news = match sorted::gallop(&known.entries, at, |(probe, _)| probe.cmp(key)) {
                Ok(index) => {
                    at = index + 1;
                    value.split_since(&known.entries.get(index)?.1)?
                }
                Err(index) => {
                    at = index;
                    value.clone()
                }
            };
            Some((key.clone(), news))
        });
        Self {
            entries: entries.collect(),
        }
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Sorts, and joins the values of equal keys. O(n log n).
impl<K: Ord, V: JoinSemilattice> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        if !sorted::is_strict(&entries, |(a, _), (b, _)| a.cmp(b)) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let mut joined: Vec<(K, V)> = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                match joined.last_mut() {
                    Some((last, mine)) if *last == key => {
                        mine.join(value);
                    }
                    _ => joined.push((key, value)),
                }
            }
            entries = joined;
        }
        Self { entries }
    }
}

/// Joins every entry in, as one delta.
impl<K: Ord, V: JoinSemilattice> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        self.join(entries.into_iter().collect());
    }
}

/// The entries of a [`Map`], in order of their keys.
///
/// ```
/// use lattice_core::{Map, Max, map};
///
/// /// The key of the greatest value.
/// fn best<'a>(entries: map::Iter<'a, &'static str, Max<u8>>) -> Option<&'a &'static str> {
///     entries.max_by_key(|(_, score)| **score).map(|(name, _)| name)
/// }
///
/// let scores = Map::from_iter([("bob", Max(5)), ("ada", Max(3))]);
/// assert_eq!(best(scores.iter()), Some(&"bob"));
/// ```
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    entries: core::slice::Iter<'a, (K, V)>,
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            entries: self.entries.clone(),
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.entries.next_back().map(|(key, value)| (key, value))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
