//! Agreement, or the knowledge that there is none.

use crate::JoinSemilattice;

/// A value all agree on, or the top that says they do not.
///
/// ```text
///       Conflicting
///      /     |     \
///  Agreed  Agreed  Agreed ...
/// ```
///
/// `Option<Conflict<T>>` adds the bottom "nobody has said anything".
///
/// Does not split into parts: the top is the join of *any* two values and remembers neither (the
/// lattice is not distributive, so decompositions are not unique).
///
/// ```
/// use lattice_core::{Conflict, JoinSemilattice};
///
/// let mut answer = Conflict::Agreed(42);
/// assert!(!answer.join(Conflict::Agreed(42)));
/// assert!(answer.join(Conflict::Agreed(43)));
/// assert_eq!(answer.agreed(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Conflict<T> {
    /// The one value seen so far.
    Agreed(T),
    /// Two different values were seen.
    Conflicting,
}

impl<T> Conflict<T> {
    /// The value, if there is no conflict.
    ///
    /// ```
    /// use lattice_core::Conflict;
    ///
    /// assert_eq!(Conflict::Agreed(42).agreed(), Some(&42));
    /// assert_eq!(Conflict::<u8>::Conflicting.agreed(), None);
    /// ```
    pub const fn agreed(&self) -> Option<&T> {
        match self {
            Self::Agreed(value) => Some(value),
            Self::Conflicting => None,
        }
    }

    /// True iff two different values were seen.
    ///
    /// ```
    /// use lattice_core::{Conflict, JoinSemilattice};
    ///
    /// let votes = Conflict::Agreed("yes").joined(Conflict::Agreed("no"));
    /// assert!(votes.is_conflicting());
    /// ```
    pub const fn is_conflicting(&self) -> bool {
        matches!(self, Self::Conflicting)
    }
}

impl<T: Eq> JoinSemilattice for Conflict<T> {
    fn join(&mut self, other: Self) -> bool {
        match (&*self, &other) {
            (Self::Conflicting, _) => false,
            (Self::Agreed(mine), Self::Agreed(theirs)) if mine == theirs => false,
            _ => {
                *self = Self::Conflicting;
                true
            }
        }
    }

    fn leq(&self, other: &Self) -> bool {
        other.is_conflicting() || self == other
    }
}
