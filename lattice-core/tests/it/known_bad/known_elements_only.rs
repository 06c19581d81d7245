//! "Replacing the whole set removes the elements known so far and adds the new ones."
//!
//! "Known so far" is not in the event: a replica that has not seen an add yet does not remove it, and
//! the state depends on who folded what together. Such a replace is a *clear*, an event of its own.

use lattice_core::{Map, Max, Set, laws};

use crate::kit::assert_caught;

#[derive(Clone, Debug)]
enum Event {
    Add(u8, char),
    Replace(u8, &'static str),
}

fn events() -> [Event; 3] {
    [
        Event::Add(1, 'a'),
        Event::Add(2, 'b'),
        Event::Replace(3, "bc"),
    ]
}

fn in_time_order(events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| match event {
        Event::Add(time, _) | Event::Replace(time, _) => *time,
    });
    events
}

/// Each element with its last event: when, and whether it was an add.
fn removing_what_is_known(events: &[Event]) -> Map<char, Max<(u8, bool)>> {
    let mut state = Map::new();
    // Sorting hides the mistake from those who only try other orders.
    for event in in_time_order(events) {
        match event {
            Event::Add(time, element) => {
                state.join_entry(element, Max((time, true)));
            }
            Event::Replace(time, elements) => {
                let known: Vec<char> = state.keys().copied().collect();
                for element in known {
                    state.join_entry(element, Max((time, false)));
                }
                for element in elements.chars() {
                    state.join_entry(element, Max((time, true)));
                }
            }
        }
    }
    state
}

/// All adds, and the last clear; an add is visible unless a later clear observes it.
fn with_clears(events: &[Event]) -> (Set<(u8, char)>, Option<Max<u8>>) {
    let mut state = (Set::new(), None);
    for event in events {
        match event {
            Event::Add(time, element) => {
                state.0.insert((*time, *element));
            }
            Event::Replace(time, elements) => {
                state
                    .0
                    .extend(elements.chars().map(|element| (*time, element)));
                state.1 = state.1.max(Some(Max(*time)));
            }
        }
    }
    state
}

#[test]
fn removing_what_is_known_is_not_a_join() {
    assert_caught("replay of a union is the join", || {
        laws::check_replay(&events(), removing_what_is_known);
    });
}

#[test]
fn a_clear_is() {
    laws::check_replay(&events(), with_clears);
}
