//! Folding logs in little memory, against a store that holds everything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod bad_lines;
mod bench;
mod cancel;
mod equal;
mod exports;
mod failures;
#[path = "../../../bones-compact/tests/it/history.rs"]
mod history;
mod large;
mod redaction;
#[allow(
    dead_code,
    reason = "made for the item store, some of it is of use here"
)]
#[path = "items/support.rs"]
mod support;
