//! A value that may be taken away for good.

use crate::{JoinSemilattice, Split};

/// A value, or the knowledge that it was redacted.
///
/// A chain: present values by their order, [`Redacted`](Self::Redacted) above them all. The join is
/// the greater one, so once any replica has redacted a cell no join brings its content back.
///
/// Two different present values under one identity mean corrupt or hostile input. They still have a
/// join, the greater value, so that the laws hold on all states; noticing the conflict is left to
/// whoever verifies.
///
/// ```text
///   Redacted
///      |
///  Present("b")
///      |
///  Present("a")
/// ```
///
/// ```
/// use lattice_core::{Cell, JoinSemilattice};
///
/// let copy = Cell::Present("secret");
/// let mut cell = copy;
/// assert!(cell.redact());
/// assert!(!cell.join(copy));
/// assert_eq!(cell.present(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cell<T> {
    /// The content.
    Present(T),
    /// The content is gone and stays gone.
    Redacted,
}

impl<T> Cell<T> {
    /// True iff the content was redacted.
    ///
    /// ```
    /// use lattice_core::Cell;
    ///
    /// assert!(Cell::<u8>::Redacted.is_redacted());
    /// assert!(!Cell::Present(1).is_redacted());
    /// ```
    pub const fn is_redacted(&self) -> bool {
        matches!(self, Self::Redacted)
    }

    /// The content, unless redacted.
    ///
    /// ```
    /// use lattice_core::Cell;
    ///
    /// assert_eq!(Cell::Present("text").present(), Some(&"text"));
    /// assert_eq!(Cell::<&str>::Redacted.present(), None);
    /// ```
    pub const fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Redacted => None,
        }
    }

    /// The content by value, unless redacted.
    ///
    /// ```
    /// use lattice_core::Cell;
    ///
    /// let cell = Cell::Present(String::from("text"));
    /// assert_eq!(cell.into_present(), Some(String::from("text")));
    /// ```
    pub fn into_present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Redacted => None,
        }
    }

    /// Drops the content. True iff there was any.
    ///
    /// A homomorphism, so it does not matter whether one redacts before or after joining.
    ///
    /// ```
    /// use lattice_core::Cell;
    ///
    /// let mut cell = Cell::Present("secret");
    /// assert!(cell.redact());
    /// assert!(!cell.redact());
    /// assert_eq!(cell, Cell::Redacted);
    /// ```
    pub fn redact(&mut self) -> bool {
        let changed = !self.is_redacted();
        *self = Self::Redacted;
        changed
    }
}

impl<T: Ord> JoinSemilattice for Cell<T> {
    fn join(&mut self, other: Self) -> bool {
        let grew = match (&*self, &other) {
            (Self::Redacted, _) => false,
            (Self::Present(_), Self::Redacted) => true,
            (Self::Present(mine), Self::Present(theirs)) => theirs > mine,
        };
        if grew {
            *self = other;
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self <= other
    }
}

impl<T: Ord> Split for Cell<T> {
    fn split(self) -> impl Iterator<Item = Self> {
        core::iter::once(self)
    }

    fn split_since(&self, known: &Self) -> Option<Self>
    where
        Self: Clone,
    {
        (!self.leq(known)).then(|| self.clone())
    }
}
