//! Reading the profile, strictly.

use thiserror::Error;

/// Bytes that are not a canonical payload. Messages carry offsets and markers, never content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("offset {offset}: {kind}")]
#[non_exhaustive]
pub struct DecodeError {
    /// Offset in bytes from the start of the payload: where the value at fault starts, or, when
    /// only the whole of it shows the fault, where it ends.
    pub offset: usize,
    /// What is wrong there.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a payload.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end in the middle of a value.
    #[error("payload ends here, expected {expected}")]
    Truncated {
        /// What should follow.
        expected: &'static str,
    },
    /// A value of another type stands here.
    #[error("expected {expected}, found marker 0x{found:02x}")]
    Unexpected {
        /// What should stand here.
        expected: &'static str,
        /// The MessagePack marker that does.
        found: u8,
    },
    /// The value could have been written in fewer bytes.
    #[error("not the shortest way to write {what}")]
    NotShortest {
        /// The kind of value.
        what: &'static str,
    },
    /// A text is not UTF-8.
    #[error("text is not valid UTF-8")]
    NotUtf8,
    /// An array or text has a length that cannot be.
    #[error("length of {what} is {found}, expected {expected}")]
    Length {
        /// The value.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The lengths that can be.
        expected: &'static str,
    },
    /// Elements that must strictly increase do not.
    #[error("{what} not strictly increasing")]
    NotSorted {
        /// The elements.
        what: &'static str,
    },
    /// A number names nothing.
    #[error("{what} {found} does not exist")]
    Unknown {
        /// What the number should name.
        what: &'static str,
        /// The number.
        found: u64,
    },
    /// A table entry that nothing refers to.
    #[error("{what} that nothing refers to")]
    Unused {
        /// The entry.
        what: &'static str,
    },
    /// A part that is not in its normal form.
    #[error("{what} not in normal form")]
    NotNormal {
        /// The part.
        what: &'static str,
    },
    /// A text stands where redaction has taken it, or an element is named by its text or its id
    /// where it must be the other.
    #[error("a cell and the list of redactions disagree")]
    Redaction,
    /// The payload was written by a newer version.
    #[error("payload format {found} is newer than the supported format {supported}")]
    NewerFormat {
        /// The format found.
        found: u64,
        /// The newest format this build reads.
        supported: u64,
    },
    /// The payload belongs to a store of another order.
    #[error("payload is ordered by `{found}`, expected `{expected}`: orders cannot be mixed")]
    Order {
        /// Order of the payload.
        found: String,
        /// Order asked for.
        expected: &'static str,
    },
    /// A stamp that the order cannot read.
    #[error("stamp is not canonical")]
    Stamp,
    /// Bytes follow the payload.
    #[error("{found} bytes follow the payload")]
    Trailing {
        /// How many.
        found: usize,
    },
}

/// A cursor over bytes that must be canonical.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn fail<T>(&self, kind: DecodeErrorKind) -> Result<T, DecodeError> {
        Err(DecodeError {
            offset: self.at,
            kind,
        })
    }

    /// How many elements to reserve room for: a hostile length can ask for no more elements than
    /// there are bytes left, nor for much memory before the elements were read.
    pub(crate) fn capacity(&self, len: usize) -> usize {
        len.min(self.bytes.len().saturating_sub(self.at)).min(4096)
    }

    pub(crate) fn peek(&self, expected: &'static str) -> Result<u8, DecodeError> {
        match self.bytes.get(self.at) {
            Some(marker) => Ok(*marker),
            None => self.fail(DecodeErrorKind::Truncated { expected }),
        }
    }

    fn unexpected<T>(&self, expected: &'static str, found: u8) -> Result<T, DecodeError> {
        self.fail(DecodeErrorKind::Unexpected { expected, found })
    }

    fn take(&mut self, len: usize, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at = self.at.saturating_add(len);
                Ok(bytes)
            }
            None => self.fail(DecodeErrorKind::Truncated { expected }),
        }
    }

    /// A big-endian integer of `len` bytes after the marker, at least `least`.
    fn wide(&mut self, len: usize, least: u64, what: &'static str) -> Result<u64, DecodeError> {
        let start = self.at;
        self.take(1, what)?;
        let value = self
            .take(len, what)?
            .iter()
            .fold(0_u64, |n, b| (n << 8) | u64::from(*b));
        if value < least {
            self.at = start;
            return self.fail(DecodeErrorKind::NotShortest { what });
        }
        Ok(value)
    }

    fn length(&mut self, len: usize, least: u64, what: &'static str) -> Result<usize, DecodeError> {
        let value = self.wide(len, least, what)?;
        Ok(usize::try_from(value).unwrap_or(usize::MAX))
    }

    pub(crate) fn uint(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        match self.peek(expected)? {
            marker @ 0..=0x7f => {
                self.take(1, expected)?;
                Ok(u64::from(marker))
            }
            0xcc => self.wide(1, 0x80, expected),
            0xcd => self.wide(2, 0x100, expected),
            0xce => self.wide(4, 0x1_0000, expected),
            0xcf => self.wide(8, 0x1_0000_0000, expected),
            found => self.unexpected(expected, found),
        }
    }

    /// A number that names one of `len` things.
    pub(crate) fn index(&mut self, len: usize, what: &'static str) -> Result<usize, DecodeError> {
        let start = self.at;
        let found = self.uint(what)?;
        match usize::try_from(found) {
            Ok(index) if index < len => Ok(index),
            _ => {
                self.at = start;
                self.fail(DecodeErrorKind::Unknown { what, found })
            }
        }
    }

    pub(crate) fn is_nil(&mut self, expected: &'static str) -> Result<bool, DecodeError> {
        self.is_marker(0xc0, expected)
    }

    pub(crate) fn is_true(&mut self, expected: &'static str) -> Result<bool, DecodeError> {
        self.is_marker(0xc3, expected)
    }

    /// Takes the marker iff it is the next byte.
    fn is_marker(&mut self, marker: u8, expected: &'static str) -> Result<bool, DecodeError> {
        let found = self.peek(expected)? == marker;
        self.at = self.at.saturating_add(usize::from(found));
        Ok(found)
    }

    pub(crate) fn bool(&mut self, expected: &'static str) -> Result<bool, DecodeError> {
        match self.peek(expected)? {
            marker @ (0xc2 | 0xc3) => {
                self.take(1, expected)?;
                Ok(marker == 0xc3)
            }
            found => self.unexpected(expected, found),
        }
    }

    pub(crate) fn str(&mut self, expected: &'static str) -> Result<&'a str, DecodeError> {
        let start = self.at;
        let len = match self.peek(expected)? {
            marker @ 0xa0..=0xbf => {
                self.take(1, expected)?;
                usize::from(marker & 0x1f)
            }
            0xd9 => self.length(1, 32, expected)?,
            0xda => self.length(2, 0x100, expected)?,
            0xdb => self.length(4, 0x1_0000, expected)?,
            found => return self.unexpected(expected, found),
        };
        let bytes = self.take(len, expected)?;
        if let Ok(text) = std::str::from_utf8(bytes) {
            Ok(text)
        } else {
            self.at = start;
            self.fail(DecodeErrorKind::NotUtf8)
        }
    }

    pub(crate) fn bin(&mut self, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = match self.peek(expected)? {
            0xc4 => self.length(1, 0, expected)?,
            0xc5 => self.length(2, 0x100, expected)?,
            0xc6 => self.length(4, 0x1_0000, expected)?,
            found => return self.unexpected(expected, found),
        };
        self.take(len, expected)
    }

    /// Exactly 32 bytes.
    pub(crate) fn bin32(&mut self, expected: &'static str) -> Result<[u8; 32], DecodeError> {
        let start = self.at;
        let bytes = self.bin(expected)?;
        bytes.try_into().or_else(|_| {
            self.at = start;
            self.fail(DecodeErrorKind::Length {
                what: expected,
                found: bytes.len(),
                expected: "32 bytes",
            })
        })
    }

    pub(crate) fn array(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        match self.peek(expected)? {
            marker @ 0x90..=0x9f => {
                self.take(1, expected)?;
                Ok(usize::from(marker & 0x0f))
            }
            0xdc => self.length(2, 16, expected),
            0xdd => self.length(4, 0x1_0000, expected),
            found => self.unexpected(expected, found),
        }
    }

    /// Header of an array whose length is known.
    pub(crate) fn array_of(
        &mut self,
        what: &'static str,
        len: usize,
        expected: &'static str,
    ) -> Result<(), DecodeError> {
        let found = self.array(what)?;
        if found == len {
            return Ok(());
        }
        self.fail(DecodeErrorKind::Length {
            what,
            found,
            expected,
        })
    }

    pub(crate) fn map(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        match self.peek(expected)? {
            marker @ 0x80..=0x8f => {
                self.take(1, expected)?;
                Ok(usize::from(marker & 0x0f))
            }
            0xde => self.length(2, 16, expected),
            found => self.unexpected(expected, found),
        }
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self.bytes.get(self.at), Some(0x90..=0x9f | 0xdc | 0xdd))
    }

    pub(crate) fn is_bin(&self) -> bool {
        matches!(self.bytes.get(self.at), Some(0xc4..=0xc6))
    }

    /// Refuses bytes after the end.
    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        match self.bytes.len().saturating_sub(self.at) {
            0 => Ok(()),
            found => self.fail(DecodeErrorKind::Trailing { found }),
        }
    }
}
