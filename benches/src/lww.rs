//! LWW map joins: full tuples (u64 stamp, u64 wall clock, 16-byte agent, 32-byte hash, u64 value), half of the keys on
//! both sides.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use crdts::{CvRDT, LWWReg};
use lattice_core::JoinSemilattice;
use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
use lattices::map_union::MapUnion;
use lattices::{DomPair, IsBot, LatticeFrom, Max, Merge};

use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// Everything that decides between two writes.
pub type Marker = (u64, u64, [u8; 16], [u8; 32]);
/// One key, its marker and its value.
pub type Entry = (u64, Marker, u64);

/// Two sides of `n` keys each, sorted; half of the keys are on both.
pub fn sides(n: usize, seed: u64) -> (Vec<Entry>, Vec<Entry>) {
    let mut random = Random::new(seed);
    let mut keys: Vec<u64> = (0..n + n / 2).map(|_| random.next()).collect();
    keys.sort_unstable();
    keys.dedup();
    random.shuffle(&mut keys);
    let mut side = |keys: &[u64]| {
        let mut side: Vec<Entry> = keys
            .iter()
            .map(|key| {
                let mut agent = [0; 16];
                agent[0] = random.below(16) as u8;
                let marker = (
                    random.below(1000),
                    random.next() >> 20,
                    agent,
                    random.hash(),
                );
                (*key, marker, random.next())
            })
            .collect();
        side.sort_unstable_by_key(|e| e.0);
        side
    };
    let half = n / 2;
    (
        side(&keys[..n]),
        side(&keys[half..keys.len().min(n + half)]),
    )
}

/// Our map.
pub type OurMap = LwwMap<u64, u64, Lamport, [u8; 16]>;

/// One of our writes.
pub fn write((_, (stamp, wall_ts, agent_id, hash), value): Entry) -> Write<u64, Lamport, [u8; 16]> {
    Write::new(
        WriteKey {
            stamp: Lamport(stamp),
            wall_ts,
            agent_id,
            event_hash: EventHash(hash),
        },
        value,
    )
}

/// Our map of a side.
pub fn ours(side: &[Entry]) -> OurMap {
    side.iter().map(|e| (e.0, write(*e).into())).collect()
}

/// Greater marker wins; the same for the hand-written contenders.
pub fn newer(a: &(Marker, u64), b: &(Marker, u64)) -> bool {
    b.0 > a.0
}

/// The floor: a merge of two sorted arrays that carry the same tuple and a cell.
pub fn sorted_floor(a: &[Cellular], b: &[Cellular], out: &mut Vec<Cellular>) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            Ordering::Less => {
                out.push(a[i]);
                i += 1;
            }
            Ordering::Greater => {
                out.push(b[j]);
                j += 1;
            }
            Ordering::Equal => {
                let later = (b[j].1, b[j].2) > (a[i].1, a[i].2);
                out.push(if later { b[j] } else { a[i] });
                i += 1;
                j += 1;
            }
        }
    }
    out.extend_from_slice(&a[i..]);
    out.extend_from_slice(&b[j..]);
}

/// A key, the tuple, and the cell under it.
pub type Cellular = (u64, Marker, Option<u64>);

/// A marker as a key of `lattices::DomPair`, whose maps ask for values that can be bottom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerKey(Marker);

impl Merge<PeerKey> for PeerKey {
    fn merge(&mut self, other: PeerKey) -> bool {
        let grows = *self < other;
        if grows {
            *self = other;
        }
        grows
    }
}

impl LatticeFrom<PeerKey> for PeerKey {
    fn lattice_from(other: PeerKey) -> Self {
        other
    }
}

impl IsBot for PeerKey {
    fn is_bot(&self) -> bool {
        false
    }
}

/// A register of `lattices`.
pub type Dom = DomPair<PeerKey, Max<u64>>;

/// A key and a register of `lattices`.
pub fn dom(e: &Entry) -> (u64, Dom) {
    (e.0, Dom::new(PeerKey(e.1), Max::new(e.2)))
}

/// Everyone who joins two maps.
pub fn contenders(n: usize, seed: u64) -> Vec<Contender> {
    let (a, b) = sides(n, seed);
    let pair = |side: &[Entry]| -> Vec<(u64, (Marker, u64))> {
        side.iter().map(|e| (e.0, (e.1, e.2))).collect()
    };
    let (pa, pb) = (pair(&a), pair(&b));
    let cells =
        |side: &[Entry]| -> Vec<Cellular> { side.iter().map(|e| (e.0, e.1, Some(e.2))).collect() };
    // Asked of us, and of the floor that it is no slower than a good one.
    let (fresh, floor) = match n {
        ..=10_000 => (1.7, 50.0),
        ..=300_000 => (3.0, 60.0),
        _ => (2.0, 78.0),
    };
    let (own_a, own_b) = (a.clone(), b.clone());
    let mut own = Contender::made(
        Role::Own,
        "lattice-lww LwwMap",
        // Rebuilt, not cloned: clones would share their memory.
        move || (ours(&own_a), ours(&own_b)),
        |(mut a, b)| {
            a.join(b);
            a
        },
    )
    .goal(Goal::BestPeer(fresh))
    .goal(Goal::Time("sorted arrays, by hand", 1.5));
    if n >= 1_000_000 {
        // Its chunks are its scratch: leaves that have been read are filled again.
        own = own.goal(Goal::BestPeer(4.0));
    }
    let mut list = vec![
        own,
        Contender::new(
            Role::Own,
            "lattice-lww LwwMap, old versions kept",
            (ours(&a), ours(&b)),
            |(mut a, b)| {
                a.join(b);
                a
            },
        ),
        Contender::new(
            Role::Floor,
            "sorted arrays, by hand",
            (cells(&a), cells(&b)),
            |(a, b)| {
                let mut out = Vec::with_capacity(a.len() + b.len());
                sorted_floor(&a, &b, &mut out);
                out
            },
        ),
        Contender::ongoing(
            Role::Floor,
            "sorted arrays into a buffer that is reused, by hand",
            Vec::new(),
            {
                let sides = (cells(&a), cells(&b));
                move || sides.clone()
            },
            |out, (a, b)| {
                out.clear();
                sorted_floor(&a, &b, out);
            },
        )
        .goal(Goal::Honest(floor)),
        {
            let mut joined = Vec::new();
            sorted_floor(&cells(&a), &cells(&b), &mut joined);
            Contender::new(Role::Floor, "memcpy of the result", (), move |()| {
                joined.clone()
            })
        },
    ];
    let crdts = |side: &[Entry]| -> BTreeMap<u64, LWWReg<u64, Marker>> {
        side.iter()
            .map(|e| {
                (
                    e.0,
                    LWWReg {
                        val: e.2,
                        marker: e.1,
                    },
                )
            })
            .collect()
    };
    list.push(Contender::new(
        Role::Peer,
        "crdts LWWReg in BTreeMap",
        (crdts(&a), crdts(&b)),
        |(mut a, b)| {
            for (key, reg) in b {
                match a.entry(key) {
                    std::collections::btree_map::Entry::Occupied(mut e) => e.get_mut().merge(reg),
                    std::collections::btree_map::Entry::Vacant(e) => {
                        e.insert(reg);
                    }
                }
            }
            a
        },
    ));
    let hash = |side: &[Entry]| MapUnion::new(side.iter().map(dom).collect::<HashMap<u64, Dom>>());
    list.push(Contender::new(
        Role::Peer,
        "lattices MapUnion on HashMap",
        (hash(&a), hash(&b)),
        |(mut a, b)| {
            a.merge(b);
            a
        },
    ));
    let btree =
        |side: &[Entry]| MapUnion::new(side.iter().map(dom).collect::<BTreeMap<u64, Dom>>());
    list.push(Contender::new(
        Role::Peer,
        "lattices MapUnion on BTreeMap",
        (btree(&a), btree(&b)),
        |(mut a, b)| {
            a.merge(b);
            a
        },
    ));
    let bones = |side: &[Entry]| -> HashMap<u64, bones_core::crdt::lww::LwwRegister<u64>> {
        side.iter()
            .map(|(key, (_, wall, agent, hash), value)| {
                let hex =
                    |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
                (
                    *key,
                    bones_core::crdt::lww::LwwRegister::new(*value, *wall, hex(agent), hex(hash)),
                )
            })
            .collect()
    };
    list.push(Contender::new(
        Role::Peer,
        "bones-core LwwRegister in HashMap",
        (bones(&a), bones(&b)),
        |(mut a, b)| {
            for (key, reg) in b {
                match a.entry(key) {
                    std::collections::hash_map::Entry::Occupied(mut e) => e.get_mut().merge(&reg),
                    std::collections::hash_map::Entry::Vacant(e) => {
                        e.insert(reg);
                    }
                }
            }
            a
        },
    ));
    let imbl = |side: &[(u64, (Marker, u64))]| {
        side.iter()
            .copied()
            .collect::<imbl::OrdMap<u64, (Marker, u64)>>()
    };
    list.push(Contender::new(
        Role::Peer,
        "imbl OrdMap",
        (imbl(&pa), imbl(&pb)),
        |(a, b)| a.union_with(b, |x, y| if newer(&x, &y) { y } else { x }),
    ));
    let im = |side: &[(u64, (Marker, u64))]| {
        side.iter()
            .copied()
            .collect::<im::OrdMap<u64, (Marker, u64)>>()
    };
    list.push(Contender::new(
        Role::Peer,
        "im OrdMap",
        (im(&pa), im(&pb)),
        |(a, b)| a.union_with(b, |x, y| if newer(&x, &y) { y } else { x }),
    ));
    list
}
