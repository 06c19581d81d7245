//! Registers and maps as lattices of `lattices` and as CRDTs of `crdts`.
//!
//! Everything is the join under another name. For `LatticeOrd` there is
//! [`ByLeq`](lattice_core::ByLeq). No `Atomize`: its atoms may have nothing in common, and two
//! concurrent writes have the writes below both.

#[cfg(feature = "lattices")]
use lattice_core::Bottom;
use lattice_core::JoinSemilattice;

use crate::{LwwMap, LwwRegister, Stamp};

macro_rules! foreign {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        #[cfg(feature = "lattices")]
        impl<$($generics)*> lattices::Merge<Self> for $type {
            fn merge(&mut self, other: Self) -> bool {
                self.join(other)
            }
        }

        #[cfg(feature = "lattices")]
        impl<$($generics)*> lattices::IsBot for $type {
            fn is_bot(&self) -> bool {
                self.is_bottom()
            }
        }

        /// Every two states have a join, so there is nothing to refuse.
        #[cfg(feature = "crdts")]
        impl<$($generics)*> crdts::CvRDT for $type {
            type Validation = core::convert::Infallible;

            fn validate_merge(&self, _: &Self) -> Result<(), Self::Validation> {
                Ok(())
            }

            fn merge(&mut self, other: Self) {
                self.join(other);
            }
        }
    )*};
}

foreign! {
    [V: Ord, S: Stamp, A: Ord] LwwRegister<V, S, A>;
    [K: Ord + Clone, V: Ord + Clone, S: Stamp, A: Ord + Clone] LwwMap<K, V, S, A>;
}
