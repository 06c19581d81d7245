//! Strategies: states of every kind a decoder could let in, and families cut from one history.

use lattice_core::Dot;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::naive::{Fate, Naive};

/// Sequence numbers at the edges of blocks and of the range, and near one another.
pub(crate) fn seq() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 1..=5_u64, 3 => 62..=66_u64, 1 => 126..=130_u64, 1 => u64::from(u32::MAX) - 2..=u64::from(u32::MAX)]
}

/// A fate over three elements.
pub(crate) fn fate() -> impl Strategy<Value = Fate<u8>> {
    prop_oneof![4 => (0..3_u8).prop_map(Fate::Live), 1 => Just(Fate::Redacted), 3 => Just(Fate::Removed)]
}

/// Any state at all: nothing says that a dot means one event.
pub(crate) fn adversarial() -> impl Strategy<Value = Naive<u8, u8>> {
    let dot = (0..3_u8, seq()).prop_map(|(agent, seq)| Dot::new(agent, seq));
    btree_map(dot, fate(), 0..12).prop_map(|dots| Naive { dots })
}

/// A larger state, so that small deltas against it take the path for small deltas. Elements are
/// wide, so that it spans many leaves.
pub(crate) fn large() -> impl Strategy<Value = Naive<Wide, u8>> {
    let fate = prop_oneof![
        9 => (0..400_u16).prop_map(|n| Fate::Live(wide(n))),
        1 => Just(Fate::Redacted),
        3 => Just(Fate::Removed),
    ];
    let dot = (0..4_u8, 1..300_u64).prop_map(|(agent, seq)| Dot::new(agent, seq));
    btree_map(dot, fate, 0..900).prop_map(|dots| Naive { dots })
}

/// A small state over the same dots as [`large`].
pub(crate) fn small() -> impl Strategy<Value = Naive<Wide, u8>> {
    let fate = prop_oneof![
        3 => (0..400_u16).prop_map(|n| Fate::Live(wide(n))),
        1 => Just(Fate::Redacted),
        3 => Just(Fate::Removed),
    ];
    let dot = (0..5_u8, 1..320_u64).prop_map(|(agent, seq)| Dot::new(agent, seq));
    btree_map(dot, fate, 0..6).prop_map(|dots| Naive { dots })
}

/// An element so wide that a leaf holds only sixteen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Wide([u8; 128]);

impl std::fmt::Debug for Wide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wide({})", u16::from_be_bytes([self.0[0], self.0[1]]))
    }
}

pub(crate) fn wide(n: u16) -> Wide {
    let mut bytes = [0; 128];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    Wide(bytes)
}

/// One step of a run of several replicas.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Insert {
        at: usize,
        element: u8,
    },
    Remove {
        at: usize,
        element: u8,
    },
    Clear {
        at: usize,
    },
    Redact {
        at: usize,
        agent: u64,
        seq: u64,
    },
    /// Delivers a delta sent before; one may come twice, late, or never.
    Deliver {
        at: usize,
        message: usize,
    },
    /// Joins the whole state of another replica.
    Gossip {
        at: usize,
        from: usize,
    },
    /// Joins what another replica answers to the context.
    Pull {
        at: usize,
        from: usize,
    },
    /// Joins the least delta of another replica.
    Since {
        at: usize,
        from: usize,
    },
}

pub(crate) fn steps(replicas: usize, len: usize) -> impl Strategy<Value = Vec<Step>> {
    let at = 0..replicas;
    let element = 0..6_u8;
    let step = prop_oneof![
        6 => (at.clone(), element.clone()).prop_map(|(at, element)| Step::Insert { at, element }),
        3 => (at.clone(), element).prop_map(|(at, element)| Step::Remove { at, element }),
        1 => at.clone().prop_map(|at| Step::Clear { at }),
        1 => (at.clone(), 0..3_u64, 1..8_u64).prop_map(|(at, agent, seq)| Step::Redact { at, agent, seq }),
        6 => (at.clone(), any::<prop::sample::Index>())
            .prop_map(|(at, message)| Step::Deliver { at, message: message.index(1 << 16) }),
        2 => (at.clone(), at.clone()).prop_map(|(at, from)| Step::Gossip { at, from }),
        2 => (at.clone(), at.clone()).prop_map(|(at, from)| Step::Pull { at, from }),
        2 => (at.clone(), at).prop_map(|(at, from)| Step::Since { at, from }),
    ];
    vec(step, 0..len)
}
