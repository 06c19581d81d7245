//! Reading and writing the byte forms of stamps: LEB128 numbers and raw runs.

use alloc::vec::Vec;

use super::StampError;

/// Appends `value` as a LEB128 number in its shortest form.
pub(crate) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(low_seven(value) | 0x80);
        value >>= 7;
    }
    out.push(low_seven(value));
}

/// The low seven bits of `value`.
fn low_seven(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// A position in untrusted bytes; every read is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn byte(&mut self, expected: &'static str) -> Result<u8, StampError> {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                self.offset += 1;
                Ok(byte)
            }
            None => Err(StampError::Truncated {
                offset: self.offset,
                expected,
            }),
        }
    }

    /// The next `len` bytes, borrowed: nothing is reserved on the word of a length field.
    pub(crate) fn run(
        &mut self,
        len: usize,
        expected: &'static str,
    ) -> Result<&'a [u8], StampError> {
        match self.rest.split_at_checked(len) {
            Some((run, rest)) => {
                self.rest = rest;
                self.offset += len;
                Ok(run)
            }
            None => Err(StampError::Truncated {
                offset: self.offset,
                expected,
            }),
        }
    }

    /// A fixed-size run.
    pub(crate) fn array<const N: usize>(
        &mut self,
        expected: &'static str,
    ) -> Result<[u8; N], StampError> {
        match self.rest.split_first_chunk::<N>() {
            Some((run, rest)) => {
                self.rest = rest;
                self.offset += N;
                Ok(*run)
            }
            None => Err(StampError::Truncated {
                offset: self.offset,
                expected,
            }),
        }
    }

    /// A LEB128 number in its shortest form.
    pub(crate) fn varint(&mut self, expected: &'static str) -> Result<u64, StampError> {
        let start = self.offset;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(expected)?;
            let group = u64::from(byte & 0x7f);
            // SUBTLE: the tenth group holds one bit of a 64-bit number, not seven.
            if shift == 63 && group > 1 {
                return Err(StampError::Overflow { offset: start });
            }
            value |= group << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(StampError::NotCanonical {
                        offset: start,
                        expected: "a number in its shortest form",
                    });
                }
                return Ok(value);
            }
        }
        Err(StampError::Overflow { offset: start })
    }

    /// A LEB128 number of at most `limit` things called `what`.
    pub(crate) fn count(&mut self, what: &'static str, limit: usize) -> Result<usize, StampError> {
        let offset = self.offset;
        let count = self.varint(what)?;
        usize::try_from(count)
            .ok()
            .filter(|&count| count <= limit)
            .ok_or(StampError::TooLarge {
                offset,
                what,
                limit,
            })
    }

    /// Refuses trailing bytes.
    pub(crate) fn end(&self) -> Result<(), StampError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(StampError::Trailing {
                offset: self.offset,
                found: self.rest.len(),
            })
        }
    }
}
