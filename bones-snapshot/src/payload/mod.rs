//! The `item.snapshot` payload: the state of one item as canonical bytes.
//!
//! Equal sets of events and equal redactions give equal bytes and an equal id, whoever compacts,
//! whenever, in whatever order. `docs/FORMAT-PAYLOAD.md` describes the bytes.

mod decode;
mod encode;
mod legacy;
mod tables;
mod value;

use std::fmt;

use lattice_core::Set;
use lattice_lww::Stamp;

pub use crate::wire::{DecodeError, DecodeErrorKind};

use crate::delta::Order;
use crate::hash::{Domain, EventHash};
use crate::state::ItemState;

/// Version of the payload format that this crate writes.
pub const FORMAT: u64 = 1;

/// Domain of snapshot ids.
static ID_DOMAIN: Domain = Domain::new("bones-snapshot 1 item.snapshot payload");

/// Numbers of the fields in the payload's map.
mod field {
    pub(super) const TITLE: u64 = 0;
    pub(super) const DESCRIPTION: u64 = 1;
    pub(super) const KIND: u64 = 2;
    pub(super) const SIZE: u64 = 3;
    pub(super) const URGENCY: u64 = 4;
    pub(super) const PARENT: u64 = 5;
    pub(super) const DELETED: u64 = 6;
    pub(super) const COMPACT_SUMMARY: u64 = 7;
    pub(super) const MOVES: u64 = 8;
    pub(super) const ASSIGNEES: u64 = 9;
    pub(super) const LABELS: u64 = 10;
    pub(super) const LINKS: u64 = 11;
    pub(super) const COMMENTS: u64 = 12;
    pub(super) const OTHER: u64 = 13;
    pub(super) const TIMES: u64 = 14;
    pub(super) const LEGACY: u64 = 15;
}

/// Name of a snapshot: BLAKE3 of its bytes under a domain of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub [u8; 32]);

impl SnapshotId {
    /// The id of a payload.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = ID_DOMAIN.hasher();
        hasher.update(bytes);
        Self(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotId({self})")
    }
}

/// The state of one item, ready to be written or just read.
///
/// ```
/// use bones_snapshot::{SnapshotId, SnapshotPayload, Stamped, parse_line, write_line};
/// use lattice_core::Set;
/// use lattice_lww::{Itc, Unstamped};
/// let line = write_line(7, "alice", "-", &[], "item.comment", "bn-1", r#"{"body":"s3cret"}"#);
/// let event = Stamped::<Unstamped>::new(parse_line(line.as_bytes())?.expect("an event"))?;
/// let redactions = Set::singleton(event.event().hash);
///
/// let payload = SnapshotPayload::new("bn-1", event.delta(), &redactions);
/// let bytes = payload.encode();
/// assert!(!bytes.windows(6).any(|w| w == b"s3cret"));
/// assert_eq!(payload.id(), SnapshotId::of(&bytes));
/// assert_eq!(payload.compacted_from(), 1);
///
/// assert_eq!(SnapshotPayload::decode(&bytes)?, payload);
/// let other_order = SnapshotPayload::<Itc>::decode(&bytes).unwrap_err();
/// assert_eq!(
///     other_order.to_string(),
///     "offset 3: payload is ordered by `wall`, expected `itc`: orders cannot be mixed",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPayload<S: Stamp> {
    item_id: Box<str>,
    state: ItemState<S>,
}

impl<S: Order> SnapshotPayload<S> {
    /// The payload of a state under the redactions known.
    ///
    /// The payload carries those redactions that fall into its coverage, beside the targets of the
    /// item's own redact events; the texts of all of them are gone.
    pub fn new(item_id: &str, mut state: ItemState<S>, redactions: &Set<EventHash>) -> Self {
        state.redact(redactions);
        Self {
            item_id: item_id.into(),
            state,
        }
    }

    /// The item.
    pub fn item_id(&self) -> &str {
        &self.item_id
    }

    /// Its state.
    pub fn state(&self) -> &ItemState<S> {
        &self.state
    }

    /// The parts.
    pub fn into_parts(self) -> (Box<str>, ItemState<S>) {
        (self.item_id, self.state)
    }

    /// How many events the snapshot stands for (`_compacted_from`): the size of its coverage.
    pub fn compacted_from(&self) -> usize {
        self.state.coverage().len()
    }

    /// The canonical bytes. Linear in their length, beside sorting the events referred to.
    pub fn encode(&self) -> Vec<u8> {
        self.state.encode(&self.item_id)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], with the offset, on anything that [`encode`](Self::encode) would not have
    /// written: what is accepted encodes to the same bytes again. Never panics; allocates no more
    /// than a small multiple of the input.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode::decode(bytes)
    }

    /// Name of the snapshot.
    pub fn id(&self) -> SnapshotId {
        SnapshotId::of(&self.encode())
    }
}

impl<S: Order> ItemState<S> {
    /// The canonical bytes of the payload of an item in this state: what [`SnapshotPayload::encode`]
    /// writes, without taking the state.
    pub fn encode(&self, item_id: &str) -> Vec<u8> {
        encode::encode(item_id, self)
    }
}
