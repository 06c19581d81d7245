//! The order of a lattice, as the standard library's operators.

use core::cmp::Ordering;

use crate::{Bottom, Decompose, JoinSemilattice};

/// A state whose `<=` is [`leq`](JoinSemilattice::leq).
///
/// Lattices do not implement [`PartialOrd`] by their order, since the standard orders are
/// lexicographic and a reader cannot tell which one is meant. Where foreign code asks for the
/// operators - `lattices::LatticeOrd` does - this wrapper says which one it is. It is the same
/// lattice otherwise, with the same parts and the same bottom, and [`Default`] is that bottom.
///
/// ```
/// use lattice_core::{ByLeq, Set};
///
/// let (left, right) = (ByLeq(Set::from_iter([1, 2])), ByLeq(Set::from_iter([1, 3])));
/// assert_eq!(left.partial_cmp(&right), None); // concurrent
/// assert!(left < ByLeq(Set::from_iter([1, 2, 3])));
/// assert!(left.0 < right.0); // the lexicographic order, in which sets can be keys
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[repr(transparent)]
pub struct ByLeq<L>(pub L);

impl<L: JoinSemilattice> PartialOrd for ByLeq<L> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.0.leq(&other.0), other.0.leq(&self.0)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }

    fn le(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }

    fn ge(&self, other: &Self) -> bool {
        other.0.leq(&self.0)
    }
}

impl<L: JoinSemilattice> JoinSemilattice for ByLeq<L> {
    fn join(&mut self, other: Self) -> bool {
        self.0.join(other.0)
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        // SUBTLE: a clonable wrapper does not let on that what it wraps is clonable.
        self.join(other.clone())
    }
}

impl<L: Bottom> Bottom for ByLeq<L> {
    fn bottom() -> Self {
        Self(L::bottom())
    }

    fn is_bottom(&self) -> bool {
        self.0.is_bottom()
    }
}

impl<L: Decompose> Decompose for ByLeq<L> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.0.decompose().map(Self)
    }
}

impl<L: Bottom> Default for ByLeq<L> {
    fn default() -> Self {
        Self::bottom()
    }
}
