//! Integration tests of `bones-compact`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod compact;
mod eligible;
mod generic;
mod history;
mod laws;
mod support;
mod verify;
