//! Integration tests of `bones-snapshot`.

// A panic is how a test fails, in its helpers too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod events;
mod fold;
mod golden;
mod hostile;
mod json;
mod known_bad;
mod laws;
mod legacy;
mod lifecycle;
mod line;
mod linear;
mod naive;
mod oracle;
mod pack;
mod payload;
mod real_logs;
mod redaction;
mod universe;
mod verify_lattice_join;
mod view;
