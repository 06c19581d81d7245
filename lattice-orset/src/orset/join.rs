//! The join: linear for bulk, per entry for small deltas.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::OrSet;
use crate::chunks::{KeepOld, Merge};
use crate::gallop;
use crate::lane::Change;
use crate::ledger::Packed;
use crate::live_index::LiveIndex;
use crate::spans::Spans;

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
        // SUBTLE: text under a dot that was just redacted must go at once, not at the next sweep.
        if change.redacted || self.lingering() > self.entries.len() / 4 {
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
                if lane.live.contains(dot.seq()) {
                    let here = Packed::new(number, dot.seq());
                    self.entries
                        .get(|(known, dot)| known.cmp(element).then(dot.cmp(&here)))?;
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
        self.entries.upsert(batch, &mut KeepOld);
        change
    }

    fn absorb_many(&mut self, other: Self) -> Change {
        let before = Arc::clone(&self.ledger);
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
        let mut right_seen = alloc::vec![None; self.ledger.len()];
        for (from, (_, lane)) in (0..).zip(other.ledger.numbered()) {
            if let Some(slot) = right_seen.get_mut(remap.apply(Packed::new(from, 0)).lane()) {
                *slot = Some(&lane.seen);
            }
        }
        let mut rule = Survive {
            live: LiveIndex::new(&self.ledger),
            left_seen: before
                .numbered()
                .map(|(_, lane)| Some(&lane.seen))
                .collect(),
            right_seen,
            contested: Vec::new(),
        };
        let mine = core::mem::take(&mut self.entries);
        self.entries = mine.merge(theirs, &mut rule);
        let contested = rule.contested;
        change |= self.settle(contested);
        change
    }

    /// Of two elements under one dot keeps the greater one.
    fn settle(&mut self, mut contested: Vec<(Packed, Side, T)>) -> Change {
        contested.sort();
        let mut change = Change::default();
        for pair in contested.chunks(2) {
            if let [(dot, Side::Left, left), (_, Side::Right, right)] = pair {
                change.left |= left < right;
                change.right |= right < left;
                let loser = left.min(right);
                self.entries
                    .remove(|(known, at)| known.cmp(loser).then(at.cmp(dot)));
            }
        }
        change
    }

    fn lingering(&self) -> usize {
        self.entries.len() - self.ledger.live()
    }

    /// Drops all lingering entries. `O(n)`.
    pub(super) fn sweep(&mut self) {
        let live = LiveIndex::new(&self.ledger);
        self.entries.retain(|(_, dot), ()| live.contains(*dot));
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// Keeps the entries of the dots that are live after the join.
struct Survive<'a, T> {
    live: LiveIndex<'a>,
    left_seen: Vec<Option<&'a Spans>>,
    right_seen: Vec<Option<&'a Spans>>,
    /// Dots that both sides hold live, with different elements.
    contested: Vec<(Packed, Side, T)>,
}

fn seen(by: &[Option<&Spans>], dot: Packed) -> bool {
    by.get(dot.lane())
        .copied()
        .flatten()
        .is_some_and(|spans| spans.contains(dot.seq()))
}

impl<T: Clone> Merge<(T, Packed), ()> for Survive<'_, T> {
    fn left(&mut self, (element, dot): &(T, Packed), (): &()) -> bool {
        let stays = self.live.contains(*dot);
        // A dot that the other side has seen stays only if it is live there too; and if it is, this
        // entry should have met its equal.
        if stays && seen(&self.right_seen, *dot) {
            self.contested.push((*dot, Side::Left, element.clone()));
        }
        stays
    }

    fn right(&mut self, (element, dot): &(T, Packed), (): &()) -> bool {
        let stays = self.live.contains(*dot);
        if stays && seen(&self.left_seen, *dot) {
            self.contested.push((*dot, Side::Right, element.clone()));
        }
        stays
    }

    fn both(&mut self, (_, dot): &(T, Packed), (): (), (): ()) -> Option<()> {
        self.live.contains(*dot).then_some(())
    }
}
