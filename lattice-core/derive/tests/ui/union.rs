//! A union does not say which of its fields is there.

use lattice_core::JoinSemilattice;

#[derive(JoinSemilattice)]
union Bits {
    float: f32,
    int: u32,
}

fn main() {}
