//! Event hashes and their two text forms.

use std::sync::OnceLock;

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
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

/// True iff `text` is the form of `hash` that this project prints. Cheaper than reading the text.
pub(crate) fn is_text_of(text: &str, hash: &EventHash) -> bool {
    let mut digest = [0; 43];
    BASE64URL_NOPAD.encode_mut(&hash.0, &mut digest);
    text.strip_prefix(PREFIX)
        .is_some_and(|text| text.as_bytes() == digest)
}

/// Writes an event hash in the form this project prints: `blake3:` and base64url without padding.
pub fn format_hash(hash: &EventHash) -> String {
    let mut text = String::with_capacity(PREFIX.len() + 43);
    text.push_str(PREFIX);
    BASE64URL_NOPAD.encode_append(&hash.0, &mut text);
    text
}

/// A domain of hashes: BLAKE3 in key-derivation mode, its key derived once.
pub(crate) struct Domain {
    context: &'static str,
    key: OnceLock<ContextKey>,
}

impl Domain {
    pub(crate) const fn new(context: &'static str) -> Self {
        Self {
            context,
            key: OnceLock::new(),
        }
    }

    /// What [`Hasher::new_derive_key`] gives, without hashing the context again.
    pub(crate) fn hasher(&self) -> Hasher {
        let key = self
            .key
            .get_or_init(|| hash_derive_key_context(self.context));
        Hasher::new_from_context_key(key)
    }
}

/// The first eight bytes of a hash, as a number in the same order.
pub(crate) fn prefix(hash: &EventHash) -> u64 {
    let [first, ..] = hash.0.as_chunks().0 else {
        return 0;
    };
    u64::from_be_bytes(*first)
}
