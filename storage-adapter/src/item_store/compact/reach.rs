//! How far back a compaction goes.

use std::collections::BTreeMap;

use bones_compact::{Eligibility, eligibility};
use bones_snapshot::Order;

use super::Compaction;
use crate::error::StoreError;
use crate::item_store::View;
use crate::item_store::items::{Items, Outline};

/// How much of a store a compaction may leave as earlier ones wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Reach {
    /// Nothing: all of it is written anew, as small as it gets.
    #[default]
    Everything,
    /// What would hardly shrink. What came since the last compaction is written, and what earlier ones wrote
    /// only where a quarter of it would be replaced, or where it is no more than what is written behind it. So a
    /// compaction after few changes writes little; every byte is written again at most about log2 n times while
    /// the store grows to n bytes, and at most about a quarter stays larger than it could be. Commits
    /// that may be forgotten stay readable until there is something to write. Redacted text, deleted scopes and a change
    /// of compression ask for everything.
    Worthwhile,
}

/// What one compaction wrote, or what came behind the last: the bytes of items in it.
#[derive(Default)]
struct Run {
    bytes: u64,
    /// Those that a compaction would replace, as far as can be told without doing it.
    unsettled: u64,
}

/// The seam behind which a compaction writes anew; `None` if none is worth the writing. Every item is asked what
/// lies where: O(sources).
pub(super) fn worthwhile<S: Order>(
    view: &View<S>,
    points: &[u64],
    seams: &[u64],
    options: &Compaction,
) -> Result<Option<u64>, StoreError> {
    // Runs by the seam they begin behind.
    let mut runs: BTreeMap<u64, Run> = BTreeMap::from([(0, Run::default())]);
    let ends = view.past.runs.iter().filter(|end| seams.contains(end));
    runs.extend(ends.map(|end| (*end, Run::default())));
    let scopes = view.scopes.values().map(|scope| &scope.items);
    for items in std::iter::once(&view.base).chain(scopes) {
        weigh(view, items, &mut runs, points, options)?;
    }
    let newest = runs.keys().next_back().copied().unwrap_or(0);
    let mut behind = 0_u64;
    let mut found = (view.commit() > view.past.runs.last().copied().unwrap_or(0)).then_some(newest);
    for (seam, run) in runs.iter().rev() {
        let is_stale = run.unsettled > 0 && run.unsettled.saturating_mul(4) >= run.bytes;
        let is_small = found.is_some() && run.bytes <= behind;
        if is_stale || is_small {
            found = Some(*seam);
        }
        behind = behind.saturating_add(run.bytes);
    }
    Ok(found)
}

fn weigh<S: Order>(
    view: &View<S>,
    items: &Items<S>,
    runs: &mut BTreeMap<u64, Run>,
    points: &[u64],
    options: &Compaction,
) -> Result<(), StoreError> {
    for (held, asked) in items.outlines() {
        for source in &held {
            run_of(runs, source).bytes += source.bytes;
        }
        let found = unsettled(&held, points);
        if found.is_empty() {
            continue;
        }
        let state = asked.item()?.state(&view.redactions);
        if let Eligibility::Eligible = eligibility(state, &options.policy, options.now_micros) {
            for source in found {
                run_of(runs, source).unsettled += source.bytes;
            }
        }
    }
    Ok(())
}

/// What a compaction of the whole item would join, if the policy lets it.
fn unsettled<'i>(held: &'i [Outline], points: &[u64]) -> Vec<&'i Outline> {
    let floor = points.last().copied().unwrap_or(0);
    let until = held.partition_point(|source| source.commit <= floor);
    let mut rest = held.get(..until).unwrap_or_default();
    let mut found = Vec::new();
    while let Some(first) = rest.first() {
        let point = points.partition_point(|point| *point < first.commit);
        let point = points.get(point).copied().unwrap_or(u64::MAX);
        let (group, later) = rest.split_at(rest.partition_point(|source| source.commit.le(&point)));
        rest = later;
        match group {
            [one] if one.is_state => {}
            several => found.extend(several),
        }
    }
    found
}

fn run_of<'r>(runs: &'r mut BTreeMap<u64, Run>, held: &Outline) -> &'r mut Run {
    // What a commit brought lies behind the last seam before it.
    let seam = runs.range(..held.commit.max(1)).next_back();
    let seam = seam.map_or(0, |(seam, _)| *seam);
    runs.entry(seam).or_default()
}
