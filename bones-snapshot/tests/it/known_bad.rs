//! Designs that look right and are not. Each is written out and must break the law that names it:
//! the laws can tell, and nobody simplifies the state back into one of these.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{UnwindSafe, catch_unwind};

use bones_snapshot::EventHash;
use lattice_core::{JoinSemilattice, Map, Max, laws};
use lattice_lww::{Itc, ItcClock, Stamp, WriteKey};

use crate::events::TRIANGLE;

/// Asserts that the check fails by the named law.
fn breaks(law: &str, check: impl FnOnce() + UnwindSafe) {
    let panic = catch_unwind(check).expect_err("a known-bad design passed");
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.starts_with(&format!("law broken: {law}\n")),
        "{message}"
    );
}

/// A register that keeps one write: the causally later one, else the greater by wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OneWinner(WriteKey<Itc, &'static str>);

impl JoinSemilattice for OneWinner {
    fn join(&mut self, other: Self) -> bool {
        let grew = !other.leq(self);
        if grew {
            *self = other;
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        match self.0.stamp.causal_cmp(&other.0.stamp) {
            None => self.0.read_cmp(&other.0).is_le(),
            Some(order) => order.is_le(),
        }
    }
}

#[test]
fn one_winner_kept_is_not_associative() {
    let writes: Vec<OneWinner> = [(100, "alice"), (300, "alice"), (200, "bob")]
        .into_iter()
        .zip(TRIANGLE)
        .map(|((wall_ts, agent_id), stamp)| {
            OneWinner(WriteKey {
                stamp: ItcClock::from_text(stamp).unwrap().stamp(),
                wall_ts,
                agent_id,
                event_hash: EventHash([0; 32]),
            })
        })
        .collect();
    laws::check_idempotent(&writes);
    laws::check_commutative(&writes);
    breaks("associative", || laws::check_associative(&writes));
    breaks("transitive", || laws::check_order(&writes));
}

/// A set whose adds and removes are keyed by text, so that redaction has to take the key away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct KeyedByText {
    /// Adds: the text, or nothing where it was redacted, and when.
    adds: BTreeSet<(Option<&'static str>, u64)>,
    removes: BTreeMap<&'static str, u64>,
}

impl KeyedByText {
    fn added(text: &'static str, at: u64) -> Self {
        Self {
            adds: [(Some(text), at)].into(),
            ..Self::default()
        }
    }

    fn removed(text: &'static str, at: u64) -> Self {
        Self {
            removes: [(text, at)].into(),
            ..Self::default()
        }
    }

    fn redacted(mut self, event: u64) -> Self {
        let adds = self.adds.into_iter();
        self.adds = adds
            .map(|(text, at)| (text.filter(|_| at != event), at))
            .collect();
        self
    }
}

impl JoinSemilattice for KeyedByText {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.adds.extend(other.adds);
        for (text, at) in other.removes {
            let held = self.removes.entry(text).or_insert(at);
            *held = at.max(*held);
        }
        let removes = &self.removes;
        self.adds.retain(|(text, at)| {
            let last = text.and_then(|text| removes.get(text));
            last.is_none_or(|last| last < at)
        });
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        self.clone().joined(other.clone()) == *other
    }
}

#[test]
fn sets_keyed_by_text_do_not_commute_with_redaction() {
    let states = [
        KeyedByText::added("secret", 1),
        KeyedByText::removed("secret", 2),
    ];
    laws::check_all(&states);
    breaks("homomorphism", || {
        laws::check_homomorphism(&states, |state| state.redacted(1));
    });
}

/// A label event, at a time.
#[derive(Debug, Clone, Copy)]
enum Labels {
    Add(&'static str, u64),
    Replace(&'static str, u64),
}

/// Per label the last add and the last remove.
type Known = Map<&'static str, (Option<Max<u64>>, Option<Max<u64>>)>;

/// "Replace" as "remove what is known, then add": looks at what this replica has seen so far.
fn replace_what_is_known(events: &[Labels]) -> Known {
    let mut state = Known::new();
    for event in events {
        match *event {
            Labels::Add(label, at) => state.join_entry(label, (Some(Max(at)), None)),
            Labels::Replace(label, at) => {
                let known: Vec<_> = state.keys().copied().collect();
                for other in known {
                    state.join_entry(other, (None, Some(Max(at))));
                }
                state.join_entry(label, (Some(Max(at)), None))
            }
        };
    }
    state
}

#[test]
fn replacing_what_is_known_so_far_depends_on_order() {
    let events = [Labels::Add("x", 1), Labels::Replace("y", 2)];
    breaks("replay in any order", || {
        laws::check_replay(&events, replace_what_is_known);
    });
    // In one order only, the state of the union is still not the join of the states.
    let whole = replace_what_is_known(&events);
    let parts = replace_what_is_known(&events[..1]).joined(replace_what_is_known(&events[1..]));
    assert_ne!(whole, parts);
}

/// A register whose redaction drops the write, so that the next best one shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NextBest(Option<Max<u64>>);

impl JoinSemilattice for NextBest {
    fn join(&mut self, other: Self) -> bool {
        self.0.join(other.0)
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }
}

#[test]
fn showing_the_next_best_value_does_not_commute_with_redaction() {
    let states = [NextBest(Some(Max(1))), NextBest(Some(Max(2)))];
    laws::check_all(&states);
    breaks("homomorphism", || {
        laws::check_homomorphism(&states, |state| {
            NextBest(state.0.filter(|at| *at != Max(2)))
        });
    });
}
