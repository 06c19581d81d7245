#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod explain;
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
