//! Numbers that tell their own length.

use alloc::vec::Vec;

/// How many bytes follow the first one in the shortest form of `value`.
const fn tail_len(value: u64) -> usize {
    let bits = 64 - value.leading_zeros() as usize;
    match bits {
        0..=7 => 0,
        // Each byte that follows costs the first one a bit.
        8..=56 => (bits - 1) / 7,
        _ => 8,
    }
}

/// Appends a number of up to 64 bits in one to nine bytes; [`Reader::number`](super::Reader::number)
/// reads it.
///
/// ```
/// use lattice_orset::canonical::{Reader, put_number};
///
/// let mut out = Vec::new();
/// put_number(127, &mut out);
/// put_number(128, &mut out);
/// assert_eq!(out, [0x7f, 0x80, 0x80]);
///
/// let mut reader = Reader::new(&out);
/// assert_eq!(reader.number("a count")?, 127);
/// assert_eq!(reader.number("a count")?, 128);
/// # Ok::<(), lattice_orset::canonical::DecodeError>(())
/// ```
pub fn put_number(value: u64, out: &mut Vec<u8>) {
    let tail = tail_len(value);
    // The bytes of the value behind a zero, which the first byte grows from where the value leaves
    // it no bits.
    let mut bytes = [0; 9];
    if let Some((_, low)) = bytes.split_first_mut() {
        low.copy_from_slice(&value.to_be_bytes());
    }
    if let Some(form) = bytes.get_mut(8 - tail..) {
        if let Some(first) = form.first_mut() {
            *first |= ones(tail);
        }
        out.extend_from_slice(form);
    }
}

/// A byte that starts with so many ones.
const fn ones(count: usize) -> u8 {
    match count {
        8.. => u8::MAX,
        _ => !(u8::MAX >> count),
    }
}

/// The number with this first byte and tail; `None` if a shorter form says the same.
pub(super) fn number_of(first: u8, tail: &[u8]) -> Option<u64> {
    let high = u64::from(first & !ones(tail.len()));
    let value = tail
        .iter()
        .fold(high, |value, &byte| value << 8 | u64::from(byte));
    (tail_len(value) == tail.len()).then_some(value)
}
