//! [`EventHash`]: the name of one event.

use core::fmt;

/// The 32-byte content hash that names an event, e.g. BLAKE3.
///
/// Text forms (hex, base64url) of equal bytes are one hash: parse first, compare bytes.
///
/// ```
/// use lattice_lww::EventHash;
///
/// let hash = EventHash([0xab; 32]);
/// assert!(hash.to_string().starts_with("abab") && hash.to_string().len() == 64);
/// assert!(EventHash([0; 32]) < hash);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventHash(pub [u8; 32]);

/// Lower-case hex.
impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHash({self})")
    }
}

impl From<[u8; 32]> for EventHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for EventHash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
