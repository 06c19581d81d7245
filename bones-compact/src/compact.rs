//! Replacing the events of an item by their join.

use bones_snapshot::{EventHash, SnapshotId};
use lattice_core::{JoinSemilattice, Set, join_all};

use crate::event::{CompactState, LatticeEvent};
use crate::policy::{CompactionPolicy, eligibility};
use crate::report::{CompactionReport, SkipReason};

/// What is held of one item: the sources of a snapshot.
#[derive(Debug, Clone)]
pub struct ItemSources<E: LatticeEvent> {
    /// Raw events.
    pub events: Vec<E>,
    /// States that replaced raw events before: snapshots, own or from other replicas, and the
    /// masked deltas of redacted events.
    pub states: Vec<E::State>,
    /// How many bytes all of it takes where it is stored.
    pub bytes: u64,
}

impl<E: LatticeEvent> ItemSources<E> {
    /// The state of the item under the redactions known.
    ///
    /// O(n log n) for n events.
    pub fn state(&self, redactions: &Set<EventHash>) -> E::State {
        let mut state = E::fold(&self.events);
        if !self.states.is_empty() {
            state.join(join_all(self.states.iter().cloned()));
        }
        state.redact(redactions);
        state
    }

    /// Whether it is one state and nothing else.
    fn is_one_state(&self) -> bool {
        self.events.is_empty() && self.states.len() == 1
    }
}

/// One `item.snapshot`: the join of all events of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The item.
    pub item_id: Box<str>,
    /// Name of the snapshot: the BLAKE3 of its payload.
    pub id: SnapshotId,
    /// The canonical payload.
    pub payload: Vec<u8>,
    /// How many events it stands for.
    pub compacted_from: usize,
}

/// Compacts everything held of one item into one snapshot; `None` when nothing is held.
///
/// No policy is asked and no source is touched. Equal sources and redactions give equal bytes, in
/// whatever order the sources stand.
pub fn compact_item<E: LatticeEvent>(
    item_id: &str,
    sources: &ItemSources<E>,
    redactions: &Set<EventHash>,
) -> Option<Snapshot> {
    if sources.events.is_empty() && sources.states.is_empty() {
        return None;
    }
    Some(snapshot(item_id, &sources.state(redactions)))
}

fn snapshot(item_id: &str, state: &impl CompactState) -> Snapshot {
    let payload = state.encode(item_id);
    Snapshot {
        item_id: item_id.into(),
        id: SnapshotId::of(&payload),
        payload,
        compacted_from: state.coverage().len(),
    }
}

/// Reads the item id and the state back from a snapshot's payload.
///
/// # Errors
///
/// The state's decode error, on anything that is no canonical payload.
pub fn extract_snapshot_payload<S: CompactState>(
    payload: &[u8],
) -> Result<(Box<str>, S), S::DecodeError> {
    S::decode(payload)
}

/// What became of one item.
enum Outcome {
    Compacted {
        snapshot: Snapshot,
        replaced: usize,
        before: u64,
    },
    Skipped(SkipReason),
}

/// Compacts every item the policy allows, and reports on all of them.
///
/// Items are independent of each other; with the feature `rayon` they are compacted in parallel.
/// The result is the same to the byte, in the order of the items given. A dry run computes
/// everything and returns the report alone: writing the snapshots is the caller's, so with
/// `dry_run` there are none to write.
pub fn compact_items<'a, E>(
    items: &[(&'a str, &'a ItemSources<E>)],
    policy: &CompactionPolicy,
    now_micros: u64,
    redactions: &Set<EventHash>,
) -> (Vec<Snapshot>, CompactionReport)
where
    E: LatticeEvent + Sync,
    E::State: Send + Sync,
{
    let one = |item: &(&'a str, &'a ItemSources<E>)| {
        consider(item.0, item.1, policy, now_micros, redactions)
    };
    #[cfg(feature = "rayon")]
    let outcomes: Vec<Outcome> = {
        use rayon::prelude::*;
        items.par_iter().map(one).collect()
    };
    #[cfg(not(feature = "rayon"))]
    let outcomes: Vec<Outcome> = items.iter().map(one).collect();

    let mut report = CompactionReport::default();
    let mut snapshots = Vec::new();
    for ((item_id, _), outcome) in items.iter().zip(outcomes) {
        match outcome {
            Outcome::Skipped(reason) => {
                report.skipped.insert((*item_id).to_owned(), reason);
            }
            Outcome::Compacted {
                snapshot,
                replaced,
                before,
            } => {
                report.items_compacted = report.items_compacted.saturating_add(1);
                report.events_replaced = report.events_replaced.saturating_add(replaced);
                report.bytes_before = report.bytes_before.saturating_add(before);
                let after = snapshot.payload.len() as u64;
                report.bytes_after = report.bytes_after.saturating_add(after);
                snapshots.push(snapshot);
            }
        }
    }
    if policy.dry_run {
        snapshots.clear();
    }
    report.snapshots_created = snapshots.len();
    (snapshots, report)
}

fn consider<E: LatticeEvent>(
    item_id: &str,
    sources: &ItemSources<E>,
    policy: &CompactionPolicy,
    now_micros: u64,
    redactions: &Set<EventHash>,
) -> Outcome {
    let state = sources.state(redactions);
    if let Some(reason) = SkipReason::of(eligibility(&state, policy, now_micros)) {
        return Outcome::Skipped(reason);
    }
    if sources.is_one_state() && sources.states.first() == Some(&state) {
        return Outcome::Skipped(SkipReason::AlreadyCompact);
    }
    let snapshot = snapshot(item_id, &state);
    if snapshot.payload.len() as u64 > policy.max_snapshot_bytes {
        return Outcome::Skipped(SkipReason::TooLarge);
    }
    let redacts = holds_redacted(sources, redactions);
    // A snapshot that takes text away is written at any size.
    if snapshot.payload.len() as u64 > sources.bytes && !redacts {
        return Outcome::Skipped(SkipReason::WouldGrow);
    }
    Outcome::Compacted {
        snapshot,
        replaced: sources.events.len(),
        before: sources.bytes,
    }
}

/// True iff the sources still hold what the redactions take away.
fn holds_redacted<E: LatticeEvent>(sources: &ItemSources<E>, redactions: &Set<EventHash>) -> bool {
    let in_events = sources
        .events
        .iter()
        .any(|event| event.tells_redacted(redactions));
    in_events
        || sources.states.iter().any(|state| {
            let mut masked = state.clone();
            masked.redact(redactions)
        })
}

/// The states that replace raw events which tell redacted text: the masked delta of each, with the place
/// of the event in `sources.events`. For items that are not compacted.
pub fn masked_deltas<E: LatticeEvent>(
    sources: &ItemSources<E>,
    redactions: &Set<EventHash>,
) -> Vec<(usize, E::State)> {
    let mut masked = Vec::new();
    for (place, event) in sources.events.iter().enumerate() {
        if event.tells_redacted(redactions) {
            let mut delta = event.delta();
            delta.redact(redactions);
            masked.push((place, delta));
        }
    }
    masked
}
