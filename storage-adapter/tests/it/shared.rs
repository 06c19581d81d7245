//! One store and many threads.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod compactions;
mod erasing;
mod hooked;
mod readers;
mod schedules;
mod verifying;
mod writers;
