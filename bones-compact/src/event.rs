//! What an event log must offer so that it can be compacted.

use std::borrow::Cow;
use std::error::Error;

use bones_snapshot::EventHash;
use lattice_core::{Bottom, Set, join_all};

/// An event that is an element of a lattice.
///
/// The state of an item is the join of the deltas of its events, so a run of events may be replaced
/// by its join anywhere, at any time.
pub trait LatticeEvent {
    /// The lattice.
    type State: CompactState;

    /// The item the event belongs to.
    fn item_id(&self) -> &str;

    /// The hash that names the event everywhere.
    fn hash(&self) -> EventHash;

    /// Wall clock of the writer in microseconds since the Unix epoch, as written.
    fn wall_ts(&self) -> i64;

    /// The event as a lattice element.
    ///
    /// # Laws
    ///
    /// A function of the event alone, whose coverage is exactly the event's hash.
    fn delta(&self) -> Self::State;

    /// True iff the event, word for word, tells text that the redactions take away: when it is redacted itself, and
    /// when it repeats what a redacted event said. Such an event is kept as its masked delta and shown to nobody.
    ///
    /// What it is unless overridden looks at the event's own hash: right for events that repeat no others. O(log r)
    /// for r redactions.
    ///
    /// # Laws
    ///
    /// True of every event whose hash is redacted, and of every one whose delta they change; redactions make it true
    /// and never false.
    fn tells_redacted(&self, redactions: &Set<EventHash>) -> bool {
        redactions.contains(&self.hash())
    }

    /// The state after many events. What compaction and verification call, so the place to be fast.
    ///
    /// # Laws
    ///
    /// Equal to the join of their deltas, which is what it is unless overridden: O(n log n) for n
    /// small deltas. An override can build each component of the state once, instead of a whole state
    /// for each event.
    fn fold<'a>(events: impl IntoIterator<Item = &'a Self>) -> Self::State
    where
        Self: Sized + 'a,
    {
        join_all(events.into_iter().map(Self::delta))
    }
}

/// A lattice that snapshots are made of.
///
/// # Laws
///
/// Beside those of a join-semilattice: `redact` commutes with `join`; `coverage` and `redacted` are
/// homomorphisms to set union; `decode(encode(x)) == x`, and `decode` accepts nothing that `encode`
/// does not write.
pub trait CompactState: Bottom + Clone {
    /// What [`decode`](Self::decode) refuses with.
    type DecodeError: Error + Send + Sync + 'static;

    /// The events folded in.
    fn coverage(&self) -> &Set<EventHash>;

    /// The redacted events the state knows of.
    fn redacted(&self) -> &Set<EventHash>;

    /// Takes away the content of the named events, remembering those that are covered.
    fn redact(&mut self, redactions: &Set<EventHash>) -> bool;

    /// Events whose writes the state holds though they are not in its coverage.
    fn uncovered_writes(&self) -> Set<EventHash>;

    /// What the policy asks about.
    fn standing(&self) -> Standing;

    /// The canonical bytes of the state of an item.
    fn encode(&self, item_id: &str) -> Vec<u8>;

    /// Reads canonical bytes back.
    ///
    /// # Errors
    ///
    /// On everything that `encode` would not have written.
    fn decode(bytes: &[u8]) -> Result<(Box<str>, Self), Self::DecodeError>;
}

/// Where an item stands, as far as the policy asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Phase of its life.
    pub phase: Cow<'static, str>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Wall clock of its last event in microseconds.
    pub updated_at: u64,
}
