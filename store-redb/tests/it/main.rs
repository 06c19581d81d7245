//! Tests of the log over redb, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod conforms;
mod files;
mod items;
