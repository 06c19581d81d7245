//! Integration tests, one binary.

mod gset;
mod laws;
mod model;
mod naive;
mod states;
mod verify_lattice_join;
