#![doc = include_str!("../README.md")]

// What is computed.
mod aggregate;
mod functions;
mod scalar;

// What it is computed on.
mod column;
mod error;
mod hashes;
mod item;

pub use aggregate::{lattice_bytes, lattice_join, lattice_redactions};
pub use error::{Fault, PayloadError};
pub use functions::{Functions, functions, register_all};
pub use scalar::{
    FIELDS, lattice_compact, lattice_fault, lattice_json, lattice_mask, lattice_value,
    lattice_verify,
};
