//! [`Unstamped`]: no causality, the wall clock alone.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Reader, Stamp, StampError};

/// No stamp: every two writes are ordered by `(wall_ts, agent_id, event_hash)` alone.
///
/// Registers over it hold one write, the classic last-writer-wins of Shapiro et al. 2011,
/// section 3.2.
///
/// ```
/// use lattice_lww::{Stamp, Unstamped};
///
/// assert!(Unstamped.leq(&Unstamped) && !Unstamped.precedes(&Unstamped));
/// assert!(!Unstamped::CAUSAL);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unstamped;

impl Stamp for Unstamped {
    const ID: &'static str = "unstamped";
    const CAUSAL: bool = false;

    fn leq(&self, _: &Self) -> bool {
        true
    }

    fn causal_cmp(&self, _: &Self) -> Option<Ordering> {
        Some(Ordering::Equal)
    }

    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(bytes: &[u8]) -> Result<Self, StampError> {
        Reader::new(bytes).end()?;
        Ok(Self)
    }
}
