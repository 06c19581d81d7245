//! The binary from outside, one test binary.

// A helper of a test stops at the first surprise, as the test does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod compact;
mod demo;
mod every;
mod explain;
mod export;
mod fold;
mod fsck;
mod hazards;
mod history;
mod import;
mod redact;
mod reference;
mod schema;
mod scope;
mod support;
mod verify;
mod views;
mod watch;
