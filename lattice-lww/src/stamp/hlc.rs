//! [`Hlc`]: a hybrid logical clock, near the wall clock and never against causality.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::{Reader, Stamp, StampError};

/// A hybrid logical timestamp (Kulkarni et al. 2014): a wall time that no observed event is ahead
/// of, and a counter for events within it.
///
/// The order is total and lexicographic. The unit of `wall` is the caller's; within one system it
/// must be one unit.
///
/// ```
/// use lattice_lww::{Hlc, Stamp};
///
/// let first = Hlc { wall: 10, count: 4 };
/// assert!(first.precedes(&Hlc { wall: 10, count: 5 }));
/// assert!(first.precedes(&Hlc { wall: 11, count: 0 }));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Hlc {
    /// The paper's `l`: the greatest wall time heard of.
    pub wall: u64,
    /// The paper's `c`: events since `wall` last grew.
    pub count: u32,
}

impl Stamp for Hlc {
    const ID: &'static str = "hlc";
    const CAUSAL: bool = true;

    fn leq(&self, other: &Self) -> bool {
        self <= other
    }

    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.wall.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, StampError> {
        let mut reader = Reader::new(bytes);
        let wall = u64::from_be_bytes(reader.array("an 8-byte wall time")?);
        let count = u32::from_be_bytes(reader.array("a 4-byte count")?);
        reader.end()?;
        Ok(Self { wall, count })
    }
}

/// The clock that mints [`Hlc`] stamps. It reads no clock: time is an argument.
///
/// A peer whose wall clock runs ahead drags every stamp after it ahead too, so
/// [`observe`](HlcClock::observe) takes a bound on how far ahead a stamp may be.
///
/// ```
/// use lattice_lww::{Hlc, HlcClock};
///
/// let mut clock = HlcClock::default();
/// assert_eq!(clock.tick(100), Ok(Hlc { wall: 100, count: 0 }));
/// assert_eq!(clock.tick(90), Ok(Hlc { wall: 100, count: 1 })); // the wall clock went back
///
/// let theirs = Hlc { wall: 105, count: 7 };
/// assert_eq!(clock.observe(theirs, 101, 10), Ok(Hlc { wall: 105, count: 8 }));
/// assert!(clock.observe(Hlc { wall: 9_999, count: 0 }, 102, 10).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HlcClock {
    last: Option<Hlc>,
}

impl HlcClock {
    /// A clock that has seen nothing.
    ///
    /// ```
    /// use lattice_lww::HlcClock;
    ///
    /// assert_eq!(HlcClock::new().last(), None);
    /// ```
    pub const fn new() -> Self {
        Self { last: None }
    }

    /// A clock that has seen everything up to `last`, e.g. read back after a restart.
    ///
    /// ```
    /// use lattice_lww::{Hlc, HlcClock};
    ///
    /// let mut clock = HlcClock::starting_after(Hlc { wall: 100, count: 3 });
    /// assert_eq!(clock.tick(90), Ok(Hlc { wall: 100, count: 4 })); // the wall clock went back meanwhile
    /// ```
    pub fn starting_after(last: Hlc) -> Self {
        Self { last: Some(last) }
    }

    /// The stamp of a local or send event at wall time `now`: greater than every stamp this clock
    /// has given or observed.
    ///
    /// # Errors
    ///
    /// [`HlcError::CountExhausted`] after 2^32 events without the wall clock moving.
    ///
    /// ```
    /// use lattice_lww::{Hlc, HlcClock, HlcError};
    ///
    /// let mut clock = HlcClock::new();
    /// assert_eq!(clock.tick(100), Ok(Hlc { wall: 100, count: 0 }));
    /// assert_eq!(clock.tick(100), Ok(Hlc { wall: 100, count: 1 }));
    ///
    /// let mut full = HlcClock::starting_after(Hlc { wall: 100, count: u32::MAX });
    /// assert_eq!(full.tick(100), Err(HlcError::CountExhausted { wall: 100 }));
    /// assert_eq!(full.tick(101), Ok(Hlc { wall: 101, count: 0 }));
    /// ```
    pub fn tick(&mut self, now: u64) -> Result<Hlc, HlcError> {
        let next = match self.last {
            Some(last) if last.wall >= now => last.successor()?,
            _ => Hlc {
                wall: now,
                count: 0,
            },
        };
        self.last = Some(next);
        Ok(next)
    }

    /// The stamp of the receipt of `seen` at wall time `now`: greater than `seen` and than every
    /// stamp this clock has given or observed. Refuses a stamp that is more than `max_ahead` in
    /// front of `now`, and is then unchanged.
    ///
    /// # Errors
    ///
    /// [`HlcError::TooFarAhead`] and [`HlcError::CountExhausted`].
    ///
    /// ```
    /// use lattice_lww::{Hlc, HlcClock, HlcError};
    ///
    /// let mut clock = HlcClock::new();
    /// let seen = Hlc { wall: 105, count: 7 };
    /// assert_eq!(clock.observe(seen, 100, 10), Ok(Hlc { wall: 105, count: 8 }));
    ///
    /// let mad = Hlc { wall: 9_999, count: 0 };
    /// assert_eq!(clock.observe(mad, 100, 10), Err(HlcError::TooFarAhead { ahead: 9_899, limit: 10 }));
    /// assert_eq!(clock.last(), Some(Hlc { wall: 105, count: 8 }));
    /// ```
    pub fn observe(&mut self, seen: Hlc, now: u64, max_ahead: u64) -> Result<Hlc, HlcError> {
        let ahead = seen.wall.saturating_sub(now);
        if ahead > max_ahead {
            return Err(HlcError::TooFarAhead {
                ahead,
                limit: max_ahead,
            });
        }
        let known = self.last.map_or(seen, |last| last.max(seen));
        let next = if known.wall >= now {
            known.successor()?
        } else {
            Hlc {
                wall: now,
                count: 0,
            }
        };
        self.last = Some(next);
        Ok(next)
    }

    /// The last stamp given; persist it before acting on it.
    ///
    /// ```
    /// use lattice_lww::HlcClock;
    ///
    /// let mut clock = HlcClock::new();
    /// let stamp = clock.tick(100)?;
    /// assert_eq!(clock.last(), Some(stamp));
    /// # Ok::<(), lattice_lww::HlcError>(())
    /// ```
    pub fn last(&self) -> Option<Hlc> {
        self.last
    }
}

impl Hlc {
    /// The next stamp within the same wall time.
    fn successor(self) -> Result<Self, HlcError> {
        match self.count.checked_add(1) {
            Some(count) => Ok(Self {
                wall: self.wall,
                count,
            }),
            None => Err(HlcError::CountExhausted { wall: self.wall }),
        }
    }
}

/// Why a hybrid clock gives no stamp.
///
/// ```
/// use lattice_lww::{Hlc, HlcClock};
///
/// let error = HlcClock::new().observe(Hlc { wall: 200, count: 0 }, 100, 10).unwrap_err();
/// assert_eq!(error.to_string(), "stamp is 100 ahead of the wall clock, more than 10");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HlcError {
    /// A peer's stamp is further in front of the wall clock than the caller allows.
    TooFarAhead {
        /// How far in front, in units of the wall clock.
        ahead: u64,
        /// The bound that was given.
        limit: u64,
    },
    /// All 2^32 counts of this wall time are used.
    CountExhausted {
        /// The wall time.
        wall: u64,
    },
}

impl fmt::Display for HlcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFarAhead { ahead, limit } => {
                write!(
                    f,
                    "stamp is {ahead} ahead of the wall clock, more than {limit}"
                )
            }
            Self::CountExhausted { wall } => write!(f, "no count is left at wall time {wall}"),
        }
    }
}

impl core::error::Error for HlcError {}
