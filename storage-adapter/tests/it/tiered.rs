//! The past: commits that stay readable, scopes, schemas, pins; against a store that never compacts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod crash;
mod index;
pub(crate) mod model;
mod on_disk;
mod policy;
mod random;
mod reach;
mod restore;
mod salvage;
mod schemas;
mod scopes;
mod semantics;
