//! The durable log layer, on real directories and on a disk that crashes, lies and fills up.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod basics;
mod crash;
mod damage;
mod faults;
mod forge;
mod golden;
mod read_only;
mod rebuild;
mod rewrite;
mod rng;
pub(crate) mod sim;
mod story;
mod tail;
mod unsynced;
