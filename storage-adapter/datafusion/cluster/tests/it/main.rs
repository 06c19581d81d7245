//! A scheduler and executors as processes of this machine, and what happens when they die.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod command_line;
mod deaths;
mod harness;
mod hostile;
mod redactions;
mod signals;
