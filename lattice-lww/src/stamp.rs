//! [`Stamp`]: what a write knows about the writes before it, and the partial order it gives.

mod bytes;
mod error;
mod hlc;
mod lamport;
mod unstamped;
mod version_vector;

use alloc::vec::Vec;
use core::cmp::Ordering;

pub(crate) use self::bytes::{Reader, put_varint};
pub use self::error::StampError;
pub use self::hlc::{Hlc, HlcClock, HlcError};
pub use self::lamport::{Lamport, LamportClock};
pub use self::unstamped::Unstamped;
pub use self::version_vector::VersionVector;

/// A logical time: a partial order on writes, with canonical bytes.
///
/// # Laws
///
/// - [`leq`](Stamp::leq) is a partial order: reflexive, transitive, antisymmetric (with respect
///   to `Eq`).
/// - [`causal_cmp`](Stamp::causal_cmp) is the same order in one call.
/// - `Ord` is a *different*, total order: the order of the canonical bytes. It serves for storing
///   and as the last tie-break of a read, and says nothing about causality.
/// - `decode(encode(s)) == s`, and `decode` refuses every other byte string.
///
/// A stamp orders writes, it is never merged into them: the winner of a register keeps the stamp
/// it was written with.
///
/// # Example
///
/// ```
/// use lattice_lww::{Lamport, Stamp};
///
/// let (early, late) = (Lamport(3), Lamport(7));
/// assert!(early.precedes(&late) && !late.precedes(&early));
///
/// let mut bytes = Vec::new();
/// late.encode(&mut bytes);
/// assert_eq!(Lamport::decode(&bytes), Ok(late));
/// ```
pub trait Stamp: Clone + Eq + Ord {
    /// Name of the order, stable for ever: stores and payloads record it.
    const ID: &'static str;

    /// True when stamps carry causality. False only for [`Unstamped`], where "observed" falls
    /// back to the order of the write keys.
    const CAUSAL: bool;

    /// The causal order: `self <= other`.
    fn leq(&self, other: &Self) -> bool;

    /// The strict causal order: `self < other`.
    fn precedes(&self, other: &Self) -> bool {
        self != other && self.leq(other)
    }

    /// Both directions of [`leq`](Stamp::leq) at once; `None` for concurrent stamps.
    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.leq(other), other.leq(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }

    /// Appends the canonical bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads canonical bytes, all of them.
    ///
    /// # Errors
    ///
    /// [`StampError`] on bytes that `encode` does not write: cut short, followed by more, in
    /// another spelling, or above a size limit. Never panics, and never reserves more memory than
    /// the input is long.
    fn decode(bytes: &[u8]) -> Result<Self, StampError>;
}
