//! What a peer lacks.

use alloc::vec::Vec;

use lattice_core::{CausalContext, Cell, Decompose, Dot};

use super::OrSet;

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// The delta for a peer of which only the causal context is known.
    ///
    /// Joined to any state of one history that has seen `known`, it gives what joining `self` would
    /// give. It carries the elements the peer has not seen, every redaction, and the removed dots as
    /// runs; it is silent about elements that are alive here and seen there.
    ///
    /// Costs the cells and the runs of the context.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::JoinSemilattice;
    ///
    /// let (mut here, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// here.insert(ada.mint()?, "milk");
    /// let mut there = here.clone();
    /// here.insert(ada.mint()?, "eggs");
    /// here.remove("milk");
    ///
    /// let delta = here.delta_for(&there.context());
    /// assert_eq!(delta.len(), 1);
    /// there.join(delta);
    /// assert_eq!(here, there);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn delta_for(&self, known: &CausalContext<A>) -> Self {
        let (mut delta, mut settled) = (Self::new(), Self::new());
        for (dot, cell) in &self.cells {
            if !cell.is_redacted() && known.contains(dot) {
                settled.context.insert(dot.clone());
            } else {
                delta.put(dot.clone(), Some(cell.clone()));
            }
        }
        // SUBTLE: a dot that is alive here and known there stays out of the context too: a context
        // without its cell would remove it.
        delta.context = self.context.difference(&settled.context);
        delta
    }

    /// A state about one dot.
    fn single(dot: Dot<A>, cell: Option<Cell<T>>) -> Self {
        let mut part = Self::new();
        part.context.insert(dot.clone());
        part.put(dot, cell);
        part
    }
}

/// One part per dot seen.
impl<T: Ord + Clone, A: Ord + Clone> Decompose for OrSet<T, A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        let runs: Vec<_> = self
            .context
            .runs()
            .map(|(agent, run)| (agent.clone(), run))
            .collect();
        let dots = runs
            .into_iter()
            .flat_map(|(agent, run)| run.map(move |seq| Dot::new(agent.clone(), seq)));
        dots.map(move |dot| {
            let cell = self.cells.get(&dot).cloned();
            Self::single(dot, cell)
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        let mut delta = Self {
            context: self.context.difference(&known.context),
            ..Self::new()
        };
        for (dot, cell) in known.outdone_by(self) {
            delta.context.insert(dot.clone());
            delta.put(dot, cell);
        }
        delta
    }
}
