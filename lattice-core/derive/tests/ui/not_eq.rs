//! Lattices are compared.

use lattice_core::{JoinSemilattice, Set};

#[derive(JoinSemilattice)]
struct Poll {
    votes: Set<u32>,
}

fn main() {}
