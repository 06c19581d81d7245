//! The fields of a packed struct cannot be borrowed, and joining borrows them.

use lattice_core::{JoinSemilattice, Max};

#[derive(PartialEq, Eq, JoinSemilattice)]
#[repr(C, packed)]
struct Header {
    version: Max<u8>,
    length: Max<u32>,
}

fn main() {}
