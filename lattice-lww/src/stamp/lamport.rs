//! [`Lamport`]: a counter that grows along every message.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Reader, Stamp, StampError};

/// A Lamport timestamp (Lamport 1978): if one write knew of another, its number is greater.
///
/// The order is total, so a register over it holds one write. The converse does not hold: a
/// greater number does not prove knowledge.
///
/// ```
/// use lattice_lww::{Lamport, Stamp};
///
/// assert!(Lamport(1).precedes(&Lamport(2)));
/// assert!(Lamport(1) < Lamport(2)); // the canonical bytes are big-endian, so `Ord` agrees
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lamport(pub u64);

impl Stamp for Lamport {
    const ID: &'static str = "lamport";
    const CAUSAL: bool = true;

    fn leq(&self, other: &Self) -> bool {
        self.0 <= other.0
    }

    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0.cmp(&other.0))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, StampError> {
        let mut reader = Reader::new(bytes);
        let number = reader.array("an 8-byte counter")?;
        reader.end()?;
        Ok(Self(u64::from_be_bytes(number)))
    }
}

/// The clock that mints [`Lamport`] stamps.
///
/// ```
/// use lattice_lww::{Lamport, LamportClock};
///
/// let mut clock = LamportClock::default();
/// assert_eq!(clock.tick(), Some(Lamport(1)));
/// clock.observe(Lamport(40)); // a message from another replica
/// assert_eq!(clock.tick(), Some(Lamport(41)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LamportClock {
    last: u64,
}

impl LamportClock {
    /// A clock that has seen nothing.
    ///
    /// ```
    /// use lattice_lww::{Lamport, LamportClock};
    ///
    /// assert_eq!(LamportClock::new().tick(), Some(Lamport(1)));
    /// ```
    pub const fn new() -> Self {
        Self { last: 0 }
    }

    /// A clock that has seen everything up to `last`.
    ///
    /// ```
    /// use lattice_lww::{Lamport, LamportClock};
    ///
    /// assert_eq!(LamportClock::starting_after(Lamport(9)).tick(), Some(Lamport(10)));
    /// ```
    pub fn starting_after(last: Lamport) -> Self {
        Self { last: last.0 }
    }

    /// The greatest stamp minted or observed: what to save, for [`starting_after`](Self::starting_after) to go on from.
    ///
    /// ```
    /// use lattice_lww::{Lamport, LamportClock};
    ///
    /// let mut clock = LamportClock::new();
    /// clock.observe(Lamport(40));
    /// assert_eq!(LamportClock::starting_after(clock.last()), clock);
    /// ```
    pub fn last(&self) -> Lamport {
        Lamport(self.last)
    }

    /// The stamp of a new local write; `None` once the counter is used up.
    ///
    /// ```
    /// use lattice_lww::{Lamport, LamportClock};
    ///
    /// let mut clock = LamportClock::new();
    /// assert_eq!((clock.tick(), clock.tick()), (Some(Lamport(1)), Some(Lamport(2))));
    /// assert_eq!(LamportClock::starting_after(Lamport(u64::MAX)).tick(), None);
    /// ```
    pub fn tick(&mut self) -> Option<Lamport> {
        self.last = self.last.checked_add(1)?;
        Some(Lamport(self.last))
    }

    /// Takes note of a write from elsewhere.
    ///
    /// A hostile stamp can use the counter up: bound how far ahead a stamp may be where it is decoded, or take
    /// [`HlcClock`](crate::HlcClock), which asks for a bound.
    ///
    /// ```
    /// use lattice_lww::{Lamport, LamportClock};
    ///
    /// let mut clock = LamportClock::new();
    /// clock.observe(Lamport(40));
    /// clock.observe(Lamport(7));
    /// assert_eq!(clock.tick(), Some(Lamport(41)));
    /// ```
    pub fn observe(&mut self, seen: Lamport) {
        self.last = self.last.max(seen.0);
    }
}
