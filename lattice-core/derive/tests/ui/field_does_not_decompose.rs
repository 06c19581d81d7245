//! The top of `Conflict` does not remember what was joined into it.

use lattice_core::{Bottom, Conflict, Decompose, JoinSemilattice};

#[derive(Clone, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Answer {
    agreed: Option<Conflict<u64>>,
}

fn main() {}
