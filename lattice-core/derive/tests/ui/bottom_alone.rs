//! `Bottom` stands on `JoinSemilattice`.

use lattice_core::{Bottom, Set};

#[derive(PartialEq, Eq, Bottom)]
struct Poll {
    votes: Set<u32>,
}

fn main() {}
