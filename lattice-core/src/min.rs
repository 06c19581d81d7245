//! The smaller of two values.

use crate::{JoinSemilattice, Split};

/// A total order read downwards: the join is the smaller value, so a smaller value is *higher* in the
/// lattice.
///
/// No [`Bottom`](crate::Bottom): `Option<Min<T>>` adds one.
///
/// ```
/// use lattice_core::{JoinSemilattice, Min};
///
/// let mut first_seen = Min(5);
/// assert!(first_seen.join(Min(3)));
/// assert!(!first_seen.join(Min(4)));
/// assert_eq!(first_seen, Min(3));
/// assert!(Min(9).leq(&Min(3)));
/// ```
// SUBTLE: `Ord` is the order of the wrapped values, for sorting; the lattice order is its reverse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Min<T>(pub T);

impl<T: Ord> JoinSemilattice for Min<T> {
    fn join(&mut self, other: Self) -> bool {
        let grew = other.0 < self.0;
        if grew {
            *self = other;
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.0 >= other.0
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        let grew = other.0 < self.0;
        if grew {
            self.clone_from(other);
        }
        grew
    }
}

impl<T: Ord> Split for Min<T> {
    fn split(self) -> impl Iterator<Item = Self> {
        core::iter::once(self)
    }

    fn split_since(&self, known: &Self) -> Option<Self>
    where
        Self: Clone,
    {
        (self.0 < known.0).then(|| self.clone())
    }
}
