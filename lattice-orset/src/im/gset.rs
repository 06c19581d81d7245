//! The grow-only set on `im::OrdSet`.

use core::borrow::Borrow;
use core::fmt;
use core::hash::{Hash, Hasher};

use im::{OrdSet, ordset};
use lattice_core::{Bottom, Decompose, JoinSemilattice};

/// A grow-only set on [`im::OrdSet`](::im::OrdSet): the same lattice as [`GSet`](crate::GSet).
///
/// | operation | cost |
/// |---|---|
/// | `clone` | `O(1)` |
/// | `contains`, `insert` | `O(log n)` |
/// | `join`, `delta_since` of `d` into `n` elements | `O(d log n)` if `d` is much less than `n`; for versions of one set about the changes between them; else `O(n + d)` |
///
/// ```
/// use lattice_core::JoinSemilattice;
/// use lattice_orset::im::GSet;
///
/// let mut left: GSet<u32> = [1, 2].into_iter().collect();
/// let mut right = left.clone();
/// let delta = right.insert(3);
/// assert!(left.join(delta));
/// assert_eq!(left, right);
/// ```
#[derive(Clone)]
pub struct GSet<T> {
    elements: OrdSet<T>,
}

impl<T> GSet<T> {
    /// The empty set.
    ///
    /// ```
    /// assert!(lattice_orset::im::GSet::<u8>::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self {
            elements: OrdSet::new(),
        }
    }

    /// How many elements there are. `O(1)`.
    ///
    /// ```
    /// let set: lattice_orset::im::GSet<_> = ["a", "b", "a"].into_iter().collect();
    /// assert_eq!(set.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// True iff there is no element. `O(1)`.
    ///
    /// ```
    /// assert!(!lattice_orset::im::GSet::from_iter([1]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

impl<T: Ord> GSet<T> {
    /// The elements, ascending.
    ///
    /// ```
    /// let set: lattice_orset::im::GSet<_> = [3, 1, 2].into_iter().collect();
    /// assert!(set.iter().eq(&[1, 2, 3]));
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.elements.iter())
    }

    /// True iff `element` is in the set. `O(log n)`.
    ///
    /// ```
    /// let set: lattice_orset::im::GSet<String> = ["a".to_owned()].into_iter().collect();
    /// assert!(set.contains("a"));
    /// ```
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.elements.contains(element)
    }
}

impl<T: Ord + Clone> GSet<T> {
    /// The delta that adds `element`: empty if the set has it. `O(log n)`.
    ///
    /// ```
    /// use lattice_core::Bottom;
    ///
    /// let set: lattice_orset::im::GSet<u8> = [1].into_iter().collect();
    /// assert!(set.insert_delta(1).is_bottom() && !set.insert_delta(2).is_bottom());
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
    /// let mut set = lattice_orset::im::GSet::new();
    /// assert_eq!(set.insert(7).len(), 1);
    /// assert!(set.insert(7).is_empty());
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn insert(&mut self, element: T) -> Self {
        let delta = self.insert_delta(element);
        self.join(delta.clone());
        delta
    }
}

impl<T: Ord + Clone> JoinSemilattice for GSet<T> {
    fn join(&mut self, other: Self) -> bool {
        self.elements.join(other.elements)
    }

    fn leq(&self, other: &Self) -> bool {
        self.elements.leq(&other.elements)
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
        self.elements.decompose().map(|elements| Self { elements })
    }

    fn delta_since(&self, known: &Self) -> Self {
        Self {
            elements: self.elements.delta_since(&known.elements),
        }
    }
}

impl<T: Ord + Clone> FromIterator<T> for GSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self {
            elements: elements.into_iter().collect(),
        }
    }
}

impl<T: Ord + Clone> Extend<T> for GSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.elements.extend(elements);
    }
}

/// The same set on a persistent tree. `O(n)`.
impl<T: Ord + Clone> From<&crate::GSet<T>> for GSet<T> {
    fn from(set: &crate::GSet<T>) -> Self {
        set.iter().cloned().collect()
    }
}

/// The same set in flat chunks. `O(n)`.
impl<T: Ord + Clone> From<&GSet<T>> for crate::GSet<T> {
    fn from(set: &GSet<T>) -> Self {
        set.iter().cloned().collect()
    }
}

impl<T> Default for GSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord> PartialEq for GSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.elements == other.elements
    }
}

impl<T: Ord> Eq for GSet<T> {}

/// Equal sets hash alike.
impl<T: Ord + Hash> Hash for GSet<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.elements.hash(state);
    }
}

impl<T: Ord + fmt::Debug> fmt::Debug for GSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The elements of a [`GSet`], ascending.
pub struct Iter<'a, T>(ordset::Iter<'a, T>);

impl<'a, T: Ord> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'a, T: Ord> IntoIterator for &'a GSet<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
