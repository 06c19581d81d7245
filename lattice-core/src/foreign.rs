//! The types of this crate as lattices of `lattices` and as CRDTs of `crdts`.
//!
//! Everything is the join under another name. `IsBot` goes to what has a least element, `IsTop` to
//! what is known to have a greatest one for every type parameter. `Atomize` asks for more than
//! [`Decompose`](crate::Decompose) gives - any two atoms must have nothing in common - so only sets
//! of separate facts have it. What is not a type of this crate, such as a tuple or a `BTreeMap`, has
//! all of it inside [`ByLeq`].

use crate::{
    Antichain, Bottom, ByLeq, CausalContext, Cell, ChunkedMap, Conflict, JoinSemilattice, Map, Max,
    Min, Pair, Ranked, Set, VersionVector,
};

macro_rules! merge {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        #[cfg(feature = "lattices")]
        impl<$($generics)*> lattices::Merge<Self> for $type {
            fn merge(&mut self, other: Self) -> bool {
                self.join(other)
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

merge! {
    [T: Ord] Max<T>;
    [T: Ord] Min<T>;
    [T: Ord] Cell<T>;
    [T: Eq] Conflict<T>;
    [A: JoinSemilattice, B: Bottom] Pair<A, B>;
    [K: Ord, V: JoinSemilattice] Map<K, V>;
    [K: Ord + Clone, V: JoinSemilattice + Clone] ChunkedMap<K, V>;
    [T: Ord] Set<T>;
    [T: Ranked] Antichain<T>;
    [A: Ord] VersionVector<A>;
    [A: Ord] CausalContext<A>;
    [L: JoinSemilattice] ByLeq<L>;
}

#[cfg(feature = "lattices")]
mod order {
    use alloc::boxed::Box;

    use lattices::{Atomize, IsBot, IsTop, LatticeOrd};

    use super::{
        Antichain, Bottom, ByLeq, CausalContext, Cell, ChunkedMap, Conflict, JoinSemilattice, Map,
        Pair, Ranked, Set, VersionVector,
    };
    use crate::Decompose;

    macro_rules! is_bot {
        ($([$($generics:tt)*] $type:ty;)*) => {$(
            impl<$($generics)*> IsBot for $type {
                fn is_bot(&self) -> bool {
                    self.is_bottom()
                }
            }
        )*};
    }

    is_bot! {
        [A: Bottom, B: Bottom] Pair<A, B>;
        [K: Ord, V: JoinSemilattice] Map<K, V>;
        [K: Ord + Clone, V: JoinSemilattice + Clone] ChunkedMap<K, V>;
        [T: Ord] Set<T>;
        [T: Ranked] Antichain<T>;
        [A: Ord] VersionVector<A>;
        [A: Ord] CausalContext<A>;
        [L: Bottom] ByLeq<L>;
    }

    impl<T> IsTop for Cell<T> {
        fn is_top(&self) -> bool {
            self.is_redacted()
        }
    }

    impl<T> IsTop for Conflict<T> {
        fn is_top(&self) -> bool {
            self.is_conflicting()
        }
    }

    impl<L: IsTop> IsTop for ByLeq<L> {
        fn is_top(&self) -> bool {
            self.0.is_top()
        }
    }

    impl<L: JoinSemilattice> LatticeOrd for ByLeq<L> {}

    macro_rules! atomize {
        ($([$($generics:tt)*] $type:ty;)*) => {$(
            impl<$($generics)*> Atomize for $type {
                type Atom = Self;
                type AtomIter = Box<dyn Iterator<Item = Self>>;

                fn atomize(self) -> Self::AtomIter {
                    Box::new(self.decompose())
                }
            }
        )*};
    }

    atomize! {
        [T: Ord + Clone + 'static] Set<T>;
        [A: Ord + Clone + 'static] VersionVector<A>;
        [A: Ord + Clone + 'static] CausalContext<A>;
    }

    impl<L: Bottom + Atomize<Atom = L> + 'static> Atomize for ByLeq<L> {
        type Atom = Self;
        type AtomIter = core::iter::Map<L::AtomIter, fn(L) -> Self>;

        fn atomize(self) -> Self::AtomIter {
            self.0.atomize().map(Self)
        }
    }
}
