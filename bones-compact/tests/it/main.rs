//! Integration tests of `bones-compact`.
#![allow(
    clippy::unused_self,
    clippy::too_many_lines,
    reason = "tests favour the short way to say a thing"
)]
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
mod retention;
mod support;
mod verify;
mod versions;
