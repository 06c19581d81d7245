//! The item store: import, compaction, exchange, redaction, all on real directories.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod acknowledged;
mod coverage;
mod crash;
mod exchange;
mod export;
#[path = "../../../bones-compact/tests/it/history.rs"]
mod history;
mod import;
mod model;
mod real_logs;
mod redaction;
pub(crate) mod support;
