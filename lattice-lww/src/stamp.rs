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
    ///
    /// ```
    /// use lattice_lww::{Itc, Lamport, Stamp, Unstamped};
    ///
    /// assert_eq!((Unstamped::ID, Lamport::ID, Itc::ID), ("unstamped", "lamport", "itc"));
    /// ```
    const ID: &'static str;

    /// True when stamps carry causality. False only for [`Unstamped`], where "observed" falls
    /// back to the order of the write keys.
    ///
    /// ```
    /// use lattice_lww::{Hlc, Stamp, Unstamped};
    ///
    /// assert!(Hlc::CAUSAL && !Unstamped::CAUSAL);
    /// ```
    const CAUSAL: bool;

    /// The causal order: `self <= other`.
    ///
    /// ```
    /// use lattice_lww::{Stamp, VersionVector};
    ///
    /// let alice = VersionVector::from_iter([("alice", 1)]);
    /// let bob = VersionVector::from_iter([("bob", 1)]);
    /// let both = VersionVector::from_iter([("alice", 1), ("bob", 1)]);
    /// assert!(alice.leq(&both) && bob.leq(&both));
    /// assert!(!alice.leq(&bob) && !bob.leq(&alice));
    /// ```
    fn leq(&self, other: &Self) -> bool;

    /// The strict causal order: `self < other`.
    ///
    /// ```
    /// use lattice_lww::{Lamport, Stamp};
    ///
    /// assert!(Lamport(1).precedes(&Lamport(2)));
    /// assert!(!Lamport(2).precedes(&Lamport(2)));
    /// ```
    fn precedes(&self, other: &Self) -> bool {
        self != other && self.leq(other)
    }

    /// Both directions of [`leq`](Stamp::leq) at once; `None` for concurrent stamps.
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// use lattice_lww::{Stamp, VersionVector};
    ///
    /// let alice = VersionVector::from_iter([("alice", 1)]);
    /// let bob = VersionVector::from_iter([("bob", 1)]);
    /// assert_eq!(alice.causal_cmp(&VersionVector::default()), Some(Ordering::Greater));
    /// assert_eq!(alice.causal_cmp(&bob), None);
    /// ```
    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.leq(other), other.leq(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }

    /// Appends the canonical bytes.
    ///
    /// ```
    /// use lattice_lww::{Lamport, Stamp};
    ///
    /// let mut bytes = vec![0xff]; // what is there stays
    /// Lamport(7).encode(&mut bytes);
    /// assert_eq!(bytes, [0xff, 0, 0, 0, 0, 0, 0, 0, 7]);
    /// ```
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads canonical bytes, all of them.
    ///
    /// # Errors
    ///
    /// [`StampError`] on bytes that `encode` does not write: cut short, followed by more, in
    /// another spelling, or above a size limit. Never panics, and never reserves more memory than
    /// the input is long.
    ///
    /// ```
    /// use lattice_lww::{Lamport, Stamp, StampError};
    ///
    /// assert_eq!(Lamport::decode(&[0, 0, 0, 0, 0, 0, 0, 7]), Ok(Lamport(7)));
    /// let error = Lamport::decode(&[0, 0, 0, 0, 0, 0, 0, 7, 7]);
    /// assert_eq!(error, Err(StampError::Trailing { offset: 8, found: 1 }));
    /// ```
    fn decode(bytes: &[u8]) -> Result<Self, StampError>;
}
