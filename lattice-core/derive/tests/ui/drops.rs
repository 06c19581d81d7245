//! A struct that implements `Drop` cannot be taken apart.

use lattice_core::{JoinSemilattice, Set};

#[derive(PartialEq, Eq, JoinSemilattice)]
struct Guard {
    seen: Set<u32>,
}

impl Drop for Guard {
    fn drop(&mut self) {}
}

fn main() {}
