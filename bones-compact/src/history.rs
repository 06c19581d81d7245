//! Compacting an item whose past is to stay readable at some commits.

use std::sync::Arc;

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
    /// A state that replaced events before: a snapshot, or the masked delta of a redacted event. Shared, since
    /// it is many times the size of what names it.
    State(Arc<E::State>),
}

/// What came of an item until one commit, behind the version before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<T> {
    /// The last commit that brought anything of it.
    pub commit: u64,
    /// The join of what came.
    pub state: Arc<T>,
    /// Its payload.
    pub snapshot: Snapshot,
}

/// Which commits a compaction goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent<'p> {
    /// What came with this commit or before it stays as it is. 0 for nothing.
    pub after: u64,
    /// The commits that stay readable, ascending. The last is the floor: what came behind it stays as
    /// it is, too.
    pub points: &'p [u64],
}

impl Extent<'_> {
    /// The last commit it goes over.
    pub fn floor(&self) -> u64 {
        self.points.last().copied().unwrap_or(0)
    }

    /// The part of an item's sources that it goes over. O(log n).
    pub fn of<'s, E: LatticeEvent>(&self, sources: &'s [Dated<E>]) -> &'s [Dated<E>] {
        let begin = sources.partition_point(|source| source.commit <= self.after);
        let end = sources.partition_point(|source| source.commit <= self.floor());
        sources.get(begin..end).unwrap_or_default()
    }
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

/// The versions of an item: of everything the extent goes over, what came until each point and behind the point
/// before, joined into one.
///
/// The state at a point is the join of all versions up to there and of what lies before the extent. So nothing
/// that is known of the item depends on which points were chosen, or on how often and how far it was compacted. A
/// version that brings nothing new beside those before it in the extent is left out.
///
/// `sources` is ascending by commit. O(n log n + v·|state|) for n sources and v versions.
pub fn versions<E: LatticeEvent>(
    item_id: &str,
    sources: &[Dated<E>],
    extent: Extent<'_>,
    redactions: &Set<EventHash>,
) -> Vec<Version<E::State>> {
    let mut rest = extent.of(sources);
    let mut known: Option<E::State> = None;
    let mut versions: Vec<Version<E::State>> = Vec::new();
    for &point in extent.points {
        let (new, later) = rest.split_at(rest.partition_point(|s| s.commit <= point));
        rest = later;
        let Some(last) = new.last() else {
            continue;
        };
        let mut state = E::State::bottom();
        join_sources(&mut state, new.iter());
        state.redact(redactions);
        if known.as_ref().is_some_and(|known| state.leq(known)) {
            continue;
        }
        if !later.is_empty() {
            known.get_or_insert_with(E::State::bottom).join_ref(&state);
        }
        let payload = state.encode(item_id);
        versions.push(Version {
            commit: last.commit,
            snapshot: Snapshot {
                item_id: item_id.into(),
                id: SnapshotId::of(&payload),
                payload,
                compacted_from: state.coverage().len(),
            },
            state: Arc::new(state),
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

/// [`compact_items`](crate::compact_items) for items whose past stays readable at some commits.
///
/// What the extent goes over of an item is replaced by its [`versions`] when the policy allows it for what the item
/// was at the floor, and when they take no more bytes than what they replace. With `dry_run` there are no
/// versions to write, as there. Sources ascend by commit. Items of which nothing lies in the extent cost O(log n).
pub fn compact_histories<E>(
    items: &[(&str, &[Dated<E>])],
    extent: Extent<'_>,
    policy: &CompactionPolicy,
    now_micros: u64,
    redactions: &Set<EventHash>,
) -> Histories<E::State>
where
    E: LatticeEvent + Sync,
    E::State: Send + Sync,
{
    let one = |item: &(&str, &[Dated<E>])| {
        consider(item.0, item.1, extent, policy, now_micros, redactions)
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
    extent: Extent<'_>,
    policy: &CompactionPolicy,
    now_micros: u64,
    redactions: &Set<EventHash>,
) -> Result<Found<E::State>, SkipReason> {
    let past = extent.of(sources);
    if past.is_empty() {
        let is_behind = sources.iter().all(|s| s.commit > extent.floor());
        return Err(if is_behind {
            SkipReason::InWindow
        } else {
            SkipReason::Untouched
        });
    }
    let state = state_at(sources, extent.floor(), redactions);
    if let Some(reason) = SkipReason::of(eligibility(&state, policy, now_micros)) {
        return Err(reason);
    }
    let versions = versions(item_id, sources, extent, redactions);
    let is_same = |(held, version): (&Dated<E>, &Version<E::State>)| match &held.source {
        Source::State(state) => held.commit == version.commit && *state == version.state,
        Source::Event(_) => false,
    };
    if past.len() == versions.len() && past.iter().zip(&versions).all(is_same) {
        return Err(SkipReason::AlreadyCompact);
    }
    let is_event = |held: &&Dated<E>| matches!(held.source, Source::Event(_));
    let events = past.iter().filter(is_event);
    let before = past.iter().map(|held| held.bytes);
    let before = before.fold(0, u64::saturating_add);
    let sizes = versions.iter().map(|v| v.snapshot.payload.len() as u64);
    if sizes.clone().any(|size| size > policy.max_snapshot_bytes) {
        return Err(SkipReason::TooLarge);
    }
    let found = Found {
        events: events.count(),
        before,
        after: sizes.fold(0, u64::saturating_add),
        versions,
    };
    // A snapshot that takes text away is written at any size.
    let redacts = || {
        past.iter()
            .any(|held| holds_redacted(&held.source, redactions))
    };
    if found.after > before && !redacts() {
        return Err(SkipReason::WouldGrow);
    }
    Ok(found)
}

/// True iff the source still holds what the redactions take away.
pub fn holds_redacted<E: LatticeEvent>(source: &Source<E>, redactions: &Set<EventHash>) -> bool {
    match source {
        Source::Event(event) => event.tells_redacted(redactions),
        Source::State(state) => !redactions.is_empty() && E::State::clone(state).redact(redactions),
    }
}

/// The source without the text that redactions take away, or `None` when it holds none of it.
pub fn masked<E: LatticeEvent>(
    source: &Source<E>,
    redactions: &Set<EventHash>,
) -> Option<E::State> {
    let mut state = match source {
        Source::Event(event) if event.tells_redacted(redactions) => event.delta(),
        Source::State(state) if !redactions.is_empty() => E::State::clone(state),
        _ => return None,
    };
    let changed = state.redact(redactions);
    // An event's line goes even if its delta held no text.
    (changed || matches!(source, Source::Event(_))).then_some(state)
}
