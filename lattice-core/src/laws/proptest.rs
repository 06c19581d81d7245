//! Laws on proptest strategies, and strategies for the types of this crate.

use alloc::vec::Vec;
use core::fmt::Debug;

use proptest::arbitrary::{Arbitrary, any_with};
use proptest::collection::vec;
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, TestRunner};

use crate::{
    Antichain, CausalContext, Cell, Conflict, Dot, Map, Max, Min, Pair, Ranked, Run, Set,
    VersionVector,
};

/// Property tests of the lattice laws for one type: a module of `#[test]` functions, one per law.
///
/// Takes a name for the module and a strategy; then, optionally, in brackets, which further traits to
/// test: `bottom` for [`Bottom`](crate::Bottom), `decompose` for [`Decompose`](crate::Decompose).
/// Cases, seeds and failure files are proptest's own business (`PROPTEST_CASES` and its siblings).
///
/// ```
/// use lattice_core::{Max, semilattice_laws};
/// use proptest::prelude::*;
///
/// semilattice_laws!(max_of_bytes, any::<u8>().prop_map(Max));
/// semilattice_laws!(maybe_max_of_bytes, any::<Option<Max<u8>>>(), [bottom, decompose]);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! semilattice_laws {
    ($name:ident, $strategy:expr $(,)?) => {
        $crate::semilattice_laws!($name, $strategy, []);
    };
    ($name:ident, $strategy:expr, [$($extra:ident),* $(,)?] $(,)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::__semilattice_law!(check_order, $strategy);
            $crate::__semilattice_law!(check_idempotent, $strategy);
            $crate::__semilattice_law!(check_commutative, $strategy);
            $crate::__semilattice_law!(check_associative, $strategy);
            $crate::__semilattice_law!(check_join_bool, $strategy);
            $crate::__semilattice_law!(check_join_ref, $strategy);
            $crate::__semilattice_law!(check_least_upper_bound, $strategy);
            $($crate::__semilattice_law!(@$extra, $strategy);)*
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __semilattice_law {
    (@bottom, $strategy:expr) => {
        $crate::__semilattice_law!(check_bottom, $strategy);
    };
    (@decompose, $strategy:expr) => {
        $crate::__semilattice_law!(check_decompose, $strategy);
        $crate::__semilattice_law!(check_delta_since, $strategy);
    };
    ($law:ident, $strategy:expr) => {
        #[test]
        fn $law() {
            let strategy = $crate::laws::__proptest::strategy::Strategy::boxed($strategy);
            let test = concat!(module_path!(), "::", stringify!($law));
            $crate::laws::__run_proptest($crate::laws::$law, strategy, file!(), test);
        }
    };
}

/// What a `#[test]` of [`semilattice_laws!`](crate::semilattice_laws) runs: one instance per type and
/// not per law, as a dozen copies of a test runner would take minutes to compile.
#[doc(hidden)]
#[track_caller]
pub fn __run_proptest<L: Debug>(
    law: fn(&[L]),
    states: BoxedStrategy<L>,
    file: &'static str,
    test: &'static str,
) {
    let config = Config {
        test_name: Some(test),
        ..Config::with_source_file(file)
    };
    let result = TestRunner::new(config).run(&vec(states, 1..=3), |states| {
        law(&states);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

macro_rules! arbitrary_by_map {
    ($type:ident<$($param:ident $(: $bound:path)?),+>, $from:ty, $build:expr) => {
        impl<$($param),+> Arbitrary for $type<$($param),+>
        where
            $($param: Arbitrary $(+ $bound)? + 'static,)+
        {
            type Parameters = <$from as Arbitrary>::Parameters;
            type Strategy = BoxedStrategy<Self>;

            fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
                any_with::<$from>(parameters).prop_map($build).boxed()
            }
        }
    };
}

arbitrary_by_map!(Max<T>, T, Max);
arbitrary_by_map!(Min<T>, T, Min);
arbitrary_by_map!(Pair<A, B>, (A, B), |(first, second)| Pair(first, second));
arbitrary_by_map!(Cell<T>, Option<T>, |value| value
    .map_or(Cell::Redacted, Cell::Present));
arbitrary_by_map!(Conflict<T>, Option<T>, |value| value
    .map_or(Conflict::Conflicting, Conflict::Agreed));
arbitrary_by_map!(Set<T: Ord>, Vec<T>, Set::from_iter);
arbitrary_by_map!(Antichain<T: Ranked>, Vec<T>, Antichain::from_iter);

/// Few entries, so that pairs of states share some keys and not others.
impl<K, V> Arbitrary for Map<K, V>
where
    K: Arbitrary + Ord + 'static,
    V: Arbitrary + crate::JoinSemilattice + 'static,
{
    type Parameters = (K::Parameters, V::Parameters);
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        vec(any_with::<(K, V)>(parameters), 0..8)
            .prop_map(Self::from_iter)
            .boxed()
    }
}

/// Small numbers: gaps and overlaps are what matters.
impl<A: Arbitrary + 'static> Arbitrary for Dot<A> {
    type Parameters = A::Parameters;
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        (any_with::<A>(parameters), 1_u64..12)
            .prop_map(|(agent, seq)| Self::new(agent, seq))
            .boxed()
    }
}

/// Small numbers, and now and then the greatest.
impl<A: Arbitrary + Ord + 'static> Arbitrary for VersionVector<A> {
    type Parameters = A::Parameters;
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        let head = proptest::prop_oneof![9 => 0_u64..6, 1 => u64::MAX - 1..=u64::MAX];
        vec((any_with::<A>(parameters), head), 0..6)
            .prop_map(Self::from_iter)
            .boxed()
    }
}

/// Runs that overlap, touch and stand apart, also at the end of the numbers.
impl<A: Arbitrary + Ord + 'static> Arbitrary for CausalContext<A> {
    type Parameters = A::Parameters;
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        let first = proptest::prop_oneof![9 => 1_u64..16, 1 => u64::MAX - 4..=u64::MAX];
        let run = (any_with::<A>(parameters), first, 0_u64..4);
        let collect = |runs: Vec<(A, u64, u64)>| {
            let mut context = Self::new();
            for (agent, first, more) in runs {
                context.insert_run(Run {
                    agent,
                    first,
                    last: first.saturating_add(more),
                });
            }
            context
        };
        vec(run, 0..8).prop_map(collect).boxed()
    }
}
