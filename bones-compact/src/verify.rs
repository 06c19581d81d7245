//! Exact verification: the true snapshot is accepted, every other payload refused.

use std::collections::BTreeMap;

use bones_snapshot::{EventHash, format_hash};
use lattice_core::{JoinMismatch, JoinSemilattice, Set, join_all};
use thiserror::Error;

use crate::event::{CompactState, LatticeEvent};

/// What verification of a payload that holds together comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every covered event was at hand, and the payload is exactly their join under the redactions.
    Verified,
    /// Some covered events are gone, so nobody can say. Everything that can be checked without
    /// them holds: canonical form, id, size of the coverage, that every write is covered, and that
    /// the events still at hand are in the payload.
    Unverifiable {
        /// Covered events that were not at hand.
        missing: Set<EventHash>,
    },
}

/// Why a payload is not the snapshot it claims to be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifyError<D: std::error::Error + 'static> {
    /// The bytes are no canonical payload.
    #[error("payload is not canonical: {0}")]
    Decode(#[source] D),
    /// The payload is of another item.
    #[error("payload is of item `{found}`, expected `{expected}`")]
    Item {
        /// The item asked for.
        expected: String,
        /// The item the payload names.
        found: String,
    },
    /// The payload covers no event.
    #[error("payload covers no event")]
    Empty,
    /// The payload covers an event of another item.
    #[error("payload covers event {} which is of another item", format_hash(.event))]
    Foreign {
        /// The event.
        event: EventHash,
    },
    /// The payload holds a write of an event it does not cover.
    #[error("payload holds a write of event {} which it does not cover", format_hash(.event))]
    Uncovered {
        /// The event.
        event: EventHash,
    },
    /// The payload lacks what an event it covers wrote.
    #[error("payload covers event {} but does not hold what it wrote", format_hash(.event))]
    Lacks {
        /// The event.
        event: EventHash,
    },
    /// The redactions of the payload are not those of its coverage.
    #[error("payload lists other redactions than those that fall into its coverage")]
    Redactions,
    /// The payload is not the join of the events it covers.
    #[error("payload is not the join of the events it covers")]
    NotTheJoin,
}

/// Verifies that a payload is exactly what compaction makes of the events it covers.
///
/// `events` may hold more than the covered events, of other items too, and duplicates; the payload
/// must equal the join of the covered ones under `redactions`, to the last figure.
///
/// # Errors
///
/// [`VerifyError`] on every payload that is not the snapshot of its coverage: an empty one, a
/// truncated one, one with a changed, added or missing write, agent, hash, time or id.
pub fn verify_compaction<'a, E: LatticeEvent + 'a>(
    item_id: &str,
    payload: &[u8],
    events: impl IntoIterator<Item = &'a E>,
    redactions: &Set<EventHash>,
) -> Result<Verdict, VerifyError<<E::State as CompactState>::DecodeError>> {
    let (found, state) = E::State::decode(payload).map_err(VerifyError::Decode)?;
    if *found != *item_id {
        return Err(VerifyError::Item {
            expected: item_id.into(),
            found: found.into(),
        });
    }
    if state.coverage().is_empty() {
        return Err(VerifyError::Empty);
    }
    if let Some(event) = state.uncovered_writes().iter().next() {
        return Err(VerifyError::Uncovered { event: *event });
    }
    if !redactions
        .intersection(state.coverage())
        .leq(state.redacted())
    {
        return Err(VerifyError::Redactions);
    }
    let deltas = covered_deltas(item_id, &state, events, redactions)
        .map_err(|event| VerifyError::Foreign { event })?;
    for (event, delta) in &deltas {
        if !delta.leq(&state) {
            return Err(VerifyError::Lacks { event: *event });
        }
    }
    let at_hand: Set<EventHash> = deltas.keys().copied().collect();
    let missing = state.coverage().difference(&at_hand);
    if !missing.is_empty() {
        return Ok(Verdict::Unverifiable { missing });
    }
    let mut expected: E::State = join_all(deltas.into_values());
    expected.redact(redactions);
    if expected.redacted() != state.redacted() {
        return Err(VerifyError::Redactions);
    }
    if expected != state {
        return Err(VerifyError::NotTheJoin);
    }
    Ok(Verdict::Verified)
}

/// The deltas of the covered events of one item, each once, under the redactions; or a covered
/// event that is of another item.
fn covered_deltas<'a, E: LatticeEvent + 'a>(
    item_id: &str,
    state: &E::State,
    events: impl IntoIterator<Item = &'a E>,
    redactions: &Set<EventHash>,
) -> Result<BTreeMap<EventHash, E::State>, EventHash> {
    let mut deltas = BTreeMap::new();
    for event in events {
        let hash = event.hash();
        if !state.coverage().contains(&hash) {
            continue;
        }
        if event.item_id() != item_id {
            return Err(hash);
        }
        let mut delta = event.delta();
        delta.redact(redactions);
        deltas.insert(hash, delta);
    }
    Ok(deltas)
}

/// Verifies that a snapshot state is exactly the original state: not less, and not more.
///
/// "Joining the snapshot changes nothing" alone would also hold of an empty snapshot.
///
/// # Errors
///
/// [`JoinMismatch`], which says whether the snapshot lacks something or has too much.
pub fn verify_lattice_join<S: CompactState>(
    original: &S,
    snapshot: &S,
) -> Result<(), JoinMismatch> {
    lattice_core::verify_lattice_join(snapshot, [original])
}
