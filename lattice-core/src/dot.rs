//! The name of one event.

use core::cmp::Ordering;

use crate::Ranked;

/// The name of one event: the `seq`-th of `agent`, counted from 1.
///
/// `seq` 0 names no event: every context contains it.
///
/// Dots compare by agent, then by number; that is an order for sorting, not causality.
///
/// ```
/// use lattice_core::{Dot, VersionVector};
///
/// let mut counter = VersionVector::new();
/// assert_eq!(counter.increment("ada"), Some(Dot { agent: "ada", seq: 1 }));
/// assert!(counter.contains(&Dot::new("ada", 1)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Dot<A> {
    /// Who did it.
    pub agent: A,
    /// Which of the agent's events, from 1.
    pub seq: u64,
}

impl<A> Dot<A> {
    /// The `seq`-th event of `agent`.
    ///
    /// ```
    /// use lattice_core::Dot;
    ///
    /// const FIRST: Dot<u8> = Dot::new(7, 1);
    /// assert!(FIRST < Dot::new(7, 2));
    /// ```
    pub const fn new(agent: A, seq: u64) -> Self {
        Self { agent, seq }
    }
}

/// The order of one agent's own events: each knew of those before it. Dots of different agents are
/// concurrent, so an antichain of dots is the last event of each agent.
///
/// Beside a value it is the simplest write there is: `(Dot<A>, Cell<V>)` is [`Ranked`] as well.
///
/// ```
/// use lattice_core::{Antichain, Dot};
///
/// let dots = [Dot::new("ada", 1), Dot::new("bob", 1), Dot::new("ada", 2)];
/// let last = Antichain::from_iter(dots);
/// assert_eq!(last.as_slice(), [Dot::new("ada", 2), Dot::new("bob", 1)]);
/// ```
impl<A: Ord> Ranked for Dot<A> {
    fn precedes(&self, other: &Self) -> bool {
        self.agent == other.agent && self.seq < other.seq
    }

    fn same_identity(&self, other: &Self) -> bool {
        self == other
    }

    fn absorb(&mut self, _: Self) -> bool {
        false
    }

    fn payload_leq(&self, _: &Self) -> bool {
        true
    }

    fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}
