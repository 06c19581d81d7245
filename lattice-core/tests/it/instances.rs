//! Every instance, on every state that a few generators reach.

use core::fmt::Debug;
use core::marker::PhantomData;
use std::collections::{BTreeMap, BTreeSet};

use lattice_core::{
    Antichain, CausalContext, Cell, ChunkedMap, Conflict, Decompose, Dot, JoinSemilattice, Map,
    Max, Min, Pair, Set, VersionVector, laws,
};

use crate::write::Write;

/// All laws of a lattice on all triples of the universe.
fn check_lattice<L: JoinSemilattice + Clone + Debug>(generators: &[L]) -> Vec<L> {
    laws::check_exhaustive(generators, 130).expect("a small universe")
}

/// The laws of bottom, decompositions and deltas as well.
fn check_decomposing<L: Decompose + Clone + Debug>(generators: &[L]) -> Vec<L> {
    let with_bottom: Vec<L> = [L::bottom()]
        .into_iter()
        .chain(generators.iter().cloned())
        .collect();
    let universe = check_lattice(&with_bottom);
    laws::check_bottom(&universe);
    laws::check_decompose(&universe);
    laws::check_irreducible(&universe);
    laws::check_delta_since(&universe);
    universe
}

#[test]
fn primitives() {
    assert_eq!(check_decomposing(&[()]).len(), 1);
    assert_eq!(check_decomposing(&[PhantomData::<str>]).len(), 1);
    assert_eq!(check_decomposing(&[false, true]).len(), 2);
}

#[test]
fn chains() {
    check_lattice(&[0, 1, 2, 3].map(Max));
    check_lattice(&[0, 1, 2, 3].map(Min));
    check_lattice(&[Cell::Present(0), Cell::Present(1), Cell::Redacted]);
}

#[test]
fn min_grows_downwards() {
    assert!(Min(3).leq(&Min(1)));
    assert_eq!(Min(3).joined(Min(1)), Min(1));
}

#[test]
fn option_adds_a_bottom_below_the_bottom() {
    check_decomposing(&[None, Some(Max(0)), Some(Max(1))]);
    check_decomposing(&[None, Some(Min(0)), Some(Min(1))]);
    check_decomposing(&[None, Some(Cell::Present(0)), Some(Cell::Redacted)]);
    let universe = check_decomposing(&[
        None,
        Some(Set::new()),
        Some(Set::singleton(1)),
        Some(Set::singleton(2)),
    ]);
    assert_eq!(
        universe.len(),
        5,
        "None, Some({{}}), Some({{1}}), Some({{2}}), Some({{1, 2}})"
    );
}

#[test]
fn conflict() {
    check_lattice(&[
        Conflict::Agreed(0),
        Conflict::Agreed(1),
        Conflict::Conflicting,
    ]);
    check_lattice(&[
        None,
        Some(Conflict::Agreed(0)),
        Some(Conflict::Agreed(1)),
        Some(Conflict::Agreed(2)),
    ]);
}

/// A tuple for every arity: each flag alone, in all unions with its neighbours.
macro_rules! check_tuple {
    ($($index:literal)+) => {
        let unit = |at: usize| ($(at == $index,)+);
        let units = [$(unit($index)),+];
        for neighbours in units.windows(units.len().min(4)) {
            assert_eq!(check_decomposing(neighbours).len(), 1 << neighbours.len());
        }
    };
}

#[test]
fn tuples() {
    check_tuple!(0);
    check_tuple!(0 1);
    check_tuple!(0 1 2);
    check_tuple!(0 1 2 3);
    check_tuple!(0 1 2 3 4);
    check_tuple!(0 1 2 3 4 5);
    check_tuple!(0 1 2 3 4 5 6);
    check_tuple!(0 1 2 3 4 5 6 7);
    check_decomposing(&[
        (true, Set::new()),
        (false, Set::singleton(1)),
        (true, Set::singleton(2)),
    ]);
}

#[test]
fn pair_with_a_total_first() {
    let universe = check_decomposing(&[
        Pair(None, Set::singleton(1)),
        Pair(Some(Max(0)), Set::singleton(1)),
        Pair(Some(Max(0)), Set::singleton(2)),
        Pair(Some(Max(1)), Set::singleton(2)),
        Pair(Some(Max(1)), Set::new()),
    ]);
    assert!(universe.contains(&Pair(Some(Max(0)), Set::from_iter([1, 2]))));
}

#[test]
fn pair_with_a_partial_first_starts_over() {
    let universe = check_decomposing(&[
        Pair(Set::singleton('a'), Set::singleton(1)),
        Pair(Set::singleton('b'), Set::singleton(2)),
        Pair(Set::singleton('b'), Set::singleton(3)),
        Pair(Set::from_iter(['a', 'b']), Set::singleton(4)),
        Pair(Set::singleton('c'), Set::new()),
        Pair(Set::new(), Set::singleton(5)),
    ]);
    assert!(universe.contains(&Pair(Set::from_iter(['a', 'b']), Set::new())));
}

fn map_generators() -> Vec<(u8, Option<Max<u8>>)> {
    vec![
        (0, None),
        (0, Some(Max(1))),
        (1, Some(Max(0))),
        (1, Some(Max(1))),
        (2, None),
    ]
}

#[test]
fn maps_tell_an_absent_key_from_a_bottom() {
    let generators: Vec<_> = map_generators()
        .into_iter()
        .map(|(k, v)| Map::singleton(k, v))
        .collect();
    let universe = check_decomposing(&generators);
    assert_ne!(Map::singleton(0, None), Map::<u8, Option<Max<u8>>>::new());
    assert_eq!(universe.len(), 3 * 3 * 2);

    let generators: Vec<_> = map_generators()
        .into_iter()
        .map(|entry| BTreeMap::from([entry]))
        .collect();
    assert_eq!(check_decomposing(&generators).len(), universe.len());
}

#[test]
fn maps_of_chains_and_of_maps() {
    let entry = |(k, v)| Map::singleton(k, Cell::Present(v));
    check_decomposing(&[(0, 0), (0, 1), (1, 0), (1, 1)].map(entry));
    let nested = |(outer, inner)| Map::singleton(outer, Map::singleton(inner, ()));
    check_decomposing(&[(0, 0), (0, 1), (1, 0), (1, 1)].map(nested));
}

#[test]
fn sets() {
    check_decomposing(&[0, 1, 2, 3].map(Set::singleton));
    check_decomposing(&[0, 1, 2, 3].map(|element| BTreeSet::from([element])));
}

#[cfg(feature = "std")]
#[test]
fn hashed_collections() {
    use std::collections::{HashMap, HashSet};
    let generators: Vec<_> = map_generators()
        .into_iter()
        .map(|entry| HashMap::<_, _>::from([entry]))
        .collect();
    check_decomposing(&generators);
    check_decomposing(&[0, 1, 2, 3].map(|element| HashSet::<_>::from([element])));
}

#[cfg(feature = "im")]
#[test]
fn persistent_collections() {
    use im::{OrdMap, OrdSet};
    let generators: Vec<_> = map_generators()
        .into_iter()
        .map(|(k, v)| OrdMap::unit(k, v))
        .collect();
    check_decomposing(&generators);
    check_decomposing(&[0, 1, 2, 3].map(OrdSet::unit));
}

#[test]
fn chunked_maps() {
    let entry = |(key, value)| {
        let mut map = ChunkedMap::default();
        map.insert(key, value);
        map
    };
    let generators: Vec<_> = map_generators().into_iter().map(entry).collect();
    assert_eq!(check_decomposing(&generators).len(), 3 * 3 * 2);
}

#[test]
fn version_vectors() {
    let heads = [("ada", 1), ("ada", 2), ("bob", 1), ("bob", u64::MAX)];
    let universe = check_decomposing(&heads.map(|head| VersionVector::from_iter([head])));
    assert_eq!(universe.len(), 9);
}

#[test]
fn causal_contexts() {
    let dots = [
        ("ada", 1),
        ("ada", 2),
        ("ada", 3),
        ("ada", u64::MAX),
        ("bob", 1),
        ("bob", 3),
    ];
    let dot = |(agent, seq)| CausalContext::from_iter([Dot::new(agent, seq)]);
    let universe = check_decomposing(&dots.map(dot));
    assert_eq!(universe.len(), 64);
}

#[test]
fn antichains() {
    let writes = [
        Write::new((1, 0), 0, 0),
        Write::new((1, 0), 0, 1),
        Write::new((1, 0), 1, 0),
        Write {
            value: Cell::Redacted,
            ..Write::new((1, 0), 1, 0)
        },
        Write::new((0, 1), 0, 2),
        Write::new((2, 0), 0, 2),
        Write::new((1, 1), 0, 3),
    ];
    laws::check_ranked(&writes);
    check_decomposing(&writes.map(Antichain::singleton));
}

#[test]
fn antichains_of_dots_and_of_cells_under_dots() {
    let dots = [("ada", 1), ("ada", 2), ("ada", 3), ("bob", 1), ("bob", 2)]
        .map(|(agent, seq)| Dot::new(agent, seq));
    laws::check_ranked(&dots);
    let universe = check_decomposing(&dots.map(Antichain::singleton));
    assert_eq!(
        universe.len(),
        4 * 3,
        "the last event of each agent, or none"
    );

    let cells = [Cell::Present(0), Cell::Present(1), Cell::Redacted];
    let writes: Vec<_> = dots[1..4]
        .iter()
        .flat_map(|dot| cells.map(|cell| (*dot, cell)))
        .collect();
    laws::check_ranked(&writes);
    let generators: Vec<_> = writes.into_iter().map(Antichain::singleton).collect();
    assert_eq!(check_decomposing(&generators).len(), 7 * 4);
}
