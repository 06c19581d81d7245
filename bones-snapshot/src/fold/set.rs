//! The adds, removes and clears of one set.

use std::collections::BTreeMap;

use lattice_core::{Antichain, Cell, JoinSemilattice};
use lattice_lww::{Stamp, Write};

use super::{Glance, owned};
use crate::event::Text;
use crate::observed::{Adds, Element, ObservedSet, Removes};

/// What events did to one set, by the text of the element.
pub(super) struct Elements<'a, S: Stamp> {
    elements: BTreeMap<&'a Text, Marks<'a, S>>,
    clears: Antichain<Glance<'a, S>>,
}

/// What events did to one element: the maximal adds and the maximal removes.
struct Marks<'a, S: Stamp> {
    adds: Antichain<Glance<'a, S>>,
    removes: Antichain<Glance<'a, S>>,
}

impl<S: Stamp> Default for Elements<'_, S> {
    fn default() -> Self {
        Self {
            elements: BTreeMap::new(),
            clears: Antichain::new(),
        }
    }
}

impl<S: Stamp> Default for Marks<'_, S> {
    fn default() -> Self {
        Self {
            adds: Antichain::new(),
            removes: Antichain::new(),
        }
    }
}

impl<'a, S: Stamp> Elements<'a, S> {
    pub(super) fn add(&mut self, element: &'a Text, key: Glance<'a, S>) {
        let marks = self.elements.entry(element).or_default();
        marks.adds.join(Antichain::singleton(key));
    }

    pub(super) fn remove(&mut self, element: &'a Text, key: Glance<'a, S>) {
        let marks = self.elements.entry(element).or_default();
        marks.removes.join(Antichain::singleton(key));
    }

    pub(super) fn clear(&mut self, key: Glance<'a, S>) {
        self.clears.join(Antichain::singleton(key));
    }

    /// The set in normal form: what an add or a remove of an element cannot change any more is dropped.
    pub(super) fn into_set<T: Element>(self, element: impl Fn(&Text) -> T) -> ObservedSet<T, S> {
        let Self { elements, clears } = self;
        let mut adds = Vec::with_capacity(elements.len());
        let mut removes = Vec::new();
        for (text, marks) in elements {
            let element = element(text);
            let id = element.id();
            let dead = |add: &Glance<'a, S>| {
                let mut observers = clears.iter().chain(&marks.removes);
                observers.any(|remove| remove.observes(add))
            };
            let live = marks.adds.iter().filter(|add| !dead(add));
            let live: Adds<T, S> = live
                .map(|add| Write {
                    key: owned(add),
                    cell: Cell::Present(element.clone()),
                })
                .collect();
            if !live.is_empty() {
                adds.push((id, live));
            }
            let redundant = |remove: &Glance<'a, S>| {
                let mut clears = clears.iter();
                clears.any(|clear| remove.precedes(clear) || remove == clear)
            };
            let kept = marks.removes.iter().filter(|remove| !redundant(remove));
            let kept: Removes<S> = kept.map(owned).collect();
            if !kept.is_empty() {
                removes.push((id, kept));
            }
        }
        let clears = clears.iter().map(owned).collect();
        ObservedSet::from_normal(
            adds.into_iter().collect(),
            removes.into_iter().collect(),
            clears,
        )
    }
}
