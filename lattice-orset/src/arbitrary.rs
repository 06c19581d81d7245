//! Sets for property tests: any state that a decoder could let in, not only those of honest runs.

#[cfg(feature = "proptest")]
mod proptest;
#[cfg(feature = "quickcheck")]
mod quickcheck;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use lattice_core::{CausalContext, Cell, Dot};

use crate::OrSet;

/// What became of one dot: a cell, or `None` for a removed one.
type Fate<T, A> = (Dot<A>, Option<Cell<T>>);

/// A state with these fates; of a dot that is named twice, the last.
fn from_fates<T: Ord + Clone, A: Ord + Clone>(fates: Vec<Fate<T, A>>) -> OrSet<T, A> {
    let fates: BTreeMap<_, _> = fates.into_iter().collect();
    let seen: CausalContext<A> = fates.keys().cloned().collect();
    let cells = fates
        .into_iter()
        .filter_map(|(dot, cell)| Some((dot, cell?)));
    // Dots are in range, and each stands in the context and once in the map.
    OrSet::from_parts(&seen, cells).unwrap_or_default()
}
