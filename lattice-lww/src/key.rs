//! [`WriteKey`]: the identity of a write and its place among the others.

use core::cmp::Ordering;

use lattice_core::Ranked;

use crate::{EventHash, Stamp};

/// What names a write and orders it: the causal stamp, then `(wall_ts, agent_id, event_hash)`.
///
/// The value is no part of it, so equal keys may carry different values only in corrupt input;
/// [`Write`](crate::Write) says what then happens.
///
/// # Two orders
///
/// [`causal_cmp`](WriteKey::causal_cmp) is the partial order that a register *keeps* by: `x < y`
/// iff `stamp_x < stamp_y`, or the stamps are equal and `(wall_ts, agent_id, event_hash)` of `x`
/// is smaller. [`read_cmp`](WriteKey::read_cmp) is the total order that a register *reads* by
/// among the writes it keeps. Mixing them into one order is the mistake behind most registers
/// that do not converge: "causally later wins, else the wall clock" is not transitive.
///
/// ```
/// use lattice_lww::{EventHash, Lamport, WriteKey};
///
/// let early = WriteKey {
///     stamp: Lamport(1), wall_ts: 900, agent_id: "alice", event_hash: EventHash([1; 32]),
/// };
/// let late = WriteKey {
///     stamp: Lamport(2), wall_ts: 100, agent_id: "bob", event_hash: EventHash([2; 32]),
/// };
/// assert!(early.precedes(&late)); // the clock of `bob` is behind, causality is not
/// assert!(late.observes(&early));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct WriteKey<S, A> {
    /// The causal past of the write.
    pub stamp: S,
    /// The writer's wall clock, in a unit of the caller's.
    pub wall_ts: u64,
    /// Who wrote.
    pub agent_id: A,
    /// The event that is the write.
    pub event_hash: EventHash,
}

impl<S: Stamp, A: Ord> WriteKey<S, A> {
    /// The order of `(wall_ts, agent_id, event_hash)`, without the stamp.
    fn tuple_cmp(&self, other: &Self) -> Ordering {
        self.wall_ts
            .cmp(&other.wall_ts)
            .then_with(|| self.agent_id.cmp(&other.agent_id))
            .then_with(|| self.event_hash.cmp(&other.event_hash))
    }

    /// The partial order that registers keep by; `None` for concurrent writes.
    ///
    /// Total whenever the stamps are totally ordered.
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// use lattice_lww::{EventHash, VersionVector, WriteKey};
    ///
    /// let key = |entries: &[(&str, u64)], wall_ts| WriteKey {
    ///     stamp: entries.iter().copied().collect::<VersionVector>(),
    ///     wall_ts,
    ///     agent_id: "alice",
    ///     event_hash: EventHash([1; 32]),
    /// };
    /// let first = key(&[("alice", 1)], 900);
    /// let later = key(&[("alice", 1), ("bob", 1)], 100);
    /// let beside = key(&[("cyd", 1)], 500);
    /// assert_eq!(first.causal_cmp(&later), Some(Ordering::Less)); // whatever the wall clocks say
    /// assert_eq!(first.causal_cmp(&beside), None);
    /// ```
    #[inline]
    pub fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.stamp.causal_cmp(&other.stamp) {
            Some(Ordering::Equal) => Some(self.tuple_cmp(other)),
            order => order,
        }
    }

    /// True when `self` is strictly below `other` in that order, so that a register which has
    /// `other` drops `self`.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Unstamped, WriteKey};
    ///
    /// let key = |wall_ts| WriteKey {
    ///     stamp: Unstamped, wall_ts, agent_id: "alice", event_hash: EventHash([1; 32]),
    /// };
    /// assert!(key(1).precedes(&key(2)));
    /// assert!(!key(1).precedes(&key(1)));
    /// ```
    #[inline]
    pub fn precedes(&self, other: &Self) -> bool {
        self.causal_cmp(other) == Some(Ordering::Less)
    }

    /// True when the writer of `self` counts as having known of `add`; never of itself.
    ///
    /// With stamps that are exact, [`Itc`](crate::Itc) and [`VersionVector`](crate::VersionVector), it did know. Others order
    /// more than was known: a [`Lamport`](crate::Lamport) or [`Hlc`](crate::Hlc) stamp is below every greater one, and without
    /// stamps the wall clock decides. Then a remove takes adds with it that it had not heard of.
    ///
    /// This is how a remove that does not list what it observed is read: with causal stamps
    /// `add.stamp < self.stamp`, without them `add` is below `self` in `(wall_ts, agent_id,
    /// event_hash)`. It is stricter than [`precedes`](WriteKey::precedes): of two writes with one
    /// and the same causal stamp, neither observes the other.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, WriteKey};
    ///
    /// let key = |stamp, agent_id| WriteKey {
    ///     stamp: Lamport(stamp), wall_ts: 0, agent_id, event_hash: EventHash([1; 32]),
    /// };
    /// assert!(key(2, "bob").observes(&key(1, "alice")));
    /// // One stamp: the greater tuple is kept, and yet neither knew of the other.
    /// assert!(key(2, "alice").precedes(&key(2, "bob")));
    /// assert!(!key(2, "bob").observes(&key(2, "alice")));
    /// ```
    pub fn observes(&self, add: &Self) -> bool {
        if S::CAUSAL {
            add.stamp.precedes(&self.stamp)
        } else {
            add.tuple_cmp(self).is_lt()
        }
    }

    /// The total order that registers read by: `(wall_ts, agent_id, event_hash)`, then the
    /// canonical bytes of the stamp.
    ///
    /// ```
    /// use lattice_lww::{EventHash, VersionVector, WriteKey};
    ///
    /// let key = |agent_id: &'static str, wall_ts| WriteKey {
    ///     stamp: VersionVector::from_iter([(agent_id, 1)]),
    ///     wall_ts,
    ///     agent_id,
    ///     event_hash: EventHash([1; 32]),
    /// };
    /// let (red, blue) = (key("alice", 20), key("bob", 10));
    /// assert_eq!(red.causal_cmp(&blue), None); // both are kept
    /// assert!(red.read_cmp(&blue).is_gt()); // and this one is read
    /// ```
    #[inline]
    pub fn read_cmp(&self, other: &Self) -> Ordering {
        self.tuple_cmp(other)
            .then_with(|| self.stamp.cmp(&other.stamp))
    }
}

/// A bare key ranks by [`causal_cmp`](WriteKey::causal_cmp) and has no payload.
impl<S: Stamp, A: Ord> Ranked for WriteKey<S, A> {
    #[inline]
    fn precedes(&self, other: &Self) -> bool {
        self.precedes(other)
    }

    #[inline]
    fn same_identity(&self, other: &Self) -> bool {
        self == other
    }

    fn absorb(&mut self, _: Self) -> bool {
        false
    }

    fn payload_leq(&self, _: &Self) -> bool {
        true
    }

    /// `(event_hash, wall_ts, agent_id, stamp)`: sorted states list writes by the event's name.
    fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.event_hash
            .cmp(&other.event_hash)
            .then_with(|| self.wall_ts.cmp(&other.wall_ts))
            .then_with(|| self.agent_id.cmp(&other.agent_id))
            .then_with(|| self.stamp.cmp(&other.stamp))
    }
}
