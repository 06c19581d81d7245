//! Integration tests, one binary.
// A test that goes wrong should stop right there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[cfg(any(feature = "proptest", feature = "quickcheck"))]
mod arbitrary;
mod canonical;
mod dot_store;
#[cfg(any(feature = "lattices", feature = "crdts"))]
mod foreign;
mod gset;
#[cfg(feature = "im")]
mod im;
mod known_bad;
mod laws;
mod model;
mod naive;
#[cfg(feature = "serde")]
mod serde;
mod sparse;
mod states;
mod verify_lattice_join;
