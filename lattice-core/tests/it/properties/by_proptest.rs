//! `semilattice_laws!` on a strategy for each instance.

use std::collections::{BTreeMap, BTreeSet};

use core::marker::PhantomData;

use lattice_core::{
    Antichain, ByLeq, CausalContext, Cell, ChunkedMap, Conflict, Dot, Map, Max, Min, Pair, Set,
    VersionVector, semilattice_laws,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{Write, any_write};

semilattice_laws!(unit, Just(()), [bottom, decompose]);
semilattice_laws!(phantom, Just(PhantomData::<u8>), [bottom, decompose]);
semilattice_laws!(flag, any::<bool>(), [bottom, decompose]);
semilattice_laws!(max, any::<Max<u8>>());
semilattice_laws!(min, any::<Min<u8>>());
semilattice_laws!(cell, any::<Cell<u8>>());
semilattice_laws!(conflict, any::<Conflict<bool>>());
semilattice_laws!(
    option_of_cell,
    any::<Option<Cell<u8>>>(),
    [bottom, decompose]
);
semilattice_laws!(option_of_min, any::<Option<Min<u8>>>(), [bottom, decompose]);
semilattice_laws!(
    option_of_conflict,
    any::<Option<Conflict<bool>>>(),
    [bottom]
);
semilattice_laws!(
    option_of_set,
    any::<Option<Set<bool>>>(),
    [bottom, decompose]
);

type M = Option<Max<u8>>;
semilattice_laws!(
    by_leq,
    any::<Map<u8, M>>().prop_map(ByLeq),
    [bottom, decompose]
);
semilattice_laws!(tuple_1, any::<(M,)>(), [bottom, decompose]);
semilattice_laws!(tuple_2, any::<(bool, M)>(), [bottom, decompose]);
semilattice_laws!(tuple_3, any::<(bool, Set<u8>, M)>(), [bottom, decompose]);
semilattice_laws!(tuple_4, any::<(bool, M, M, Set<u8>)>(), [bottom, decompose]);
semilattice_laws!(tuple_5, any::<(M, bool, M, M, bool)>(), [bottom, decompose]);
semilattice_laws!(
    tuple_6,
    any::<(M, M, bool, M, M, bool)>(),
    [bottom, decompose]
);
semilattice_laws!(
    tuple_7,
    any::<(M, M, M, bool, M, M, bool)>(),
    [bottom, decompose]
);
semilattice_laws!(
    tuple_8,
    any::<(M, M, M, M, bool, M, M, bool)>(),
    [bottom, decompose]
);

semilattice_laws!(
    pair_of_sets,
    any::<Pair<Set<bool>, Set<bool>>>(),
    [bottom, decompose]
);
semilattice_laws!(pair_after_a_chain, any::<Pair<Max<bool>, Set<bool>>>());

semilattice_laws!(set, any::<Set<u8>>(), [bottom, decompose]);
semilattice_laws!(btree_set, any::<BTreeSet<u8>>(), [bottom, decompose]);
semilattice_laws!(map, any::<Map<u8, Set<bool>>>(), [bottom, decompose]);
semilattice_laws!(
    btree_map,
    any::<BTreeMap<u8, Option<Max<u8>>>>(),
    [bottom, decompose]
);
semilattice_laws!(
    version_vector,
    any::<VersionVector<bool>>(),
    [bottom, decompose]
);
semilattice_laws!(
    causal_context,
    any::<CausalContext<bool>>(),
    [bottom, decompose]
);

fn antichains() -> impl Strategy<Value = Antichain<Write>> {
    vec(any_write(), 0..6).prop_map(Antichain::from_iter)
}
semilattice_laws!(antichain, antichains(), [bottom, decompose]);
semilattice_laws!(
    antichain_of_dots,
    any::<Antichain<Dot<u8>>>(),
    [bottom, decompose]
);
semilattice_laws!(
    antichain_of_cells_under_dots,
    vec((any::<Dot<bool>>(), any::<Cell<bool>>()), 0..6).prop_map(Antichain::from_iter),
    [bottom, decompose]
);

/// Enough keys for several leaves.
fn chunked_maps() -> impl Strategy<Value = ChunkedMap<u16, Max<u8>>> {
    vec((0_u16..300, any::<Max<u8>>()), 0..200).prop_map(|entries| {
        let mut map = ChunkedMap::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    })
}
semilattice_laws!(chunked_map, chunked_maps(), [bottom]);

/// Several leaves of few entries, since these are wide: decomposing many would take long.
fn wide_chunked_maps() -> impl Strategy<Value = ChunkedMap<u8, Max<[u64; 32]>>> {
    let entry = (0_u8..80, any::<u8>()).prop_map(|(key, n)| (key, Max([u64::from(n); 32])));
    vec(entry, 0..60).prop_map(ChunkedMap::from_iter)
}
semilattice_laws!(wide_chunked_map, wide_chunked_maps(), [bottom, decompose]);

#[cfg(feature = "std")]
semilattice_laws!(
    hash_map,
    any::<std::collections::HashMap<u8, Max<u8>>>(),
    [bottom, decompose]
);
#[cfg(feature = "std")]
semilattice_laws!(
    hash_set,
    any::<std::collections::HashSet<u8>>(),
    [bottom, decompose]
);

#[cfg(feature = "im")]
semilattice_laws!(
    ord_map,
    any::<Vec<(u8, Max<u8>)>>().prop_map(im::OrdMap::<u8, Max<u8>>::from_iter),
    [bottom, decompose]
);
#[cfg(feature = "im")]
semilattice_laws!(
    ord_set,
    any::<Vec<u8>>().prop_map(im::OrdSet::<u8>::from_iter),
    [bottom, decompose]
);

#[cfg(feature = "derive")]
mod derived {
    use super::*;

    use lattice_core::{Bottom, Decompose, JoinSemilattice};

    #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
    struct Poll<Name: Ord> {
        votes: Map<Name, Max<u8>>,
        closed: bool,
        closes_at: Option<Min<u8>>,
    }

    fn polls() -> impl Strategy<Value = Poll<u8>> {
        any::<(Map<u8, Max<u8>>, bool, Option<Min<u8>>)>().prop_map(|(votes, closed, closes_at)| {
            Poll {
                votes,
                closed,
                closes_at,
            }
        })
    }
    semilattice_laws!(poll, polls(), [bottom, decompose]);
}
