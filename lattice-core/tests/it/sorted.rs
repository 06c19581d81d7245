//! `Map` and `Set` beside ordered trees, at sizes that take every path of the sorted join.

use std::collections::BTreeMap;

use lattice_core::{Decompose, JoinSemilattice, Map, Max, Set};
use proptest::collection::btree_map;
use proptest::prelude::*;

type Model = BTreeMap<u16, u8>;

/// Tiny, middling and large states; the large one dense, so that runs of known keys occur.
fn states() -> impl Strategy<Value = Model> {
    prop_oneof![
        btree_map(0_u16..700, any::<u8>(), 0..6),
        btree_map(0_u16..700, any::<u8>(), 10..60),
        btree_map(0_u16..400, any::<u8>(), 200..350),
        btree_map(600_u16..700, any::<u8>(), 0..20), // past the end of the large ones
    ]
}

fn map(model: &Model) -> Map<u16, Max<u8>> {
    let entries = model
        .iter()
        .map(|(key, value)| (*key, Max(*value)))
        .collect();
    Map::from_sorted(entries).expect("a tree is sorted")
}

fn set(model: &Model) -> Set<u16> {
    Set::from_sorted(model.keys().copied().collect()).expect("a tree is sorted")
}

fn joined(a: &Model, b: &Model) -> Model {
    let mut joined = a.clone();
    for (key, value) in b {
        let mine = joined.entry(*key).or_insert(*value);
        *mine = (*mine).max(*value);
    }
    joined
}

fn holds(large: &Model, small: &Model) -> bool {
    small
        .iter()
        .all(|(key, value)| large.get(key).is_some_and(|found| found >= value))
}

fn includes(large: &Model, small: &Model) -> bool {
    small.keys().all(|key| large.contains_key(key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn map_joins_as_a_tree_does(a in states(), b in states()) {
        let expected = map(&joined(&a, &b));
        let grew = !holds(&a, &b);

        let mut by_value = map(&a);
        prop_assert_eq!(by_value.join(map(&b)), grew);
        prop_assert_eq!(&by_value, &expected);

        let mut by_ref = map(&a);
        prop_assert_eq!(by_ref.join_ref(&map(&b)), grew);
        prop_assert_eq!(&by_ref, &expected);

        let mut by_clone = map(&a);
        prop_assert_eq!(by_clone.join_cloning(&map(&b)), grew);
        prop_assert_eq!(&by_clone, &expected);

        let mut out = map(&b);
        map(&a).join_into(&map(&b), &mut out);
        prop_assert_eq!(&out, &expected);

        let mut one_by_one = map(&a);
        let mut any_grew = false;
        for (key, value) in &b {
            any_grew |= one_by_one.join_entry(*key, Max(*value));
        }
        prop_assert_eq!(any_grew, grew);
        prop_assert_eq!(&one_by_one, &expected);
    }

    #[test]
    fn map_orders_and_differs_as_a_tree_does(a in states(), b in states()) {
        prop_assert_eq!(map(&a).leq(&map(&b)), holds(&b, &a));
        let news = a.iter().filter(|(key, value)| b.get(key).is_none_or(|known| known < value));
        let news: Model = news.map(|(key, value)| (*key, *value)).collect();
        let ours = map(&a);
        prop_assert_eq!(ours.delta_since(&map(&b)), map(&news));
        for key in 0..700 {
            prop_assert_eq!(ours.get(&key).map(|value| value.0), a.get(&key).copied());
            prop_assert_eq!(ours.contains_key(&key), a.contains_key(&key));
        }
    }

    #[test]
    fn set_joins_as_a_tree_does(a in states(), b in states()) {
        let expected = set(&joined(&a, &b));
        let grew = !includes(&a, &b);

        let mut by_value = set(&a);
        prop_assert_eq!(by_value.join(set(&b)), grew);
        prop_assert_eq!(&by_value, &expected);

        let mut by_clone = set(&a);
        prop_assert_eq!(by_clone.join_cloning(&set(&b)), grew);
        prop_assert_eq!(&by_clone, &expected);

        let mut out = set(&b);
        set(&a).join_into(&set(&b), &mut out);
        prop_assert_eq!(&out, &expected);

        let mut one_by_one = set(&a);
        let inserted = b.keys().fold(false, |any, key| any | one_by_one.insert(*key));
        prop_assert_eq!(inserted, grew);
        prop_assert_eq!(&one_by_one, &expected);
    }

    #[test]
    fn set_algebra_as_a_tree_does(a in states(), b in states()) {
        prop_assert_eq!(set(&a).is_subset(&set(&b)), includes(&b, &a));
        let both: Vec<u16> = a.keys().filter(|key| b.contains_key(key)).copied().collect();
        prop_assert_eq!(set(&a).intersection(&set(&b)).into_vec(), both);
        let only: Vec<u16> = a.keys().filter(|key| !b.contains_key(key)).copied().collect();
        prop_assert_eq!(set(&a).difference(&set(&b)).into_vec(), only);
        for key in 0..700 {
            prop_assert_eq!(set(&a).contains(&key), a.contains_key(&key));
        }
    }

    #[test]
    fn collecting_sorts_and_joins_duplicates(entries in proptest::collection::vec((0_u16..20, any::<u8>()), 0..60)) {
        let mut model = Model::new();
        for (key, value) in &entries {
            let mine = model.entry(*key).or_insert(*value);
            *mine = (*mine).max(*value);
        }
        prop_assert_eq!(set(&model), entries.iter().map(|(key, _)| *key).collect());
        let collected: Map<_, _> = entries.into_iter().map(|(key, value)| (key, Max(value))).collect();
        prop_assert_eq!(collected, map(&model));
    }
}

#[test]
fn unsorted_and_doubled_vectors_are_refused() {
    assert_eq!(Set::from_sorted(vec![2, 1]), None);
    assert_eq!(Set::from_sorted(vec![1, 1]), None);
    assert_eq!(Map::from_sorted(vec![(2, Max(0)), (1, Max(0))]), None);
    assert_eq!(Map::from_sorted(vec![(1, Max(0)), (1, Max(1))]), None);
    assert!(Map::from_sorted(vec![(1, Max(0)), (2, Max(0))]).is_some());
}

#[test]
fn joining_what_is_known_moves_nothing() {
    let mut all: Map<u32, Max<u32>> = (0..1_000).map(|key| (key, Max(key))).collect();
    let place = all.as_slice().as_ptr();
    assert!(!all.join((0..1_000).step_by(7).map(|key| (key, Max(0))).collect()));
    assert!(
        all.join(
            (0..1_000)
                .step_by(7)
                .map(|key| (key, Max(key + 1)))
                .collect()
        )
    );
    assert_eq!(all.as_slice().as_ptr(), place);
}

#[test]
fn few_new_keys_stay_in_the_allocation() {
    let mut all = Map::with_capacity(1_010);
    all.extend((0..1_000).map(|key| (key * 2, Max(key))));
    let mut roomy = Map::with_capacity(1_010);
    for (key, value) in all {
        roomy.join_entry(key, value);
    }
    let place = roomy.as_slice().as_ptr();
    assert!(roomy.join(Map::from_iter([
        (1, Max(0)),
        (501, Max(0)),
        (1_777, Max(0)),
        (5_000, Max(0))
    ])));
    assert_eq!(roomy.as_slice().as_ptr(), place);
    assert_eq!(roomy.len(), 1_004);
    assert!(roomy.keys().is_sorted());
}

/// Values move from one state to the other: nothing asks them to be `Clone`.
#[test]
fn values_need_not_be_clone() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Unclonable(u8);
    let mut map = Map::singleton(1, Max(Unclonable(1)));
    assert!(map.join(Map::from_iter([
        (1, Max(Unclonable(2))),
        (2, Max(Unclonable(0)))
    ])));
    assert_eq!(map.get(&1), Some(&Max(Unclonable(2))));
}

#[test]
fn values_can_be_edited_and_entries_dropped() {
    let mut map = Map::from_iter([(1, Max(1)), (2, Max(2)), (3, Max(3))]);
    for value in map.values_mut() {
        value.0 *= 10;
    }
    if let Some(value) = map.get_mut(&2) {
        *value = Max(0);
    }
    map.retain(|key, _| *key != 3);
    assert_eq!(map.into_vec(), [(1, Max(10)), (2, Max(0))]);
}
