//! All sets as lattices of `lattices` and as CRDTs of `crdts`.
//!
//! Everything is the join under another name. For `LatticeOrd` there is
//! [`ByLeq`](lattice_core::ByLeq).

use lattice_core::JoinSemilattice;
#[cfg(feature = "lattices")]
use lattice_core::{Bottom, Decompose};

use crate::{DotStore, GSet, OrSet};

macro_rules! foreign {
    ($([$($generics:tt)*] [$($long_lived:tt)*] $type:ty;)*) => {$(
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

        /// One atom for each element, or for each dot: no two have anything in common.
        #[cfg(feature = "lattices")]
        impl<$($long_lived)*> lattices::Atomize for $type {
            type Atom = Self;
            type AtomIter = alloc::boxed::Box<dyn Iterator<Item = Self>>;

            fn atomize(self) -> Self::AtomIter {
                alloc::boxed::Box::new(self.decompose())
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
    [T: Ord + Clone] [T: Ord + Clone + 'static] GSet<T>;
    [T: Ord + Clone, A: Ord + Clone] [T: Ord + Clone + 'static, A: Ord + Clone + 'static] OrSet<T, A>;
    [T: Ord + Clone, A: Ord + Clone] [T: Ord + Clone + 'static, A: Ord + Clone + 'static] DotStore<T, A>;
}

#[cfg(feature = "im")]
foreign! {
    [T: Ord + Clone] [T: Ord + Clone + 'static] crate::im::GSet<T>;
    [T: Ord + Clone, A: Ord + Clone] [T: Ord + Clone + 'static, A: Ord + Clone + 'static] crate::im::OrSet<T, A>;
}
