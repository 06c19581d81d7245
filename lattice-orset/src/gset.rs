//! The grow-only set.

use core::borrow::Borrow;
use core::fmt;
use core::hash::{Hash, Hasher};

use lattice_core::{Bottom, ChunkedMap, Decompose, JoinSemilattice, chunked};

use crate::gallop;

/// A grow-only set: join is union.
///
/// Elements are kept sorted in chunks that clones share: a clone is one pointer, and a write after
/// it copies one chunk. A delta is a `GSet` of the new elements. *G-Set*, Shapiro et al. 2011, §3.3.1.
///
/// | operation | cost |
/// |---|---|
/// | `clone` | `O(1)` |
/// | `contains`, `insert` | `O(log n)` |
/// | `join` of `d` into `n` elements | `O(min(d log n, n + d))` |
/// | `iter` | ascending, `O(n)` |
///
/// ```
/// use lattice_core::JoinSemilattice;
/// use lattice_orset::GSet;
///
/// let mut left: GSet<u32> = [1, 2].into_iter().collect();
/// let mut right = left.clone();
/// let delta = right.insert(3);
/// assert!(left.join(delta));
/// assert_eq!(left, right);
/// ```
#[derive(Clone)]
pub struct GSet<T> {
    elements: ChunkedMap<T>,
}

impl<T> GSet<T> {
    /// The empty set.
    ///
    /// ```
    /// assert!(lattice_orset::GSet::<u8>::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self {
            elements: ChunkedMap::new(),
        }
    }

    /// How many elements there are. `O(1)`.
    ///
    /// ```
    /// let set: lattice_orset::GSet<_> = ["a", "b", "a"].into_iter().collect();
    /// assert_eq!(set.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// True iff there is no element. `O(1)`.
    ///
    /// ```
    /// assert!(!lattice_orset::GSet::from_iter([1]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements, ascending.
    ///
    /// ```
    /// let set: lattice_orset::GSet<_> = [3, 1, 2].into_iter().collect();
    /// assert!(set.iter().eq(&[1, 2, 3]));
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.elements.iter())
    }
}

impl<T: Ord> GSet<T> {
    /// True iff `element` is in the set. `O(log n)`.
    ///
    /// ```
    /// let set: lattice_orset::GSet<String> = ["a".to_owned()].into_iter().collect();
    /// assert!(set.contains("a"));
    /// ```
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.elements.contains_key(element)
    }
}

impl<T: Ord + Clone> GSet<T> {
    /// The delta that adds `element`: empty if the set has it. `O(log n)`.
    ///
    /// ```
    /// use lattice_core::{Bottom, JoinSemilattice};
    /// use lattice_orset::GSet;
    ///
    /// let set: GSet<u8> = [1].into_iter().collect();
    /// assert!(set.insert_delta(1).is_bottom());
    /// assert!(set.joined(GSet::from_iter([2])).contains(&2));
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn insert_delta(&self, element: T) -> Self {
        if self.contains(&element) {
            return Self::new();
        }
        [element].into_iter().collect()
    }

    /// Adds `element` and hands the delta out, for other replicas. `O(log n)`.
    ///
    /// ```
    /// let mut set = lattice_orset::GSet::new();
    /// assert_eq!(set.insert(7), lattice_orset::GSet::from_iter([7]));
    /// assert!(set.insert(7).is_empty());
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn insert(&mut self, element: T) -> Self {
        let delta = self.insert_delta(element);
        self.join_ref(&delta);
        delta
    }
}

impl<T> Default for GSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: PartialEq> PartialEq for GSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.elements == other.elements
    }
}

impl<T: Eq> Eq for GSet<T> {}

impl<T: fmt::Debug> fmt::Debug for GSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T: Ord + Clone> JoinSemilattice for GSet<T> {
    fn join(&mut self, mut other: Self) -> bool {
        if self.elements.shares_root(&other.elements) {
            return false;
        }
        let before = self.len();
        if other.len() > before {
            core::mem::swap(self, &mut other);
        }
        if gallop(other.len(), self.len()) {
            self.elements.join(other.elements);
        } else {
            let mine = core::mem::take(&mut self.elements);
            self.elements = mine.union(other.elements, |_| true);
        }
        self.len() > before
    }

    fn leq(&self, other: &Self) -> bool {
        self.elements.leq(&other.elements)
    }

    fn join_ref(&mut self, other: &Self) -> bool {
        // A clone shares its chunks, and what is shared is copied only where it is new.
        self.join(other.clone())
    }
}

impl<T: Ord + Clone> Bottom for GSet<T> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Ord + Clone> Decompose for GSet<T> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter()
            .map(|element| [element].into_iter().collect())
    }

    fn delta_since(&self, known: &Self) -> Self {
        Self {
            elements: self.elements.delta_since(&known.elements),
        }
    }
}

impl<T: Ord + Clone> FromIterator<T> for GSet<T> {
    /// From elements in any order. `O(n log n)`, linear if they are sorted.
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: alloc::vec::Vec<T> = elements.into_iter().collect();
        elements.sort();
        elements.dedup();
        Self {
            elements: elements.into_iter().map(|element| (element, ())).collect(),
        }
    }
}

impl<T: Ord + Clone> Extend<T> for GSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.join(elements.into_iter().collect());
    }
}

/// Equal sets hash alike.
impl<T: Hash> Hash for GSet<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.elements.hash(state);
    }
}

/// The elements of a [`GSet`], ascending.
pub struct Iter<'a, T>(chunked::Iter<'a, T, ()>);

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(|(element, ())| element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
impl<T> core::iter::FusedIterator for Iter<'_, T> {}

impl<'a, T> IntoIterator for &'a GSet<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// The elements of a [`GSet`], ascending, by value.
pub struct IntoIter<T>(chunked::IntoIter<T, ()>);

impl<T: Clone> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.next().map(|(element, ())| element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: Clone> ExactSizeIterator for IntoIter<T> {}
impl<T: Clone> core::iter::FusedIterator for IntoIter<T> {}

impl<T: Clone> IntoIterator for GSet<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self.elements.into_iter())
    }
}
