//! `semilattice_laws_quickcheck!` on each instance that is `Arbitrary`; those of `im`, which quickcheck
//! does not know, from lists of entries.

use std::collections::{BTreeMap, BTreeSet};

use lattice_core::{
    Antichain, CausalContext, Cell, ChunkedMap, Conflict, Dot, Map, Max, Min, Pair, Set,
    VersionVector, semilattice_laws_quickcheck,
};

semilattice_laws_quickcheck!(unit, (), [bottom, decompose]);
semilattice_laws_quickcheck!(flag, bool, [bottom, decompose]);
semilattice_laws_quickcheck!(max, Max<u8>);
semilattice_laws_quickcheck!(min, Min<u8>);
semilattice_laws_quickcheck!(cell, Cell<u8>);
semilattice_laws_quickcheck!(conflict, Conflict<bool>);
semilattice_laws_quickcheck!(option_of_cell, Option<Cell<u8>>, [bottom, decompose]);
semilattice_laws_quickcheck!(option_of_conflict, Option<Conflict<bool>>, [bottom]);

type M = Option<Max<u8>>;
semilattice_laws_quickcheck!(tuple_1, (M,), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_2, (bool, M), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_3, (bool, Set<u8>, M), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_4, (bool, M, M, Set<u8>), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_5, (M, bool, M, M, bool), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_6, (M, M, bool, M, M, bool), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_7, (M, M, M, bool, M, M, bool), [bottom, decompose]);
semilattice_laws_quickcheck!(tuple_8, (M, M, M, M, bool, M, M, bool), [bottom, decompose]);

semilattice_laws_quickcheck!(pair, Pair<Set<bool>, Set<bool>>, [bottom, decompose]);
semilattice_laws_quickcheck!(set, Set<u8>, [bottom, decompose]);
semilattice_laws_quickcheck!(btree_set, BTreeSet<u8>, [bottom, decompose]);
semilattice_laws_quickcheck!(map, Map<u8, Set<bool>>, [bottom, decompose]);
semilattice_laws_quickcheck!(chunked_map, ChunkedMap<u8, M>, [bottom, decompose]);
semilattice_laws_quickcheck!(btree_map, BTreeMap<u8, M>, [bottom, decompose]);
semilattice_laws_quickcheck!(version_vector, VersionVector<u8>, [bottom, decompose]);
semilattice_laws_quickcheck!(causal_context, CausalContext<bool>, [bottom, decompose]);
semilattice_laws_quickcheck!(antichain, Antichain<Dot<u8>>, [bottom, decompose]);

#[cfg(feature = "std")]
semilattice_laws_quickcheck!(
    hash_map,
    std::collections::HashMap<u8, Max<u8>>,
    [bottom, decompose]
);
#[cfg(feature = "std")]
semilattice_laws_quickcheck!(hash_set, std::collections::HashSet<u8>, [bottom, decompose]);

#[cfg(feature = "im")]
#[test]
fn ord_map_and_ord_set() {
    use lattice_core::laws;

    type Entries = Vec<(u8, u8)>;

    fn property(a: Entries, b: Entries, c: Entries) {
        let lists = [a, b, c];
        let maps = lists.clone().map(|entries| {
            let entries = entries.into_iter().map(|(key, value)| (key, Max(value)));
            entries.collect::<im::OrdMap<u8, Max<u8>>>()
        });
        laws::check_all(&maps);
        laws::check_bottom(&maps);
        laws::check_decompose(&maps);
        laws::check_delta_since(&maps);
        let sets = lists.map(im::OrdSet::<(u8, u8)>::from_iter);
        laws::check_all(&sets);
        laws::check_bottom(&sets);
        laws::check_decompose(&sets);
        laws::check_delta_since(&sets);
    }
    quickcheck::quickcheck(property as fn(Entries, Entries, Entries));
}

#[cfg(feature = "derive")]
mod derived {
    use super::*;

    use lattice_core::{Bottom, Decompose, JoinSemilattice};
    use quickcheck::{Arbitrary, Gen};

    #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
    struct Poll {
        votes: Map<u8, Max<u8>>,
        closed: bool,
        closes_at: Option<Min<u8>>,
    }

    impl Arbitrary for Poll {
        fn arbitrary(g: &mut Gen) -> Self {
            Self {
                votes: Map::arbitrary(g),
                closed: bool::arbitrary(g),
                closes_at: Option::arbitrary(g),
            }
        }
    }

    semilattice_laws_quickcheck!(poll, Poll, [bottom, decompose]);
}
