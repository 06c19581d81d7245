//! What a compaction will do. Pure: from a view and options, nothing is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{
    Commit, CompactionReport, Dated, RetentionPlan, Version, compact_histories, policy_clock,
    state_at,
};
use bones_snapshot::{ItemState, Order, SnapshotPayload};

use super::{Compaction, CompactionOutcome, Compression};
use crate::error::StoreError;
use crate::item_store::View;
use crate::item_store::held::{HeldEvent, Items};
use crate::item_store::scope::ScopeId;

/// Versions to hold instead of the past of items.
pub(super) type Versions<S> = BTreeMap<Arc<str>, Vec<Version<ItemState<S>>>>;

/// What a compaction will do.
pub(crate) struct Plan<S: Order> {
    pub(super) retention: RetentionPlan,
    /// The policy clock, if retention was asked.
    pub(super) clock: Option<u64>,
    pub(super) base: Versions<S>,
    pub(super) scopes: BTreeMap<ScopeId, Versions<S>>,
    report: CompactionReport,
    scope_items: usize,
    refuse: Refuse,
    pub(super) compression: Compression,
    /// Whether that is another form than the store has now.
    reform: bool,
    dry_run: bool,
}

/// What there is to take off the disk, beside what is replaced.
struct Refuse {
    /// Text that is redacted.
    masks: bool,
    /// What is left of deleted scopes and of migrations that ended.
    garbage: bool,
    /// Remains of torn writes that may hold redacted text.
    tails: bool,
}

impl<S: Order> Plan<S> {
    /// `aside`: whether remains of torn writes are kept.
    pub(crate) fn new(
        view: &View<S>,
        options: &Compaction,
        aside: bool,
    ) -> Result<Self, StoreError> {
        let (retention, clock) = retain(view, options)?;
        let compression = options.compression.unwrap_or(view.form());
        let points: Vec<u64> = retention.kept.iter().map(|kept| kept.commit).collect();
        let (base, report) = compact(&view.base, &points, options, view)?;
        let mut scopes = BTreeMap::new();
        let mut scope_items = 0_usize;
        for scope in view.scopes.values() {
            let (versions, report) = compact(&scope.items, &points, options, view)?;
            scope_items = scope_items.saturating_add(report.items_compacted);
            scopes.insert(scope.id.clone(), versions);
        }
        Ok(Self {
            retention,
            clock,
            base,
            scopes,
            report,
            scope_items,
            refuse: Refuse {
                masks: view.holds_redacted(),
                garbage: view.past.garbage,
                tails: aside && !view.redactions.is_empty(),
            },
            reform: view.is_packed() != (compression != Compression::None),
            compression,
            dry_run: options.policy.dry_run,
        })
    }

    /// True iff nothing is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        let idle = self.report.items_compacted == 0
            && self.scope_items == 0
            && self.retention.dropped.is_empty()
            && !self.reform
            && !self.refuse.masks
            && !self.refuse.garbage
            && !self.refuse.tails;
        self.dry_run || idle
    }

    /// Whether what torn writes left may hold text that is redacted since.
    pub(crate) fn discards_tails(&self) -> bool {
        self.refuse.tails
    }

    /// Whether everything the view has pinned by now stays readable.
    pub(crate) fn keeps_pins(&self, view: &View<S>) -> bool {
        let dropped: BTreeSet<u64> = self.retention.dropped.iter().map(|c| c.commit).collect();
        view.pins().is_disjoint(&dropped)
    }

    pub(crate) fn outcome(&self, changed: bool, before: u64, after: u64) -> CompactionOutcome {
        CompactionOutcome {
            report: self.report.clone(),
            scope_items_compacted: self.scope_items,
            items_masked: 0,
            floor: self.retention.floor,
            commits_kept: self.retention.kept.len(),
            commits_dropped: self.retention.dropped.len(),
            changed,
            disk_before: before,
            disk_after: after,
        }
    }
}

impl<S: Order> View<S> {
    /// Whether the beginning of the log is compressed.
    pub fn is_packed(&self) -> bool {
        self.past.packed
    }

    /// How to write what is to have the form it has.
    #[cfg_attr(
        not(feature = "zstd"),
        expect(clippy::unused_self, reason = "there is one form then")
    )]
    fn form(&self) -> Compression {
        #[cfg(feature = "zstd")]
        if self.is_packed() {
            return Compression::ZSTD;
        }
        Compression::None
    }
}

/// Which commits stay readable, and the policy clock that says so.
fn retain<S: Order>(
    view: &View<S>,
    options: &Compaction,
) -> Result<(RetentionPlan, Option<u64>), StoreError> {
    let commits: Vec<Commit> = view
        .commits()
        .map(|(commit, time_micros)| Commit {
            commit,
            time_micros,
        })
        .collect();
    let (old_floor, pins) = (view.floor(), view.pins());
    if let Some(config) = &options.retention {
        let retention = config.validate()?;
        let clock = policy_clock(
            options.clock_micros,
            view.policy_clock(),
            config.cutoff,
            options.accept_clock_jump,
        )?;
        let plan = retention.plan(&commits, old_floor, &pins, clock)?;
        return Ok((plan, Some(clock.micros())));
    }
    let floor = view.commit();
    let stays = |c: &Commit| c.commit == floor || pins.contains(&c.commit);
    let (kept, dropped) = commits.into_iter().partition(stays);
    let plan = RetentionPlan {
        now_micros: options.clock_micros,
        old_floor,
        floor,
        kept,
        dropped,
    };
    Ok((plan, view.policy_clock()))
}

/// The versions of every item that is replaced, each decoded again and found to be what it should.
fn compact<S: Order>(
    items: &Items<S>,
    points: &[u64],
    options: &Compaction,
    view: &View<S>,
) -> Result<(Versions<S>, CompactionReport), StoreError> {
    let list: Vec<(&str, &[Dated<HeldEvent<S>>])> = items
        .iter()
        .map(|(id, item)| (&**id, item.sources.as_slice()))
        .collect();
    let redactions = &view.redactions;
    let (found, report) = compact_histories(
        &list,
        points,
        &options.policy,
        options.now_micros,
        redactions,
    );
    let floor = points.last().copied().unwrap_or(0);
    let mut versions = Versions::new();
    for (place, replaced) in found {
        let Some((id, sources)) = list.get(place) else {
            continue;
        };
        for version in &replaced {
            let payload = SnapshotPayload::<S>::decode(&version.snapshot.payload);
            let payload = payload.map_err(|source| StoreError::WrittenPayload {
                item: (*id).to_owned(),
                source,
            })?;
            if *payload.state() != version.state {
                return Err(unfaithful(id));
            }
        }
        // Sources go only when the last version holds them: every write, not just a claim to cover.
        let held = state_at(sources, floor, redactions);
        if replaced.last().map(|version| &version.state) != Some(&held) {
            return Err(unfaithful(id));
        }
        versions.insert(Arc::from(*id), replaced);
    }
    Ok((versions, report))
}

fn unfaithful(id: &str) -> StoreError {
    StoreError::Unfaithful { item: id.into() }
}
