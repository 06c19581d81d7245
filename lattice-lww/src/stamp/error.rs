//! [`StampError`]: why bytes are not a stamp.

use core::fmt;

/// Why a byte string is not the canonical form of a stamp.
///
/// ```
/// use lattice_lww::{Stamp, StampError, VersionVector};
///
/// // One actor of two bytes, of which one is there.
/// let error = VersionVector::decode(&[2, b'a']).unwrap_err();
/// assert_eq!(error, StampError::Truncated { offset: 1, expected: "an actor" });
/// assert_eq!(error.to_string(), "stamp ends at byte 1: expected an actor");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StampError {
    /// The bytes end too early.
    Truncated {
        /// Where the missing part would begin.
        offset: usize,
        /// What is missing.
        expected: &'static str,
    },
    /// Bytes follow the stamp.
    Trailing {
        /// Where the stamp ends.
        offset: usize,
        /// How many bytes follow.
        found: usize,
    },
    /// The bytes mean something, but `encode` spells it otherwise.
    NotCanonical {
        /// Where the other spelling begins.
        offset: usize,
        /// The rule that is broken.
        expected: &'static str,
    },
    /// The stamp is above a limit that bounds hostile input.
    TooLarge {
        /// Where the limit is passed.
        offset: usize,
        /// What is limited.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A number does not fit in 64 bits.
    Overflow {
        /// Where the number begins.
        offset: usize,
    },
}

impl fmt::Display for StampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { offset, expected } => {
                write!(f, "stamp ends at byte {offset}: expected {expected}")
            }
            Self::Trailing { offset, found } => {
                write!(
                    f,
                    "stamp ends at byte {offset}, but {found} more bytes follow"
                )
            }
            Self::NotCanonical { offset, expected } => {
                write!(
                    f,
                    "stamp is not canonical at byte {offset}: expected {expected}"
                )
            }
            Self::TooLarge {
                offset,
                what,
                limit,
            } => {
                write!(f, "stamp has more than {limit} {what} at byte {offset}")
            }
            Self::Overflow { offset } => {
                write!(f, "stamp holds a number above 64 bits at byte {offset}")
            }
        }
    }
}

impl core::error::Error for StampError {}
