//! `Max` alone has no least element.

use lattice_core::{Bottom, JoinSemilattice, Max};

#[derive(PartialEq, Eq, JoinSemilattice, Bottom)]
struct Clock {
    now: Max<u64>,
}

fn main() {}
