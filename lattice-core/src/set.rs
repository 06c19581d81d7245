//! A grow-only set in one sorted vector.

use alloc::vec::{self, Vec};
use core::mem;

use crate::{Bottom, Decompose, JoinSemilattice, sorted};

/// A grow-only set in one sorted vector. The join is the union, the order is inclusion.
///
/// # Invariants
///
/// Elements are strictly increasing.
///
/// # Cost
///
/// | operation | time |
/// |---|---|
/// | `contains` | O(log n) |
/// | `insert` | O(1) amortised past the last element, else O(n) for the move |
/// | `join` of `m` elements, `leq`, `intersection`, `difference` | O(m log(n/m)) comparisons |
///
/// and what [`Map`](crate::Map) says of moves and allocations.
///
/// ```
/// use lattice_core::{JoinSemilattice, Set};
///
/// let mut seen = Set::from_iter(["a", "c"]);
/// assert!(seen.insert("b"));
/// assert!(!seen.insert("b"));
/// assert_eq!(seen.as_slice(), ["a", "b", "c"]);
/// assert!(Set::from_iter(["a"]).leq(&seen));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set<T> {
    // INVARIANT: strictly increasing.
    // SUBTLE: the derived `Ord` is lexicographic, so that sets can be keys; inclusion is `leq`.
    elements: Vec<T>,
}

impl<T> Set<T> {
    /// The empty set.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// const EMPTY: Set<u8> = Set::new();
    /// assert!(EMPTY.is_empty());
    /// ```
    pub const fn new() -> Self {
        Self {
            elements: Vec::new(),
        }
    }

    /// The set of one element.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert_eq!(Set::singleton(7).as_slice(), [7]);
    /// ```
    pub fn singleton(element: T) -> Self {
        Self {
            elements: vec![element],
        }
    }

    /// The number of elements.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert_eq!(Set::from_iter([7, 7, 8]).len(), 2);
    /// ```
    pub const fn len(&self) -> usize {
        self.elements.len()
    }

    /// True iff there are no elements.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert!(Set::<u8>::new().is_empty());
    /// assert!(!Set::singleton(7).is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements in order.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert!(Set::from_iter([9, 7]).iter().eq(&[7, 9]));
    /// ```
    pub fn iter(&self) -> core::slice::Iter<'_, T> {
        self.elements.iter()
    }

    /// The elements in order, as a slice.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert_eq!(Set::from_iter([9, 7]).as_slice(), [7, 9]);
    /// ```
    pub fn as_slice(&self) -> &[T] {
        &self.elements
    }

    /// The elements in order, as a vector.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert_eq!(Set::from_iter([9, 7]).into_vec(), [7, 9]);
    /// ```
    pub fn into_vec(self) -> Vec<T> {
        self.elements
    }
}

impl<T: Ord> Set<T> {
    /// Takes a vector that strictly increases, in O(n); `None` if it does not.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert!(Set::from_sorted(vec![7, 9]).is_some());
    /// assert!(Set::from_sorted(vec![9, 7]).is_none());
    /// assert!(Set::from_sorted(vec![7, 7]).is_none());
    /// ```
    pub fn from_sorted(elements: Vec<T>) -> Option<Self> {
        sorted::is_strict(&elements, T::cmp).then_some(Self { elements })
    }

    /// True iff `element` is in the set.
    ///
    /// O(log n).
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// let seen = Set::from_iter(["a", "b"]);
    /// assert!(seen.contains(&"a") && !seen.contains(&"c"));
    /// ```
    pub fn contains(&self, element: &T) -> bool {
        self.find(element).is_ok()
    }

    /// Adds `element`. True iff it was not there.
    ///
    /// O(log n) where it is known, O(1) amortised past the last element, else O(n) for the move.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// let mut seen = Set::singleton("b");
    /// assert!(seen.insert("a"));
    /// assert!(!seen.insert("a"));
    /// assert_eq!(seen.as_slice(), ["a", "b"]);
    /// ```
    pub fn insert(&mut self, element: T) -> bool {
        let place = self.find(&element);
        if let Err(index) = place {
            self.elements.insert(index, element);
        }
        place.is_err()
    }

    /// True iff every element of `self` is in `other`: the lattice order by its everyday name.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// assert!(Set::from_iter([1, 3]).is_subset(&(0..5).collect()));
    /// assert!(!Set::from_iter([1, 9]).is_subset(&(0..5).collect()));
    /// ```
    pub fn is_subset(&self, other: &Self) -> bool {
        self.leq(other)
    }

    /// The elements that are in both.
    ///
    /// O(m log(n/m)) for the smaller side of `m` elements.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// let both = Set::from_iter([1, 2, 3]).intersection(&Set::from_iter([2, 3, 4]));
    /// assert_eq!(both, Set::from_iter([2, 3]));
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self
    where
        T: Clone,
    {
        let (small, large) = if self.len() <= other.len() {
            (self, other)
        } else {
            (other, self)
        };
        small.filtered(large, true)
    }

    /// The elements of `self` that are not in `other`.
    ///
    /// O(n log(m/n)) for `n` elements here and `m` there.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// let here_only = Set::from_iter([1, 2, 3]).difference(&Set::from_iter([2, 3, 4]));
    /// assert_eq!(here_only, Set::from_iter([1]));
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self
    where
        T: Clone,
    {
        self.filtered(other, false)
    }

    /// [`join`](JoinSemilattice::join) with a borrowed set that clones no more than the elements that
    /// are new.
    ///
    /// Costs what `join` costs.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// let mut here = Set::from_iter(["a", "b"]);
    /// let there = Set::from_iter(["b", "c"]);
    /// assert!(here.join_cloning(&there));
    /// assert!(!here.join_cloning(&there));
    /// assert_eq!(here, Set::from_iter(["a", "b", "c"]));
    /// ```
    pub fn join_cloning(&mut self, other: &Self) -> bool
    where
        T: Clone,
    {
        sorted::join(
            &mut self.elements,
            other.elements.iter(),
            T::cmp,
            |_, _| false,
            T::clone,
        )
    }

    /// Writes the union of both into `out`, in the allocation that `out` already has.
    ///
    /// For bulk work that keeps a scratch set: fresh memory costs more than joining does.
    ///
    /// ```
    /// use lattice_core::Set;
    ///
    /// let mut scratch = Set::new();
    /// Set::from_iter([1, 2]).join_into(&Set::from_iter([2, 3]), &mut scratch);
    /// assert_eq!(scratch, Set::from_iter([1, 2, 3]));
    /// ```
    pub fn join_into(&self, other: &Self, out: &mut Self)
    where
        T: Clone,
    {
        sorted::join_into(
            &self.elements,
            &other.elements,
            &mut out.elements,
            T::cmp,
            |_, _| {},
        );
    }

    fn filtered(&self, other: &Self, present: bool) -> Self
    where
        T: Clone,
    {
        let mut at = 0;
        let keep = |element: &&T| {
            let place = sorted::gallop(&other.elements, at, |probe| probe.cmp(element));
            let (Ok(index) | Err(index)) = place;
            at = index;
            place.is_ok() == present
        };
        Self {
            elements: self.elements.iter().filter(keep).cloned().collect(),
        }
    }

    fn find(&self, element: &T) -> Result<usize, usize> {
        match self.elements.last() {
            Some(last) if last < element => Err(self.elements.len()),
            _ => self.elements.binary_search(element),
        }
    }
}

impl<T: Ord> JoinSemilattice for Set<T> {
    fn join(&mut self, mut other: Self) -> bool {
        // The longer side has an element that the shorter lacks; work in its allocation.
        let other_is_longer = other.len() > self.len();
        if other_is_longer && other.len() / 2 >= self.len() {
            mem::swap(self, &mut other);
        }
        let theirs = other.elements.into_iter();
        let grew = sorted::join(
            &mut self.elements,
            theirs,
            T::cmp,
            |_, _| false,
            |element| element,
        );
        grew | other_is_longer
    }

    fn leq(&self, other: &Self) -> bool {
        sorted::leq(&self.elements, &other.elements, T::cmp, |_, _| true)
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<T: Ord> Bottom for Set<T> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Ord + Clone> Decompose for Set<T> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().map(Self::singleton)
    }

    fn delta_since(&self, known: &Self) -> Self {
        self.difference(known)
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Sorts and drops duplicates. O(n log n).
impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: Vec<_> = elements.into_iter().collect();
        if !sorted::is_strict(&elements, T::cmp) {
            elements.sort();
            elements.dedup();
        }
        Self { elements }
    }
}

/// Joins every element in, as one delta.
impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.join(elements.into_iter().collect());
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.into_iter()
    }
}
