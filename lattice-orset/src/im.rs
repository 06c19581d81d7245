//! The same sets on the persistent collections of the `im` crate.
//!
//! For those who hold their state in `im` already, or who compare: a second implementation of both
//! lattices, written apart from the first. The sets in the root of this crate also clone in `O(1)` and
//! share what did not change, in flat chunks; they take a fraction of the memory and are several times
//! as fast. Both agree on every state, have the same operations and the same serde form, and `From`
//! carries states over, both ways.
//!
//! ```
//! use lattice_core::JoinSemilattice;
//! use lattice_orset::{Replica, im};
//!
//! let mut ada = Replica::new("ada");
//! let mut set = im::OrSet::new();
//! set.insert(ada.mint()?, "milk");
//! let before = set.clone(); // O(1)
//! set.insert(ada.mint()?, "eggs");
//! set.remove("milk");
//! assert!(before.iter().eq(&["milk"]) && set.iter().eq(&["eggs"]));
//! assert!(!set.join(before)); // nothing new, nothing cloned
//! # Ok::<(), lattice_orset::Exhausted>(())
//! ```

mod context;
mod gset;
mod index;
mod orset;
#[cfg(feature = "serde")]
mod serde;

pub use gset::GSet;
/// Iterators over sets, by name.
pub mod iter {
    pub use super::gset::Iter as GSetIter;
    pub use super::orset::Iter as OrSetIter;
}
pub use orset::OrSet;
