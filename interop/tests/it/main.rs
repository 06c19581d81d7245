//! Integration tests, one binary.

// A helper of a test stops at the first surprise, as the test does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod bones_lines;
mod bones_snapshots;
mod dirty;
mod known_difference;
mod random;
mod real_logs;
mod stories;
mod support;
mod whole_file;
