//! "A snapshot lists the events it covers; once we have it, those events can go."
//!
//! A forged or foreign snapshot claims events that it does not hold, and history is gone. An event may
//! go only if its delta is below the snapshot's state.

use lattice_core::{JoinSemilattice, Map, Set, laws};

use crate::kit::assert_caught;

/// A store: events by id, a snapshot, and the ids that the snapshot claims to cover. `CHECKED` says
/// whether it looks before it drops.
#[derive(Clone, Debug)]
struct Store<const CHECKED: bool> {
    sources: Map<u8, Set<char>>,
    snapshot: Set<char>,
    coverage: Set<u8>,
}

impl<const CHECKED: bool> Store<CHECKED> {
    fn holding(id: u8, delta: char) -> Self {
        let sources = Map::singleton(id, Set::singleton(delta));
        Self {
            sources,
            snapshot: Set::new(),
            coverage: Set::new(),
        }
    }

    fn snapshot(of: &[u8], state: &str) -> Self {
        let snapshot = state.chars().collect();
        Self {
            sources: Map::new(),
            snapshot,
            coverage: of.iter().copied().collect(),
        }
    }

    /// What a reader sees.
    fn state(&self) -> Set<char> {
        self.sources
            .values()
            .cloned()
            .fold(self.snapshot.clone(), JoinSemilattice::joined)
    }
}

/// How the state is split between sources and snapshot is layout, not state.
impl<const CHECKED: bool> PartialEq for Store<CHECKED> {
    fn eq(&self, other: &Self) -> bool {
        self.state() == other.state() && self.coverage == other.coverage
    }
}
impl<const CHECKED: bool> Eq for Store<CHECKED> {}

impl<const CHECKED: bool> JoinSemilattice for Store<CHECKED> {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.sources.join(other.sources);
        self.snapshot.join(other.snapshot);
        self.coverage.join(other.coverage);
        let Self {
            sources,
            snapshot,
            coverage,
        } = self;
        sources.retain(|id, delta| !coverage.contains(id) || (CHECKED && !delta.leq(snapshot)));
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        self.state().leq(&other.state()) && self.coverage.leq(&other.coverage)
    }
}

fn stores<const CHECKED: bool>() -> [Store<CHECKED>; 4] {
    [
        Store::holding(1, 'a'),
        Store::holding(2, 'b'),
        Store::snapshot(&[1], "a"),
        Store::snapshot(&[1, 2], "a"), // claims 2 and does not hold it
    ]
}

#[test]
fn a_claim_alone_loses_history() {
    assert_caught("upper bound", || {
        laws::check_least_upper_bound(&stores::<false>());
    });
}

#[test]
fn a_claim_that_is_checked_loses_nothing() {
    laws::check_exhaustive(&stores::<true>(), 20).expect("a small universe");
}
