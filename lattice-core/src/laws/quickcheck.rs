//! Laws on quickcheck's `Arbitrary`, and `Arbitrary` for the types of this crate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use quickcheck::{Arbitrary, Gen};

use crate::{
    Antichain, CausalContext, Cell, ChunkedMap, Conflict, Dot, JoinSemilattice, Map, Max, Min,
    Pair, Ranked, Run, Set, VersionVector,
};

/// A property test of the lattice laws for one type that is `Arbitrary`: a module with one `#[test]`.
///
/// Takes a name for the module and a type; then, optionally, in brackets, which further traits to
/// test: `bottom` for [`Bottom`](crate::Bottom), `decompose` for [`Decompose`](crate::Decompose).
///
/// ```
/// use lattice_core::{Map, Max, semilattice_laws_quickcheck};
///
/// semilattice_laws_quickcheck!(map_of_bytes, Map<u8, Max<u8>>, [bottom, decompose]);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! semilattice_laws_quickcheck {
    ($name:ident, $type:ty $(,)?) => {
        $crate::semilattice_laws_quickcheck!($name, $type, []);
    };
    ($name:ident, $type:ty, [$($extra:ident),* $(,)?] $(,)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn laws_hold() {
                fn property(a: $type, b: $type, c: $type) {
                    let states = [a, b, c];
                    $crate::laws::check_all(&states);
                    $($crate::__semilattice_law_quickcheck!($extra, &states);)*
                }
                $crate::laws::__quickcheck::quickcheck(property as fn($type, $type, $type));
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __semilattice_law_quickcheck {
    (bottom, $states:expr) => {
        $crate::laws::check_bottom($states);
    };
    (decompose, $states:expr) => {
        $crate::laws::check_decompose($states);
        $crate::laws::check_delta_since($states);
    };
}

macro_rules! arbitrary_by_map {
    ($type:ident<$($param:ident $(: $bound:path)?),+>, $from:ty, $build:expr, $take:expr) => {
        impl<$($param),+> Arbitrary for $type<$($param),+>
        where
            $($param: Arbitrary $(+ $bound)?,)+
        {
            fn arbitrary(g: &mut Gen) -> Self {
                $build(<$from>::arbitrary(g))
            }

            fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
                Box::new($take(self.clone()).shrink().map($build))
            }
        }
    };
}

arbitrary_by_map!(Max<T>, T, Max, |max: Self| max.0);
arbitrary_by_map!(Min<T>, T, Min, |min: Self| min.0);
arbitrary_by_map!(Pair<A, B>, (A, B), |(first, second)| Self(first, second), |pair: Self| (pair.0, pair.1));
arbitrary_by_map!(
    Cell<T>,
    Option<T>,
    |value: Option<T>| value.map_or(Self::Redacted, Self::Present),
    Cell::into_present
);
arbitrary_by_map!(
    Conflict<T>,
    Option<T>,
    |value: Option<T>| value.map_or(Self::Conflicting, Self::Agreed),
    |conflict: Self| conflict.agreed().cloned()
);
arbitrary_by_map!(Set<T: Ord>, Vec<T>, Self::from_iter, Set::into_vec);
arbitrary_by_map!(
    Antichain<T: Ranked>,
    Vec<T>,
    Self::from_iter,
    Antichain::into_vec
);

impl<K: Arbitrary + Ord, V: Arbitrary + JoinSemilattice> Arbitrary for Map<K, V> {
    fn arbitrary(g: &mut Gen) -> Self {
        Vec::arbitrary(g).into_iter().collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.clone().into_vec().shrink().map(Self::from_iter))
    }
}

impl<K: Arbitrary + Ord, V: Arbitrary> Arbitrary for ChunkedMap<K, V> {
    fn arbitrary(g: &mut Gen) -> Self {
        Vec::arbitrary(g).into_iter().collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let entries: Vec<(K, V)> = self.clone().into_iter().collect();
        Box::new(entries.shrink().map(Self::from_iter))
    }
}

/// Small numbers: gaps and overlaps are what matters.
impl<A: Arbitrary> Arbitrary for Dot<A> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self::new(A::arbitrary(g), u64::from(u8::arbitrary(g) % 12) + 1)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let shrunk = (self.agent.clone(), self.seq).shrink();
        Box::new(
            shrunk
                .filter(|(_, seq)| *seq > 0)
                .map(|(agent, seq)| Self::new(agent, seq)),
        )
    }
}

/// Small numbers: gaps and overlaps are what matters.
impl<A: Arbitrary + Ord> Arbitrary for VersionVector<A> {
    fn arbitrary(g: &mut Gen) -> Self {
        Vec::<Dot<A>>::arbitrary(g)
            .into_iter()
            .map(|dot| (dot.agent, dot.seq))
            .collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let entries: Vec<_> = self.clone().into_iter().collect();
        Box::new(entries.shrink().map(Self::from_iter))
    }
}

/// Runs that overlap, touch and stand apart.
impl<A: Arbitrary + Ord> Arbitrary for CausalContext<A> {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut context = Self::new();
        for (start, more) in Vec::<(Dot<A>, u8)>::arbitrary(g) {
            let last = start.seq + u64::from(more % 4);
            context.insert_run(Run {
                agent: start.agent,
                first: start.seq,
                last,
            });
        }
        context
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let runs = self.runs().to_vec();
        let without = move |gone| {
            let kept = runs.iter().enumerate().filter(|(index, _)| *index != gone);
            Self::from_runs(kept.map(|(_, run)| run.clone()).collect())
        };
        Box::new((0..self.runs().len()).filter_map(without))
    }
}
