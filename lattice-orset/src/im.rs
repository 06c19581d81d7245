//! The same sets on the persistent collections of the `im` crate.
//!
//! For those who hold their state in `im` already, or who compare: a second implementation of both
//! lattices, written apart from the first. The sets in the root of this crate also clone in `O(1)` and
//! share what did not change, in flat chunks; they take a fraction of the memory and are several times
//! as fast. Both agree on every state, and `OrSet::context`, `cells` and `from_parts` carry states over.
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

pub use gset::GSet;
pub use orset::OrSet;
