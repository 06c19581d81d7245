//! Placeholder front page.
#![no_std]

#[macro_use]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod antichain;
mod btree;
mod causal_context;
mod cell;
mod conflict;
mod dot;
#[cfg(feature = "std")]
mod hash;
mod homomorphism;
#[cfg(feature = "im")]
mod im;
mod join_all;
pub mod laws;
pub mod map;
mod max;
mod min;
mod option;
mod pair;
mod primitive;
mod ranked;
#[cfg(feature = "serde")]
mod serde;
mod set;
mod sorted;
mod traits;
mod tuple;
mod verify;
pub mod version_vector;

pub use antichain::Antichain;
pub use causal_context::{CausalContext, Run};
pub use cell::Cell;
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
