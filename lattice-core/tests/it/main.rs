//! One binary: instances on small universes and on random states, oracles beside the clever parts,
//! and the law kit turned on designs that are known to be wrong.
// A test that goes wrong should stop right there; hashed collections are instances under test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_types
)]

mod antichain;
mod causal_context;
mod chunked;
mod cost;
mod derived;
mod foreign;
mod instances;
mod kit;
mod known_bad;
mod properties;
mod serde;
mod sorted;
mod verify_lattice_join;
mod write;
