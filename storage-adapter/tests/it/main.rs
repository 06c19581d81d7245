//! Tests of the storage crate, in one binary.

mod items;
mod log;
