//! Lower-case hex.

use alloc::string::String;
use alloc::vec::Vec;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `bytes`.
pub(crate) fn encode(bytes: &[u8], out: &mut String) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    out.extend(
        digits
            .filter_map(|digit| DIGITS.get(usize::from(digit)))
            .map(|&c| char::from(c)),
    );
}

/// Reads pairs of digits, or says where they end to be that.
pub(crate) fn decode(digits: &[u8]) -> Result<Vec<u8>, usize> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(digits.len());
    }
    let mut bytes = Vec::with_capacity(pairs.len());
    for (pair, &[high, low]) in pairs.iter().enumerate() {
        let high = value(high).ok_or(2 * pair)?;
        let low = value(low).ok_or(2 * pair + 1)?;
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
