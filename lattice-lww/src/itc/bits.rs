//! Packed bit strings, most significant bit first.

use alloc::vec::Vec;

use crate::StampError;
use crate::stamp::{Reader, put_varint};

/// A bit string being written.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    len: usize,
}

impl BitWriter {
    pub(super) fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.len % 8);
        }
        self.len += 1;
    }

    /// Appends LEB128 length in bits, then the bits, padded with zeros to a byte.
    pub(super) fn finish(&self, out: &mut Vec<u8>) {
        put_varint(self.len as u64, out);
        out.extend_from_slice(&self.bytes);
    }
}

/// A bit string being read. Past the end every bit is 0: callers that must know check
/// [`left`](BitReader::left) first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Offset of the first byte, for errors.
    start: usize,
    next: usize,
    len: usize,
}

impl<'a> BitReader<'a> {
    /// Reads what [`BitWriter::finish`] wrote, and nothing else.
    pub(super) fn open(
        reader: &mut Reader<'a>,
        what: &'static str,
        limit: usize,
    ) -> Result<Self, StampError> {
        let len = reader.count(what, limit)?;
        let start = reader.offset();
        let bytes = reader.run(len.div_ceil(8), what)?;
        let spare = bytes.len() * 8 - len;
        if bytes
            .last()
            .is_some_and(|last| (last.trailing_zeros() as usize) < spare)
        {
            let offset = start + bytes.len() - 1;
            return Err(StampError::NotCanonical {
                offset,
                expected: "zeros after the last bit",
            });
        }
        Ok(Self {
            bytes,
            start,
            next: 0,
            len,
        })
    }

    /// Bits not read yet.
    pub(super) fn left(&self) -> usize {
        self.len - self.next
    }

    /// Bits read so far.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// Offset of the byte that holds the next bit.
    pub(super) fn offset(&self) -> usize {
        self.start + self.next / 8
    }

    pub(super) fn bit(&mut self) -> bool {
        let byte = self.bytes.get(self.next / 8).copied().unwrap_or(0);
        let bit = byte & (0x80 >> (self.next % 8)) != 0;
        self.next = (self.next + 1).min(self.len);
        bit
    }
}
