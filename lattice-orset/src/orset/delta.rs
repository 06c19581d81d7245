//! What a peer lacks.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lattice_core::{CausalContext, ChunkedMap, Decompose};

use super::OrSet;
use crate::bits::Bits;
use crate::lane::Lane;
use crate::ledger::{Ledger, Packed};
use crate::spans::{Span, Spans};

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// The delta for a peer of which only the causal context is known.
    ///
    /// Joined to any state of one history that has seen `known`, it gives what joining `self` would
    /// give. It carries the elements the peer has not seen, every redaction, and the removed dots as
    /// runs; it is silent about elements that are alive here and seen there.
    /// [`delta_since`](Decompose::delta_since) is the least delta, and needs the state of the peer.
    ///
    /// `O(n)` for the scan; the size is that of the answer.
    ///
    /// ```
    /// use lattice_core::JoinSemilattice;
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut here, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// here.insert(ada.mint()?, "milk");
    /// let mut there = here.clone();
    /// here.insert(ada.mint()?, "eggs");
    /// here.remove("milk");
    ///
    /// let delta = here.delta_for(&there.context());
    /// assert_eq!(delta.live_dots(), 1);
    /// there.join(delta);
    /// assert_eq!(here, there);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn delta_for(&self, known: &CausalContext<A>) -> Self {
        self.restrict(|agent, lane| {
            let known = runs_of(known, agent);
            let (mut fresh, mut settled) = (Bits::default(), Bits::default());
            for (block, live) in lane.live.blocks() {
                let seen = known.mask(block);
                fresh.set_block(block, live & !seen);
                settled.set_block(block, live & seen);
            }
            // SUBTLE: a dot that is alive here and known there stays out of the context too: a
            // context without its entry would remove it.
            Lane {
                seen: lane.seen.without(&settled),
                live: fresh,
                redacted: lane.redacted.clone(),
            }
        })
    }

    /// The part of this set that a choice of dots, lane by lane, leaves.
    fn restrict(&self, mut choose: impl FnMut(&A, &Lane) -> Lane) -> Self {
        let mut ledger = Ledger::default();
        // In order of the numbers here, so that the numbers there keep the order of the entries.
        let numbers: Vec<Option<u32>> = self
            .ledger
            .numbered()
            .map(|(agent, lane)| ledger.push_lane(agent, choose(agent, lane)))
            .collect();
        let entries = self.entries.iter().filter_map(|((element, dot), ())| {
            let number = (*numbers.get(dot.lane())?)?;
            let there = Packed::new(number, dot.seq());
            ledger
                .is_live(there)
                .then(|| ((element.clone(), there), ()))
        });
        Self {
            entries: entries.collect(),
            ledger: Arc::new(ledger),
        }
    }

    /// A state about one dot.
    fn single(agent: &A, lane: Lane, element: Option<T>) -> Self {
        let mut ledger = Ledger::default();
        ledger.push_lane(agent, lane);
        let dot = |seq| Packed::new(0, seq);
        let live = ledger.lane(0).and_then(|lane| lane.live.iter().next());
        let entries: ChunkedMap<_> = live
            .zip(element)
            .map(|(seq, element)| ((element, dot(seq)), ()))
            .into_iter()
            .collect();
        Self {
            ledger: Arc::new(ledger),
            entries,
        }
    }
}

/// The runs of one agent, as far as sequence numbers of this crate go.
fn runs_of<A: Ord>(context: &CausalContext<A>, agent: &A) -> Spans {
    let runs = context.runs();
    let from = runs.partition_point(|run| run.agent < *agent);
    let runs = runs.iter().skip(from).take_while(|run| run.agent == *agent);
    Spans::from_ascending(runs.filter_map(|run| {
        let first = u32::try_from(run.first).ok()?;
        Some(Span {
            first,
            last: u32::try_from(run.last).unwrap_or(u32::MAX),
        })
    }))
}

/// One part per dot seen: live with its element, redacted, or removed. Under a dot the order is a
/// chain, so none of them is a join of smaller ones (Enes et al. 2019, §4).
impl<T: Ord + Clone, A: Ord + Clone> Decompose for OrSet<T, A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        let ledger = Arc::clone(&self.ledger);
        let live = self
            .entries
            .into_iter()
            .filter_map(move |((element, dot), ())| {
                let agent = ledger.agent(dot.lane())?;
                ledger
                    .is_live(dot)
                    .then(|| Self::single(agent, Lane::of(dot.seq(), true, false), Some(element)))
            });
        let lanes: Vec<(A, Arc<Lane>)> = self
            .ledger
            .numbered()
            .map(|(agent, lane)| (agent.clone(), Arc::clone(lane)))
            .collect();
        let rest = lanes.into_iter().flat_map(|(agent, lane)| {
            lane.seen
                .without(&lane.live)
                .into_numbers()
                .map(move |seq| {
                    Self::single(
                        &agent,
                        Lane::of(seq, false, lane.redacted.contains(seq)),
                        None,
                    )
                })
        });
        live.chain(rest)
    }

    fn delta_since(&self, known: &Self) -> Self {
        let clashes = self.disagreements(known);
        self.restrict(|agent, lane| {
            let mut delta = known
                .ledger
                .get(agent)
                .map_or_else(|| lane.clone(), |(_, theirs)| lane.since(theirs));
            let here = self.ledger.get(agent).map(|(number, _)| number as usize);
            for clash in &clashes {
                if Some(clash.dot.lane()) == here && clash.mine > clash.theirs {
                    let seq = clash.dot.seq();
                    delta.seen.insert(Span {
                        first: seq,
                        last: seq,
                    });
                    delta.live.insert(seq);
                }
            }
            delta
        })
    }
}
