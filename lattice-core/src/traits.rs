//! The vocabulary: what a join-semilattice is, and what some of them can do beside joining.

use crate::join_all::join_all;

/// A join-semilattice: a set with a least upper bound for every two elements.
///
/// Everything a replica knows is one element, merging two replicas is [`join`](Self::join), and a
/// delta is a small element of the same type. Because join forgives repetition and order, messages
/// may be lost, doubled and reordered without any replica ending elsewhere (Shapiro et al. 2011,
/// *Conflict-free Replicated Data Types*, section 2; Almeida et al. 2018, *Delta state replicated
/// data types*, section 4).
///
/// # Laws
///
/// For **all** values `a`, `b`, `c` of the type, not only for those an honest run can reach:
///
/// - idempotent: `a ⊔ a = a`
/// - commutative: `a ⊔ b = b ⊔ a`
/// - associative: `(a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)`
/// - [`leq`](Self::leq) is a partial order, and agrees: `a <= b` iff `a ⊔ b = b`
/// - [`join`](Self::join) answers `!(b <= a)`, asked before the call
/// - [`join_ref`](Self::join_ref) does what `join` does
///
/// [`laws::check_all`](crate::laws::check_all) checks them on a slice of examples.
///
/// # Two statements of one lattice
///
/// `join` and `leq` are written by hand, each without calling the other, so that each is the other's
/// oracle. Deriving `leq` from `join` would make every mistake in `join` true by definition.
///
/// # Composing
///
/// Combine the answers of the parts with `|=`, never with `||`, which stops at the first part that
/// grew and leaves the others unjoined.
///
/// ```
/// use lattice_core::{JoinSemilattice, Max, Set};
///
/// #[derive(Clone, Debug, PartialEq, Eq)]
/// struct Poll { votes: Set<u32>, closes_at: Max<u64> }
///
/// impl JoinSemilattice for Poll {
///     fn join(&mut self, other: Self) -> bool {
///         let mut grew = self.votes.join(other.votes);
///         grew |= self.closes_at.join(other.closes_at);
///         grew
///     }
///     fn leq(&self, other: &Self) -> bool {
///         self.votes.leq(&other.votes) && self.closes_at.leq(&other.closes_at)
///     }
/// }
///
/// let mut here = Poll { votes: Set::from_iter([1, 2]), closes_at: Max(10) };
/// let there = Poll { votes: Set::from_iter([2, 3]), closes_at: Max(7) };
/// assert!(here.join(there.clone()));
/// assert!(!here.join(there));
/// assert_eq!(here.votes, Set::from_iter([1, 2, 3]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a join-semilattice",
    label = "cannot be joined",
    note = "wrap a totally ordered value in `Max` or `Min`, a set of values in `Set`, and add a least element with `Option`"
)]
pub trait JoinSemilattice: Eq + Sized {
    /// `self := self ⊔ other`. True iff `self` grew, i.e. iff `!(other <= self)` before the call.
    ///
    /// Total: every two values have a join, so there is no error to return. What must be refused is
    /// refused once, where untrusted bytes are decoded.
    ///
    /// The answer is free while joining and dear afterwards; it stops gossip, ends fixpoints and
    /// marks what has to be written.
    ///
    /// ```
    /// use lattice_core::{JoinSemilattice, Set};
    ///
    /// let mut here = Set::from_iter([1, 2]);
    /// assert!(here.join(Set::from_iter([2, 3]))); // 3 was new
    /// assert!(!here.join(Set::from_iter([1, 3]))); // nothing was
    /// assert_eq!(here, Set::from_iter([1, 2, 3]));
    /// ```
    fn join(&mut self, other: Self) -> bool;

    /// The lattice order: `self <= other`, "`other` knows all that `self` knows".
    ///
    /// Not [`PartialOrd`]: see the crate page for why not.
    ///
    /// ```
    /// use lattice_core::{JoinSemilattice, Set};
    ///
    /// let (a, b) = (Set::from_iter([1, 2]), Set::from_iter([2, 3]));
    /// assert!(!a.leq(&b) && !b.leq(&a)); // concurrent: each knows something the other does not
    /// assert!(a.leq(&a.clone().joined(b)));
    /// ```
    fn leq(&self, other: &Self) -> bool;

    /// [`join`](Self::join) with a borrowed state; override it where less than a whole clone will do.
    ///
    /// ```
    /// use lattice_core::{JoinSemilattice, Max};
    ///
    /// let (mut here, there) = (Max(3), Max(5));
    /// assert!(here.join_ref(&there));
    /// assert_eq!(here, there);
    /// ```
    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        self.join(other.clone())
    }

    /// The join as a value.
    ///
    /// ```
    /// use lattice_core::{JoinSemilattice, Max, Min};
    ///
    /// // The span of what both saw.
    /// let span = (Min(3), Max(5)).joined((Min(4), Max(9)));
    /// assert_eq!(span, (Min(3), Max(9)));
    /// ```
    #[must_use]
    fn joined(mut self, other: Self) -> Self {
        self.join(other);
        self
    }
}

/// A join-semilattice with a least element: the state that knows nothing.
///
/// # Laws
///
/// `bottom() <= a` for all `a`, and `a.is_bottom()` iff `a == bottom()`.
///
/// A lattice without one gets one from [`Option`].
///
/// ```
/// use lattice_core::{Bottom, JoinSemilattice};
///
/// #[derive(Clone, Debug, PartialEq, Eq)]
/// struct Flags(u8);
///
/// impl JoinSemilattice for Flags {
///     fn join(&mut self, other: Self) -> bool {
///         let grew = other.0 & !self.0 != 0;
///         self.0 |= other.0;
///         grew
///     }
///     fn leq(&self, other: &Self) -> bool {
///         self.0 & !other.0 == 0
///     }
/// }
///
/// impl Bottom for Flags {
///     fn bottom() -> Self {
///         Self(0)
///     }
///     fn is_bottom(&self) -> bool {
///         self.0 == 0
///     }
/// }
///
/// lattice_core::laws::check_bottom(&[Flags(0), Flags(1), Flags(3)]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no least element",
    label = "has no `Bottom`",
    note = "`Option<{Self}>` adds one below all others, if `{Self}` is a join-semilattice"
)]
pub trait Bottom: JoinSemilattice {
    /// The least element.
    ///
    /// ```
    /// use lattice_core::{Bottom, JoinSemilattice, Set};
    ///
    /// assert_eq!(Set::bottom().joined(Set::from_iter([7])), Set::from_iter([7]));
    /// ```
    fn bottom() -> Self;
    /// True iff `self` is the least element.
    ///
    /// ```
    /// use lattice_core::{Bottom, Max};
    ///
    /// assert!(None::<Max<u8>>.is_bottom());
    /// assert!(!Some(Max(0)).is_bottom());
    /// ```
    fn is_bottom(&self) -> bool;
}

/// A lattice whose states split into irreducible parts.
///
/// An element is irreducible if it is not bottom and no join of smaller elements. The parts are what
/// deltas are made of (Enes et al. 2019, *Efficient Synchronization of State-based CRDTs*,
/// section III).
///
/// # Laws
///
/// - the join of `a.decompose()` is `a`; bottom has no parts
/// - irredundant: no part is below the join of the others
/// - `known ⊔ a.delta_since(&known) = known ⊔ a`, and `a.delta_since(&known) <= a`
///
/// ```
/// use lattice_core::{Decompose, JoinSemilattice, Map, Max};
///
/// let here = Map::from_iter([("ada", Max(3)), ("bob", Max(5))]);
/// let mut there = Map::from_iter([("ada", Max(9))]);
///
/// let delta = here.delta_since(&there);
/// assert_eq!(delta, Map::singleton("bob", Max(5))); // ada's 3 would be no news
/// there.join(delta);
/// assert!(here.leq(&there));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not split into irreducible parts",
    label = "has no `Decompose`",
    note = "a lattice without a least element implements `Split`; `Option` of it, or a `Map` to it, implements `Decompose`"
)]
pub trait Decompose: Bottom {
    /// Parts whose join is `self`, none of them a join of smaller ones.
    ///
    /// ```
    /// use lattice_core::{Decompose, Set};
    ///
    /// let parts: Vec<_> = Set::from_iter([1, 2]).decompose().collect();
    /// assert_eq!(parts, [Set::singleton(1), Set::singleton(2)]);
    /// ```
    fn decompose(self) -> impl Iterator<Item = Self>;

    /// The join of the parts that `known` does not hold: what to send to a replica at `known`.
    ///
    /// ```
    /// use lattice_core::{Decompose, Set};
    ///
    /// let here = Set::from_iter([1, 2, 3]);
    /// assert_eq!(here.delta_since(&Set::from_iter([2, 9])), Set::from_iter([1, 3]));
    /// ```
    #[must_use]
    fn delta_since(&self, known: &Self) -> Self
    where
        Self: Clone,
    {
        join_all(self.clone().decompose().filter(|part| !part.leq(known)))
    }
}

/// [`Decompose`] without a least element: the parts of a value that is *there*.
///
/// [`Decompose`] speaks about a lattice with bottom, where "nothing" is a value. Total orders such as
/// [`Max`](crate::Max) have none, and yet a [`Map`](crate::Map) to them splits well, because there
/// "nothing" is an absent key. This trait is what such a container asks of its values. Every
/// `Decompose` type has it.
///
/// # Laws
///
/// With "absent" put below all values: the join of the parts is the value, there is at least one
/// part, none is below the join of the others, and `split_since` answers `None` iff `self <= known`.
///
/// ```
/// use lattice_core::{Map, Max, Split, join_all};
///
/// // `Max` has no least value, and yet a map to it has parts.
/// let reading = Map::from_iter([("room", Max(21)), ("hall", Max(17))]);
/// let parts: Vec<_> = reading.clone().split().collect();
/// assert_eq!(parts.len(), 2);
/// assert_eq!(join_all(parts), reading);
/// ```
pub trait Split: JoinSemilattice {
    /// The parts of a present value, at least one.
    ///
    /// ```
    /// use lattice_core::{Max, Set, Split};
    ///
    /// assert_eq!(Max(3).split().collect::<Vec<_>>(), [Max(3)]);
    /// // Present and empty is more than absent.
    /// assert_eq!(Set::<u8>::new().split().count(), 1);
    /// ```
    fn split(self) -> impl Iterator<Item = Self>;

    /// The join of the parts that `known` does not hold, `None` when it holds them all.
    ///
    /// ```
    /// use lattice_core::{Max, Split};
    ///
    /// assert_eq!(Max(3).split_since(&Max(2)), Some(Max(3)));
    /// assert_eq!(Max(3).split_since(&Max(3)), None);
    /// ```
    fn split_since(&self, known: &Self) -> Option<Self>
    where
        Self: Clone;
}

impl<L: Decompose> Split for L {
    fn split(self) -> impl Iterator<Item = Self> {
        // A present bottom is above "absent", and the only thing that is: it is its own part.
        let (least, parts) = if self.is_bottom() {
            (Some(self), None)
        } else {
            (None, Some(self.decompose()))
        };
        least.into_iter().chain(parts.into_iter().flatten())
    }

    fn split_since(&self, known: &Self) -> Option<Self>
    where
        Self: Clone,
    {
        (!self.leq(known)).then(|| self.delta_since(known))
    }
}
