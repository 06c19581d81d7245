//! "A snapshot of the set is its elements."
//!
//! And of what was removed it says nothing, so the next replica that still has it brings it back. The
//! causal context is half of the state.

use std::collections::BTreeMap;

use lattice_core::{CausalContext, Dot, JoinSemilattice, laws};

use crate::kit::assert_caught;

/// An observed-remove set: live dots, and all dots ever seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Observed {
    live: BTreeMap<Dot<u8>, &'static str>,
    seen: CausalContext<u8>,
}

impl JoinSemilattice for Observed {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.live
            .retain(|dot, _| other.live.contains_key(dot) || !other.seen.contains(dot));
        for (dot, element) in other.live {
            if !self.seen.contains(&dot) {
                self.live.insert(dot, element);
            }
        }
        self.seen.join(other.seen);
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        let not_revived = |dot: &Dot<u8>| self.live.contains_key(dot) || !self.seen.contains(dot);
        self.seen.leq(&other.seen) && other.live.keys().all(not_revived)
    }
}

/// The first three events of one agent, `live` of them still there.
fn state(seen: u64, live: &[u64]) -> Observed {
    let dot = |seq| Dot::new(1, seq);
    Observed {
        live: live.iter().map(|seq| (dot(*seq), "milk")).collect(),
        seen: (1..=seen).map(dot).collect(),
    }
}

fn states() -> Vec<Observed> {
    vec![
        state(0, &[]),
        state(1, &[1]),
        state(1, &[]),
        state(2, &[1, 2]),
        state(2, &[2]),
    ]
}

#[test]
fn elements_alone_forget_the_removes() {
    laws::check_all(&states());
    let elements_only = |full: Observed| {
        let seen = full.live.keys().copied().collect();
        Observed {
            live: full.live,
            seen,
        }
    };
    assert_caught("homomorphism", || {
        laws::check_homomorphism(&states(), elements_only);
    });
    // Two states that differ in what was removed have one encoding.
    assert_caught("canonical encoding", || {
        laws::check_round_trip(
            &states(),
            |full| full.live.clone(),
            |live| {
                Ok::<_, ()>(elements_only(Observed {
                    live: live.clone(),
                    seen: CausalContext::new(),
                }))
            },
        );
    });
}

/// "The greatest number seen" is not a context either: it claims what is in the gaps.
#[test]
fn the_greatest_number_claims_the_gaps() {
    let early = Observed {
        live: [(Dot::new(1, 3), "milk")].into(),
        seen: CausalContext::from_iter([Dot::new(1, 3)]),
    };
    let mut states = states();
    states.push(early);
    laws::check_all(&states);
    assert_caught("homomorphism", || {
        laws::check_homomorphism(&states, |full: Observed| {
            let greatest = full.seen.last_seq(&1);
            Observed {
                live: full.live,
                seen: (1..=greatest).map(|seq| Dot::new(1, seq)).collect(),
            }
        });
    });
}
