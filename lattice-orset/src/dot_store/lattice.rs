//! The lattice: order, join, bottom, parts.

use alloc::vec::Vec;

use lattice_core::{Bottom, Decompose, JoinSemilattice};

use super::DotStore;
use super::row::Row;
use crate::lane::Lane;

impl<T: Ord + Clone, A: Ord + Clone> JoinSemilattice for DotStore<T, A> {
    fn join(&mut self, other: Self) -> bool {
        let mut grew = false;
        let mut fresh = Vec::new();
        for (agent, theirs) in other.rows {
            let mine = self.find(&agent).ok().and_then(|at| self.rows.get_mut(at));
            if let Some((_, mine)) = mine {
                grew |= mine.join(theirs).left;
            } else {
                fresh.push((agent, theirs));
            }
        }
        if fresh.is_empty() {
            return grew;
        }
        self.rows.extend(fresh);
        // Two ascending halves: one merge.
        self.rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        true
    }

    fn leq(&self, other: &Self) -> bool {
        self.rows.iter().all(|(agent, mine)| {
            let theirs = other.row(agent);
            theirs.is_some_and(|theirs| mine.leq(theirs))
        })
    }

    /// Clones what is new and nothing else.
    fn join_ref(&mut self, other: &Self) -> bool {
        self.join(other.delta_since(self))
    }
}

impl<T: Ord + Clone, A: Ord + Clone> Bottom for DotStore<T, A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.rows.is_empty()
    }
}

/// One part per dot seen: live with its element, redacted, or removed. Under a dot the order is a
/// chain, so none of them is a join of smaller ones (Enes et al. 2019, §4).
impl<T: Ord + Clone, A: Ord + Clone> Decompose for DotStore<T, A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.rows.into_iter().flat_map(|(agent, row)| {
            let Row { lane, elements } = row;
            let live: Vec<u32> = lane.live.iter().collect();
            let dead = lane.seen.without(&lane.live);
            let live = live
                .into_iter()
                .zip(elements)
                .map(|(seq, element)| Row::new(Lane::of(seq, true, false), Vec::from([element])));
            let dead = dead.into_numbers().map(move |seq| {
                let lane = Lane::of(seq, false, lane.redacted.contains(seq));
                Row::new(lane, Vec::new())
            });
            live.chain(dead).map(move |row| Self {
                rows: Vec::from([(agent.clone(), row)]),
            })
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        let news = |(agent, row): &(A, Row<T>)| {
            let delta = match known.row(agent) {
                Some(known) => row.since(known),
                None => row.clone(),
            };
            (!delta.lane.seen.is_empty()).then(|| (agent.clone(), delta))
        };
        Self {
            rows: self.rows.iter().filter_map(news).collect(),
        }
    }
}
