//! What a compaction will do. Pure: from a view and options, nothing is touched.

use std::collections::{BTreeMap, BTreeSet};

use bones_compact::{
    Commit, CompactionPolicy, CompactionReport, Dated, Extent, RetentionPlan, SkipReason, Source,
    Version, compact_histories, policy_clock, state_at,
};
use bones_snapshot::{EventHash, ItemState, Order, SnapshotPayload};
use lattice_core::{Set, join_all};

use super::reach::{self, Reach};
use super::{Compaction, CompactionOutcome, Compression};
use crate::error::StoreError;
use crate::item_store::View;
use crate::item_store::held::HeldEvent;
use crate::item_store::id::ItemId;
use crate::item_store::items::Items;
use crate::item_store::scope::ScopeId;
use crate::log_store::LogStore;
use crate::record::MAX_PAYLOAD;

/// What is to be held instead of the past of items.
pub(super) type Versions<S> = BTreeMap<ItemId, Instead<S>>;

type Instead<S> = Vec<Dated<HeldEvent<S>>>;

/// An item, and what is held of it.
type Held<'i, S> = (&'i str, &'i [Dated<HeldEvent<S>>]);

/// So many items are compacted before what was found of them is checked and all but its states is let go.
const AT_ONCE: usize = 1024;

/// What a compaction will do.
pub(crate) struct Plan<S: Order> {
    /// What came until this commit stays as it stands.
    after: u64,
    /// The compactions there had been.
    compactions: u64,
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
    reach: Reach,
    /// Nothing is worth the writing.
    is_idle: bool,
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

/// What a plan has to know of a log.
pub(crate) struct LogFacts {
    /// The commits behind which it can be rewritten.
    seams: Vec<u64>,
    /// Whether remains of torn writes are kept.
    aside: bool,
}

impl LogFacts {
    pub(crate) fn of(log: &impl LogStore) -> Result<Self, StoreError> {
        Ok(Self {
            seams: log.seams(),
            aside: log.kept_aside()? > 0,
        })
    }
}

impl<S: Order> Plan<S> {
    pub(crate) fn new(
        view: &View<S>,
        options: &Compaction,
        facts: &LogFacts,
    ) -> Result<Self, StoreError> {
        let (retention, clock) = retain(view, options)?;
        let compression = options.compression.unwrap_or(view.form());
        let refuse = Refuse {
            masks: view.holds_redacted()?,
            garbage: view.past.garbage,
            tails: facts.aside && !view.redactions.is_empty(),
        };
        let mut plan = Self {
            after: 0,
            compactions: view.past.compactions,
            retention,
            clock,
            base: BTreeMap::new(),
            scopes: BTreeMap::new(),
            report: CompactionReport::default(),
            scope_items: 0,
            refuse,
            reform: view.is_packed() != (compression != Compression::None),
            compression,
            dry_run: options.policy.dry_run,
            reach: options.reach,
            is_idle: false,
        };
        let points: Vec<u64> = plan.retention.kept.iter().map(|k| k.commit).collect();
        if options.reach == Reach::Worthwhile && !plan.has_to_go() {
            let found = reach::worthwhile(view, &points, &facts.seams, options)?;
            plan.is_idle = found.is_none();
            // Behind the last commit lies nothing.
            plan.after = found.unwrap_or(view.commit());
        }
        plan.fill(view, &points, options)?;
        Ok(plan)
    }

    /// Finds what becomes of every item.
    fn fill(
        &mut self,
        view: &View<S>,
        points: &[u64],
        options: &Compaction,
    ) -> Result<(), StoreError> {
        let after = self.after;
        let extent = Extent { after, points };
        (self.base, self.report) = compact(&view.base, extent, options, view)?;
        for scope in view.scopes.values() {
            let (versions, report) = compact(&scope.items, extent, options, view)?;
            self.scope_items = self.scope_items.saturating_add(report.items_compacted);
            self.scopes.insert(scope.id.clone(), versions);
        }
        Ok(())
    }

    /// Whether there is anything that must not stay on the disk as it is, however small.
    fn has_to_go(&self) -> bool {
        self.reform || self.refuse.masks || self.refuse.garbage || self.refuse.tails
    }

    /// The commit behind which everything is written anew.
    pub(crate) fn after(&self) -> u64 {
        self.after
    }

    /// True iff nothing is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        // To forget commits alone is worth no writing.
        let forgets = self.reach == Reach::Everything && !self.retention.dropped.is_empty();
        let changes = self.report.items_compacted > 0 || self.scope_items > 0 || forgets;
        self.dry_run || self.is_idle || !(changes || self.has_to_go())
    }

    /// Whether what torn writes left may hold text that is redacted since.
    pub(crate) fn discards_tails(&self) -> bool {
        self.refuse.tails
    }

    /// Whether the plan is one for this view too, which may have gone on since: no other compaction came between, and
    /// everything that is pinned by now stays readable.
    pub(crate) fn holds_for(&self, view: &View<S>) -> bool {
        if view.past.compactions != self.compactions {
            return false;
        }
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
            left_behind: Vec::new(),
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
    extent: Extent<'_>,
    options: &Compaction,
    view: &View<S>,
) -> Result<(Versions<S>, CompactionReport), StoreError> {
    let (mut versions, mut report) = (Versions::new(), CompactionReport::default());
    let policy = CompactionPolicy {
        max_snapshot_bytes: options.policy.max_snapshot_bytes.min(MAX_PAYLOAD as u64),
        ..options.policy.clone()
    };
    let mut since = items.since(extent.after);
    loop {
        let several = since.by_ref().take(AT_ONCE);
        let several = several.map(|held| held.map(|(id, item)| (id, item.sources())));
        let several: Vec<Held<'_, S>> = several.collect::<Result<_, _>>()?;
        if several.is_empty() {
            break;
        }
        let (found, part) = compact_histories(
            &several,
            extent,
            &policy,
            options.now_micros,
            &view.redactions,
        );
        report += part;
        let found = found.into_iter();
        let found = found.filter_map(|(place, found)| Some((several.get(place)?, found)));
        let check = |(held, found)| checked(held, found, extent, &view.redactions);
        #[cfg(feature = "rayon")]
        {
            use rayon::prelude::*;
            let found: Vec<_> = found.collect();
            let checked: Result<Vec<_>, _> = found.into_par_iter().map(check).collect();
            versions.extend(checked?);
        }
        #[cfg(not(feature = "rayon"))]
        for found in found {
            versions.extend([check(found)?]);
        }
    }
    for (id, first) in items.until(extent.after) {
        let reason = if first > extent.floor() {
            SkipReason::InWindow
        } else {
            SkipReason::Untouched
        };
        report.skipped.insert(id.to_owned(), reason);
    }
    Ok((versions, report))
}

/// What is held instead of the past of an item, if that is every write of it and reads back.
fn checked<S: Order>(
    (id, sources): &Held<'_, S>,
    found: Vec<Version<ItemState<S>>>,
    extent: Extent<'_>,
    redactions: &Set<EventHash>,
) -> Result<(ItemId, Instead<S>), StoreError> {
    for version in &found {
        let payload = SnapshotPayload::<S>::decode(&version.snapshot.payload);
        let payload = payload.map_err(|source| StoreError::WrittenPayload {
            item: (*id).to_owned(),
            source,
        })?;
        if *payload.state() != *version.state {
            return Err(unfaithful(id));
        }
    }
    // Sources go only when the versions hold them: every write, not just a claim to cover.
    let held = state_at(extent.of(sources), u64::MAX, redactions);
    let states = found.iter().map(|version| &*version.state);
    let mut kept = join_all(states.cloned());
    kept.redact(redactions);
    if kept != held {
        return Err(unfaithful(id));
    }
    let found = found.into_iter().map(|version| Dated {
        commit: version.commit,
        bytes: version.snapshot.payload.len() as u64,
        source: Source::State(version.state),
    });
    Ok((ItemId::from(*id), found.collect()))
}

fn unfaithful(id: &str) -> StoreError {
    StoreError::Unfaithful { item: id.into() }
}
