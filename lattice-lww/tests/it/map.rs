//! Maps against the plain map of registers, at sizes that cross every boundary of the layout.

use std::collections::BTreeMap;

use lattice_core::{Bottom, Decompose, JoinSemilattice};
use lattice_lww::{LwwMap, LwwRegister, VersionVector};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{Register, any_write, version_vector, write};

type Keyed = (u32, Register<VersionVector>);
type Map = LwwMap<u32, u8, VersionVector, u8>;

#[derive(Clone, Default)]
struct Model(BTreeMap<u32, Register<VersionVector>>);

impl Model {
    fn join(&mut self, entries: &[Keyed]) -> bool {
        let mut grew = false;
        for (key, register) in entries.iter().filter(|(_, register)| !register.is_bottom()) {
            grew |= self.0.entry(*key).or_default().join(register.clone());
        }
        grew
    }

    fn check(&self, map: &Map) {
        assert_eq!(map.len(), self.0.len());
        assert!(map.iter().eq(&self.0), "borrowed");
        assert!(map.clone().into_iter().eq(self.0.clone()), "owned");
        assert_eq!(map.iter().len(), self.0.len());
        let rebuilt = Map::from_canonical(self.0.clone().into_iter().collect());
        assert_eq!(rebuilt.as_ref(), Some(map), "however it was cut");
    }
}

/// Registers of one write, of two concurrent ones, and of none.
fn register(seed: u32) -> Register<VersionVector> {
    let stamp = |actor: &str, count| VersionVector::from_iter([(actor, u64::from(count))]);
    let [value, hash, ..] = seed.wrapping_mul(0x9e37_79b9).to_le_bytes();
    let first = write(
        stamp("a", seed % 5 + 1),
        u64::from(hash % 3),
        0,
        hash,
        value,
    );
    let second = write(
        stamp("b", seed % 3 + 1),
        u64::from(value % 3),
        1,
        value,
        hash,
    );
    match seed % 11 {
        0 => Register::new(),
        1 => Register::from_iter([first, second]),
        2 => Register::from_write(second),
        _ => Register::from_write(first),
    }
}

/// Keys out of ranges, so that batches touch, interleave and swallow each other.
fn batch() -> impl Strategy<Value = Vec<Keyed>> {
    let len = prop_oneof![4 => 0_usize..8, 2 => 40_usize..200, 1 => 400_usize..3_000];
    let start = 0_u32..4_000;
    let stride = prop_oneof![2 => Just(1_u32), 1 => 2_u32..60];
    (len, start, stride, any::<u32>()).prop_map(|(len, start, stride, seed)| {
        let keys = (0..len).map(|at| start + u32::try_from(at).expect("small") * stride);
        keys.map(|key| (key, register(key ^ seed))).collect()
    })
}

/// Four ways in.
fn join(map: &mut Map, entries: &[Keyed], way: u8) -> bool {
    let incoming: Map = entries.iter().rev().cloned().collect();
    match way {
        0 => map.join(incoming),
        1 => map.join_ref(&incoming),
        2 => {
            // With the old version kept: everything is shared.
            let (old, entries) = (map.clone(), map.clone().into_iter().collect::<Vec<_>>());
            let grew = map.join(incoming);
            assert!(old.into_iter().eq(entries), "a snapshot stays as it is");
            grew
        }
        _ => entries.iter().fold(false, |grew, (key, register)| {
            map.join_entry(*key, register.clone()) | grew
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn is_the_map_of_registers(batches in vec((batch(), 0_u8..4), 1..8)) {
        let (mut map, mut model) = (Map::new(), Model::default());
        for (entries, way) in &batches {
            let known = map.clone();
            let grew = model.join(entries);
            assert_eq!(join(&mut map, entries, *way), grew);
            model.check(&map);

            let incoming: Map = entries.iter().cloned().collect();
            assert!(incoming.leq(&map) && known.leq(&map));
            assert_eq!(map.leq(&known), !grew);
            let delta = map.delta_since(&known);
            assert_eq!(known.joined(delta), map);
        }
    }

    #[test]
    fn finds_what_it_has(entries in batch(), more in batch()) {
        let mut map: Map = entries.into_iter().collect();
        join(&mut map, &more, 3);
        let model: BTreeMap<_, _> = map.clone().into_iter().collect();
        for key in (0..8_000).step_by(7).chain(model.keys().copied()) {
            prop_assert_eq!(map.get(&key), model.get(&key));
            prop_assert_eq!(map.contains_key(&key), model.contains_key(&key));
        }
    }

    #[test]
    fn leq_is_keywise(a in vec((0_u32..5, any_write(version_vector())), 0..6), b in vec((0_u32..5, any_write(version_vector())), 0..6)) {
        let build = |writes: Vec<_>| -> Map {
            writes.into_iter().map(|(key, write)| (key, Register::from_write(write))).collect()
        };
        let (a, b) = (build(a), build(b));
        let keywise = a.iter().all(|(key, mine)| b.get(key).is_some_and(|theirs| mine.leq(theirs)));
        prop_assert_eq!(a.leq(&b), keywise);
    }
}

/// Keys that always come last, and keys that always come first: a log, and a log read backwards.
#[test]
fn runs_of_keys_at_either_end() {
    for ascending in [true, false] {
        let (mut map, mut model) = (Map::new(), Model::default());
        for at in 0..20_000_u32 {
            let key = if ascending { at } else { 20_000 - at };
            let entry = (
                key,
                Register::from_write(write(VersionVector::default(), 1, 1, 1, 1)),
            );
            assert!(map.join_entry(key, entry.1.clone()));
            model.join(&[entry]);
        }
        model.check(&map);
    }
}

/// Batches that fall into one leaf of a large map, again and again: it splits, and so do the nodes
/// above it.
#[test]
fn batches_into_one_place() {
    let one = || Register::from_write(write(VersionVector::default(), 1, 1, 1, 1));
    let spread: Vec<Keyed> = (0..100_000).map(|at| (at * 10_000, one())).collect();
    let mut map: Map = spread.iter().cloned().collect();
    let mut model = Model::default();
    model.join(&spread);
    for round in 0..4 {
        let dense: Vec<Keyed> = (0..3_000)
            .map(|at| (500_000_001 + round * 3_000 + at, one()))
            .collect();
        let incoming: Map = dense.iter().cloned().collect();
        assert!(map.join(incoming.clone()));
        assert!(!map.join_ref(&incoming));
        model.join(&dense);
    }
    model.check(&map);
    assert!(map.get(&500_000_001).is_some() && map.get(&500_012_001).is_none());
}

/// One side wholly before, after, and in a gap of the other.
#[test]
fn sides_that_do_not_overlap() {
    let range =
        |keys: std::ops::Range<u32>| -> Map { keys.map(|key| (key, register(key | 4))).collect() };
    let cases = [
        (range(0..1_000), range(1_000..3_000)),
        (range(1_000..3_000), range(0..1_000)),
        (
            range(0..100).joined(range(5_000..5_100)),
            range(1_000..3_000),
        ),
        (
            range(1_000..3_000),
            range(0..100).joined(range(5_000..5_100)),
        ),
        (range(0..1), range(1..2)),
    ];
    for (mut a, b) in cases {
        let mut model = Model(a.clone().into_iter().collect());
        let entries: Vec<_> = b.clone().into_iter().collect();
        assert!(model.join(&entries));
        let mut shared = a.clone();
        assert!(shared.join_ref(&b) && a.join(b));
        model.check(&a);
        model.check(&shared);
    }
}

#[test]
fn canonical_entries_are_taken_and_others_refused() {
    let one = Register::from_write(write(VersionVector::default(), 1, 1, 1, 1));
    assert_eq!(Map::from_canonical(vec![]), Some(Map::new()));
    assert!(Map::from_canonical(vec![(1, one.clone()), (2, one.clone())]).is_some());
    let refused = [
        vec![(2, one.clone()), (1, one.clone())],
        vec![(1, one.clone()), (1, one)],
        vec![(1, Register::new())],
    ];
    for entries in refused {
        assert_eq!(Map::from_canonical(entries), None);
    }
}

#[test]
fn an_unwritten_register_is_no_entry() {
    let mut map = Map::new();
    assert!(!map.join_entry(1, LwwRegister::new()));
    assert!(map.is_bottom() && map.is_empty());
    assert!(Map::from_iter([(1, LwwRegister::new())]).is_bottom());
    assert!(!map.join(Map::new()));
    assert_eq!(map, Map::default());
}

#[test]
fn keys_can_be_looked_up_borrowed() {
    let mut map = LwwMap::new();
    map.write(
        String::from("title"),
        write(VersionVector::default(), 1, 1, 1, 9),
    );
    assert_eq!(
        map.get("title").and_then(|register| register.get()),
        Some(&9)
    );
    assert!(!map.contains_key("size"));
    assert_eq!(format!("{map:?}").get(..9), Some("{\"title\":"));
}

#[test]
fn redaction_reaches_every_register() {
    let mut map: Map = (0..5_000).map(|key| (key, register(key))).collect();
    let count = |map: &Map| -> usize {
        map.iter()
            .flat_map(|(_, register)| register.writes())
            .filter(|it| it.cell.is_redacted())
            .count()
    };
    let named = map
        .iter()
        .flat_map(|(_, it)| it.writes())
        .filter(|it| it.key.event_hash.0[0] == 3)
        .count();
    assert!(named > 5);
    assert!(map.redact(|hash| hash.0[0] == 3));
    assert_eq!(count(&map), named);
    assert!(!map.redact(|hash| hash.0[0] == 3));
}
