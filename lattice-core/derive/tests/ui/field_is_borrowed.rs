//! A reference cannot be joined into; what it refers to may be held in a lattice.

use lattice_core::{JoinSemilattice, Set};

#[derive(PartialEq, Eq, JoinSemilattice)]
struct View<'a> {
    names: Set<&'a str>,
    best: &'a str,
}

fn main() {}
