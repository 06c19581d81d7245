//! The version-swap module of storage-adapter, run under every schedule of small models by
//! [loom](https://docs.rs/loom).
//!
//! `version` is not a copy: it is the folder that storage-adapter compiles, here with loom's locks and counts
//! in place of those of `std`. `./run` runs the models and prints how many schedules each had.
//!
//! What loom does not model is time: a grace is none, or it never ends.

#[path = "../../src/version/mod.rs"]
pub mod version;

#[cfg(test)]
mod models;
