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

mod namesake {
    use lattice_core::{Bottom, Decompose, JoinSemilattice, Max};

    /// Called as what it wraps.
    #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
    pub(super) struct Set<T> {
        pub(super) inner: lattice_core::Set<T>,
        pub(super) last: Option<Max<u8>>,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Inline<V: Clone, const N: usize>
where
    V: core::fmt::Debug,
{
    value: Option<V>,
    marker: PhantomData<[u8; N]>,
}

/// Forms that hold nothing.
#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct EmptyBraces {}

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct EmptyTuple();

/// A lifetime is no parameter to ask anything of, and what is borrowed may be an element.
#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Borrowing<'a, T: ?Sized + Ord + 'a> {
    names: Set<&'a str>,
    keys: Set<&'a T>,
}

/// Defaults, a clause of its own, a bound on an associated type, and names that are keywords.
#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Involved<I, V = Set<u8>>
where
    I: Iterator<Item: Clone + Eq + core::fmt::Debug> + Clone + core::fmt::Debug + Eq,
    V: Clone,
{
    r#type: Option<Max<I::Item>>,
    r#match: V,
}

/// Not to be named outside, and yet a bound on a public struct's field.
#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Private<T>(Option<T>);

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
pub(crate) struct Public<T> {
    inner: Private<T>,
}

/// Holds itself, under keys: what the field needs is said on the struct.
#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom)]
struct Tree<K: Ord, V> {
    here: Option<V>,
    children: Map<K, Tree<K, V>>,
}

#[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom)]
struct Path {
    segments: Map<u8, Self>,
}

/// Locals of the impl that are also names of fields, and a type that a macro hands in.
macro_rules! confusing {
    ($name:ident, $type:ty) => {
        #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
        struct $name {
            grew: $type,
            other: $type,
            known: $type,
            part: $type,
            whole: $type,
        }
    };
}
confusing!(Confusing, Option<Max<u8>>);

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

#[test]
fn structs_that_hold_nothing() {
    assert_eq!(check(&[EmptyBraces {}]), 1);
    assert_eq!(check(&[EmptyTuple()]), 1);
}

#[test]
fn lifetimes_clauses_defaults_and_keywords() {
    let (one, two) = (String::from("one"), String::from("two"));
    let borrowing = |text: &'static str, key| Borrowing::<String> {
        names: Set::singleton(text),
        keys: Set::singleton(key),
    };
    assert_eq!(check(&[borrowing("a", &one), borrowing("b", &two)]), 4);

    let involved = |number, element| Involved::<core::ops::Range<u8>> {
        r#type: Some(Max(number)),
        r#match: Set::singleton(element),
    };
    assert_eq!(check(&[involved(1, 1), involved(2, 2)]), 4);

    let public = |flag| Public {
        inner: Private(Some(flag)),
    };
    assert_eq!(check(&[public(false), public(true)]), 3);
}

#[test]
fn structs_that_hold_themselves() {
    let leaf = |value| Tree {
        here: Some(Max(value)),
        children: Map::new(),
    };
    let node = |key, child| Tree {
        here: None,
        children: Map::singleton(key, child),
    };
    let generators = [
        leaf(1),
        leaf(2),
        node('a', leaf(1)),
        node('a', node('b', leaf(1))),
    ];
    let universe = laws::check_exhaustive(&generators, 70).expect("a small universe");
    laws::check_bottom(&universe);

    let path = |key, inner| Path {
        segments: Map::singleton(key, inner),
    };
    let generators = [
        Path::bottom(),
        path(1, Path::bottom()),
        path(1, path(2, Path::bottom())),
    ];
    assert_eq!(
        laws::check_exhaustive(&generators, 70).map(|universe| universe.len()),
        Ok(3)
    );
}

#[test]
fn fields_named_like_locals_of_the_impl() {
    let at = |index: usize| {
        let field = |other| (index == other).then_some(Max(1));
        Confusing {
            grew: field(0),
            other: field(1),
            known: field(2),
            part: field(3),
            whole: field(4),
        }
    };
    assert_eq!(check(&[0, 1, 2, 3, 4].map(at)), 32);
}

#[test]
fn a_struct_may_be_called_as_what_it_wraps() {
    let of = |elements: &[u8], last| namesake::Set {
        inner: elements.iter().copied().collect(),
        last,
    };
    let states = [
        of(&[], None),
        of(&[1], Some(Max(2))),
        of(&[1, 3], None),
        of(&[3], Some(Max(1))),
    ];
    laws::check_all(&states);
    assert_eq!(
        of(&[1], Some(Max(2))).joined(of(&[3], None)),
        of(&[1, 3], Some(Max(2)))
    );
}
