//! Tuples are products: every component joins by itself.
//!
//! For the lexicographic product see [`Pair`](crate::Pair).

use crate::{Bottom, Decompose, JoinSemilattice};

macro_rules! product {
    ($($name:ident $index:tt),+) => {
        impl<$($name: JoinSemilattice),+> JoinSemilattice for ($($name,)+) {
            fn join(&mut self, other: Self) -> bool {
                let mut grew = false;
                $(grew |= self.$index.join(other.$index);)+
                grew
            }

            fn leq(&self, other: &Self) -> bool {
                $(self.$index.leq(&other.$index))&&+
            }
        }

        impl<$($name: Bottom),+> Bottom for ($($name,)+) {
            fn bottom() -> Self {
                ($($name::bottom(),)+)
            }

            fn is_bottom(&self) -> bool {
                $(self.$index.is_bottom())&&+
            }
        }

        impl<$($name: Decompose + Clone),+> Decompose for ($($name,)+) {
            fn decompose(self) -> impl Iterator<Item = Self> {
                core::iter::empty()
                    $(.chain(self.$index.decompose().map(|part| {
                        let mut whole = Self::bottom();
                        whole.$index = part;
                        whole
                    })))+
            }

            fn delta_since(&self, known: &Self) -> Self {
                ($(self.$index.delta_since(&known.$index),)+)
            }
        }
    };
}

product!(A 0);
product!(A 0, B 1);
product!(A 0, B 1, C 2);
product!(A 0, B 1, C 2, D 3);
product!(A 0, B 1, C 2, D 3, E 4);
product!(A 0, B 1, C 2, D 3, E 4, F 5);
product!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
product!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
