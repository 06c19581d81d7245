//! Lower-case hex.

use alloc::string::String;
use alloc::vec::Vec;

use crate::ItcError;

const EXPECTED: &str = "pairs of lower-case hex digits";
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `bytes`.
pub(super) fn encode(bytes: &[u8], out: &mut String) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    out.extend(
        digits
            .filter_map(|digit| DIGITS.get(usize::from(digit)))
            .map(|&c| char::from(c)),
    );
}

/// Reads `digits`, which stand at `start` in a text.
pub(super) fn decode(digits: &[u8], start: usize) -> Result<Vec<u8>, ItcError> {
    let bad = |at| ItcError::BadDigit {
        offset: start + at,
        expected: EXPECTED,
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(bad(digits.len()));
    }
    let mut bytes = Vec::with_capacity(pairs.len());
    for (pair, &[high, low]) in pairs.iter().enumerate() {
        let high = value(high).ok_or_else(|| bad(2 * pair))?;
        let low = value(low).ok_or_else(|| bad(2 * pair + 1))?;
        bytes.push(high << 4 | low);
    }
    Ok(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
