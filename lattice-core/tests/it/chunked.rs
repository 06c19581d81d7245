//! The chunked map against the standard one, at sizes that cross every boundary of the layout, and
//! with keys that are copied (`u32`) and keys that are moved (`String`).

use std::collections::BTreeMap;
use std::fmt::Debug;

use lattice_core::chunked::{MergeRule, Pick, Upsert};
use lattice_core::{Bottom, ChunkedMap, Decompose, JoinSemilattice, Max};
use proptest::collection::vec;
use proptest::prelude::*;

type Value = Max<u8>;

/// What is done to a map.
#[derive(Clone, Debug)]
enum Step {
    /// Joins a batch.
    Join(Vec<(u32, u8)>),
    /// Joins a batch to a shared map, and looks at the old one afterwards.
    JoinShared(Vec<(u32, u8)>),
    /// Sets one value.
    Insert(u32, u8),
    /// Removes one entry.
    Remove(u32),
    /// Keeps the keys with this remainder modulo 3 or not.
    Retain(u32),
    /// Raises the values of the keys with this remainder modulo 7.
    Edit(u32),
}

/// Keys out of ranges, so that batches touch, interleave and swallow each other.
fn batch() -> impl Strategy<Value = Vec<(u32, u8)>> {
    let len = prop_oneof![4 => 0_usize..8, 2 => 40_usize..400, 1 => 1_000_usize..4_000];
    let stride = prop_oneof![2 => Just(1_u32), 1 => 2_u32..60];
    (len, 0_u32..4_000, stride, any::<u8>()).prop_map(|(len, start, stride, seed)| {
        (0..len)
            .map(|at| start + u32::try_from(at).expect("small") * stride)
            .map(|key| (key, (key % 251) as u8 ^ seed))
            .collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => batch().prop_map(Step::Join),
        3 => batch().prop_map(Step::JoinShared),
        3 => (0_u32..6_000, any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
        3 => (0_u32..6_000).prop_map(Step::Remove),
        1 => (0_u32..3).prop_map(Step::Retain),
        1 => (0_u32..7).prop_map(Step::Edit),
    ]
}

fn check<K: Ord + Clone + Debug>(map: &ChunkedMap<K, Value>, model: &BTreeMap<K, Value>) {
    assert_eq!(map.len(), model.len());
    assert!(map.iter().eq(model), "borrowed");
    assert!(map.clone().into_iter().eq(model.clone()), "owned");
    assert_eq!(map.iter().len(), model.len());
    let rebuilt: ChunkedMap<K, Value> = model.clone().into_iter().rev().collect();
    assert_eq!(&rebuilt, map, "however it was cut");
}

/// Does the same to both, and compares what they say and what they hold.
fn agree<K: Ord + Clone + Debug>(
    steps: &[Step],
    key: impl Fn(u32) -> K,
    number: impl Fn(&K) -> u32,
) {
    let mut map = ChunkedMap::<K, Value>::new();
    let mut model = BTreeMap::<K, Value>::new();
    for step in steps {
        match step {
            Step::Join(batch) | Step::JoinShared(batch) => {
                let known = (map.clone(), model.clone());
                let incoming: ChunkedMap<K, Value> =
                    batch.iter().map(|(k, v)| (key(*k), Max(*v))).collect();
                let grew = batch.iter().fold(false, |grew, (k, v)| {
                    let before = model.get(&key(*k)).copied();
                    let after = before.map_or(Max(*v), |before: Value| before.joined(Max(*v)));
                    model.insert(key(*k), after);
                    before != Some(after) || grew
                });
                if let Step::Join(_) = step {
                    // Nothing is shared: leaves are taken apart or filled again.
                    map = map.iter().map(|(k, v)| (k.clone(), *v)).collect();
                }
                assert_eq!(map.join(incoming.clone()), grew);
                assert!(incoming.leq(&map) && known.0.leq(&map));
                assert_eq!(map.leq(&known.0), !grew);
                assert_eq!(known.0.clone().joined(map.delta_since(&known.0)), map);
                check(&known.0, &known.1);
            }
            Step::Insert(k, v) => {
                let fresh = model.insert(key(*k), Max(*v)).is_none();
                assert_eq!(map.insert(key(*k), Max(*v)), fresh);
            }
            Step::Remove(k) => {
                let known = model.remove(&key(*k)).is_some();
                assert_eq!(map.remove(&key(*k)), known);
            }
            Step::Retain(rest) => {
                map.retain(|k, _| number(k) % 3 != *rest);
                model.retain(|k, _| number(k) % 3 != *rest);
            }
            Step::Edit(rest) => {
                let old = (map.clone(), model.clone());
                let raise = |k: &K, v: &mut Value| {
                    let chosen = number(k) % 7 == *rest && v.0 < 200;
                    v.0 += u8::from(chosen);
                    chosen
                };
                let edited = model
                    .iter_mut()
                    .fold(false, |any, (k, v)| raise(k, v) | any);
                assert_eq!(map.edit(raise), edited);
                check(&old.0, &old.1);
            }
        }
        check(&map, &model);
    }
    for probe in (0..6_000).step_by(7) {
        assert_eq!(map.get(&key(probe)), model.get(&key(probe)));
        let at_or_after = map.lower_bound_by(|k| number(k).cmp(&probe));
        let expected = model.iter().find(|(k, _)| number(k) >= probe);
        assert_eq!(at_or_after, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn is_a_map_of_copied_keys(steps in vec(step(), 1..8)) {
        agree(&steps, |k| k, |k| *k);
    }

    #[test]
    fn is_a_map_of_moved_keys(steps in vec(step(), 1..5)) {
        agree(&steps, |k| format!("{k:07}"), |k| k.parse().expect("a number"));
    }

    #[test]
    fn union_is_that_of_sets(a in batch(), b in batch(), c in batch(), rest in 1_u32..5) {
        let keep = |k: &u32| k % rest != 1;
        let set = |batch: &[(u32, u8)]| batch.iter().map(|(k, _)| (*k, ())).collect::<ChunkedMap<u32>>();
        let text = |batch: &[(u32, u8)]| batch.iter().map(|(k, _)| (format!("{k:07}"), ())).collect::<ChunkedMap<String>>();
        let expected: std::collections::BTreeSet<u32> =
            a.iter().chain(&b).chain(&c).map(|(k, _)| *k).filter(keep).collect();
        let united = set(&a).union(set(&b), keep).union(set(&c), keep);
        prop_assert!(united.iter().map(|(k, ())| *k).eq(expected.iter().copied()));
        prop_assert_eq!(united.len(), expected.len());
        let keep_text = |k: &String| keep(&k.parse().expect("a number"));
        let united = text(&a).union(text(&b), keep_text).union(text(&c), keep_text);
        prop_assert!(united.iter().map(|(k, ())| k.parse::<u32>().expect("a number")).eq(expected));
    }

    #[test]
    fn a_rule_decides_about_each_entry(a in batch(), b in batch()) {
        let (left, right): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (a.iter().copied().collect(), b.iter().copied().collect());
        let mut expected = BTreeMap::new();
        for key in left.keys().chain(right.keys()) {
            let value = match (left.get(key), right.get(key)) {
                (Some(l), Some(r)) => match pick(*key) {
                    Pick::Left => Some(*l),
                    Pick::Right => Some(*r),
                    Pick::Both => Some(l ^ r),
                    Pick::Neither => None,
                },
                (Some(l), None) => (key % 5 != 0).then_some(*l),
                (None, r) => r.copied().filter(|_| key % 5 != 1),
            };
            if let Some(value) = value {
                expected.insert(*key, value);
            }
        }
        let merged = ChunkedMap::from_iter(a.clone()).merge(b.clone().into_iter().collect(), &mut Mixed);
        prop_assert!(merged.iter().eq(&expected));
        // Values that are moved, not copied.
        let boxed = |batch: Vec<(u32, u8)>| -> ChunkedMap<u32, Box<u8>> {
            batch.into_iter().map(|(k, v)| (k, Box::new(v))).collect()
        };
        let merged = boxed(a).merge(boxed(b), &mut Mixed);
        prop_assert!(merged.iter().map(|(k, v)| (*k, **v)).eq(expected));
    }
}

fn pick(key: u32) -> Pick {
    match key % 4 {
        0 => Pick::Left,
        1 => Pick::Right,
        2 => Pick::Both,
        _ => Pick::Neither,
    }
}

/// A rule that says something else for every kind of entry.
struct Mixed;

impl MergeRule<u32, u8> for Mixed {
    fn left(&mut self, key: &u32, _: &u8) -> bool {
        !key.is_multiple_of(5)
    }

    fn right(&mut self, key: &u32, _: &u8) -> bool {
        key % 5 != 1
    }

    fn both(&mut self, key: &u32, _: &u8, _: &u8) -> Pick {
        pick(*key)
    }

    fn join(&mut self, left: &mut u8, right: u8) {
        *left ^= right;
    }
}

impl MergeRule<u32, Box<u8>> for Mixed {
    fn left(&mut self, key: &u32, _: &Box<u8>) -> bool {
        !key.is_multiple_of(5)
    }

    fn right(&mut self, key: &u32, _: &Box<u8>) -> bool {
        key % 5 != 1
    }

    fn both(&mut self, key: &u32, _: &Box<u8>, _: &Box<u8>) -> Pick {
        pick(*key)
    }

    fn join(&mut self, left: &mut Box<u8>, right: Box<u8>) {
        **left ^= *right;
    }
}

/// Keeps the later value.
struct Later;

impl Upsert<u8> for Later {
    fn changes(&mut self, old: &u8, new: &u8) -> bool {
        old != new
    }

    fn update(&mut self, old: &mut u8, new: u8) {
        *old = new;
    }
}

#[test]
fn a_batch_is_taken_in_order() {
    let mut map: ChunkedMap<u32, u8> = (0..1_000).map(|k| (k, 0)).collect();
    let old = map.clone();
    assert!(map.upsert(vec![(7, 1), (2_000, 2), (7, 3), (2_000, 2)], &mut Later));
    assert_eq!(
        (map.get(&7), map.get(&2_000), map.len()),
        (Some(&3), Some(&2), 1_001)
    );
    assert!(!map.upsert(vec![(7, 3)], &mut Later));
    assert_eq!((old.get(&7), old.len()), (Some(&0), 1_000));
}

#[test]
fn of_equal_keys_the_last_stays() {
    let map = ChunkedMap::from_iter([(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')]);
    assert!(map.iter().eq([(&1, &'e'), (&2, &'d'), (&3, &'c')]));
}

#[test]
fn nothing_is_bottom() {
    let mut map = ChunkedMap::<u8, Value>::bottom();
    assert!(map.is_bottom() && map.is_empty() && map.iter().next().is_none());
    assert!(!map.join(ChunkedMap::new()));
    assert!(!map.remove(&1));
    map.insert(1, Max(1));
    assert!(map.remove(&1) && map.is_bottom());
    assert_eq!(map.decompose().count(), 0);
}

/// A key that has left the map must not live on in a separator: it may have been redacted.
#[test]
fn a_removed_key_is_dropped() {
    use std::sync::Arc;
    let keys: Vec<Arc<u32>> = (0..2_000).map(Arc::new).collect();
    let mut map: ChunkedMap<Arc<u32>> = keys.iter().map(|key| (Arc::clone(key), ())).collect();
    for key in keys.iter().step_by(3) {
        assert!(map.remove(key));
        assert_eq!(Arc::strong_count(key), 1);
    }
    map.retain(|key, ()| **key % 3 == 1);
    for key in keys.iter().filter(|key| ***key % 3 != 1) {
        assert_eq!(Arc::strong_count(key), 1);
    }
}
