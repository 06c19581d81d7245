//! The greater of two values.

use crate::{JoinSemilattice, Split};

/// A total order read upwards: the join is the greater value.
///
/// No [`Bottom`](crate::Bottom): a least value of `T` would be one more thing to know about `T`, and
/// `Option<Max<T>>` says "nothing yet" for every `T`.
///
/// ```
/// use lattice_core::{JoinSemilattice, Max};
///
/// let mut last_seen = Max(5);
/// assert!(last_seen.join(Max(9)));
/// assert!(!last_seen.join(Max(7)));
/// assert_eq!(last_seen, Max(9));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Max<T>(pub T);

impl<T: Ord> JoinSemilattice for Max<T> {
    fn join(&mut self, other: Self) -> bool {
        let grew = other.0 > self.0;
        if grew {
            *self = other;
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.0 <= other.0
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        let grew = other.0 > self.0;
        if grew {
            self.clone_from(other);
        }
        grew
    }
}

impl<T: Ord> Split for Max<T> {
    fn split(self) -> impl Iterator<Item = Self> {
        core::iter::once(self)
    }

    fn split_since(&self, known: &Self) -> Option<Self>
    where
        Self: Clone,
    {
        (self.0 > known.0).then(|| self.clone())
    }
}
