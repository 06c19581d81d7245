//! The join: linear for bulk, per entry for small deltas.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lattice_core::{ChunkedMap, JoinSemilattice};

use super::OrSet;
use crate::gallop;
use crate::lane::Change;
use crate::ledger::Packed;
use crate::live_index::LiveIndex;

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// Joins `other`, which is the smaller one, and says who learned what.
    pub(super) fn absorb(&mut self, other: Self) -> Change {
        if Arc::ptr_eq(&self.ledger, &other.ledger) && self.entries.shares_root(&other.entries) {
            return Change::default();
        }
        let change = if gallop(other.entries.len(), self.entries.len())
            && let Some(fresh) = self.fresh_entries(&other)
        {
            self.absorb_few(other, &fresh)
        } else {
            self.absorb_many(other)
        };
        // SUBTLE: text under a dot that was redacted must go at once, not at the next sweep, also if the dot was
        // removed before.
        let lingering = self.lingering();
        if change.redacted && lingering > 0 || lingering > self.entries.len() / 4 {
            self.sweep();
        }
        change
    }

    /// Which entries of `other` name dots not seen here; `None` if a dot that is live on both sides
    /// carries another element there.
    fn fresh_entries(&self, other: &Self) -> Option<Vec<bool>> {
        let numbers: Vec<_> = other
            .ledger
            .numbered()
            .map(|(agent, _)| self.ledger.get(agent))
            .collect();
        other
            .entries
            .iter()
            .map(|((element, dot), ())| {
                if !other.ledger.is_live(*dot) {
                    return Some(false);
                }
                let Some(&Some((number, lane))) = numbers.get(dot.lane()) else {
                    return Some(true);
                };
                if lane.live.contains(dot.seq())
                    && !self.has_entry(element, Packed::new(number, dot.seq()))
                {
                    return None;
                }
                Some(!lane.seen.contains(dot.seq()))
            })
            .collect()
    }

    fn absorb_few(&mut self, other: Self, fresh: &[bool]) -> Change {
        let (change, remap) = Arc::make_mut(&mut self.ledger).join(&other.ledger);
        let fresh = other
            .entries
            .into_iter()
            .zip(fresh)
            .filter(|(_, fresh)| **fresh);
        let mut batch: Vec<_> = fresh
            .map(|(((element, dot), ()), _)| ((element, remap.apply(dot)), ()))
            .collect();
        if !remap.keeps_order() {
            batch.sort();
        }
        if self.entries.len() + batch.len() > self.ledger.live() {
            // An element that comes again usually replaces dots of its own: drop those on the way.
            for ((element, _), ()) in &batch {
                self.purge(element);
            }
        }
        self.entries.join(batch.into_iter().collect());
        change
    }

    fn absorb_many(&mut self, other: Self) -> Change {
        let (mut change, remap) = Arc::make_mut(&mut self.ledger).join(&other.ledger);
        let mut theirs = other.entries;
        if !remap.is_identity() {
            let entries = theirs
                .into_iter()
                .map(|((element, dot), ())| ((element, remap.apply(dot)), ()));
            let mut entries: Vec<_> = entries.collect();
            if !remap.keeps_order() {
                // Only the dots of one element can have changed places: nearly sorted, nearly linear.
                entries.sort();
            }
            theirs = entries.into_iter().collect();
        }
        let witness = theirs.clone();
        let live = LiveIndex::new(&self.ledger);
        let mine = core::mem::take(&mut self.entries);
        self.entries = mine.union(theirs, |(_, dot)| live.contains(*dot));
        // INVARIANT: each live dot has one entry. Only where the sides hold different elements under
        // a dot that is live in both can there be more.
        if self.entries.len() > self.ledger.live() {
            change |= self.settle(&witness);
        }
        change
    }

    /// Of two elements under one dot keeps the greater one. O(n log n): no honest history needs it.
    fn settle(&mut self, theirs: &ChunkedMap<(T, Packed)>) -> Change {
        let mut by_dot: Vec<_> = self
            .entries
            .iter()
            .map(|((element, dot), ())| (*dot, element.clone()))
            .collect();
        by_dot.sort();
        let mut change = Change::default();
        for pair in by_dot.windows(2) {
            if let [(dot, loser), (next, winner)] = pair
                && dot == next
            {
                let new = theirs.contains_key(&(winner.clone(), *dot));
                change.left |= new;
                change.right |= !new;
                self.entries
                    .remove_by(|(known, at)| known.cmp(loser).then(at.cmp(dot)));
            }
        }
        change
    }

    /// Entries under dots that are not live any more.
    pub(super) fn lingering(&self) -> usize {
        self.entries.len() - self.ledger.live()
    }

    /// Drops all lingering entries. `O(n)`.
    pub(super) fn sweep(&mut self) {
        let live = LiveIndex::new(&self.ledger);
        self.entries.retain(|(_, dot), ()| live.contains(*dot));
    }
}
