//! "The context is the greatest number seen of each agent."
//!
//! That claims the gaps below it. A delta with one new dot then says that all earlier ones are gone.

use std::collections::BTreeMap;

use lattice_core::{
    Bottom, CausalContext, Cell, Decompose, Dot, JoinSemilattice, Run, VersionVector, laws,
};
use lattice_orset::{OrSet, Replica};

use super::assert_caught;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Greatest {
    live: BTreeMap<Dot<u8>, &'static str>,
    seen: VersionVector<u8>,
}

impl JoinSemilattice for Greatest {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.live
            .retain(|dot, _| other.live.contains_key(dot) || !other.seen.contains(dot));
        let seen = &self.seen;
        let fresh = other.live.into_iter();
        self.live
            .extend(fresh.filter(|(dot, _)| !seen.contains(dot)));
        self.seen.join(other.seen);
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        let not_revived = |dot: &Dot<u8>| self.live.contains_key(dot) || !self.seen.contains(dot);
        self.seen.leq(&other.seen) && other.live.keys().all(not_revived)
    }
}

impl Bottom for Greatest {
    fn bottom() -> Self {
        Self {
            live: BTreeMap::new(),
            seen: VersionVector::new(),
        }
    }

    fn is_bottom(&self) -> bool {
        self.seen.is_bottom()
    }
}

impl Decompose for Greatest {
    fn decompose(self) -> impl Iterator<Item = Self> {
        let seen = self.seen.clone();
        let heads = seen.into_iter().flat_map(|(agent, last)| {
            let live = self.live.clone();
            (1..=last).map(move |seq| {
                let dot = Dot::new(agent, seq);
                Self {
                    live: live
                        .get_key_value(&dot)
                        .map(|(dot, element)| (*dot, *element))
                        .into_iter()
                        .collect(),
                    seen: [(agent, seq)].into_iter().collect(),
                }
            })
        });
        heads.collect::<Vec<_>>().into_iter()
    }
}

/// One agent's first events, some of them still there.
fn state(seen: u64, live: &[u64]) -> Greatest {
    Greatest {
        live: live.iter().map(|&seq| (Dot::new(1, seq), "milk")).collect(),
        seen: [(1, seen)].into_iter().collect(),
    }
}

/// Whole states are a lattice. It is the small ones, deltas, that say more than they know.
#[test]
fn a_delta_removes_what_it_never_saw() {
    let states = [
        state(0, &[]),
        state(1, &[1]),
        state(1, &[]),
        state(2, &[1, 2]),
        state(2, &[2]),
    ];
    laws::check_all(&states);
    laws::check_bottom(&states);
    assert_caught("delta_since", || laws::check_delta_since(&states));
    assert_caught("decompose", || laws::check_decompose(&states));
}

/// Our own sets through such a context: what is in the gaps is taken for removed.
#[test]
fn forgetting_the_gaps_is_no_homomorphism() {
    let (mut set, mut ada) = (OrSet::new(), Replica::new(1_u8));
    let deltas = ["milk", "eggs", "tea"].map(|element| set.insert(ada.mint().unwrap(), element));
    laws::check_all(&deltas);
    laws::check_delta_since(&deltas);
    laws::check_homomorphism(&deltas, |set| set);
    let forget = |set: OrSet<&'static str, u8>| {
        let mut seen = CausalContext::new();
        for run in set.context().runs() {
            seen.insert_run(Run {
                first: 1,
                ..run.clone()
            });
        }
        let cells = set.cells().into_iter().filter_map(|(dot, cell)| {
            Some((
                Dot::new(*dot.agent, dot.seq),
                Cell::Present(*cell.into_present()?),
            ))
        });
        OrSet::from_parts(&seen, cells).unwrap()
    };
    assert_caught("homomorphism", || {
        laws::check_homomorphism(&deltas, forget);
    });
}
