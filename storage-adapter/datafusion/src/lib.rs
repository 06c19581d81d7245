#![doc = include_str!("../README.md")]

// What is computed.
mod aggregate;
mod compact;
mod functions;
mod scalar;

// What it is computed on.
mod column;
mod error;
mod events;
mod hashes;
mod item;
pub mod logs;
mod parquet_file;
mod place;
pub mod publish;
pub mod schema;

// To try it with.
pub mod generate;

pub use aggregate::{lattice_bytes, lattice_join, lattice_redactions};
pub use compact::{CompactOptions, compact, plan, redactions};
pub use error::{Fault, PayloadError};
pub use events::EventsBuilder;
pub use functions::{Functions, functions, register_all};
pub use place::{Place, PlaceError};
pub use scalar::{
    lattice_compact, lattice_fault, lattice_json, lattice_mask, lattice_value, lattice_verify,
};
