//! One binary: the laws over adversarial writes and every stamp, small universes in full, stamps and
//! clocks against oracles, and the registers that are known not to converge.
// A test that goes wrong should stop right there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[cfg(any(feature = "proptest", feature = "quickcheck"))]
mod arbitrary;
mod clocks;
mod defect;
mod explain;
#[cfg(any(feature = "lattices", feature = "crdts"))]
mod foreign;
mod itc;
mod itc_real;
mod itc_text;
mod laws;
mod map;
mod naive;
mod quick;
mod read;
#[cfg(feature = "serde")]
mod serde;
mod stamps;
mod universe;
mod verify_lattice_join;
mod write;
