//! The lattice: order, join, bottom, equality.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use lattice_core::{Bottom, JoinSemilattice};

use super::OrSet;
use crate::gallop;
use crate::ledger::Packed;

impl<T: Ord + Clone, A: Ord + Clone> JoinSemilattice for OrSet<T, A> {
    fn join(&mut self, mut other: Self) -> bool {
        // Join is commutative; the larger state is the one worth keeping in place.
        if other.entries.len() > self.entries.len() {
            core::mem::swap(self, &mut other);
            return self.absorb(other).right;
        }
        self.absorb(other).left
    }

    fn leq(&self, other: &Self) -> bool {
        self.ledger.leq(&other.ledger)
            && self
                .disagreements(other)
                .iter()
                .all(|clash| clash.mine <= clash.theirs)
    }

    fn join_ref(&mut self, other: &Self) -> bool {
        // A clone shares its chunks, and what is shared is copied only where it is new.
        self.join(other.clone())
    }
}

impl<T: Ord + Clone, A: Ord + Clone> Bottom for OrSet<T, A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.ledger.is_empty()
    }
}

impl<T: Ord, A: Ord> PartialEq for OrSet<T, A> {
    fn eq(&self, other: &Self) -> bool {
        self.ledger.same(&other.ledger) && self.disagreements(other).is_empty()
    }
}

impl<T: Ord, A: Ord> Eq for OrSet<T, A> {}

/// Equal sets hash alike. `O(n log n)`.
impl<T: Hash, A: Hash + Ord> Hash for OrSet<T, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.cells().hash(state);
        state.write_usize(self.ledger.len());
        for (_, agent, lane) in self.ledger.iter() {
            agent.hash(state);
            lane.seen.hash(state);
        }
    }
}

/// A dot that is live on both sides, under different elements.
pub(super) struct Clash<'a, T> {
    /// The dot as this side numbers it.
    pub(super) dot: Packed,
    pub(super) mine: &'a T,
    pub(super) theirs: &'a T,
}

impl<T: Ord, A: Ord> OrSet<T, A> {
    /// The dots that are live on both sides under different elements. There are none unless a dot
    /// was minted twice, and finding that out is linear, or `O(log n)` an entry for a small set.
    pub(super) fn disagreements<'a>(&'a self, other: &'a Self) -> Vec<Clash<'a, T>> {
        if self.agrees_plainly(other) {
            return Vec::new();
        }
        let mut mine = self.entries_live_in(other);
        let mut theirs: Vec<_> = other
            .entries_live_in(self)
            .into_iter()
            .filter_map(|(dot, element)| {
                Some((other.ledger.translate(dot, &self.ledger)?, element))
            })
            .collect();
        mine.sort_unstable();
        theirs.sort_unstable();
        // INVARIANT: one entry per live dot, so the two lists name the same dots in the same order.
        mine.into_iter()
            .zip(theirs)
            .filter(|((_, mine), (_, theirs))| mine != theirs)
            .map(|((dot, mine), (_, theirs))| Clash { dot, mine, theirs })
            .collect()
    }

    /// A cheap proof that every dot live on both sides has one element; false proves nothing.
    fn agrees_plainly(&self, other: &Self) -> bool {
        let alike = self.ledger.numbers_like(&other.ledger);
        if alike && self.entries.shares_root(&other.entries) {
            return true;
        }
        if gallop(self.entries.len(), other.entries.len()) {
            return self.live_entries().all(|(element, dot)| {
                self.ledger
                    .translate(dot, &other.ledger)
                    .is_none_or(|there| {
                        !other.ledger.is_live(there) || other.has_entry(element, there)
                    })
            });
        }
        let mut theirs = other.entries.iter().map(|(key, ())| key);
        alike
            && self
                .live_entries()
                .filter(|&(_, dot)| other.ledger.is_live(dot))
                .all(|(element, dot)| {
                    theirs
                        .find(|(known, at)| known.cmp(element).then(at.cmp(&dot)).is_ge())
                        .is_some_and(|(known, at)| known == element && *at == dot)
                })
    }

    /// The entries of the dots that are live on both sides.
    fn entries_live_in(&self, other: &Self) -> Vec<(Packed, &T)> {
        self.live_entries()
            .filter(|&(_, dot)| {
                self.ledger
                    .translate(dot, &other.ledger)
                    .is_some_and(|there| other.ledger.is_live(there))
            })
            .map(|(element, dot)| (dot, element))
            .collect()
    }
}
