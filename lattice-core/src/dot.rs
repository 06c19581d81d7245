//! The name of one event.

/// The name of one event: the `seq`-th of `agent`, counted from 1.
///
/// `seq` 0 names no event: every context contains it.
///
/// Dots compare by agent, then by number; that is an order for sorting, not causality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dot<A> {
    /// Who did it.
    pub agent: A,
    /// Which of the agent's events, from 1.
    pub seq: u64,
}

impl<A> Dot<A> {
    /// The `seq`-th event of `agent`.
    pub const fn new(agent: A, seq: u64) -> Self {
        Self { agent, seq }
    }
}
