//! The oracle: an observed-remove set as its definition reads, a map from dots to a chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use lattice_core::{CausalContext, Cell, Dot, JoinSemilattice};
use lattice_orset::OrSet;

/// What is known of one dot; absent from the map means nothing. The derived order is the chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate<T> {
    Live(T),
    Redacted,
    Removed,
}

/// An observed-remove set, slow and plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Naive<T, A> {
    pub(crate) dots: BTreeMap<Dot<A>, Fate<T>>,
}

impl<T: Ord + Clone + Debug, A: Ord + Clone + Debug> Naive<T, A> {
    pub(crate) fn new() -> Self {
        Self {
            dots: BTreeMap::new(),
        }
    }

    pub(crate) fn join(&mut self, other: &Self) -> bool {
        let grew = !other.leq(self);
        for (dot, fate) in &other.dots {
            let mine = self.dots.entry(dot.clone()).or_insert_with(|| fate.clone());
            *mine = mine.clone().max(fate.clone());
        }
        grew
    }

    pub(crate) fn leq(&self, other: &Self) -> bool {
        self.dots
            .iter()
            .all(|(dot, fate)| other.dots.get(dot).is_some_and(|theirs| fate <= theirs))
    }

    /// The dots whose fate `known` does not hold, with the fate they have here.
    pub(crate) fn delta_since(&self, known: &Self) -> Self {
        let dots = self
            .dots
            .iter()
            .filter(|(dot, fate)| known.dots.get(dot).is_none_or(|theirs| *fate > theirs));
        Self {
            dots: dots
                .map(|(dot, fate)| (dot.clone(), fate.clone()))
                .collect(),
        }
    }

    pub(crate) fn observed(&self, element: &T) -> Vec<Dot<A>> {
        let live = self
            .dots
            .iter()
            .filter(|(_, fate)| **fate == Fate::Live(element.clone()));
        live.map(|(dot, _)| dot.clone()).collect()
    }

    /// The delta of an insertion.
    pub(crate) fn insert_delta(&self, dot: Dot<A>, element: T) -> Self {
        let mut delta = self.remove_delta(&element);
        delta.dots.insert(dot, Fate::Live(element));
        delta
    }

    /// The delta of a removal.
    pub(crate) fn remove_delta(&self, element: &T) -> Self {
        Self {
            dots: self
                .observed(element)
                .into_iter()
                .map(|dot| (dot, Fate::Removed))
                .collect(),
        }
    }

    pub(crate) fn redact(&mut self, names: impl Fn(&Dot<A>) -> bool) {
        for (dot, fate) in &mut self.dots {
            if names(dot) && matches!(fate, Fate::Live(_)) {
                *fate = Fate::Redacted;
            }
        }
    }

    pub(crate) fn elements(&self) -> BTreeSet<T> {
        let live = self.dots.values().filter_map(|fate| match fate {
            Fate::Live(element) => Some(element.clone()),
            Fate::Redacted | Fate::Removed => None,
        });
        live.collect()
    }

    pub(crate) fn context(&self) -> CausalContext<A> {
        self.dots.keys().cloned().collect()
    }

    /// The same state in the type under test.
    pub(crate) fn to_orset(&self) -> OrSet<T, A> {
        OrSet::from_parts(&self.context(), self.cells()).unwrap()
    }

    pub(crate) fn cells(&self) -> Vec<(Dot<A>, Cell<T>)> {
        let cells = self.dots.iter().filter_map(|(dot, fate)| match fate {
            Fate::Live(element) => Some((dot.clone(), Cell::Present(element.clone()))),
            Fate::Redacted => Some((dot.clone(), Cell::Redacted)),
            Fate::Removed => None,
        });
        cells.collect()
    }

    /// Every way to look at `set` must show what this oracle holds.
    #[track_caller]
    pub(crate) fn assert_is(&self, set: &OrSet<T, A>) {
        assert_eq!(set.context(), self.context(), "context");
        let cells: Vec<_> = set
            .cells()
            .into_iter()
            .map(|(dot, cell)| {
                let cell = match cell {
                    Cell::Present(element) => Cell::Present(element.clone()),
                    Cell::Redacted => Cell::Redacted,
                };
                (Dot::new(dot.agent.clone(), dot.seq), cell)
            })
            .collect();
        assert_eq!(cells, self.cells(), "cells");
        let elements = self.elements();
        assert!(
            set.iter().eq(&elements),
            "elements: {set:?} against {elements:?}"
        );
        assert_eq!(set.len(), elements.len(), "len");
        assert_eq!(set.is_empty(), elements.is_empty(), "is_empty");
        for element in &elements {
            assert!(set.contains(element), "contains {element:?}");
        }
        for fate in self.dots.values() {
            if let Fate::Live(element) = fate {
                assert!(elements.contains(element));
            }
        }
        assert_eq!(*set, self.to_orset(), "rebuilt");
        assert!(
            set.leq(&self.to_orset()) && self.to_orset().leq(set),
            "order against rebuilt"
        );
    }
}
