//! The profile of MessagePack that payloads are written in.
//!
//! Shortest headers and integers, no floats, no extension types, nothing signed: one way to write
//! each value. [`Writer`] writes it through `rmp-serde`; [`Reader`] is an independent strict reader
//! that refuses every other way with the offset where it stood.

mod reader;
mod writer;

pub(crate) use reader::Reader;
pub use reader::{DecodeError, DecodeErrorKind};
pub(crate) use writer::Writer;
