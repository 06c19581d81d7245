//! "An element is in the set while it was added more often than removed."
//!
//! Adding up the counts of two replicas counts what both know twice. Taking the greater count instead
//! is a lattice, but not one that the events make: two replicas that each add once are one add, and a
//! message that comes twice is two.

use std::collections::BTreeMap;

use lattice_core::{JoinSemilattice, join_all, laws};
use lattice_orset::{OrSet, Replica};

use super::assert_caught;

/// How often each element was added, and removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted(BTreeMap<&'static str, [u32; 2]>);

impl Counted {
    fn merge(&mut self, other: Self, with: impl Fn(u32, u32) -> u32) -> bool {
        let before = self.clone();
        for (element, theirs) in other.0 {
            let mine = self.0.entry(element).or_default();
            *mine = [with(mine[0], theirs[0]), with(mine[1], theirs[1])];
        }
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.iter().all(|(element, mine)| {
            let theirs = other.0.get(element);
            theirs.is_some_and(|theirs| mine[0] <= theirs[0] && mine[1] <= theirs[1])
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Summed(Counted);

impl JoinSemilattice for Summed {
    fn join(&mut self, other: Self) -> bool {
        self.0.merge(other.0, |mine, theirs| mine + theirs)
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Greatest(Counted);

impl JoinSemilattice for Greatest {
    fn join(&mut self, other: Self) -> bool {
        self.0.merge(other.0, u32::max)
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }
}

impl lattice_core::Bottom for Greatest {
    fn bottom() -> Self {
        Self::default()
    }

    fn is_bottom(&self) -> bool {
        self.0.0.is_empty()
    }
}

fn counted(entries: &[(&'static str, [u32; 2])]) -> Counted {
    Counted(entries.iter().copied().collect())
}

fn states() -> [Counted; 4] {
    [
        counted(&[]),
        counted(&[("milk", [1, 0])]),
        counted(&[("milk", [1, 1])]),
        counted(&[("milk", [2, 1]), ("eggs", [1, 0])]),
    ]
}

#[test]
fn a_sum_is_not_idempotent() {
    let states = states().map(Summed);
    laws::check_commutative(&states);
    laws::check_associative(&states);
    assert_caught("idempotent", || laws::check_idempotent(&states));
}

#[test]
fn the_greatest_count_is_not_the_count_of_all() {
    laws::check_all(&states().map(Greatest));
    // 0 for an add, 1 for a remove.
    let replay = |events: &[usize]| {
        let mut state = Counted::default();
        for &event in events {
            state.0.entry("milk").or_default()[event] += 1;
        }
        Greatest(state)
    };
    assert_caught("replay with repetition", || {
        laws::check_replay(&[0], replay);
    });
    // Ada adds, Bob adds and removes what he added: what Ada added is gone.
    let joined = replay(&[0]).joined(replay(&[0, 1]));
    assert_eq!(joined.0, counted(&[("milk", [1, 1])]));
}

#[test]
fn dots_tell_adds_apart() {
    let (mut ada, mut bob) = (Replica::new(1_u8), Replica::new(2));
    let (mut here, mut there) = (OrSet::new(), OrSet::new());
    let events = [
        here.insert(ada.mint().unwrap(), "milk"),
        there.insert(bob.mint().unwrap(), "milk"),
        there.remove("milk"),
    ];
    laws::check_replay(&events, |events| join_all::<OrSet<_, _>>(events.to_vec()));
    assert!(here.joined(there).contains("milk"));
}
