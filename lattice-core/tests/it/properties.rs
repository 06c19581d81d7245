//! The laws on random states, through proptest and through quickcheck. Small types are looked at in
//! full elsewhere; here are those whose states do not fit a small universe.

#[cfg(feature = "proptest")]
mod by_proptest {
    use std::collections::BTreeMap;

    use lattice_core::{
        Antichain, CausalContext, Cell, Conflict, Map, Max, Pair, Set, VersionVector,
        semilattice_laws,
    };
    use proptest::prelude::*;

    use crate::write::any_write;

    semilattice_laws!(option, any::<Option<Cell<u8>>>(), [bottom, decompose]);
    semilattice_laws!(conflict, any::<Option<Conflict<bool>>>(), [bottom]);
    semilattice_laws!(
        tuple,
        any::<(bool, Set<u8>, Option<Max<u8>>)>(),
        [bottom, decompose]
    );
    semilattice_laws!(
        pair,
        any::<Pair<Set<bool>, Set<bool>>>(),
        [bottom, decompose]
    );
    semilattice_laws!(set, any::<Set<u8>>(), [bottom, decompose]);
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

    fn antichains() -> impl Strategy<Value = Antichain<crate::write::Write>> {
        proptest::collection::vec(any_write(), 0..6).prop_map(Antichain::from_iter)
    }
    semilattice_laws!(antichain, antichains(), [bottom, decompose]);

    #[cfg(feature = "std")]
    semilattice_laws!(
        hash_map,
        any::<std::collections::HashMap<u8, Max<u8>>>(),
        [bottom, decompose]
    );

    #[cfg(feature = "im")]
    fn persistent_maps() -> impl Strategy<Value = im::OrdMap<u8, Max<u8>>> {
        any::<Vec<(u8, Max<u8>)>>().prop_map(im::OrdMap::from_iter)
    }
    #[cfg(feature = "im")]
    semilattice_laws!(ord_map, persistent_maps(), [bottom, decompose]);
}

#[cfg(feature = "quickcheck")]
mod by_quickcheck {
    use lattice_core::{
        CausalContext, Cell, Conflict, Map, Pair, Set, semilattice_laws_quickcheck,
    };

    semilattice_laws_quickcheck!(option, Option<Cell<u8>>, [bottom, decompose]);
    semilattice_laws_quickcheck!(conflict, Option<Conflict<bool>>, [bottom]);
    semilattice_laws_quickcheck!(pair, Pair<Set<bool>, Set<bool>>, [bottom, decompose]);
    semilattice_laws_quickcheck!(set, Set<u8>, [bottom, decompose]);
    semilattice_laws_quickcheck!(map, Map<u8, Set<bool>>, [bottom, decompose]);
    semilattice_laws_quickcheck!(causal_context, CausalContext<bool>, [bottom, decompose]);
}
