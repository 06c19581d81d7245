//! A position in untrusted bytes.

use super::number::number_of;
use super::{Canonical, DecodeError};

/// A position in untrusted bytes. Every read is checked, and says what it expected where.
///
/// ```
/// use lattice_orset::canonical::{DecodeError, Reader};
///
/// let mut reader = Reader::new(&[1, 2]);
/// assert_eq!(reader.byte("a kind")?, 1);
/// let short = reader.array::<4>("an address");
/// assert_eq!(short, Err(DecodeError::Truncated { offset: 1, expected: "an address", found: 1 }));
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// At the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    /// How many bytes were read.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn truncated(&self, expected: &'static str) -> DecodeError {
        DecodeError::Truncated {
            offset: self.offset,
            expected,
            found: self.rest.len(),
        }
    }

    /// The next `len` bytes, borrowed: nothing is reserved on the word of a length.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if there are fewer.
    pub fn bytes(&mut self, len: usize, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| self.truncated(expected))?;
        self.rest = rest;
        self.offset += len;
        Ok(bytes)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if there is none.
    pub fn byte(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.array(expected).map(|[byte]| byte)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if there are fewer.
    pub fn array<const N: usize>(
        &mut self,
        expected: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.truncated(expected))?;
        self.rest = rest;
        self.offset += N;
        Ok(*bytes)
    }

    /// A number as [`put_number`](super::put_number) writes it.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`], or [`DecodeError::NotCanonical`] if it is not in its shortest
    /// form.
    pub fn number(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        let offset = self.offset;
        let first = self.byte(expected)?;
        let tail = self.bytes(first.leading_ones() as usize, expected)?;
        number_of(first, tail).ok_or(DecodeError::NotCanonical {
            offset,
            expected: "a number in its shortest form",
        })
    }

    /// A number that a smaller type holds.
    pub(super) fn narrow<N: TryFrom<u64>>(
        &mut self,
        expected: &'static str,
    ) -> Result<N, DecodeError> {
        let offset = self.offset;
        let found = self.number(expected)?;
        N::try_from(found).map_err(|_| DecodeError::Invalid {
            offset,
            expected,
            found,
        })
    }

    /// How many things follow, each of at least one byte: at most `limit`, and at most as many as
    /// there are bytes.
    pub(super) fn count(&mut self, what: &'static str, limit: usize) -> Result<usize, DecodeError> {
        let offset = self.offset;
        let found = self.number(what)?;
        self.check_count(offset, what, limit, found)
    }

    /// Checks a count that was read, or summed up, at `offset`.
    pub(super) fn check_count(
        &self,
        offset: usize,
        what: &'static str,
        limit: usize,
        found: u64,
    ) -> Result<usize, DecodeError> {
        let count = usize::try_from(found)
            .ok()
            .filter(|&count| count <= limit)
            .ok_or(DecodeError::TooLarge {
                offset,
                what,
                limit: limit as u64,
                found,
            })?;
        if count > self.remaining() {
            return Err(self.truncated(what));
        }
        Ok(count)
    }

    /// Values that follow one another, each greater than the one before.
    pub(super) fn ascending<T: Canonical + Ord>(
        &mut self,
        before: Option<&T>,
        expected: &'static str,
    ) -> Result<T, DecodeError> {
        let offset = self.offset;
        let next = T::decode(self)?;
        if before.is_some_and(|before| *before >= next) {
            return Err(DecodeError::NotCanonical { offset, expected });
        }
        Ok(next)
    }

    /// The first byte of a state.
    pub(super) fn format(&mut self, expected: u8) -> Result<(), DecodeError> {
        let found = self.byte("a format")?;
        if found == expected {
            Ok(())
        } else {
            Err(DecodeError::Format { expected, found })
        }
    }

    /// Refuses trailing bytes.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing {
                offset: self.offset,
                found: self.rest.len(),
            })
        }
    }
}

/// A reader over a whole state, if it is short enough.
pub(super) fn open(bytes: &[u8], limit: usize) -> Result<Reader<'_>, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge {
            offset: 0,
            what: "bytes",
            limit: limit as u64,
            found: bytes.len() as u64,
        });
    }
    Ok(Reader::new(bytes))
}
