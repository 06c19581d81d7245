//! "Remember the elements that were removed."
//!
//! A tombstone for an element cannot tell one add of it from the next. If the remove wins, an element
//! never comes back; if an add takes the tombstone away, the state depends on the order of arrival.

use std::collections::BTreeSet;

use lattice_core::{Bottom, Decompose, JoinSemilattice, join_all, laws};
use lattice_orset::{OrSet, Replica};

use super::assert_caught;

/// The two-phase set of Shapiro et al. 2011, section 3.3.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TwoPhase {
    added: BTreeSet<&'static str>,
    removed: BTreeSet<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Add,
    Remove,
    AddAgain,
}

const EVENTS: [Event; 3] = [Event::Add, Event::Remove, Event::AddAgain];

impl TwoPhase {
    fn contains(&self, element: &str) -> bool {
        self.added.contains(element) && !self.removed.contains(element)
    }

    fn replay(events: &[Event], revive: bool) -> Self {
        let mut state = Self::default();
        for event in events {
            match event {
                Event::Add | Event::AddAgain => {
                    state.added.insert("milk");
                    if revive {
                        state.removed.remove("milk");
                    }
                }
                Event::Remove => _ = state.removed.insert("milk"),
            }
        }
        state
    }
}

impl JoinSemilattice for TwoPhase {
    fn join(&mut self, other: Self) -> bool {
        let mut grew = self.added.join(other.added);
        grew |= self.removed.join(other.removed);
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.added.leq(&other.added) && self.removed.leq(&other.removed)
    }
}

impl Bottom for TwoPhase {
    fn bottom() -> Self {
        Self::default()
    }

    fn is_bottom(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Lawful, and not what was asked for: the laws of joins say nothing of what an add means. The law
/// that an element is there once its delta was joined does.
#[test]
fn remove_wins_for_ever() {
    laws::check_replay(&EVENTS, |events| TwoPhase::replay(events, false));
    assert!(!TwoPhase::replay(&EVENTS, false).contains("milk"));
}

#[test]
fn reviving_depends_on_the_order() {
    assert!(TwoPhase::replay(&EVENTS, true).contains("milk"));
    assert_caught("replay in any order", || {
        laws::check_replay(&EVENTS, |events| TwoPhase::replay(events, true));
    });
}

#[test]
fn a_dot_for_each_add_is_enough() {
    let (mut set, mut ada) = (OrSet::new(), Replica::new(1_u8));
    let events = [
        set.insert(ada.mint().unwrap(), "milk"),
        set.remove("milk"),
        set.insert(ada.mint().unwrap(), "milk"),
    ];
    laws::check_replay(&events, |events| join_all::<OrSet<_, _>>(events.to_vec()));
    assert!(set.contains("milk"));
    // And nothing is kept of the text that was removed: of two dots, one has a cell.
    assert_eq!((set.cells().len(), set.decompose().count()), (1, 2));
}
