//! What is wrong with bytes that are no state.

use core::fmt;

/// Bytes that are not the canonical form of anything, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The first byte names another kind of set, or another version.
    Format {
        /// The byte of what was asked for.
        expected: u8,
        /// The byte found.
        found: u8,
    },
    /// The bytes end too early.
    Truncated {
        /// Where.
        offset: usize,
        /// What should be there.
        expected: &'static str,
        /// How many bytes are left.
        found: usize,
    },
    /// A number that means nothing there.
    Invalid {
        /// Where it starts.
        offset: usize,
        /// What should be there.
        expected: &'static str,
        /// The number.
        found: u64,
    },
    /// A value in a form, or at a place, that the encoder never chooses.
    NotCanonical {
        /// Where it starts.
        offset: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// More than the caller allows.
    TooLarge {
        /// Where the count was read.
        offset: usize,
        /// Of what.
        what: &'static str,
        /// At most so many are allowed.
        limit: u64,
        /// So many there are.
        found: u64,
    },
    /// The bytes go on behind the end.
    Trailing {
        /// Where the end should be.
        offset: usize,
        /// How many bytes follow.
        found: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Format { expected, found } => {
                write!(f, "expected format {expected:#04x}, found {found:#04x}")
            }
            Self::Truncated {
                offset,
                expected,
                found,
            } => write!(
                f,
                "expected {expected} at byte {offset}, found the end after {found} more"
            ),
            Self::Invalid {
                offset,
                expected,
                found,
            } => write!(f, "expected {expected} at byte {offset}, found {found}"),
            Self::NotCanonical { offset, expected } => {
                write!(
                    f,
                    "expected {expected} at byte {offset}, found another form"
                )
            }
            Self::TooLarge {
                offset,
                what,
                limit,
                found,
            } => write!(
                f,
                "expected at most {limit} {what} at byte {offset}, found {found}"
            ),
            Self::Trailing { offset, found } => {
                write!(
                    f,
                    "expected the end at byte {offset}, found {found} more bytes"
                )
            }
        }
    }
}

impl core::error::Error for DecodeError {}
