//! Integration tests, one binary.
// A test that goes wrong should stop right there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod canonical;
mod gset;
#[cfg(feature = "im")]
mod im;
mod laws;
mod model;
mod naive;
#[cfg(feature = "serde")]
mod serde;
mod states;
mod verify_lattice_join;
