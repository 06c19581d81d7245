//! An immutable snapshot of `n` entries, and 1,000 writes to single keys after it.

use std::collections::BTreeMap;

use lattice_core::{ChunkedMap, JoinSemilattice, Max};

use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// An entry as large as a register with its tuple.
type Value = [u64; 9];

/// Everyone who keeps a snapshot.
pub fn contenders(n: usize, count: usize, seed: u64) -> Vec<Contender> {
    let mut random = Random::new(seed);
    let keys: Vec<u64> = (0..n).map(|_| random.next()).collect();
    let entries = || keys.iter().map(|key| (*key, [*key; 9]));
    // Known keys all of them, and each written to a greater value than before.
    let writes = || {
        let keys = keys.clone();
        let mut random = Random::new(seed + 1);
        let mut round = 0;
        move || -> Vec<(u64, Value)> {
            round += 1;
            (0..count)
                .map(|_| {
                    (
                        keys[random.below(keys.len() as u64) as usize],
                        [u64::MAX - 1_000 + round; 9],
                    )
                })
                .collect()
        }
    };
    vec![
        Contender::ongoing(
            Role::Own,
            "lattice-core ChunkedMap",
            entries().collect::<ChunkedMap<u64, Value>>(),
            writes(),
            |map, writes| {
                let snapshot = map.clone();
                for (key, value) in writes {
                    map.insert(key, value);
                }
                snapshot
            },
        )
        .goal(Goal::Speed("imbl OrdMap", 1.5)),
        Contender::ongoing(
            Role::Own,
            "lattice-core on im::OrdMap",
            entries()
                .map(|(k, v)| (k, Max(v)))
                .collect::<im::OrdMap<u64, Max<Value>>>(),
            {
                let mut writes = writes();
                move || -> im::OrdMap<u64, Max<Value>> {
                    writes().into_iter().map(|(k, v)| (k, Max(v))).collect()
                }
            },
            |map, delta| {
                let snapshot = map.clone();
                map.join(delta);
                snapshot
            },
        )
        .goal(Goal::Speed("im OrdMap", 0.8)),
        Contender::ongoing(
            Role::Peer,
            "imbl OrdMap",
            entries().collect::<imbl::OrdMap<u64, Value>>(),
            writes(),
            |map, writes| {
                let snapshot = map.clone();
                for (key, value) in writes {
                    map.insert(key, value);
                }
                snapshot
            },
        ),
        Contender::ongoing(
            Role::Peer,
            "im OrdMap",
            entries().collect::<im::OrdMap<u64, Value>>(),
            writes(),
            |map, writes| {
                let snapshot = map.clone();
                for (key, value) in writes {
                    map.insert(key, value);
                }
                snapshot
            },
        ),
        Contender::ongoing(
            Role::Peer,
            "BTreeMap, cloned",
            entries().collect::<BTreeMap<u64, Value>>(),
            writes(),
            |map, writes| {
                let snapshot = map.clone();
                for (key, value) in writes {
                    map.insert(key, value);
                }
                snapshot
            },
        ),
    ]
}
