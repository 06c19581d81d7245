#![doc = include_str!("../README.md")]
#![no_std]

#[macro_use]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// The vocabulary.
mod homomorphism;
mod join_all;
mod traits;
mod verify;

// The law kit.
pub mod laws;

// Chains and small lattices.
mod cell;
mod conflict;
mod max;
mod min;
mod option;
mod primitive;

// Products.
mod pair;
mod tuple;

// Collections.
mod antichain;
mod btree;
pub mod chunked;
#[cfg(feature = "std")]
mod hash;
#[cfg(feature = "im")]
mod im;
pub mod map;
mod ranked;
mod set;
mod sorted;

// Events.
mod causal_context;
mod dot;
pub mod version_vector;

// Other worlds.
mod by_leq;
#[cfg(any(feature = "lattices", feature = "crdts"))]
mod foreign;
#[cfg(feature = "serde")]
mod serde;

pub use antichain::Antichain;
pub use by_leq::ByLeq;
pub use causal_context::{CausalContext, Run};
pub use cell::Cell;
pub use chunked::ChunkedMap;
pub use conflict::Conflict;
pub use dot::Dot;
pub use homomorphism::Homomorphism;
pub use join_all::join_all;
#[cfg(feature = "derive")]
pub use lattice_core_derive::{Bottom, Decompose, JoinSemilattice};
pub use map::Map;
pub use max::Max;
pub use min::Min;
pub use pair::Pair;
pub use ranked::Ranked;
pub use set::Set;
pub use traits::{Bottom, Decompose, JoinSemilattice, Split};
pub use verify::{JoinMismatch, verify_lattice_join};
pub use version_vector::VersionVector;
