//! Small deltas into large maps: so many keys, half of them known, into `n` registers.

use std::collections::btree_map::Entry as InTree;
use std::collections::hash_map::Entry as InTable;
use std::collections::{BTreeMap, HashMap};

use lattice_core::JoinSemilattice;
use lattices::Merge;
use lattices::map_union::MapUnion;

use crate::lww::{Dom, Entry, Marker, dom, newer, ours, sides};
use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// Deltas without end, the same for everyone.
struct Deltas {
    known: Vec<u64>,
    count: usize,
    random: Random,
}

impl Deltas {
    fn next(&mut self) -> Vec<Entry> {
        let random = &mut self.random;
        let mut delta: Vec<Entry> = (0..self.count)
            .map(|at| {
                let key = if at % 2 == 0 {
                    self.known[random.below(self.known.len() as u64) as usize]
                } else {
                    random.next()
                };
                let mut agent = [0; 16];
                agent[0] = random.below(16) as u8;
                let marker = (
                    random.below(2_000),
                    random.next() >> 20,
                    agent,
                    random.hash(),
                );
                (key, marker, random.next())
            })
            .collect();
        delta.sort_unstable_by_key(|e| e.0);
        delta.dedup_by_key(|e| e.0);
        delta
    }
}

/// A value with its marker, for maps that know no lattices.
type Value = (Marker, u64);

fn value(e: &Entry) -> (u64, Value) {
    (e.0, (e.1, e.2))
}

/// The keys of `n` registers, and an endless supply of deltas to them.
fn setup(n: usize, count: usize, seed: u64) -> (Vec<Entry>, impl Fn() -> Deltas) {
    let (side, _) = sides(n, seed);
    let known: Vec<u64> = side.iter().map(|e| e.0).collect();
    let deltas = move || Deltas {
        known: known.clone(),
        count,
        random: Random::new(seed + 1),
    };
    (side, deltas)
}

/// Everyone who takes deltas of `count` keys into the one version of `n` that there is.
pub fn in_place(n: usize, count: usize, seed: u64) -> Vec<Contender> {
    let (side, deltas) = setup(n, count, seed);
    vec![
        Contender::ongoing(
            Role::Own,
            "lattice-lww LwwMap",
            ours(&side),
            {
                let mut deltas = deltas();
                move || ours(&deltas.next())
            },
            |map, delta| map.join(delta),
        )
        .goal(Goal::Speed("lattices MapUnion on HashMap", 1.0))
        .goal(Goal::Speed("BTreeMap", 2.0)),
        Contender::ongoing(
            Role::Peer,
            "lattices MapUnion on HashMap",
            MapUnion::new(side.iter().map(dom).collect::<HashMap<u64, Dom>>()),
            {
                let mut deltas = deltas();
                move || MapUnion::new(deltas.next().iter().map(dom).collect::<HashMap<u64, Dom>>())
            },
            |map, delta| map.merge(delta),
        ),
        Contender::ongoing(
            Role::Peer,
            "BTreeMap",
            side.iter().map(value).collect::<BTreeMap<u64, Value>>(),
            {
                let mut deltas = deltas();
                move || deltas.next()
            },
            |map, delta| {
                for (key, new) in delta.iter().map(value) {
                    match map.entry(key) {
                        InTree::Occupied(mut old) if newer(old.get(), &new) => _ = old.insert(new),
                        InTree::Occupied(_) => {}
                        InTree::Vacant(slot) => _ = slot.insert(new),
                    }
                }
            },
        ),
        Contender::ongoing(
            Role::Floor,
            "HashMap in place, by hand",
            side.iter().map(value).collect::<HashMap<u64, Value>>(),
            {
                let mut deltas = deltas();
                move || deltas.next()
            },
            |map, delta| {
                for (key, new) in delta.iter().map(value) {
                    match map.entry(key) {
                        InTable::Occupied(mut old) if newer(old.get(), &new) => _ = old.insert(new),
                        InTable::Occupied(_) => {}
                        InTable::Vacant(slot) => _ = slot.insert(new),
                    }
                }
            },
        )
        .goal(Goal::Honest(416.0)),
    ]
}

/// Everyone who takes deltas of `count` keys into `n` and keeps the old version.
pub fn old_kept(n: usize, count: usize, seed: u64) -> Vec<Contender> {
    let (side, deltas) = setup(n, count, seed);
    vec![
        Contender::ongoing(
            Role::Own,
            "lattice-lww LwwMap",
            ours(&side),
            {
                let mut deltas = deltas();
                move || ours(&deltas.next())
            },
            |map, delta| map.clone().joined(delta),
        )
        .goal(Goal::BestPeer(1.0)),
        Contender::ongoing(
            Role::Peer,
            "imbl OrdMap",
            side.iter().map(value).collect::<imbl::OrdMap<u64, Value>>(),
            {
                let mut deltas = deltas();
                move || deltas.next()
            },
            |map, delta| {
                let mut map = map.clone();
                for (key, new) in delta.iter().map(value) {
                    if map.get(&key).is_none_or(|old| newer(old, &new)) {
                        map.insert(key, new);
                    }
                }
                map
            },
        ),
        Contender::ongoing(
            Role::Peer,
            "im OrdMap",
            side.iter().map(value).collect::<im::OrdMap<u64, Value>>(),
            {
                let mut deltas = deltas();
                move || deltas.next()
            },
            |map, delta| {
                let mut map = map.clone();
                for (key, new) in delta.iter().map(value) {
                    if map.get(&key).is_none_or(|old| newer(old, &new)) {
                        map.insert(key, new);
                    }
                }
                map
            },
        ),
    ]
}
