//! LWW map joins: full tuples (u64 stamp, u64 wall clock, 16-byte agent, 32-byte hash, u64 value), half of the keys on
//! both sides.

use std::collections::{BTreeMap, HashMap};

use crdts::{CvRDT, LWWReg};
use lattice_core::JoinSemilattice;
use lattice_lww::{EventHash, Lamport, LwwMap, Write, WriteKey};
use lattices::map_union::MapUnion;
use lattices::{DomPair, IsBot, LatticeFrom, Max, Merge};

use crate::measure::{Contender, Role};
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

type OurMap = LwwMap<u64, u64, Lamport, [u8; 16]>;

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
fn newer(a: &(Marker, u64), b: &(Marker, u64)) -> bool {
    b.0 > a.0
}

/// The floor: a merge of two sorted arrays that carry the same tuple and a cell.
pub fn sorted_floor(a: Vec<Cellular>, b: Vec<Cellular>) -> Vec<Cellular> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x.0 < y.0 => out.extend(a.next()),
            (Some(x), Some(y)) if x.0 > y.0 => out.extend(b.next()),
            (Some(x), Some(y)) => {
                let later = if y.1 > x.1 || (y.1 == x.1 && y.2 > x.2) {
                    &mut b
                } else {
                    &mut a
                };
                let keep = later.next();
                let (left, right) = (a.peek().map(|e| e.0), b.peek().map(|e| e.0));
                let key = keep.as_ref().map(|e| e.0);
                if left == key {
                    a.next();
                }
                if right == key {
                    b.next();
                }
                out.extend(keep);
            }
            (Some(_), None) => {
                out.extend(a);
                return out;
            }
            (None, _) => {
                out.extend(b);
                return out;
            }
        }
    }
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

/// Everyone who joins two maps.
pub fn contenders(n: usize, seed: u64) -> Vec<Contender> {
    let (a, b) = sides(n, seed);
    let pair = |side: &[Entry]| -> Vec<(u64, (Marker, u64))> {
        side.iter().map(|e| (e.0, (e.1, e.2))).collect()
    };
    let (pa, pb) = (pair(&a), pair(&b));
    let cells =
        |side: &[Entry]| -> Vec<Cellular> { side.iter().map(|e| (e.0, e.1, Some(e.2))).collect() };
    let mut list = vec![
        Contender::new(
            Role::Own,
            "lattice-lww LwwMap",
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
            |(a, b)| sorted_floor(a, b),
        ),
        {
            let joined = sorted_floor(cells(&a), cells(&b));
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
    type Dom = DomPair<PeerKey, Max<u64>>;
    let dom = |e: &Entry| (e.0, Dom::new(PeerKey(e.1), Max::new(e.2)));
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
    let imbl = |side: &[(u64, (Marker, u64))]| side.iter().copied().collect::<imbl::OrdMap<u64, (Marker, u64)>>();
    list.push(Contender::new(
        Role::Peer,
        "imbl OrdMap",
        (imbl(&pa), imbl(&pb)),
        |(a, b)| a.union_with(b, |x, y| if newer(&x, &y) { y } else { x }),
    ));
    let im = |side: &[(u64, (Marker, u64))]| side.iter().copied().collect::<im::OrdMap<u64, (Marker, u64)>>();
    list.push(Contender::new(
        Role::Peer,
        "im OrdMap",
        (im(&pa), im(&pb)),
        |(a, b)| a.union_with(b, |x, y| if newer(&x, &y) { y } else { x }),
    ));
    list
}
