//! The maximal elements of a union.

use alloc::vec::{self, Vec};
use core::cmp::Ordering;
use core::mem;

use crate::{Bottom, Decompose, JoinSemilattice, Ranked, sorted};

/// The elements that no other element precedes.
///
/// The join is the union with everything that is preceded dropped; elements of one identity absorb
/// each other. This is the way to keep "the latest" under a partial order: a rule that keeps *one* of
/// two concurrent elements by a tie-break cannot be associative, because whether the tie-break is
/// asked depends on who has met whom.
///
/// Never capped: an antichain that drops elements beyond some number is not associative either. Bound
/// sizes where untrusted bytes are decoded.
///
/// # Invariants
///
/// Elements strictly increase by [`Ranked::canonical_cmp`], and none precedes another. None or one is
/// held inline, without allocation.
///
/// # Cost
///
/// `join` of one into one: constant. In general O((n + m) log n) to find common elements, and one
/// comparison for every pair of which either side is new to the other.
///
/// ```
/// use lattice_core::{Antichain, Cell, Dot, JoinSemilattice};
///
/// // Two people write at once: both writes stay, until one has seen the other.
/// let mut here = Antichain::singleton((Dot::new("ada", 1), Cell::Present("red")));
/// let there = Antichain::singleton((Dot::new("bob", 1), Cell::Present("blue")));
/// assert!(here.join(there.clone()));
/// assert_eq!(here.len(), 2);
/// assert!(there.leq(&here));
///
/// assert!(here.insert((Dot::new("ada", 2), Cell::Present("green"))));
/// assert_eq!(here.len(), 2); // ada's second write took the place of her first
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Antichain<T> {
    repr: Repr<T>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr<T> {
    Empty,
    One(T),
    // INVARIANT: two or more.
    Many(Vec<T>),
}

impl<T> Antichain<T> {
    /// How many elements serde takes in. Checking an antichain compares every pair, so whoever decodes
    /// untrusted bytes has to bound the length; with this bound it is at most 4,095 comparisons for each
    /// element that arrives. Joins are not bounded.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// // A decoder of one's own bounds the length before it asks for the check of all pairs.
    /// let decoded = vec![Dot::new(1, 1), Dot::new(2, 7)];
    /// let taken = (decoded.len() <= Antichain::<Dot<u8>>::MAX_DECODED)
    ///     .then(|| Antichain::from_canonical(decoded))
    ///     .flatten();
    /// assert_eq!(taken.map(|antichain| antichain.len()), Some(2));
    /// ```
    pub const MAX_DECODED: usize = 4096;

    /// The empty antichain.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// const NONE: Antichain<Dot<u8>> = Antichain::new();
    /// assert!(NONE.is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { repr: Repr::Empty }
    }

    /// The antichain of one element. Does not allocate.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// assert_eq!(Antichain::singleton(Dot::new("ada", 3)).as_slice(), [Dot::new("ada", 3)]);
    /// ```
    pub const fn singleton(element: T) -> Self {
        Self {
            repr: Repr::One(element),
        }
    }

    /// The number of elements.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let last = Antichain::from_iter([Dot::new("ada", 1), Dot::new("ada", 2)]);
    /// assert_eq!(last.len(), 1);
    /// ```
    pub const fn len(&self) -> usize {
        match &self.repr {
            Repr::Empty => 0,
            Repr::One(_) => 1,
            Repr::Many(many) => many.len(),
        }
    }

    /// True iff there are no elements.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let mut last = Antichain::new();
    /// assert!(last.is_empty());
    /// last.insert(Dot::new("ada", 1));
    /// assert!(!last.is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        matches!(self.repr, Repr::Empty)
    }

    /// The element, if there is exactly one.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let mut last = Antichain::singleton(Dot::new("ada", 1));
    /// assert_eq!(last.as_single(), Some(&Dot::new("ada", 1)));
    /// last.insert(Dot::new("bob", 1));
    /// assert_eq!(last.as_single(), None);
    /// ```
    pub const fn as_single(&self) -> Option<&T> {
        match &self.repr {
            Repr::One(element) => Some(element),
            _ => None,
        }
    }

    /// The elements in canonical order, as a slice.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let last = Antichain::from_iter([Dot::new("bob", 1), Dot::new("ada", 1)]);
    /// assert_eq!(last.as_slice(), [Dot::new("ada", 1), Dot::new("bob", 1)]);
    /// ```
    pub fn as_slice(&self) -> &[T] {
        match &self.repr {
            Repr::Empty => &[],
            Repr::One(element) => core::slice::from_ref(element),
            Repr::Many(many) => many,
        }
    }

    /// The elements in canonical order.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let last = Antichain::from_iter([Dot::new("bob", 1), Dot::new("ada", 4)]);
    /// assert_eq!(last.iter().map(|dot| dot.seq).max(), Some(4));
    /// ```
    pub fn iter(&self) -> core::slice::Iter<'_, T> {
        self.as_slice().iter()
    }

    /// The elements in canonical order, as a vector.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let last = Antichain::from_iter([Dot::new("bob", 1), Dot::new("ada", 4)]);
    /// assert_eq!(last.into_vec(), [Dot::new("ada", 4), Dot::new("bob", 1)]);
    /// ```
    pub fn into_vec(self) -> Vec<T> {
        match self.repr {
            Repr::Empty => Vec::new(),
            Repr::One(element) => vec![element],
            Repr::Many(many) => many,
        }
    }

    /// Edits every element in canonical order.
    ///
    /// For payloads only: the caller must leave identities as they are, or the antichain is no longer
    /// one and its joins mean nothing (they still do not panic).
    ///
    /// ```
    /// use lattice_core::{Antichain, Cell, Dot};
    ///
    /// let mut writes = Antichain::from_iter([
    ///     (Dot::new("ada", 1), Cell::Present("secret")),
    ///     (Dot::new("bob", 1), Cell::Present("public")),
    /// ]);
    /// writes.for_each_mut(|(dot, cell)| {
    ///     if dot.agent == "ada" {
    ///         cell.redact();
    ///     }
    /// });
    /// assert_eq!(writes.as_slice()[0], (Dot::new("ada", 1), Cell::Redacted));
    /// ```
    pub fn for_each_mut(&mut self, edit: impl FnMut(&mut T)) {
        let elements = match &mut self.repr {
            Repr::Empty => &mut [],
            Repr::One(element) => core::slice::from_mut(element),
            Repr::Many(many) => many.as_mut_slice(),
        };
        elements.iter_mut().for_each(edit);
    }

    fn from_vec(mut elements: Vec<T>) -> Self {
        let repr = match elements.len() {
            0 | 1 => elements.pop().map_or(Repr::Empty, Repr::One),
            _ => Repr::Many(elements),
        };
        Self { repr }
    }
}

impl<T: Ranked> Antichain<T> {
    /// Takes elements in strict canonical order, none preceding another; `None` if they are not.
    ///
    /// O(n²): for `n` elements n - 1 calls of [`canonical_cmp`](Ranked::canonical_cmp) and at most n(n - 1) of
    /// [`precedes`](Ranked::precedes), ending at the first that says yes. So under a total order, where any
    /// two are related, it is two; under a partial one there is no shortcut, as any pair may be the one that
    /// is related. Bound the length of untrusted input first, by [`MAX_DECODED`](Self::MAX_DECODED) or what
    /// the application can mean.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let (ada, bob) = (Dot::new("ada", 1), Dot::new("bob", 1));
    /// assert!(Antichain::from_canonical(vec![ada, bob]).is_some());
    /// assert!(Antichain::from_canonical(vec![bob, ada]).is_none()); // not in order
    /// assert!(Antichain::from_canonical(vec![ada, ada]).is_none()); // twice the same
    /// assert!(Antichain::from_canonical(vec![ada, Dot::new("ada", 2)]).is_none()); // one precedes
    /// ```
    pub fn from_canonical(elements: Vec<T>) -> Option<Self> {
        // Strict order tells all identities apart: what is left to ask of a pair is precedence.
        let strict = sorted::is_strict(&elements, T::canonical_cmp);
        let related = |(index, a): (usize, &T)| {
            let after = elements.get(index + 1..).unwrap_or_default();
            after.iter().any(|b| a.precedes(b) || b.precedes(a))
        };
        (strict && !elements.iter().enumerate().any(related)).then(|| Self::from_vec(elements))
    }

    /// Joins one element in. True iff the antichain grew.
    ///
    /// O(n) comparisons; one when a single element is held.
    ///
    /// ```
    /// use lattice_core::{Antichain, Dot};
    ///
    /// let mut last = Antichain::singleton(Dot::new("ada", 2));
    /// assert!(!last.insert(Dot::new("ada", 1))); // preceded
    /// assert!(last.insert(Dot::new("bob", 1))); // concurrent
    /// assert!(last.insert(Dot::new("ada", 3))); // takes the place of ada's second
    /// assert_eq!(last.as_slice(), [Dot::new("ada", 3), Dot::new("bob", 1)]);
    /// ```
    pub fn insert(&mut self, element: T) -> bool {
        self.join(Self::singleton(element))
    }
}

/// The join of two single elements.
fn join_two<T: Ranked>(mine: &mut T, theirs: T) -> (bool, Option<T>) {
    if mine.same_identity(&theirs) {
        (mine.absorb(theirs), None)
    } else if theirs.precedes(mine) {
        (false, None)
    } else if mine.precedes(&theirs) {
        *mine = theirs;
        (true, None)
    } else {
        (true, Some(theirs))
    }
}

fn join_many<T: Ranked>(ours: &mut Vec<T>, theirs: Vec<T>) -> bool {
    let mut grew = false;
    let mut fresh = Vec::new();
    for element in theirs {
        match ours.binary_search_by(|probe| probe.canonical_cmp(&element)) {
            Ok(index) => {
                if let Some(mine) = ours.get_mut(index) {
                    grew |= mine.absorb(element);
                }
            }
            Err(_) if ours.iter().any(|mine| element.precedes(mine)) => {}
            Err(_) => fresh.push(element),
        }
    }
    if fresh.is_empty() {
        return grew;
    }
    // An element common to both sides is preceded by none of theirs, so it stays.
    ours.retain(|mine| !fresh.iter().any(|new| mine.precedes(new)));
    sorted::join(
        ours,
        fresh.into_iter(),
        T::canonical_cmp,
        T::absorb,
        |new| new,
    );
    true
}

impl<T: Ranked> JoinSemilattice for Antichain<T> {
    fn join(&mut self, other: Self) -> bool {
        match (&mut self.repr, other.repr) {
            (_, Repr::Empty) => false,
            (Repr::Empty, theirs) => {
                self.repr = theirs;
                true
            }
            (Repr::One(mine), Repr::One(theirs)) => {
                let (grew, concurrent) = join_two(mine, theirs);
                if let Some(theirs) = concurrent
                    && let Repr::One(mine) = mem::replace(&mut self.repr, Repr::Empty)
                {
                    let pair = match mine.canonical_cmp(&theirs) {
                        Ordering::Greater => vec![theirs, mine],
                        _ => vec![mine, theirs],
                    };
                    self.repr = Repr::Many(pair);
                }
                grew
            }
            (_, theirs) => {
                let mut ours = mem::take(self).into_vec();
                let grew = join_many(&mut ours, Self { repr: theirs }.into_vec());
                *self = Self::from_vec(ours);
                grew
            }
        }
    }

    fn leq(&self, other: &Self) -> bool {
        let theirs = other.as_slice();
        self.iter().all(
            |mine| match theirs.binary_search_by(|probe| probe.canonical_cmp(mine)) {
                Ok(index) => theirs
                    .get(index)
                    .is_some_and(|found| mine.payload_leq(found)),
                Err(_) => theirs.iter().any(|above| mine.precedes(above)),
            },
        )
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<T: Ranked> Bottom for Antichain<T> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

/// One part per element. A part is irreducible if payloads are chains, such as [`Cell`](crate::Cell).
impl<T: Ranked + Clone> Decompose for Antichain<T> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().map(Self::singleton)
    }

    fn delta_since(&self, known: &Self) -> Self {
        let new = |mine: &&T| {
            !known.iter().any(|theirs| {
                mine.precedes(theirs) || (mine.same_identity(theirs) && mine.payload_leq(theirs))
            })
        };
        Self::from_vec(self.iter().filter(new).cloned().collect())
    }
}

impl<T> Default for Antichain<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ranked> FromIterator<T> for Antichain<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        crate::join_all(elements.into_iter().map(Self::singleton))
    }
}

impl<T: Ranked> Extend<T> for Antichain<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.join(elements.into_iter().collect());
    }
}

impl<'a, T> IntoIterator for &'a Antichain<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> IntoIterator for Antichain<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    // SUBTLE: allocates for a single element; borrow where that matters.
    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}
