//! Versions, their readers, and the files under them. What every schedule of two or three threads does is
//! the business of `storage-adapter/loom`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod expiry;
mod leases;
mod streams;
mod swaps;
