#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(any(feature = "proptest", feature = "quickcheck"))]
mod arbitrary;
mod bits;
pub mod canonical;
mod dot_store;
#[cfg(any(feature = "lattices", feature = "crdts"))]
mod foreign;
mod gset;
#[cfg(feature = "im")]
pub mod im;
mod lane;
mod ledger;
mod live_index;
mod orset;
mod parts;
mod replica;
#[cfg(feature = "serde")]
mod serde;
mod spans;

pub use dot_store::DotStore;
pub use gset::GSet;
pub use lattice_core::{Bottom, CausalContext, Cell, Decompose, Dot, JoinSemilattice, laws};
/// Iterators over sets, by name.
pub mod iter {
    pub use crate::gset::{IntoIter as GSetIntoIter, Iter as GSetIter};
    pub use crate::orset::Iter as OrSetIter;
}
pub use orset::OrSet;
pub use parts::PartsError;
pub use replica::{Exhausted, NewDot, Replica, Stale, Suspended};

/// True iff `few` keys are better looked up one by one among `many` than met in a linear walk.
const fn gallop(few: usize, many: usize) -> bool {
    few < many / 32
}
