//! [`LwwRegister`]: the antichain of maximal writes, read as one.

use core::cmp::Ordering;

use lattice_core::{Antichain, Bottom, Decompose, JoinSemilattice};

use crate::explain::{self, Explanation};
use crate::{EventHash, Stamp, Write};

/// A last-writer-wins register that is a join-semilattice.
///
/// # The state
///
/// The writes that no other write of the register is above, by
/// [`WriteKey::causal_cmp`](crate::WriteKey::causal_cmp). Joining keeps the maximal writes of the
/// union; reading takes the greatest by [`WriteKey::read_cmp`](crate::WriteKey::read_cmp). With
/// totally ordered stamps that is one write, the classic register; with partial ones it is the few
/// truly concurrent writes, usually one. One write is held inline, without allocation.
///
/// # Why not one write?
///
/// "The causally later write wins, else the later wall clock" is not associative when only the
/// winner is kept. Take writes 1 and 2 with 1 causally before 2, and 3 concurrent to both, with
/// wall clocks 2 < 3 < 1: then (1.2).3 reads 3 but 1.(2.3) reads 1. So any rule that keeps one of
/// two tuples gives up either causality or convergence. For the same reason the number of
/// concurrent writes is not capped here - a capped antichain is not associative either; bound
/// sizes where untrusted bytes are decoded - and the winner is never given a merged stamp.
///
/// # Invariants
///
/// No write is below another, and there is one cell for each key. A redacted winner reads as
/// nothing, never as the next best.
///
/// # Cost
///
/// With one write held on each side: one comparison, no allocation. With `n` and `m` concurrent
/// writes, joining makes at most `n * m` stamp comparisons.
///
/// ```
/// use lattice_lww::{EventHash, JoinSemilattice, Lamport, LwwRegister, Write, WriteKey};
///
/// let write = |stamp, wall_ts, value| {
///     let event_hash = EventHash([stamp as u8; 32]);
///     Write::new(WriteKey { stamp: Lamport(stamp), wall_ts, agent_id: "a", event_hash }, value)
/// };
/// let mut here = LwwRegister::from_write(write(1, 900, "old"));
/// let there = LwwRegister::from_write(write(2, 100, "new"));
/// assert!(here.join(there.clone()));
/// assert_eq!(here.get(), Some(&"new"));
/// assert!(!here.join(there)); // idempotent
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LwwRegister<V: Ord, S: Stamp, A: Ord> {
    pub(crate) writes: Antichain<Write<V, S, A>>,
}

impl<V: Ord, S: Stamp, A: Ord> LwwRegister<V, S, A> {
    /// A register that was never written.
    ///
    /// ```
    /// use lattice_lww::{Bottom, Lamport, LwwRegister};
    ///
    /// let register = LwwRegister::<&str, Lamport, u8>::new();
    /// assert!(register.is_bottom());
    /// assert_eq!(register.get(), None);
    /// ```
    pub fn new() -> Self {
        Self {
            writes: Antichain::new(),
        }
    }

    /// A register with one write; as a delta, that write.
    ///
    /// Does not allocate.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Write, WriteKey};
    ///
    /// let event_hash = EventHash([0; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash };
    /// let delta = LwwRegister::from_write(Write::new(key, "value"));
    /// assert_eq!(delta.get(), Some(&"value"));
    /// ```
    pub fn from_write(write: Write<V, S, A>) -> Self {
        Self {
            writes: Antichain::singleton(write),
        }
    }

    /// Joins one write. True iff the register grew.
    ///
    /// One comparison when one write is held, else O(n).
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Write, WriteKey};
    ///
    /// let write = |stamp, value| {
    ///     let event_hash = EventHash([0; 32]);
    ///     Write::new(WriteKey { stamp: Lamport(stamp), wall_ts: 0, agent_id: "a", event_hash }, value)
    /// };
    /// let mut register = LwwRegister::new();
    /// assert!(register.write(write(2, "new")));
    /// assert!(!register.write(write(1, "late, and older")));
    /// assert_eq!(register.get(), Some(&"new"));
    /// ```
    pub fn write(&mut self, write: Write<V, S, A>) -> bool {
        self.writes.insert(write)
    }

    /// The writes held, by `(event_hash, wall_ts, agent_id, stamp)`.
    ///
    /// ```
    /// use lattice_lww::{EventHash, LwwRegister, VersionVector, Write, WriteKey};
    ///
    /// let write = |agent: &'static str, value| {
    ///     let stamp = VersionVector::from_iter([(agent, 1)]);
    ///     let event_hash = EventHash([value; 32]);
    ///     Write::new(WriteKey { stamp, wall_ts: 0, agent_id: agent, event_hash }, value)
    /// };
    /// let register = LwwRegister::from_iter([write("bob", 2), write("alice", 1)]);
    /// assert!(register.writes().map(|write| write.key.agent_id).eq(["alice", "bob"]));
    /// ```
    pub fn writes(&self) -> impl ExactSizeIterator<Item = &Write<V, S, A>> + Clone {
        self.writes.iter()
    }

    /// The write that is read: the greatest by [`read_cmp`](crate::WriteKey::read_cmp). `None`
    /// when the register was never written.
    ///
    /// O(n) for `n` concurrent writes.
    ///
    /// ```
    /// use lattice_lww::{EventHash, LwwRegister, VersionVector, Write, WriteKey};
    ///
    /// let write = |agent: &'static str, wall_ts| {
    ///     let stamp = VersionVector::from_iter([(agent, 1)]);
    ///     let event_hash = EventHash([0; 32]);
    ///     Write::new(WriteKey { stamp, wall_ts, agent_id: agent, event_hash }, "value")
    /// };
    /// let register = LwwRegister::from_iter([write("alice", 20), write("bob", 10)]);
    /// assert_eq!(register.winner().map(|write| write.key.agent_id), Some("alice"));
    /// ```
    pub fn winner(&self) -> Option<&Write<V, S, A>> {
        self.writes().max_by(|a, b| a.key.read_cmp(&b.key))
    }

    /// The value; `None` when the register was never written, and when the winner is redacted.
    ///
    /// O(n) for `n` concurrent writes.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Write, WriteKey};
    ///
    /// let event_hash = EventHash([0; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash };
    /// let mut register = LwwRegister::from_write(Write::new(key, "value"));
    /// assert_eq!(register.get(), Some(&"value"));
    /// register.redact(|hash| *hash == event_hash);
    /// assert_eq!(register.get(), None);
    /// ```
    pub fn get(&self) -> Option<&V> {
        self.winner()?.value()
    }

    /// True when the write that is read has been redacted.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Write, WriteKey};
    ///
    /// let event_hash = EventHash([0; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash };
    /// assert!(LwwRegister::from_write(Write::<u8, _, _>::redacted(key)).is_redacted());
    /// assert!(!LwwRegister::<u8, Lamport, &str>::new().is_redacted()); // never written is another thing
    /// ```
    pub fn is_redacted(&self) -> bool {
        self.winner()
            .is_some_and(|winner| winner.cell.is_redacted())
    }

    /// True when concurrent writes are held.
    ///
    /// ```
    /// use lattice_lww::{EventHash, LwwRegister, VersionVector, Write, WriteKey};
    ///
    /// let write = |entries: &[(&str, u64)], value| {
    ///     let stamp = entries.iter().copied().collect::<VersionVector>();
    ///     let event_hash = EventHash([value; 32]);
    ///     Write::new(WriteKey { stamp, wall_ts: 0, agent_id: 0_u8, event_hash }, value)
    /// };
    /// let mut register = LwwRegister::from_iter([write(&[("a", 1)], 1), write(&[("b", 1)], 2)]);
    /// assert!(register.is_conflicted());
    /// register.write(write(&[("a", 2), ("b", 1)], 3)); // by somebody who has read both
    /// assert!(!register.is_conflicted());
    /// ```
    pub fn is_conflicted(&self) -> bool {
        self.writes.len() > 1
    }

    /// Redacts the cells of the writes whose event `redacted` names; keys stay. True iff a value
    /// went.
    ///
    /// For a fixed set of names this commutes with joining.
    ///
    /// ```
    /// use lattice_lww::{EventHash, JoinSemilattice, Lamport, LwwRegister, Write, WriteKey};
    ///
    /// let event_hash = EventHash([7; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash };
    /// let copy = LwwRegister::from_write(Write::new(key, "secret"));
    /// let mut register = copy.clone();
    /// assert!(register.redact(|hash| *hash == event_hash));
    /// assert!(!register.join(copy)); // no join brings it back
    /// assert!(register.is_redacted());
    /// ```
    pub fn redact(&mut self, redacted: impl Fn(&EventHash) -> bool) -> bool {
        let mut changed = false;
        self.writes.for_each_mut(|write| {
            if redacted(&write.key.event_hash) {
                changed |= write.cell.redact();
            }
        });
        changed
    }

    /// Takes writes as [`writes`](LwwRegister::writes) gives them. `None` unless they are in that
    /// order, each once, and none is below another: there is one accepted list for each register.
    ///
    /// At most `n * n` stamp comparisons: bound the length of untrusted lists first.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Write, WriteKey};
    ///
    /// let write = |stamp| {
    ///     let event_hash = EventHash([0; 32]);
    ///     Write::new(WriteKey { stamp: Lamport(stamp), wall_ts: 0, agent_id: "a", event_hash }, 0)
    /// };
    /// assert!(LwwRegister::from_canonical(vec![write(2)]).is_some());
    /// assert!(LwwRegister::from_canonical(vec![write(1), write(2)]).is_none()); // one is below the other
    /// ```
    pub fn from_canonical(writes: alloc::vec::Vec<Write<V, S, A>>) -> Option<Self> {
        Antichain::from_canonical(writes).map(|writes| Self { writes })
    }

    /// For registers of one write each: how they stand to one another. `None` when the writes are
    /// concurrent, and when either side holds none or several.
    #[inline]
    pub(crate) fn single_cmp(&self, other: &Self) -> Option<Ordering> {
        let mine = self.writes.as_single()?;
        let theirs = other.writes.as_single()?;
        mine.key.causal_cmp(&theirs.key)
    }

    /// Which write is read, which ones are held beside it, and what decided.
    ///
    /// ```
    /// use lattice_lww::{EventHash, LwwRegister, Rule, VersionVector, Write, WriteKey};
    ///
    /// let write = |agent: &'static str, wall_ts| {
    ///     let stamp = VersionVector::from_iter([(agent, 1)]);
    ///     let event_hash = EventHash([0; 32]);
    ///     Write::new(WriteKey { stamp, wall_ts, agent_id: agent, event_hash }, "value")
    /// };
    /// let register = LwwRegister::from_iter([write("alice", 10), write("bob", 10)]);
    /// let explanation = register.explain();
    /// assert_eq!(explanation.winner.map(|write| write.key.agent_id), Some("bob"));
    /// assert_eq!(explanation.rule(), Some(Rule::AgentId));
    /// ```
    pub fn explain(&self) -> Explanation<'_, V, S, A> {
        explain::explain(self.winner(), self.writes(), core::iter::empty())
    }

    /// [`explain`](LwwRegister::explain), and why each write of `history` that is no longer held
    /// lost. Writes that were never joined are left out.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Rule, Write, WriteKey};
    ///
    /// let log = [(1, 900, "old"), (2, 100, "new")].map(|(stamp, wall_ts, value)| {
    ///     let event_hash = EventHash([stamp as u8; 32]);
    ///     Write::new(WriteKey { stamp: Lamport(stamp), wall_ts, agent_id: "a", event_hash }, value)
    /// });
    /// let mut register = LwwRegister::new();
    /// log.iter().for_each(|write| _ = register.write(*write));
    ///
    /// let explanation = register.explain_history(&log);
    /// assert_eq!(explanation.losers[0].write, &log[0]);
    /// assert_eq!(explanation.losers[0].rule, Rule::Causal);
    /// ```
    pub fn explain_history<'a>(
        &'a self,
        history: impl IntoIterator<Item = &'a Write<V, S, A>>,
    ) -> Explanation<'a, V, S, A> {
        explain::explain(self.winner(), self.writes(), history.into_iter())
    }
}

impl<V: Ord, S: Stamp, A: Ord> Default for LwwRegister<V, S, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Ord, S: Stamp, A: Ord> From<Write<V, S, A>> for LwwRegister<V, S, A> {
    fn from(write: Write<V, S, A>) -> Self {
        Self::from_write(write)
    }
}

impl<V: Ord, S: Stamp, A: Ord> Extend<Write<V, S, A>> for LwwRegister<V, S, A> {
    fn extend<I: IntoIterator<Item = Write<V, S, A>>>(&mut self, writes: I) {
        writes.into_iter().for_each(|write| _ = self.write(write));
    }
}

impl<V: Ord, S: Stamp, A: Ord> FromIterator<Write<V, S, A>> for LwwRegister<V, S, A> {
    fn from_iter<I: IntoIterator<Item = Write<V, S, A>>>(writes: I) -> Self {
        let mut register = Self::new();
        register.extend(writes);
        register
    }
}

impl<V: Ord, S: Stamp, A: Ord> JoinSemilattice for LwwRegister<V, S, A> {
    #[inline]
    fn join(&mut self, other: Self) -> bool {
        // One write on each side, and one above the other: the usual case, decided by a single
        // comparison where the general join makes three.
        match self.single_cmp(&other) {
            Some(Ordering::Less) => {
                *self = other;
                true
            }
            Some(Ordering::Greater) => false,
            Some(Ordering::Equal) | None => self.writes.join(other.writes),
        }
    }

    fn leq(&self, other: &Self) -> bool {
        self.writes.leq(&other.writes)
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        // Most of what gossip brings is known already.
        !other.leq(self) && self.join(other.clone())
    }
}

impl<V: Ord, S: Stamp, A: Ord> Bottom for LwwRegister<V, S, A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.writes.is_empty()
    }
}

impl<V: Ord + Clone, S: Stamp, A: Ord + Clone> Decompose for LwwRegister<V, S, A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.writes.decompose().map(|writes| Self { writes })
    }

    fn delta_since(&self, known: &Self) -> Self {
        Self {
            writes: self.writes.delta_since(&known.writes),
        }
    }
}
