//! Derived lattices of every shape.
#![cfg(feature = "derive")]

use core::marker::PhantomData;

use lattice_core::{Bottom, Decompose, JoinSemilattice, Map, Max, Set, laws};

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Named {
    tags: Set<u8>,
    last: Option<Max<u8>>,
    archived: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Tuple(Set<u8>, bool);

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Unit;

/// Anything at all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NoLattice;

/// Bounds come from the fields: `K: Ord` for the map, nothing for the marker.
#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Generic<K, V, Tag> {
    values: Map<K, V>,
    tag: PhantomData<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Inline<V: Clone, const N: usize>
where
    V: core::fmt::Debug,
{
    value: Option<V>,
    marker: PhantomData<[u8; N]>,
}

mod renamed {
    pub(super) use ::lattice_core as lattices;
    pub(super) mod deep {
        pub(crate) use ::lattice_core::{Bottom, Decompose, JoinSemilattice};
    }
}

/// Through another path than `::lattice_core`.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    renamed::lattices::JoinSemilattice,
    renamed::lattices::Bottom,
    Decompose,
)]
#[lattice(crate = crate::derived::renamed::deep)]
struct Renamed {
    flag: bool,
}

fn named(tags: &[u8], last: Option<u8>, archived: bool) -> Named {
    Named {
        tags: tags.iter().copied().collect(),
        last: last.map(Max),
        archived,
    }
}

fn check<L: Decompose + Clone + core::fmt::Debug>(generators: &[L]) -> usize {
    let with_bottom: Vec<L> = [L::bottom()]
        .into_iter()
        .chain(generators.iter().cloned())
        .collect();
    let universe = laws::check_exhaustive(&with_bottom, 70).expect("a small universe");
    laws::check_bottom(&universe);
    laws::check_decompose(&universe);
    laws::check_irreducible(&universe);
    laws::check_delta_since(&universe);
    universe.len()
}

#[test]
fn structs_with_names() {
    let generators = [
        named(&[1], None, false),
        named(&[2], None, false),
        named(&[], Some(1), false),
        named(&[], Some(2), false),
        named(&[], None, true),
    ];
    assert_eq!(check(&generators), 4 * 3 * 2);
}

#[test]
fn every_field_is_joined_after_one_that_grew() {
    let mut state = named(&[1], Some(1), false);
    assert!(state.join(named(&[2], Some(2), true)));
    assert_eq!(state, named(&[1, 2], Some(2), true));
    assert!(!state.join(named(&[2], Some(1), true)));
    assert!(
        state.join(named(&[], Some(3), false)),
        "the middle field alone"
    );
}

#[test]
fn tuple_structs_unit_structs_and_generics() {
    assert_eq!(
        check(&[
            Tuple(Set::singleton(1), false),
            Tuple(Set::singleton(2), true)
        ]),
        4
    );
    assert_eq!(check(&[Unit]), 1);
    let entry = |key, value| Generic::<_, _, NoLattice> {
        values: Map::singleton(key, Max(value)),
        tag: PhantomData,
    };
    assert_eq!(check(&[entry('a', 1), entry('a', 2), entry('b', 1)]), 6);
    let inline = |value| Inline::<_, 3> {
        value: Some(Max(value)),
        marker: PhantomData,
    };
    assert_eq!(check(&[inline(1), inline(2)]), 3);
    assert_eq!(check(&[Renamed { flag: true }]), 2);
}
