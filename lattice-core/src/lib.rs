//! Placeholder front page.
#![no_std]
extern crate alloc;

mod traits;
pub use traits::{Bottom, Decompose, JoinSemilattice};
