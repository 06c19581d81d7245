//! What a field that holds the struct again needs is said on the struct.

use lattice_core::{JoinSemilattice, Map};

#[derive(PartialEq, Eq, JoinSemilattice)]
struct Tree<K> {
    children: Map<K, Tree<K>>,
}

fn main() {}
