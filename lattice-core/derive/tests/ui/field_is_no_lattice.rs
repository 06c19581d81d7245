//! Named at its type, with what to write instead.

use lattice_core::{JoinSemilattice, Set};

#[derive(PartialEq, Eq, JoinSemilattice)]
struct Poll {
    votes: Set<u32>,
    closes_at: u64,
}

#[derive(PartialEq, Eq, JoinSemilattice)]
struct Pair(Set<u32>, String);

fn main() {}
