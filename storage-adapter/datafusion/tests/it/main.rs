//! One binary for all tests.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails, also in what tests share"
)]

mod exact;
mod functions;
mod generate;
mod groups;
mod hostile;
mod publish;
mod redaction;
mod support;
mod transfer;
