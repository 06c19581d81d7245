//! [`ItcError`]: why a text is not a clock, or a clock cannot go on.

use core::fmt;

use crate::StampError;

/// Why a text is not an interval tree clock, or an operation on one has no result.
///
/// ```
/// use lattice_lww::{ItcClock, ItcError};
///
/// assert_eq!(ItcClock::from_text("itc:v2:00"), Err(ItcError::UnknownForm));
/// let error = ItcClock::from_text("itc:v1:0X").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "clock text is broken at byte 8: expected pairs of lower-case hex digits",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItcError {
    /// The text begins with neither `itc:v1:` nor `itc:v3:`.
    UnknownForm,
    /// A character outside the alphabet of the form, or a last character with bits to spare.
    BadDigit {
        /// Where it is, in bytes from the start of the text.
        offset: usize,
        /// The alphabet.
        expected: &'static str,
    },
    /// The decoded bytes are not a clock; offsets count decoded bytes.
    Bytes(StampError),
    /// An event by a clock whose id owns nothing.
    Anonymous,
    /// A join of two clocks that own the same part of the id space: one is a copy of the other,
    /// not a fork.
    Overlap,
    /// The result would be deeper than trees may be.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The result would have more nodes than trees may have.
    TooManyNodes {
        /// The limit.
        limit: usize,
    },
    /// A counter is used up.
    CounterExhausted,
}

impl fmt::Display for ItcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownForm => f.write_str("clock text begins with neither itc:v1: nor itc:v3:"),
            Self::BadDigit { offset, expected } => {
                write!(
                    f,
                    "clock text is broken at byte {offset}: expected {expected}"
                )
            }
            Self::Bytes(error) => error.fmt(f),
            Self::Anonymous => f.write_str("a clock without an id cannot record an event"),
            Self::Overlap => f.write_str("the ids of the two clocks overlap"),
            Self::TooDeep { limit } => {
                write!(f, "the clock would be more than {limit} levels deep")
            }
            Self::TooManyNodes { limit } => {
                write!(f, "the clock would have more than {limit} nodes")
            }
            Self::CounterExhausted => f.write_str("a counter of the clock is used up"),
        }
    }
}

impl core::error::Error for ItcError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Bytes(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StampError> for ItcError {
    fn from(error: StampError) -> Self {
        Self::Bytes(error)
    }
}
