//! Two variants have no join of their own.

use lattice_core::{Bottom, Decompose, JoinSemilattice, Max};

#[derive(PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
enum Shape {
    Round(Max<u8>),
    Square(Max<u8>),
}

fn main() {}
