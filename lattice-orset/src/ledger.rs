//! The dots of all replicas: interned agents, and a lane for each.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::Borrow;

use crate::lane::{Change, Lane};
use crate::spans::{Span, Spans};

/// A dot as sets hold it: the number of an agent in the ledger of the set, and a sequence number,
/// in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packed(u64);

impl Packed {
    pub(crate) const MIN: Self = Self(0);

    pub(crate) fn new(lane: u32, seq: u32) -> Self {
        Self(u64::from(lane) << 32 | u64::from(seq))
    }

    pub(crate) fn lane(self) -> usize {
        (self.0 >> 32) as usize
    }

    #[allow(clippy::cast_possible_truncation)] // the low half is the sequence number
    pub(crate) fn seq(self) -> u32 {
        self.0 as u32
    }

    /// The next one in order.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    fn with_lane(self, lane: u32) -> Self {
        Self::new(lane, self.seq())
    }
}

/// How the agent numbers of one ledger read in another.
#[derive(Debug)]
pub(crate) struct Remap(Vec<u32>);

impl Remap {
    pub(crate) fn is_identity(&self) -> bool {
        (0..).zip(&self.0).all(|(at, &to): (u32, _)| at == to)
    }

    /// True iff sorted dots read as sorted dots.
    pub(crate) fn keeps_order(&self) -> bool {
        self.0.is_sorted()
    }

    pub(crate) fn apply(&self, dot: Packed) -> Packed {
        self.0
            .get(dot.lane())
            .map_or(dot, |&lane| dot.with_lane(lane))
    }
}

/// Interned agents and their lanes.
// INVARIANT: no lane is empty, so that equal knowledge gives equal ledgers up to numbering.
// INVARIANT: a number, once given, is never changed: packed dots outlive every join.
#[derive(Clone, Debug)]
pub(crate) struct Ledger<A> {
    agents: Vec<A>,
    lanes: Vec<Arc<Lane>>,
    /// The numbers in order of their agents.
    order: Vec<u32>,
    /// Live dots in all lanes.
    live: usize,
}

impl<A> Default for Ledger<A> {
    fn default() -> Self {
        Self {
            agents: Vec::new(),
            lanes: Vec::new(),
            order: Vec::new(),
            live: 0,
        }
    }
}

impl<A> Ledger<A> {
    /// Agents known.
    pub(crate) fn len(&self) -> usize {
        self.agents.len()
    }

    /// True iff nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// Live dots.
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    pub(crate) fn lane(&self, number: usize) -> Option<&Lane> {
        self.lanes.get(number).map(Arc::as_ref)
    }

    pub(crate) fn agent(&self, number: usize) -> Option<&A> {
        self.agents.get(number)
    }

    pub(crate) fn is_live(&self, dot: Packed) -> bool {
        self.lane(dot.lane())
            .is_some_and(|lane| lane.live.contains(dot.seq()))
    }

    /// Agents and lanes by number.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (&A, &Arc<Lane>)> {
        self.agents.iter().zip(&self.lanes)
    }

    /// Numbers, agents and lanes in order of the agents.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &A, &Lane)> {
        self.order.iter().filter_map(|&number| {
            let at = number as usize;
            Some((number, self.agents.get(at)?, self.lane(at)?))
        })
    }
}

impl<A: Ord> Ledger<A> {
    /// Where `agent` stands in `order`, or would.
    fn find<Q: Ord + ?Sized>(&self, agent: &Q) -> Result<u32, usize>
    where
        A: Borrow<Q>,
    {
        let at = self.order.binary_search_by(|&number| {
            self.agents
                .get(number as usize)
                .map_or(core::cmp::Ordering::Less, |known| known.borrow().cmp(agent))
        })?;
        self.order.get(at).copied().ok_or(at)
    }

    /// The number and lane of an agent.
    pub(crate) fn get<Q: Ord + ?Sized>(&self, agent: &Q) -> Option<(u32, &Lane)>
    where
        A: Borrow<Q>,
    {
        let number = self.find(agent).ok()?;
        Some((number, self.lane(number as usize)?))
    }

    /// Same knowledge, elements apart.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.live == other.live
            && self
                .iter()
                .zip(other.iter())
                .all(|((_, a, l), (_, b, r))| a == b && l == r)
    }

    /// True iff every agent that both know has the same number in both.
    pub(crate) fn numbers_like(&self, other: &Self) -> bool {
        self.agents.iter().zip(&other.agents).all(|(a, b)| a == b)
    }

    /// A dot as `other` numbers it; `None` if the agent is unknown there.
    pub(crate) fn translate(&self, dot: Packed, other: &Self) -> Option<Packed> {
        let agent = self.agent(dot.lane())?;
        if other.agent(dot.lane()) == Some(agent) {
            return Some(dot);
        }
        Some(dot.with_lane(other.find(agent).ok()?))
    }

    /// The order of the lattice, elements apart.
    pub(crate) fn leq(&self, other: &Self) -> bool {
        self.iter()
            .all(|(_, agent, lane)| other.get(agent).is_some_and(|(_, theirs)| lane.leq(theirs)))
    }
}

impl<A: Ord + Clone> Ledger<A> {
    /// The number of `agent`, given now if need be.
    ///
    /// # Panics
    /// At the 2^32-th agent, long after memory has run out.
    // INVARIANT: who interns an agent marks a dot of it as seen.
    pub(crate) fn intern(&mut self, agent: &A) -> u32 {
        match self.find(agent) {
            Ok(number) => number,
            Err(at) => {
                let number = u32::try_from(self.agents.len())
                    .unwrap_or_else(|_| panic!("more than 2^32 replicas"));
                self.agents.push(agent.clone());
                self.lanes.push(Arc::default());
                self.order.insert(at, number);
                number
            }
        }
    }

    /// Adds a lane of a new agent or joins it to the lane there.
    pub(crate) fn join_lane(&mut self, agent: &A, lane: &Arc<Lane>) -> (u32, Change) {
        let number = self.intern(agent);
        let Some(slot) = self.lanes.get_mut(number as usize) else {
            return (number, Change::default());
        };
        if slot.seen.is_empty() {
            *slot = Arc::clone(lane);
            self.live += lane.live.len();
            return (
                number,
                Change {
                    left: true,
                    ..Change::default()
                },
            );
        }
        if Arc::ptr_eq(slot, lane) {
            return (number, Change::default());
        }
        if slot.is_like(lane) {
            let (joined, change) = slot.joined(lane);
            if change.left {
                self.live = self.live - slot.live.len() + joined.live.len();
                *slot = Arc::new(joined);
            }
            return (number, change);
        }
        if lane.leq(slot) {
            // SUBTLE: a lane that tells nothing new must not be cloned out of a shared snapshot.
            let right = !slot.leq(lane);
            return (
                number,
                Change {
                    right,
                    ..Change::default()
                },
            );
        }
        let before = slot.live.len();
        let change = Arc::make_mut(slot).join(lane);
        self.live = self.live - before + slot.live.len();
        (number, change)
    }

    /// Joins all lanes of `other`; also says how its numbers read here.
    pub(crate) fn join(&mut self, other: &Self) -> (Change, Remap) {
        let mut change = Change::default();
        let mut remap = alloc::vec![0; other.len()];
        for ((agent, lane), slot) in other.agents.iter().zip(&other.lanes).zip(&mut remap) {
            let (number, lane_change) = self.join_lane(agent, lane);
            *slot = number;
            change |= lane_change;
        }
        change.right |= self.len() > other.len();
        (change, Remap(remap))
    }

    /// Adds a lane under an agent that is not there yet; an empty one is passed over.
    pub(crate) fn push_lane(&mut self, agent: &A, lane: Lane) -> Option<u32> {
        if lane.seen.is_empty() {
            return None;
        }
        Some(self.join_lane(agent, &Arc::new(lane)).0)
    }

    /// Marks one dot as seen, and as live where it carries an element.
    pub(crate) fn see(&mut self, agent: &A, seq: u32, live: bool) -> Packed {
        let number = self.intern(agent);
        if let Some(slot) = self.lanes.get_mut(number as usize) {
            let lane = Arc::make_mut(slot);
            lane.seen.insert(Span {
                first: seq,
                last: seq,
            });
            if live {
                let before = lane.live.len();
                lane.live.insert(seq);
                self.live += lane.live.len() - before;
            }
        }
        Packed::new(number, seq)
    }

    /// Marks dots as seen, each also as live where it says so: of agents that were [interned](Self::intern) and of whom
    /// nothing was seen yet, in any order, and more than once. `O(d log d)`.
    pub(crate) fn see_all(&mut self, mut dots: Vec<(Packed, bool)>) {
        dots.sort_unstable();
        for lane in dots.chunk_by(|(a, _), (b, _)| a.lane() == b.lane()) {
            let Some((first, _)) = lane.first() else {
                continue;
            };
            let seen = lane.iter().map(|(dot, _)| Span::of(dot.seq()));
            let mut told = Lane {
                seen: Spans::from_ascending(seen),
                ..Lane::default()
            };
            for (dot, _) in lane.iter().filter(|(_, live)| *live) {
                told.live.insert(dot.seq());
            }
            if let Some(slot) = self.lanes.get_mut(first.lane()) {
                debug_assert!(slot.seen.is_empty());
                self.live += told.live.len();
                *slot = Arc::new(told);
            }
        }
    }

    /// Turns the live dots among the chosen ones of a lane into redacted ones.
    pub(crate) fn redact(&mut self, number: u32, chosen: &[(u32, u64)]) {
        if let Some(slot) = self.lanes.get_mut(number as usize) {
            self.live -= Arc::make_mut(slot).redact(chosen);
        }
    }
}
