//! Compacting an item whose past is to stay readable at some commits.

use bones_snapshot::{EventHash, SnapshotId};
use lattice_core::{Bottom, JoinSemilattice, Set};

use crate::compact::Snapshot;
use crate::event::{CompactState, LatticeEvent};
use crate::policy::{CompactionPolicy, eligibility};
use crate::report::{CompactionReport, SkipReason};

/// One thing held of an item, and the commit it came with. Lists of them ascend by commit.
#[derive(Clone)]
pub struct Dated<E: LatticeEvent> {
    /// Number of the commit.
    pub commit: u64,
    /// How many bytes it takes where it is stored.
    pub bytes: u64,
    /// The thing.
    pub source: Source<E>,
}

/// An event, or what stands for several.
#[derive(Clone)]
pub enum Source<E: LatticeEvent> {
    /// A raw event.
    Event(E),
    /// A state that replaced events before: a snapshot, or the masked delta of a redacted event.
    State(E::State),
}

/// The state of an item as of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<T> {
    /// The commit.
    pub commit: u64,
    /// The state after it.
    pub state: T,
    /// Its payload.
    pub snapshot: Snapshot,
}

/// The state after every commit up to `commit`, under the redactions known.
///
/// The join of all sources up to there, so a state that stands for older ones does no harm beside them.
/// O(n log n) for n sources.
pub fn state_at<E: LatticeEvent>(
    sources: &[Dated<E>],
    commit: u64,
    redactions: &Set<EventHash>,
) -> E::State {
    let mut state = E::State::bottom();
    join_sources(&mut state, sources.iter().filter(|s| s.commit <= commit));
    state.redact(redactions);
    state
}

/// The versions of an item at the given commits: one for each at which it is not what it was at the
/// commit before. `points` is ascending; sources behind the last point are left out.
///
/// The state at any of the points is the last version at or before it, and the join of all
/// versions is the last: nothing that is known of the item depends on which points were chosen.
/// O(n log n + v·|state|) for n sources and v versions.
pub fn versions<E: LatticeEvent>(
    item_id: &str,
    sources: &[Dated<E>],
    points: &[u64],
    redactions: &Set<EventHash>,
) -> Vec<Version<E::State>> {
    let mut sorted: Vec<&Dated<E>> = sources.iter().collect();
    sorted.sort_by_key(|source| source.commit);
    let mut rest = sorted.as_slice();
    let mut state = E::State::bottom();
    let mut versions: Vec<Version<E::State>> = Vec::new();
    for &point in points {
        let (new, later) = rest.split_at(rest.partition_point(|s| s.commit <= point));
        rest = later;
        if new.is_empty() {
            continue;
        }
        join_sources(&mut state, new.iter().copied());
        state.redact(redactions);
        if versions.last().is_some_and(|last| last.state == state) {
            continue;
        }
        let payload = state.encode(item_id);
        versions.push(Version {
            commit: point,
            snapshot: Snapshot {
                item_id: item_id.into(),
                id: SnapshotId::of(&payload),
                payload,
                compacted_from: state.coverage().len(),
            },
            state: state.clone(),
        });
    }
    versions
}

fn join_sources<'a, E: LatticeEvent + 'a>(
    state: &mut E::State,
    sources: impl Iterator<Item = &'a Dated<E>>,
) {
    let mut events = Vec::new();
    for dated in sources {
        match &dated.source {
            Source::Event(event) => events.push(event),
            Source::State(held) => {
                state.join_ref(held);
            }
        }
    }
    if !events.is_empty() {
        state.join(E::fold(events));
    }
}

/// What becomes of the items of a store: the versions of those that are replaced, by their place
/// in the list given, and the report on all.
pub type Histories<T> = (Vec<(usize, Vec<Version<T>>)>, CompactionReport);

/// [`compact_items`](crate::compact_items) for items whose past stays readable at `points`.
///
/// `points` is ascending, and its last is the floor: sources behind it are not touched. An item is replaced
/// by its [`versions`] when the policy allows it for what it was at the floor, and when they take no more bytes
/// than what they replace. With `dry_run` there are no versions to write, as there.
pub fn compact_histories<E>(
    items: &[(&str, &[Dated<E>])],
    points: &[u64],
    policy: &CompactionPolicy,
    now_micros: u64,
    redactions: &Set<EventHash>,
) -> Histories<E::State>
where
    E: LatticeEvent + Sync,
    E::State: Send + Sync,
{
    let one = |item: &(&str, &[Dated<E>])| {
        consider(item.0, item.1, points, policy, now_micros, redactions)
    };
    #[cfg(feature = "rayon")]
    let outcomes: Vec<_> = {
        use rayon::prelude::*;
        items.par_iter().map(one).collect()
    };
    #[cfg(not(feature = "rayon"))]
    let outcomes: Vec<_> = items.iter().map(one).collect();

    let mut report = CompactionReport::default();
    let mut replaced = Vec::new();
    for (place, (outcome, (item_id, _))) in outcomes.into_iter().zip(items).enumerate() {
        match outcome {
            Err(reason) => {
                report.skipped.insert((*item_id).to_owned(), reason);
            }
            Ok(found) => {
                report.items_compacted = report.items_compacted.saturating_add(1);
                report.events_replaced = report.events_replaced.saturating_add(found.events);
                report.bytes_before = report.bytes_before.saturating_add(found.before);
                report.bytes_after = report.bytes_after.saturating_add(found.after);
                if !policy.dry_run {
                    let more = found.versions.len();
                    report.snapshots_created = report.snapshots_created.saturating_add(more);
                    replaced.push((place, found.versions));
                }
            }
        }
    }
    (replaced, report)
}

struct Found<T> {
    versions: Vec<Version<T>>,
    events: usize,
    before: u64,
    after: u64,
}

fn consider<E: LatticeEvent>(
    item_id: &str,
    sources: &[Dated<E>],
    points: &[u64],
    policy: &CompactionPolicy,
    now_micros: u64,
    redactions: &Set<EventHash>,
) -> Result<Found<E::State>, SkipReason> {
    let floor = points.last().copied().unwrap_or(0);
    let past = || sources.iter().filter(|source| source.commit <= floor);
    if past().next().is_none() {
        return Err(SkipReason::InWindow);
    }
    let state = state_at(sources, floor, redactions);
    if let Some(reason) = SkipReason::of(eligibility(&state, policy, now_micros)) {
        return Err(reason);
    }
    let versions = versions(item_id, sources, points, redactions);
    let is_same = |(held, version): (&Dated<E>, &Version<E::State>)| match &held.source {
        Source::State(state) => held.commit == version.commit && *state == version.state,
        Source::Event(_) => false,
    };
    if past().count() == versions.len() && past().zip(&versions).all(is_same) {
        return Err(SkipReason::AlreadyCompact);
    }
    let events = past().filter(|held| matches!(held.source, Source::Event(_)));
    let before = past().map(|held| held.bytes).fold(0, u64::saturating_add);
    let sizes = versions.iter().map(|v| v.snapshot.payload.len() as u64);
    let found = Found {
        events: events.count(),
        before,
        after: sizes.fold(0, u64::saturating_add),
        versions,
    };
    // A snapshot that takes text away is written at any size.
    if found.after > before && !past().any(|held| holds_redacted(&held.source, redactions)) {
        return Err(SkipReason::WouldGrow);
    }
    Ok(found)
}

/// True iff the source still holds what the redactions take away.
pub fn holds_redacted<E: LatticeEvent>(source: &Source<E>, redactions: &Set<EventHash>) -> bool {
    match source {
        Source::Event(event) => redactions.contains(&event.hash()),
        Source::State(state) => !redactions.is_empty() && state.clone().redact(redactions),
    }
}

/// The source without the text that redactions take away, or `None` when it holds none of it.
pub fn masked<E: LatticeEvent>(
    source: &Source<E>,
    redactions: &Set<EventHash>,
) -> Option<E::State> {
    let mut state = match source {
        Source::Event(event) if redactions.contains(&event.hash()) => event.delta(),
        Source::State(state) if !redactions.is_empty() => state.clone(),
        _ => return None,
    };
    let changed = state.redact(redactions);
    // An event's line goes even if its delta held no text.
    (changed || matches!(source, Source::Event(_))).then_some(state)
}
