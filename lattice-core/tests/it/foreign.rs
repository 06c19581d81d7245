//! The types of this crate among strangers: their law checks, our states.
// Without the features of the strangers most states have nobody to go to.
#![cfg_attr(
    not(all(feature = "lattices", feature = "crdts")),
    allow(dead_code, unused_imports)
)]

use std::fmt::Debug;

use lattice_core::{
    Antichain, ByLeq, CausalContext, Cell, ChunkedMap, Conflict, Dot, JoinSemilattice, Map, Max,
    Min, Pair, Set, VersionVector, laws,
};

fn powers() -> Vec<Set<u8>> {
    (0..8_u8)
        .map(|mask| (0..3).filter(|bit| mask >> bit & 1 == 1).collect())
        .collect()
}

fn maps() -> Vec<Map<u8, Max<u8>>> {
    let mut maps = vec![Map::new()];
    for key in 0..2 {
        for value in 0..2 {
            maps.push(Map::singleton(key, Max(value)));
            maps.push(Map::from_iter([(0, Max(value)), (1, Max(key))]));
        }
    }
    maps
}

fn pairs() -> Vec<Pair<Set<u8>, Option<Max<u8>>>> {
    let seconds = [None, Some(Max(0)), Some(Max(1))];
    let pair = |first: Set<u8>| seconds.map(|second| Pair(first.clone(), second));
    powers().into_iter().take(4).flat_map(pair).collect()
}

fn vectors() -> Vec<VersionVector<u8>> {
    let heads = (0..3).flat_map(|a| (0..3).map(move |b| (a, b)));
    heads
        .map(|(a, b)| [(1, a), (2, b)].into_iter().collect())
        .collect()
}

fn contexts() -> Vec<CausalContext<u8>> {
    let dots = [
        Dot::new(1, 1),
        Dot::new(1, 2),
        Dot::new(1, 4),
        Dot::new(2, 1),
    ];
    let chosen = |mask: usize| (0..4).filter(move |bit| mask >> bit & 1 == 1);
    (0..16)
        .map(|mask| chosen(mask).map(|bit| dots[bit]).collect())
        .collect()
}

fn antichains() -> Vec<Antichain<Dot<u8>>> {
    let dots = contexts()
        .into_iter()
        .map(|context| context.dots().collect::<Vec<_>>());
    dots.map(Antichain::from_iter).collect()
}

fn cells() -> [Cell<u8>; 3] {
    [Cell::Present(1), Cell::Present(2), Cell::Redacted]
}

fn conflicts() -> [Conflict<u8>; 3] {
    [
        Conflict::Agreed(1),
        Conflict::Agreed(2),
        Conflict::Conflicting,
    ]
}

/// The laws of our own kit for the wrapper: it is the lattice that it wraps.
#[test]
fn the_wrapper_is_the_same_lattice() {
    let generators: Vec<_> = maps().into_iter().map(ByLeq).collect();
    let wrapped = laws::check_exhaustive(&generators, 20).expect("a small universe");
    laws::check_bottom(&wrapped);
    laws::check_decompose(&wrapped);
    laws::check_delta_since(&wrapped);
    for a in &wrapped {
        for b in &wrapped {
            assert_eq!((a <= b, a >= b), (a.0.leq(&b.0), b.0.leq(&a.0)));
            assert_eq!(
                (a < b, a > b),
                (a.0.leq(&b.0) && a != b, b.0.leq(&a.0) && a != b)
            );
        }
    }
}

#[cfg(feature = "lattices")]
mod hydro {
    use lattices::test::{
        check_all, check_atomize_each, check_lattice_default_is_bot, check_lattice_is_bot,
        check_lattice_is_top, check_lattice_ord, check_lattice_properties,
        check_partial_ord_properties,
    };
    use lattices::{Atomize, IsBot, IsTop, Merge};

    use super::*;

    fn check<L: JoinSemilattice + Merge<L> + Clone + Debug>(states: impl IntoIterator<Item = L>) {
        let states: Vec<L> = states.into_iter().collect();
        check_lattice_properties(&states);
        for a in &states {
            for b in &states {
                let (mut merged, mut joined) = (a.clone(), a.clone());
                assert_eq!(merged.merge(b.clone()), joined.join(b.clone()));
                assert_eq!(merged, joined);
            }
        }
        let ordered: Vec<_> = states.into_iter().map(ByLeq).collect();
        check_lattice_properties(&ordered);
        check_lattice_ord(&ordered);
        check_partial_ord_properties(&ordered);
    }

    fn check_bot<L>(states: impl IntoIterator<Item = L>)
    where
        L: lattice_core::Bottom + Merge<L> + IsBot + Clone + Debug,
    {
        let states: Vec<L> = states.into_iter().collect();
        assert_eq!(states.iter().filter(|state| state.is_bot()).count(), 1);
        let ordered: Vec<_> = states.iter().cloned().map(ByLeq).collect();
        check_lattice_is_bot(&ordered);
        check_lattice_default_is_bot::<ByLeq<L>>();
        check(states);
    }

    fn check_top<L>(states: impl IntoIterator<Item = L>)
    where
        L: JoinSemilattice + Merge<L> + IsTop + Clone + Debug,
    {
        let states: Vec<L> = states.into_iter().collect();
        assert_eq!(states.iter().filter(|state| state.is_top()).count(), 1);
        let ordered: Vec<_> = states.iter().cloned().map(ByLeq).collect();
        check_lattice_is_top(&ordered);
        check(states);
    }

    #[test]
    fn chains() {
        check([Max(1), Max(2), Max(3)]);
        check([Min(1), Min(2), Min(3)]);
        check_top(cells());
        check_top(conflicts());
    }

    #[test]
    fn products_and_collections() {
        check_bot(pairs());
        check_bot(maps());
        let chunked = |map: Map<u8, Max<u8>>| map.into_iter().collect::<ChunkedMap<_, _>>();
        check_bot(maps().into_iter().map(chunked));
        check_bot(powers());
        check_bot(vectors());
        check_bot(contexts());
        let mut antichains = antichains();
        antichains.sort_by(|a, b| a.as_slice().cmp(b.as_slice()));
        antichains.dedup();
        check_bot(antichains);
    }

    /// What is a type of another crate has everything in the wrapper, and merges there.
    #[test]
    fn foreign_collections_in_the_wrapper() {
        let tuple = |mask: &Set<u8>| ByLeq((mask.clone(), mask.contains(&0)));
        let tuples: Vec<_> = powers().iter().map(tuple).collect();
        check_lattice_ord(&tuples);
        check_lattice_is_bot(&tuples);
    }

    /// All of their checks at once, on a lattice with bottom and top.
    #[test]
    fn a_whole_lattice() {
        #[derive(Clone, Debug, PartialEq, Eq)]
        struct Known(Option<Conflict<u8>>);
        impl JoinSemilattice for Known {
            fn join(&mut self, other: Self) -> bool {
                self.0.join(other.0)
            }
            fn leq(&self, other: &Self) -> bool {
                self.0.leq(&other.0)
            }
        }
        impl lattice_core::Bottom for Known {
            fn bottom() -> Self {
                Self(None)
            }
            fn is_bottom(&self) -> bool {
                self.0.is_none()
            }
        }
        impl IsTop for Known {
            fn is_top(&self) -> bool {
                self.0.as_ref().is_some_and(IsTop::is_top)
            }
        }
        let some = conflicts().map(Some);
        let states: Vec<_> = some
            .into_iter()
            .chain([None])
            .map(|it| ByLeq(Known(it)))
            .collect();
        check_all(&states);
    }

    #[test]
    fn atoms() {
        fn atoms<L: Atomize<Atom = L> + lattice_core::Decompose + Clone + Debug>(states: &[L]) {
            for state in states {
                let parts: Vec<L> = state.clone().atomize().collect();
                assert_eq!(lattice_core::join_all::<L>(parts.clone()), *state);
                assert_eq!(parts.is_empty(), state.is_bottom());
                for (at, a) in parts.iter().enumerate() {
                    assert!(!a.is_bottom());
                    for b in &parts[at + 1..] {
                        let common = a.clone().decompose().filter(|part| part.leq(b)).count();
                        assert_eq!(common, 0, "{a:?} and {b:?}");
                    }
                }
            }
        }
        atoms(&powers());
        atoms(&vectors());
        atoms(&contexts());
        check_atomize_each(&powers().into_iter().map(ByLeq).collect::<Vec<_>>());
        check_atomize_each(&vectors().into_iter().map(ByLeq).collect::<Vec<_>>());
        check_atomize_each(&contexts().into_iter().map(ByLeq).collect::<Vec<_>>());
    }
}

#[cfg(feature = "crdts")]
mod rust_crdt {
    use crdts::CvRDT;

    use super::*;

    /// What code that is generic over their trait relies on; and their merge is our join.
    fn check<C: CvRDT + JoinSemilattice + Clone + Debug>(states: impl IntoIterator<Item = C>) {
        let states: Vec<C> = states.into_iter().collect();
        let merged = |a: &C, b: &C| {
            assert!(a.validate_merge(b).is_ok());
            let mut a = a.clone();
            a.merge(b.clone());
            a
        };
        for a in &states {
            assert_eq!(merged(a, a), *a);
            for b in &states {
                assert_eq!(merged(a, b), merged(b, a));
                assert_eq!(merged(a, b), a.clone().joined(b.clone()));
                for c in &states {
                    assert_eq!(merged(&merged(a, b), c), merged(a, &merged(b, c)));
                }
            }
        }
    }

    #[test]
    fn every_type_merges() {
        check([Max(1), Max(2)]);
        check([Min(1), Min(2)]);
        check(cells());
        check(conflicts());
        check(pairs());
        check(maps());
        check(powers());
        check(antichains());
        check(vectors());
        check(contexts());
        check(powers().into_iter().map(|set| ByLeq((set, true))));
    }
}
