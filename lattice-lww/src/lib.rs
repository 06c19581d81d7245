#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

#[cfg(any(feature = "proptest", feature = "quickcheck"))]
mod arbitrary;
mod explain;
#[cfg(any(feature = "lattices", feature = "crdts"))]
mod foreign;
mod hash;
mod hex;
mod itc;
mod key;
pub mod map;
mod register;
#[cfg(feature = "serde")]
mod serde;
mod stamp;
mod write;

pub use explain::{Explanation, Loser, Rule};
pub use hash::EventHash;
pub use itc::{Itc, ItcClock, ItcError};
pub use key::WriteKey;
pub use map::LwwMap;
pub use register::LwwRegister;
pub use stamp::{
    Hlc, HlcClock, HlcError, Lamport, LamportClock, Stamp, StampError, Unstamped, VersionVector,
};
pub use write::Write;

pub use lattice_core::{Bottom, Cell, Decompose, JoinSemilattice, laws};
