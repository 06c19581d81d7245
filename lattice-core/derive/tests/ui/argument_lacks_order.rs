//! A struct without the bound that its field needs: the impl is there for arguments that have it.

use lattice_core::{JoinSemilattice, Set};

#[derive(PartialEq, Eq, JoinSemilattice)]
struct Bag<T> {
    elements: Set<T>,
}

#[derive(PartialEq, Eq)]
struct Unordered;

fn joins<L: JoinSemilattice>() {}

fn main() {
    joins::<Bag<u8>>();
    joins::<Bag<Unordered>>();
}
