//! [`Write`]: one write, its key and the cell with its value.

use core::cmp::Ordering;

use lattice_core::{Cell, Ranked};

use crate::{Stamp, WriteKey};

/// One write to a register: a key, and under it a cell that holds the value or what is left of it.
///
/// Under one key cells join: `Present(v) < Redacted`, and two present values - corrupt or hostile
/// input, as the key names one event - keep the greater. So a register joins in any order even
/// then, and redaction is never undone.
///
/// ```
/// use lattice_lww::{Cell, EventHash, Unstamped, Write, WriteKey};
///
/// let key = WriteKey {
///     stamp: Unstamped, wall_ts: 7, agent_id: "alice", event_hash: EventHash([1; 32]),
/// };
/// let write = Write::new(key, "blue");
/// assert_eq!(write.cell, Cell::Present("blue"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Write<V, S, A> {
    /// What names the write and orders it.
    pub key: WriteKey<S, A>,
    /// The value, or `Redacted`.
    pub cell: Cell<V>,
}

impl<V, S, A> Write<V, S, A> {
    /// A write of `value`.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, Write, WriteKey};
    ///
    /// let event_hash = EventHash([1; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 7, agent_id: "alice", event_hash };
    /// assert_eq!(Write::new(key, "blue").value(), Some(&"blue"));
    /// ```
    pub fn new(key: WriteKey<S, A>, value: V) -> Self {
        Self {
            key,
            cell: Cell::Present(value),
        }
    }

    /// A write whose value has been redacted.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, Write, WriteKey};
    ///
    /// let event_hash = EventHash([1; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 7, agent_id: "alice", event_hash };
    /// let write: Write<&str, _, _> = Write::redacted(key);
    /// assert_eq!((write.key, write.value()), (key, None));
    /// ```
    pub fn redacted(key: WriteKey<S, A>) -> Self {
        Self {
            key,
            cell: Cell::Redacted,
        }
    }

    /// The value; `None` once redacted.
    ///
    /// ```
    /// use lattice_lww::{Cell, EventHash, Lamport, Write, WriteKey};
    ///
    /// let event_hash = EventHash([1; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 7, agent_id: "alice", event_hash };
    /// let mut write = Write::new(key, "blue");
    /// assert_eq!(write.value(), Some(&"blue"));
    /// write.cell = Cell::Redacted;
    /// assert_eq!(write.value(), None);
    /// ```
    pub fn value(&self) -> Option<&V> {
        match &self.cell {
            Cell::Present(value) => Some(value),
            Cell::Redacted => None,
        }
    }
}

/// Ranks by its key; the payload is the cell.
impl<V: Ord, S: Stamp, A: Ord> Ranked for Write<V, S, A> {
    #[inline]
    fn precedes(&self, other: &Self) -> bool {
        self.key.precedes(&other.key)
    }

    #[inline]
    fn same_identity(&self, other: &Self) -> bool {
        self.key == other.key
    }

    #[inline]
    fn absorb(&mut self, other: Self) -> bool {
        let grows = self.cell < other.cell;
        if grows {
            self.cell = other.cell;
        }
        grows
    }

    fn payload_leq(&self, other: &Self) -> bool {
        self.cell <= other.cell
    }

    fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.key.canonical_cmp(&other.key)
    }
}
