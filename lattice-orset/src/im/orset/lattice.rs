//! The lattice: order, join, bottom, equality.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use im::ordmap::DiffItem;
use lattice_core::{Bottom, Cell, Dot, JoinSemilattice};

use super::OrSet;
use crate::gallop;
use crate::im::context::Context;

impl<T: Ord + Clone, A: Ord + Clone> JoinSemilattice for OrSet<T, A> {
    fn join(&mut self, mut other: Self) -> bool {
        if gallop(self.cells.len(), other.cells.len()) {
            // Join is commutative; the much larger state is the one worth keeping.
            core::mem::swap(self, &mut other);
            let grew = !self.leq(&other);
            self.absorb(other);
            return grew;
        }
        self.absorb(other)
    }

    fn leq(&self, other: &Self) -> bool {
        if !self.context.leq(&other.context) {
            return false;
        }
        if gallop(self.cells.len(), other.cells.len()) {
            // What is alive there must be alive here, if it was seen here.
            return other
                .covered_by(&self.context)
                .all(|(dot, theirs)| self.cells.get(dot).is_some_and(|mine| mine <= theirs));
        }
        self.cells.diff(&other.cells).all(|change| match change {
            DiffItem::Add(dot, _) => !self.context.contains(dot),
            DiffItem::Update { old, new } => old.1 <= new.1,
            DiffItem::Remove(..) => true,
        })
    }
}

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    fn absorb(&mut self, other: Self) -> bool {
        let changes = self.outdone_by(&other);
        let mut grew = !changes.is_empty();
        for (dot, cell) in changes {
            self.put(dot, cell);
        }
        grew |= self.context.join(other.context);
        grew
    }
}

impl<T: Ord + Clone, A: Ord + Clone> Bottom for OrSet<T, A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.context.is_empty()
    }
}

impl<T: Ord, A: Ord> PartialEq for OrSet<T, A> {
    fn eq(&self, other: &Self) -> bool {
        // The index follows from the cells.
        self.context == other.context && self.cells == other.cells
    }
}

impl<T: Ord, A: Ord> Eq for OrSet<T, A> {}

/// Equal sets hash alike. `O(n)`.
impl<T: Ord + Hash, A: Ord + Hash> Hash for OrSet<T, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.context.hash(state);
        self.cells.hash(state);
    }
}

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// The cells whose fate is greater in `other`, with the fate there: what a join changes here.
    pub(super) fn outdone_by(&self, other: &Self) -> Vec<(Dot<A>, Option<Cell<T>>)> {
        if gallop(other.cells.len(), self.cells.len()) {
            let fresh = other.cells.iter().filter(|(dot, theirs)| {
                self.cells
                    .get(*dot)
                    .map_or_else(|| !self.context.contains(dot), |mine| mine < theirs)
            });
            let fresh = fresh.map(|(dot, theirs)| (dot.clone(), Some(theirs.clone())));
            let removed = self
                .covered_by(&other.context)
                .filter(|(dot, _)| !other.cells.contains_key(*dot))
                .map(|(dot, _)| (dot.clone(), None));
            return fresh.chain(removed).collect();
        }
        let changes = self.cells.diff(&other.cells);
        let changes = changes.filter_map(|change| match change {
            DiffItem::Add(dot, theirs) => {
                (!self.context.contains(dot)).then(|| (dot.clone(), Some(theirs.clone())))
            }
            DiffItem::Update { old, new } => {
                (old.1 < new.1).then(|| (new.0.clone(), Some(new.1.clone())))
            }
            DiffItem::Remove(dot, _) => other.context.contains(dot).then(|| (dot.clone(), None)),
        });
        changes.collect()
    }

    /// The cells here under dots that a context holds.
    fn covered_by<'a>(
        &'a self,
        context: &'a Context<A>,
    ) -> impl Iterator<Item = (&'a Dot<A>, &'a Cell<T>)> {
        context.runs().flat_map(|(agent, run)| {
            let first = Dot::new(agent.clone(), *run.start());
            let last = Dot::new(agent.clone(), *run.end());
            self.cells.range(first..=last)
        })
    }
}
