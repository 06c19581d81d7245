//! Tests of the storage crate, in one binary.
#![allow(
    clippy::type_complexity,
    clippy::similar_names,
    clippy::naive_bytecount,
    clippy::format_collect,
    clippy::cast_precision_loss,
    clippy::duplicate_mod,
    reason = "tests favour the short way to say a thing"
)]

mod conformance;
mod items;
mod log;
#[cfg(feature = "zstd")]
mod packed;
mod shared;
mod streaming;
mod tiered;
mod version;
