//! Base64url without padding (RFC 4648, section 5), strict.

use alloc::string::String;
use alloc::vec::Vec;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends `bytes`.
pub(super) fn encode(bytes: &[u8], out: &mut String) {
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for (place, &byte) in group.iter().enumerate() {
            bits |= u32::from(byte) << (16 - 8 * place);
        }
        // `n` bytes take `n + 1` digits of six bits.
        for place in 0..=group.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            out.extend(DIGITS.get(digit as usize).map(|&digit| char::from(digit)));
        }
    }
}

/// Reads digits, or says where they end to be that.
pub(super) fn decode(digits: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for (at, &digit) in digits.iter().enumerate() {
        bits = bits << 6 | u32::from(value(digit).ok_or(at)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            // Fourteen bits at the most are held, and eight of them go.
            bytes.push(u8::try_from(bits >> held).unwrap_or(u8::MAX));
            bits &= (1 << held) - 1;
        }
    }
    // A last digit that completes no byte, or holds bits beyond the last byte.
    if held >= 6 || bits != 0 {
        return Err(digits.len().saturating_sub(1));
    }
    Ok(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}
