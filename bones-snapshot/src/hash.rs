//! Event hashes and their two text forms.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
pub use lattice_lww::EventHash;
use thiserror::Error;

/// What every hash text starts with.
const PREFIX: &str = "blake3:";

/// A text that is no event hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HashTextError {
    /// The text does not start with `blake3:`.
    #[error("hash text does not start with `blake3:`")]
    Prefix,
    /// What follows the prefix is neither 64 hex digits nor 43 base64url characters.
    #[error(
        "expected 64 hex digits or 43 base64url characters after `blake3:`, found {found} characters that are neither"
    )]
    Digest {
        /// Length in bytes of what follows the prefix.
        found: usize,
    },
}

/// Reads an event hash in either text form: `blake3:` and 64 hex digits, or `blake3:` and 43
/// base64url characters without padding. Both name the same 32 bytes.
///
/// # Errors
///
/// [`HashTextError`] when the text is neither.
///
/// ```
/// use bones_snapshot::{format_hash, parse_hash};
/// let hex = parse_hash(&format!("blake3:{}", "0f".repeat(32)))?;
/// let base64 = parse_hash(&format_hash(&hex))?;
/// assert_eq!(hex, base64);
/// # Ok::<(), bones_snapshot::HashTextError>(())
/// ```
pub fn parse_hash(text: &str) -> Result<EventHash, HashTextError> {
    let digest = text.strip_prefix(PREFIX).ok_or(HashTextError::Prefix)?;
    let wrong = HashTextError::Digest {
        found: digest.len(),
    };
    let encoding = match digest.len() {
        64 => &HEXLOWER_PERMISSIVE,
        43 => &BASE64URL_NOPAD,
        _ => return Err(wrong),
    };
    let mut bytes = [0; 32];
    match encoding.decode_mut(digest.as_bytes(), &mut bytes) {
        Ok(32) => Ok(EventHash(bytes)),
        _ => Err(wrong),
    }
}

/// Writes an event hash in the form this project prints: `blake3:` and base64url without padding.
pub fn format_hash(hash: &EventHash) -> String {
    let mut text = String::with_capacity(PREFIX.len() + 43);
    text.push_str(PREFIX);
    BASE64URL_NOPAD.encode_append(&hash.0, &mut text);
    text
}
