//! "A set maps the text of each element to its last add and its last remove."
//!
//! Redacting an add changes its text, and so the key under which removes look for it: an element that
//! was removed before stays removed, and one that meets its remove later does not.

use lattice_core::{Cell, JoinSemilattice, Map, Max, laws};

use crate::kit::assert_caught;

/// Last add and last remove of each element; adds that a remove has observed are pruned. `K` is what
/// an element is known by, and each add carries the text in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AddsAndRemoves<K: Ord> {
    adds: Map<K, Map<u8, Cell<&'static str>>>,
    removes: Map<K, Max<u8>>,
}

impl<K: Ord> AddsAndRemoves<K> {
    fn add(key: K, time: u8, text: &'static str) -> Self {
        let add = Map::singleton(time, Cell::Present(text));
        Self {
            adds: Map::singleton(key, add),
            removes: Map::new(),
        }
    }

    fn remove(key: K, time: u8) -> Self {
        Self {
            adds: Map::new(),
            removes: Map::singleton(key, Max(time)),
        }
    }

    fn prune(&mut self) {
        let removes = &self.removes;
        self.adds.retain(|key, adds| {
            adds.retain(|time, _| removes.get(key).is_none_or(|remove| remove.0 <= *time));
            !adds.is_empty()
        });
    }
}

impl<K: Ord + Clone> JoinSemilattice for AddsAndRemoves<K> {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.adds.join(other.adds);
        self.removes.join(other.removes);
        self.prune();
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        let removed = |key, time: &u8| {
            other
                .removes
                .get(key)
                .is_some_and(|remove| remove.0 > *time)
        };
        let held = |key, time: &u8, cell: &Cell<_>| {
            let theirs = other.adds.get(key).and_then(|adds| adds.get(time));
            theirs.is_some_and(|theirs| cell.leq(theirs))
        };
        self.removes.leq(&other.removes)
            && self.adds.iter().all(|(key, adds)| {
                adds.iter()
                    .all(|(time, cell)| removed(key, time) || held(key, time, cell))
            })
    }
}

#[test]
fn redaction_takes_the_element_away_from_its_removes() {
    let states = [
        AddsAndRemoves::add("secret", 1, "secret"),
        AddsAndRemoves::remove("secret", 2),
    ];
    laws::check_exhaustive(&states, 10).expect("a small universe");
    // The text must go, and the text is the key.
    let redact = |mut state: AddsAndRemoves<&'static str>| {
        let adds = state.adds.into_iter().map(|(key, adds)| {
            let redacted = adds.contains_key(&1);
            let gone = adds
                .into_iter()
                .map(|(time, cell)| (time, if time == 1 { Cell::Redacted } else { cell }));
            (if redacted { "(redacted)" } else { key }, gone.collect())
        });
        state.adds = adds.collect();
        state
    };
    assert_caught("homomorphism", || laws::check_homomorphism(&states, redact));
}

#[test]
fn a_hash_for_a_key_and_a_cell_for_the_text_commute() {
    let states = [
        AddsAndRemoves::add(77, 1, "secret"),
        AddsAndRemoves::add(77, 3, "secret"),
        AddsAndRemoves::remove(77, 2),
    ];
    let states = laws::check_exhaustive(&states, 10).expect("a small universe");
    laws::check_homomorphism(&states, |mut state| {
        for cell in state.adds.values_mut().filter_map(|adds| adds.get_mut(&1)) {
            cell.redact();
        }
        state
    });
}
