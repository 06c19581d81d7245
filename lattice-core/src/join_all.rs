//! The join of many states.

use alloc::vec::Vec;

use crate::Bottom;

/// The join of all `items`, bottom if there are none.
///
/// Joins neighbours of like size, as a binary counter carries: `n` single-entry deltas of a sorted
/// container cost O(n log n) in all, where folding them one by one into a growing state costs
/// O(n²) when they arrive out of order. Holds at most log2(n) + 1 states at a time.
///
/// ```
/// use lattice_core::{Set, join_all};
///
/// let all = join_all((0..100_u32).rev().map(Set::singleton));
/// assert_eq!(all, (0..100).collect());
/// ```
pub fn join_all<L: Bottom>(items: impl IntoIterator<Item = L>) -> L {
    // INVARIANT: ranks fall strictly from bottom to top of the stack; a state of rank r is the join
    // of 2^r items.
    let mut stack: Vec<(u32, L)> = Vec::new();
    for item in items {
        let mut carry = (0, item);
        while let Some((rank, mut earlier)) = stack.pop_if(|(rank, _)| *rank == carry.0) {
            earlier.join(carry.1);
            carry = (rank + 1, earlier);
        }
        stack.push(carry);
    }
    let mut all = L::bottom();
    while let Some((_, state)) = stack.pop() {
        all.join(state);
    }
    all
}
