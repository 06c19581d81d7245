//! Observed-remove set joins of u64 elements: 16 agents, half of the elements on both sides, a tenth removed on each.

use std::collections::HashSet;

use crdts::{CmRDT, CvRDT};
use lattice_core::{Cell, Dot, JoinSemilattice};
use lattice_orset::{DotStore, OrSet, Replica};
use lattices::Merge;
use lattices::set_union_with_tombstones::{
    SetUnionWithTombstonesHashSet, SetUnionWithTombstonesRoaring,
};
use lattices::tombstone::RoaringTombstoneSet;

use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// Number of agents.
const AGENTS: usize = 16;

/// One add: who, and what.
pub type Add = (usize, u64);

/// What happened on both sides.
pub struct History {
    /// Adds that both sides saw.
    pub shared: Vec<Add>,
    /// Adds of each side alone: agents 0 to 7 on the left, 8 to 15 on the right.
    pub own: [Vec<Add>; 2],
    /// Elements each side removed, a tenth of what it held.
    pub removed: [Vec<u64>; 2],
}

/// A history of sets with `n` adds on each side.
pub fn history(n: usize, seed: u64) -> History {
    let mut random = Random::new(seed);
    let mut adds = |count: usize, first: usize, agents: usize| -> Vec<Add> {
        (0..count)
            .map(|_| (first + random.below(agents as u64) as usize, random.next()))
            .collect()
    };
    let shared = adds(n / 2, 0, AGENTS);
    let own = [
        adds(n - n / 2, 0, AGENTS / 2),
        adds(n - n / 2, AGENTS / 2, AGENTS / 2),
    ];
    let mut removed = |own: &[Add]| -> Vec<u64> {
        let mut all: Vec<u64> = shared.iter().chain(own).map(|add| add.1).collect();
        random.shuffle(&mut all);
        all.truncate(n / 10);
        all
    };
    let removed = [removed(&own[0]), removed(&own[1])];
    History {
        shared,
        own,
        removed,
    }
}

/// Our two sides.
pub fn ours(history: &History) -> (OrSet<u64, u16>, OrSet<u64, u16>) {
    let mut replicas: Vec<Replica<u16>> = (0..AGENTS as u16).map(Replica::new).collect();
    let mut added = |set: &mut OrSet<u64, u16>, adds: &[Add]| {
        let delta =
            set.insert_all_delta(adds.iter().map(|(agent, element)| {
                (replicas[*agent].mint().expect("dots are left"), *element)
            }));
        set.join(delta);
    };
    let mut base = OrSet::new();
    added(&mut base, &history.shared);
    let (mut a, mut b) = (base.clone(), base);
    added(&mut a, &history.own[0]);
    added(&mut b, &history.own[1]);
    for (set, removed) in [(&mut a, &history.removed[0]), (&mut b, &history.removed[1])] {
        for element in removed {
            set.remove(element);
        }
    }
    (a, b)
}

fn orswot(history: &History) -> (crdts::Orswot<u64, u16>, crdts::Orswot<u64, u16>) {
    let added = |set: &mut crdts::Orswot<u64, u16>, adds: &[Add]| {
        for (agent, element) in adds {
            let context = set.read_ctx().derive_add_ctx(*agent as u16);
            set.apply(set.add(*element, context));
        }
    };
    let mut base = crdts::Orswot::new();
    added(&mut base, &history.shared);
    let (mut a, mut b) = (base.clone(), base);
    added(&mut a, &history.own[0]);
    added(&mut b, &history.own[1]);
    for (set, removed) in [(&mut a, &history.removed[0]), (&mut b, &history.removed[1])] {
        for element in removed {
            let context = set.contains(element).derive_rm_ctx();
            set.apply(set.rm(*element, context));
        }
    }
    (a, b)
}

fn bones(history: &History, side: usize) -> bones_core::crdt::OrSet<u64> {
    let mut set = bones_core::crdt::OrSet::new();
    let tag = |agent: usize, at: usize| bones_core::crdt::Timestamp {
        wall: chrono::DateTime::from_timestamp(at as i64, 0).unwrap_or_default(),
        actor: agent as u64,
        event_hash: at as u64,
        itc: at as u64,
    };
    let mut tags = std::collections::BTreeMap::new();
    let first = if side == 0 {
        0
    } else {
        history.shared.len() + history.own[0].len()
    };
    let own = history.own[side]
        .iter()
        .enumerate()
        .map(|(i, add)| (history.shared.len() + first + i, add));
    for (at, (agent, element)) in history.shared.iter().enumerate().chain(own) {
        let tag = tag(*agent, at);
        tags.insert(*element, tag.clone());
        set.add(*element, tag);
    }
    for element in &history.removed[side] {
        // Its own `remove` scans the whole set; the tag is known here.
        if let Some(tag) = tags.get(element) {
            set.remove_specific(element, std::slice::from_ref(tag));
        }
    }
    set
}

/// What each side holds and has removed, for peers that key by element.
fn sides(history: &History) -> [(HashSet<u64>, Vec<u64>); 2] {
    [0, 1].map(|side| {
        let mut live: HashSet<u64> = history
            .shared
            .iter()
            .chain(&history.own[side])
            .map(|add| add.1)
            .collect();
        for element in &history.removed[side] {
            live.remove(element);
        }
        (live, history.removed[side].clone())
    })
}

/// Dots packed as agent and sequence, sorted, with one bound per agent: what a join by hand works on.
#[derive(Clone)]
pub struct ByHand {
    /// Dot and element, sorted by dot.
    pub dots: Vec<(u64, u64)>,
    /// How many dots of each agent were seen; none is missing.
    pub seen: [u64; AGENTS],
}

/// The floor's two sides.
pub fn by_hand(history: &History) -> (ByHand, ByHand) {
    let mut next = [0_u64; AGENTS];
    let mut mint = |adds: &[Add]| -> Vec<(u64, u64)> {
        adds.iter()
            .map(|(agent, element)| {
                next[*agent] += 1;
                ((*agent as u64) << 32 | next[*agent], *element)
            })
            .collect()
    };
    let shared = mint(&history.shared);
    let own = [mint(&history.own[0]), mint(&history.own[1])];
    let [a, b] = [0, 1].map(|side| {
        let removed: HashSet<u64> = history.removed[side].iter().copied().collect();
        let mut seen = [0; AGENTS];
        let mut dots: Vec<(u64, u64)> = shared.iter().chain(&own[side]).copied().collect();
        for (dot, _) in &dots {
            let agent = (dot >> 32) as usize;
            seen[agent] = seen[agent].max(dot & 0xffff_ffff);
        }
        dots.retain(|(_, element)| !removed.contains(element));
        dots.sort_unstable();
        ByHand { dots, seen }
    });
    (a, b)
}

/// The floor: one merge of two sorted arrays.
pub fn join_by_hand(a: ByHand, b: &ByHand) -> ByHand {
    let mut out = Vec::with_capacity(a.dots.len() + b.dots.len());
    let unseen = |dot: u64, seen: &[u64; AGENTS]| (dot & 0xffff_ffff) > seen[(dot >> 32) as usize];
    let (mut i, mut j) = (0, 0);
    while i < a.dots.len() && j < b.dots.len() {
        let (x, y) = (a.dots[i], b.dots[j]);
        if x.0 == y.0 {
            out.push(x);
            i += 1;
            j += 1;
        } else if x.0 < y.0 {
            if unseen(x.0, &b.seen) {
                out.push(x);
            }
            i += 1;
        } else {
            if unseen(y.0, &a.seen) {
                out.push(y);
            }
            j += 1;
        }
    }
    out.extend(a.dots[i..].iter().filter(|x| unseen(x.0, &b.seen)));
    out.extend(b.dots[j..].iter().filter(|y| unseen(y.0, &a.seen)));
    let mut seen = a.seen;
    for (mine, theirs) in seen.iter_mut().zip(b.seen) {
        *mine = (*mine).max(theirs);
    }
    ByHand { dots: out, seen }
}

/// An equal set in memory of its own.
pub fn rebuilt(set: &OrSet<u64, u16>) -> OrSet<u64, u16> {
    let cells = set.cells().into_iter().map(|(dot, cell)| {
        let cell = match cell {
            Cell::Present(element) => Cell::Present(*element),
            Cell::Redacted => Cell::Redacted,
        };
        (Dot::new(*dot.agent, dot.seq), cell)
    });
    OrSet::from_parts(&set.context(), cells).expect("parts of a set")
}

/// Everyone who joins two sets.
pub fn contenders(n: usize, seed: u64) -> Vec<Contender> {
    let history = history(n, seed);
    let hand = by_hand(&history);
    let joined = join_by_hand(hand.0.clone(), &hand.1);
    let [(live_a, dead_a), (live_b, dead_b)] = sides(&history);
    let (ordered, bulk) = match n {
        ..=10_000 => (2.5, 3.5),
        ..=300_000 => (5.0, 8.0),
        _ => (8.0, 15.0),
    };
    type Hashed = SetUnionWithTombstonesHashSet<u64>;
    let hashed = |live: &HashSet<u64>, dead: &[u64]| {
        Hashed::new(live.clone(), dead.iter().copied().collect::<HashSet<u64>>())
    };
    let roaring = |live: &HashSet<u64>, dead: &[u64]| {
        SetUnionWithTombstonesRoaring::new(
            live.clone(),
            dead.iter().copied().collect::<RoaringTombstoneSet>(),
        )
    };
    vec![
        Contender::made(
            Role::Own,
            "lattice-orset OrSet",
            // Rebuilt, not cloned: clones would share their memory.
            {
                let (a, b) = ours(&history);
                move || (rebuilt(&a), rebuilt(&b))
            },
            |(mut a, b)| {
                a.join(b);
                a
            },
        )
        .goal(Goal::BestPeer(ordered)),
        Contender::new(
            Role::Own,
            "lattice-orset OrSet, old versions kept",
            ours(&history),
            |(mut a, b)| {
                a.join(b);
                a
            },
        ),
        {
            let (a, b) = ours(&history);
            let (a, b) = (DotStore::from(&a), DotStore::from(&b));
            Contender::new(
                Role::Own,
                "lattice-orset DotStore, the dot-sorted bulk form",
                (a, b),
                |(mut a, b)| {
                    a.join(b);
                    a
                },
            )
            .goal(Goal::BestPeer(bulk))
        },
        Contender::new(Role::Floor, "dot-sorted arrays, by hand", hand, |(a, b)| {
            join_by_hand(a, &b)
        })
        .goal(Goal::Honest(29.0)),
        Contender::new(Role::Floor, "memcpy of the result", (), move |()| {
            joined.dots.clone()
        }),
        Contender::new(
            Role::Peer,
            "lattices with tombstones, HashSet",
            (hashed(&live_a, &dead_a), hashed(&live_b, &dead_b)),
            |(mut a, b)| {
                a.merge(b);
                a
            },
        ),
        Contender::new(
            Role::Peer,
            "lattices with tombstones, roaring",
            (roaring(&live_a, &dead_a), roaring(&live_b, &dead_b)),
            |(mut a, b)| {
                a.merge(b);
                a
            },
        ),
        Contender::new(
            Role::Peer,
            "crdts Orswot",
            orswot(&history),
            |(mut a, b)| {
                a.merge(b);
                a
            },
        ),
        Contender::new(
            Role::Peer,
            "bones-core OrSet",
            (bones(&history, 0), bones(&history, 1)),
            |(mut a, b)| {
                bones_core::crdt::merge::Merge::merge(&mut a, b);
                a
            },
        ),
    ]
}
