//! A parameter asks nothing of its argument until the struct is used as a lattice.

use lattice_core::JoinSemilattice;

#[derive(PartialEq, Eq, JoinSemilattice)]
struct Wrapper<L> {
    inner: Option<L>,
}

fn joins<L: JoinSemilattice>(_: L) {}

fn main() {
    joins(Wrapper { inner: Some(true) });
    joins(Wrapper { inner: Some(1_u8) });
}
