//! What an element of an antichain must say about itself.

use core::cmp::Ordering;

use crate::JoinSemilattice;

/// An identity in a strict partial order, with a payload under it.
///
/// A write is the model: its stamp, wall time, agent and hash are the identity, its value is the
/// payload. [`Antichain`](crate::Antichain) keeps the elements of greatest identity.
///
/// # Laws
///
/// - [`same_identity`](Self::same_identity) is an equivalence; all but
///   [`absorb`](Self::absorb) and [`payload_leq`](Self::payload_leq) see identities only
/// - [`precedes`](Self::precedes) is irreflexive and transitive, and equivalent identities stand in
///   the same places
/// - [`canonical_cmp`](Self::canonical_cmp) is a total order, `Equal` iff `same_identity`
/// - within one identity, payloads are a join-semilattice: `absorb` is its join and answers
///   `!(other <= self)`, `payload_leq` its order, written independently
/// - `a == b` iff they have one identity and equal payloads
///
/// [`laws::check_ranked`](crate::laws::check_ranked) checks them.
///
/// The payload must never be part of the identity: redacting it would then change where the write
/// stands, and redaction would no longer commute with join.
///
/// ```
/// use core::cmp::Ordering;
/// use lattice_core::{Antichain, Ranked, laws};
///
/// /// A release: of one product, the later version stands above the earlier.
/// #[derive(Clone, Debug, PartialEq, Eq)]
/// struct Release { product: &'static str, version: u32, yanked: bool }
///
/// impl Ranked for Release {
///     fn precedes(&self, other: &Self) -> bool {
///         self.product == other.product && self.version < other.version
///     }
///     fn same_identity(&self, other: &Self) -> bool {
///         self.canonical_cmp(other).is_eq()
///     }
///     fn absorb(&mut self, other: Self) -> bool {
///         let grew = other.yanked && !self.yanked;
///         self.yanked |= other.yanked;
///         grew
///     }
///     fn payload_leq(&self, other: &Self) -> bool {
///         !self.yanked || other.yanked
///     }
///     fn canonical_cmp(&self, other: &Self) -> Ordering {
///         (self.product, self.version).cmp(&(other.product, other.version))
///     }
/// }
///
/// let release = |product, version, yanked| Release { product, version, yanked };
/// let all = [release("a", 1, false), release("a", 2, true), release("b", 1, false)];
/// laws::check_ranked(&all);
/// let latest = Antichain::from_iter(all);
/// assert_eq!(latest.as_slice(), [release("a", 2, true), release("b", 1, false)]);
/// ```
pub trait Ranked: Eq {
    /// True iff `other`'s identity is strictly above `self`'s.
    ///
    /// ```
    /// use lattice_core::{Dot, Ranked};
    ///
    /// assert!(Dot::new("ada", 1).precedes(&Dot::new("ada", 2)));
    /// assert!(!Dot::new("ada", 1).precedes(&Dot::new("bob", 2))); // concurrent
    /// ```
    fn precedes(&self, other: &Self) -> bool;

    /// True iff both are the same thing, whatever their payloads.
    ///
    /// ```
    /// use lattice_core::{Cell, Dot, Ranked};
    ///
    /// let dot = Dot::new("ada", 1);
    /// assert!((dot, Cell::Present("text")).same_identity(&(dot, Cell::Redacted)));
    /// ```
    fn same_identity(&self, other: &Self) -> bool;

    /// Joins the payload of an element of the same identity. True iff `self` grew.
    ///
    /// Only called where [`same_identity`](Self::same_identity) holds.
    ///
    /// ```
    /// use lattice_core::{Cell, Dot, Ranked};
    ///
    /// let dot = Dot::new("ada", 1);
    /// let mut write = (dot, Cell::Present("text"));
    /// assert!(write.absorb((dot, Cell::Redacted)));
    /// assert!(!write.absorb((dot, Cell::Present("text"))));
    /// assert_eq!(write, (dot, Cell::Redacted));
    /// ```
    fn absorb(&mut self, other: Self) -> bool;

    /// The order of payloads under one identity: `self`'s is at most `other`'s.
    ///
    /// Only called where [`same_identity`](Self::same_identity) holds.
    ///
    /// ```
    /// use lattice_core::{Cell, Dot, Ranked};
    ///
    /// let dot = Dot::new("ada", 1);
    /// assert!((dot, Cell::Present("text")).payload_leq(&(dot, Cell::Redacted)));
    /// assert!(!(dot, Cell::Redacted).payload_leq(&(dot, Cell::Present("text"))));
    /// ```
    fn payload_leq(&self, other: &Self) -> bool;

    /// A total order on identities, for storing them in one way only. Need not extend `precedes`.
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// use lattice_core::{Dot, Ranked};
    ///
    /// // Concurrent, and yet one of them is stored first.
    /// assert_eq!(Dot::new("ada", 9).canonical_cmp(&Dot::new("bob", 1)), Ordering::Less);
    /// ```
    fn canonical_cmp(&self, other: &Self) -> Ordering;
}

/// An identity, and a lattice as the payload under it.
///
/// ```
/// use lattice_core::{Antichain, Cell, Dot, JoinSemilattice};
///
/// let colour = |dot, name| Antichain::singleton((dot, Cell::Present(name)));
/// let mut here = colour(Dot::new("ada", 1), "red");
/// assert!(here.join(colour(Dot::new("ada", 2), "blue"))); // ada changed her mind
/// assert!(!here.join(colour(Dot::new("ada", 1), "red"))); // and that was before
/// assert!(here.insert((Dot::new("ada", 2), Cell::Redacted)));
/// assert_eq!(here.as_single(), Some(&(Dot::new("ada", 2), Cell::Redacted)));
/// ```
impl<I: Ranked, P: JoinSemilattice> Ranked for (I, P) {
    fn precedes(&self, other: &Self) -> bool {
        self.0.precedes(&other.0)
    }

    fn same_identity(&self, other: &Self) -> bool {
        self.0.same_identity(&other.0)
    }

    fn absorb(&mut self, other: Self) -> bool {
        let mut grew = self.0.absorb(other.0);
        grew |= self.1.join(other.1);
        grew
    }

    fn payload_leq(&self, other: &Self) -> bool {
        self.0.payload_leq(&other.0) && self.1.leq(&other.1)
    }

    fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.0.canonical_cmp(&other.0)
    }
}
