//! `Option` puts a least element below a lattice.

use crate::{Bottom, Decompose, JoinSemilattice, Split};

/// Adds a bottom: `None` is below every `Some`, also below `Some` of a bottom.
///
/// ```
/// use lattice_core::{Bottom, JoinSemilattice, Max};
///
/// let mut latest: Option<Max<u64>> = Bottom::bottom();
/// assert!(latest.join(Some(Max(0))));
/// assert_eq!(latest, Some(Max(0)));
/// ```
impl<L: JoinSemilattice> JoinSemilattice for Option<L> {
    fn join(&mut self, other: Self) -> bool {
        match (self.as_mut(), other) {
            (_, None) => false,
            (Some(mine), Some(theirs)) => mine.join(theirs),
            (None, theirs) => {
                *self = theirs;
                true
            }
        }
    }

    fn leq(&self, other: &Self) -> bool {
        match (self, other) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => mine.leq(theirs),
        }
    }
}

impl<L: JoinSemilattice> Bottom for Option<L> {
    fn bottom() -> Self {
        None
    }

    fn is_bottom(&self) -> bool {
        self.is_none()
    }
}

impl<L: Split + Clone> Decompose for Option<L> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.into_iter().flat_map(L::split).map(Some)
    }

    fn delta_since(&self, known: &Self) -> Self
    where
        Self: Clone,
    {
        match (self, known) {
            (Some(mine), Some(known)) => mine.split_since(known),
            (mine, _) => mine.clone(),
        }
    }
}
