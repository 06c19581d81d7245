//! Grow-only set unions of 32-byte hashes, half of them on both sides.

use std::collections::{BTreeSet, HashSet};

use crdts::CvRDT;
use lattice_core::JoinSemilattice;
use lattice_orset::GSet;
use lattices::Merge;
use lattices::set_union::SetUnion;

use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

type Hash = [u8; 32];

/// Two sorted sides of `n` hashes each.
pub fn sides(n: usize, seed: u64) -> (Vec<Hash>, Vec<Hash>) {
    let mut random = Random::new(seed);
    let all: Vec<Hash> = (0..n + n / 2).map(|_| random.hash()).collect();
    let sorted = |side: &[Hash]| {
        let mut side = side.to_vec();
        side.sort_unstable();
        side
    };
    (sorted(&all[..n]), sorted(&all[n / 2..]))
}

fn union(a: Vec<Hash>, b: Vec<Hash>) -> Vec<Hash> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let order = a[i].cmp(&b[j]);
        out.push(if order.is_le() { a[i] } else { b[j] });
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    out.extend_from_slice(&a[i..]);
    out.extend_from_slice(&b[j..]);
    out
}

/// Everyone who unites two sets.
pub fn contenders(n: usize, seed: u64) -> Vec<Contender> {
    let (a, b) = sides(n, seed);
    fn ours(side: &[Hash]) -> GSet<Hash> {
        side.iter().copied().collect()
    }
    let crdts = |side: &[Hash]| {
        let mut set = crdts::GSet::new();
        side.iter().for_each(|h| set.insert(*h));
        set
    };
    let hash = |side: &[Hash]| SetUnion::new(side.iter().copied().collect::<HashSet<Hash>>());
    let btree = |side: &[Hash]| SetUnion::new(side.iter().copied().collect::<BTreeSet<Hash>>());
    let imbl = |side: &[Hash]| side.iter().copied().collect::<imbl::OrdSet<Hash>>();
    let im = |side: &[Hash]| side.iter().copied().collect::<im::OrdSet<Hash>>();
    let joined = union(a.clone(), b.clone());
    let (own_a, own_b) = (a.clone(), b.clone());
    let mut own = Contender::made(
        Role::Own,
        "lattice-orset GSet",
        // Rebuilt, not cloned: clones would share their memory.
        move || (ours(&own_a), ours(&own_b)),
        |(mut a, b)| {
            a.join(b);
            a
        },
    );
    if n >= 1_000_000 {
        own = own.goal(Goal::BestPeer(6.0));
    }
    vec![
        own,
        Contender::new(
            Role::Own,
            "lattice-orset GSet, old versions kept",
            (ours(&a), ours(&b)),
            |(mut a, b)| {
                a.join(b);
                a
            },
        ),
        Contender::new(
            Role::Floor,
            "sorted arrays, by hand",
            (a.clone(), b.clone()),
            |(a, b)| union(a, b),
        )
        .goal(Goal::Honest(54.0)),
        Contender::new(Role::Floor, "memcpy of the result", (), move |()| {
            joined.clone()
        }),
        Contender::new(
            Role::Peer,
            "crdts GSet",
            (crdts(&a), crdts(&b)),
            |(mut a, b)| {
                a.merge(b);
                a
            },
        ),
        Contender::new(
            Role::Peer,
            "lattices SetUnion on HashSet",
            (hash(&a), hash(&b)),
            |(mut a, b)| {
                a.merge(b);
                a
            },
        ),
        Contender::new(
            Role::Peer,
            "lattices SetUnion on BTreeSet",
            (btree(&a), btree(&b)),
            |(mut a, b)| {
                a.merge(b);
                a
            },
        ),
        Contender::new(Role::Peer, "imbl OrdSet", (imbl(&a), imbl(&b)), |(a, b)| {
            a.union(b)
        }),
        Contender::new(Role::Peer, "im OrdSet", (im(&a), im(&b)), |(a, b)| {
            a.union(b)
        }),
    ]
}
