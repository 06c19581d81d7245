//! One attribute, in one form, at one place.

use lattice_core::JoinSemilattice;

#[derive(PartialEq, Eq, JoinSemilattice)]
#[lattice(krate = lattice_core)]
struct OtherKey(bool);

#[derive(PartialEq, Eq, JoinSemilattice)]
#[lattice(crate = "lattice_core")]
struct Text(bool);

#[derive(PartialEq, Eq, JoinSemilattice)]
#[lattice]
struct NoKey(bool);

#[derive(PartialEq, Eq, JoinSemilattice)]
#[lattice(crate = lattice_core, crate = lattice_core)]
struct Twice(bool);

#[derive(PartialEq, Eq, JoinSemilattice)]
struct AtField {
    #[lattice(crate = lattice_core)]
    flag: bool,
}

fn main() {}
