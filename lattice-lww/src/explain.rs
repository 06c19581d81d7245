//! [`Explanation`]: which write a register reads, and why.

use alloc::vec::Vec;
use core::fmt;

use lattice_core::Ranked;

use crate::{Stamp, Write, WriteKey};

/// Which write a register reads, which other writes lost, and what decided.
///
/// [`LwwRegister::explain`](crate::LwwRegister::explain) knows what the register still holds: the
/// writes concurrent to the winner. What was dropped on the way is not in the state;
/// [`LwwRegister::explain_history`](crate::LwwRegister::explain_history) takes it from the log.
///
/// ```
/// use lattice_lww::{EventHash, LwwRegister, Rule, VersionVector, Write, WriteKey};
///
/// let write = |agent: &'static str, wall_ts, value| {
///     let stamp = VersionVector::from_iter([(agent, 1)]);
///     let event_hash = EventHash([0; 32]);
///     Write::new(WriteKey { stamp, wall_ts, agent_id: agent, event_hash }, value)
/// };
/// let mut register = LwwRegister::from_write(write("alice", 20, "red"));
/// register.write(write("bob", 10, "blue"));
///
/// let explanation = register.explain();
/// assert_eq!(explanation.winner.and_then(Write::value), Some(&"red"));
/// assert_eq!(explanation.losers[0].write.value(), Some(&"blue"));
/// assert_eq!(explanation.losers[0].rule, Rule::WallTs);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation<'a, V, S, A> {
    /// The write that is read; `None` when the register was never written.
    pub winner: Option<&'a Write<V, S, A>>,
    /// The writes that are not read, in reverse read order: the best loser first.
    pub losers: Vec<Loser<'a, V, S, A>>,
}

/// A write that is not read.
///
/// ```
/// use lattice_lww::{EventHash, Lamport, LwwRegister, Rule, Write, WriteKey};
///
/// let write = |stamp, value| {
///     let event_hash = EventHash([0; 32]);
///     Write::new(WriteKey { stamp: Lamport(stamp), wall_ts: 0, agent_id: "a", event_hash }, value)
/// };
/// let log = [write(1, "old"), write(2, "new")];
/// let register = LwwRegister::from_iter(log);
///
/// let explanation = register.explain_history(&log);
/// let loser = &explanation.losers[0];
/// assert_eq!((loser.write, loser.to, loser.rule), (&log[0], &log[1], Rule::Causal));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loser<'a, V, S, A> {
    /// The write.
    pub write: &'a Write<V, S, A>,
    /// The write it lost to: the winner if both are held, else the held write that displaced it.
    pub to: &'a Write<V, S, A>,
    /// Why.
    pub rule: Rule,
}

impl<V, S, A> Explanation<'_, V, S, A> {
    /// What decided against the best loser, or [`Rule::Sole`]; `None` when the register was never
    /// written.
    ///
    /// ```
    /// use lattice_lww::{EventHash, Lamport, LwwRegister, Rule, Write, WriteKey};
    ///
    /// let mut register = LwwRegister::new();
    /// assert_eq!(register.explain().rule(), None);
    ///
    /// let event_hash = EventHash([0; 32]);
    /// let key = WriteKey { stamp: Lamport(1), wall_ts: 0, agent_id: "a", event_hash };
    /// register.write(Write::new(key, "value"));
    /// assert_eq!(register.explain().rule(), Some(Rule::Sole));
    /// ```
    pub fn rule(&self) -> Option<Rule> {
        let sole = self.winner.map(|_| Rule::Sole);
        self.losers.first().map(|loser| loser.rule).or(sole)
    }
}

/// What decided between two writes.
///
/// Each rule is asked only where those before it decided nothing.
///
/// ```
/// use lattice_lww::Rule;
///
/// assert_eq!(Rule::Causal.to_string(), "causally later");
/// assert_eq!(Rule::WallTs.to_string(), "concurrent, and later by wall clock");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// There is no other write.
    Sole,
    /// The winner is causally later: its stamp is above the loser's.
    Causal,
    /// Neither stamp is below the other, and the wall clock of the winner is later.
    WallTs,
    /// As before at one wall time, and the agent of the winner is greater.
    AgentId,
    /// As before with one agent, and the event hash of the winner is greater.
    EventHash,
    /// All of that is equal, and the canonical bytes of the winner's stamp are greater: one event
    /// with two stamps, which is corrupt input.
    StampBytes,
    /// One key with two cells: the loser's was redacted, or, in corrupt input, held a smaller
    /// value.
    Cell,
}

impl Rule {
    /// What puts `loser` below `winner`.
    pub(crate) fn between<S: Stamp, A: Ord>(
        loser: &WriteKey<S, A>,
        winner: &WriteKey<S, A>,
    ) -> Self {
        if loser.stamp.precedes(&winner.stamp) {
            Self::Causal
        } else if loser.wall_ts != winner.wall_ts {
            Self::WallTs
        } else if loser.agent_id != winner.agent_id {
            Self::AgentId
        } else if loser.event_hash != winner.event_hash {
            Self::EventHash
        } else if loser.stamp != winner.stamp {
            Self::StampBytes
        } else {
            Self::Cell
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sole => "there is no other write",
            Self::Causal => "causally later",
            Self::WallTs => "concurrent, and later by wall clock",
            Self::AgentId => "concurrent at one wall time, and greater agent id",
            Self::EventHash => "concurrent, one wall time and agent, and greater event hash",
            Self::StampBytes => "one event hash with two stamps, and greater stamp bytes",
            Self::Cell => "one write with two cells: redacted, or the greater value",
        })
    }
}

/// The losers among `held`, and among the writes of `history` that `held` covers.
#[allow(clippy::needless_pass_by_value)] // walked more than once, by cloning it
pub(crate) fn explain<'a, V: Ord, S: Stamp, A: Ord>(
    winner: Option<&'a Write<V, S, A>>,
    held: impl Iterator<Item = &'a Write<V, S, A>> + Clone,
    history: impl Iterator<Item = &'a Write<V, S, A>>,
) -> Explanation<'a, V, S, A> {
    let Some(first) = winner else {
        return Explanation {
            winner: None,
            losers: Vec::new(),
        };
    };
    let beside = held
        .clone()
        .filter(|write| write.key != first.key)
        .map(|write| (write, first));
    let displaced = history.filter_map(|write| {
        let displaces = |&holder: &&'a Write<V, S, A>| {
            write.precedes(holder) || (write.key == holder.key && write.cell < holder.cell)
        };
        // The winner if it does, else any.
        let holder = core::iter::once(first)
            .chain(held.clone())
            .find(displaces)?;
        Some((write, holder))
    });
    let mut losers: Vec<_> = beside
        .chain(displaced)
        .map(|(write, to)| Loser {
            write,
            to,
            rule: Rule::between(&write.key, &to.key),
        })
        .collect();
    losers.sort_by(|a, b| {
        let by_cell = || b.write.cell.cmp(&a.write.cell);
        b.write.key.read_cmp(&a.write.key).then_with(by_cell)
    });
    losers.dedup_by(|a, b| a.write == b.write);
    Explanation { winner, losers }
}
