//! Integration tests, one binary.
// A test that goes wrong should stop right there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod gset;
mod laws;
mod model;
mod naive;
mod states;
mod verify_lattice_join;
