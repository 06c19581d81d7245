//! Dots in the open: reading them and redacting them.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lattice_core::{Cell, Dot};

use super::OrSet;

impl<T, A> OrSet<T, A> {
    /// The live dots with their elements, by element.
    ///
    /// ```
    /// use lattice_core::{Cell, Dot};
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// assert!(set.dots().eq([(Dot::new(&"ada", 1), &"milk")]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn dots(&self) -> impl Iterator<Item = (Dot<&A>, &T)> {
        self.live_entries().filter_map(|(element, dot)| {
            let agent = self.ledger.agent(dot.lane())?;
            Some((Dot::new(agent, u64::from(dot.seq())), element))
        })
    }

    /// The dots that keep their place although their element was redacted, in order.
    ///
    /// ```
    /// use lattice_core::{Cell, Dot};
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "secret");
    /// set.redact(|dot| dot.seq == 1);
    /// assert!(set.redacted_dots().eq([Dot::new(&"ada", 1)]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn redacted_dots(&self) -> impl Iterator<Item = Dot<&A>> {
        self.ledger.iter().flat_map(|(_, agent, lane)| {
            lane.redacted
                .iter()
                .map(move |seq| Dot::new(agent, u64::from(seq)))
        })
    }
}

impl<T, A: Ord> OrSet<T, A> {
    /// The cells under all dots that are not removed, in order of the dots. `O(n log n)`.
    ///
    /// ```
    /// use lattice_core::{Cell, Dot};
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.insert(ada.mint()?, "secret");
    /// set.redact(|dot| dot.seq == 2);
    /// assert_eq!(
    ///     set.cells(),
    ///     [(Dot::new(&"ada", 1), Cell::Present(&"milk")), (Dot::new(&"ada", 2), Cell::Redacted)],
    /// );
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn cells(&self) -> Vec<(Dot<&A>, Cell<&T>)> {
        let live = self
            .dots()
            .map(|(dot, element)| (dot, Cell::Present(element)));
        let mut cells: Vec<_> = live
            .chain(self.redacted_dots().map(|dot| (dot, Cell::Redacted)))
            .collect();
        cells.sort_unstable_by_key(|&(dot, _)| dot);
        cells
    }
}

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// Takes the elements of all live dots that `names` says yes to. True iff there were any.
    ///
    /// A redacted dot keeps its place with a redacted cell, so no join brings the element back, and
    /// whoever removed the dot still removes it. Redaction is a homomorphism: it does not matter
    /// whether one redacts before or after joining. A dot that arrives later is not covered: keep
    /// the set of redacted ids, and redact again after each join.
    ///
    /// The element is gone from this value at once. Clones taken before still hold it.
    ///
    /// Costs the live dots.
    ///
    /// ```
    /// use lattice_core::JoinSemilattice;
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// let old = set.insert(ada.mint()?, "secret");
    /// assert!(set.redact(|dot| dot.agent == &"ada"));
    /// assert!(!set.join(old) && !set.contains("secret"));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn redact(&mut self, mut names: impl FnMut(Dot<&A>) -> bool) -> bool {
        let mut chosen = Vec::new();
        for (number, agent, lane) in self.ledger.iter() {
            for (block, live) in lane.live.blocks() {
                let bits = crate::bits::ones(live)
                    .filter(|bit| {
                        names(Dot::new(agent, u64::from(block * crate::bits::BITS + bit)))
                    })
                    .fold(0_u64, |bits, bit| bits | 1 << bit);
                if bits != 0 {
                    chosen.push((number, (block, bits)));
                }
            }
        }
        // What still stands under dots that were removed before goes as well: here, or with the sweep below.
        if chosen.is_empty() {
            if self.lingers(&mut names) {
                self.sweep();
            }
            return false;
        }
        let ledger = Arc::make_mut(&mut self.ledger);
        for lane in chosen.chunk_by(|(a, _), (b, _)| a == b) {
            if let Some((number, _)) = lane.first() {
                let blocks: Vec<(u32, u64)> = lane.iter().map(|(_, block)| *block).collect();
                ledger.redact(*number, &blocks);
            }
        }
        self.sweep();
        true
    }

    /// Whether an entry under a removed dot that `names` says yes to is still held.
    fn lingers(&self, names: &mut impl FnMut(Dot<&A>) -> bool) -> bool {
        self.lingering() > 0
            && self.entries.iter().any(|((_, dot), ())| {
                let agent = self.ledger.agent(dot.lane());
                !self.ledger.is_live(*dot)
                    && agent.is_some_and(|agent| names(Dot::new(agent, u64::from(dot.seq()))))
            })
    }
}
