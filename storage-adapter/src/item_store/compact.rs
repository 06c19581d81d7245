//! Replacing events by their joins, letting go of the past, and taking redacted text off the disk.

mod index;
mod plan;
mod reach;
mod write;

use bones_compact::{CompactionPolicy, CompactionReport, RetentionConfig};
use bones_snapshot::Order;

use super::indexed::Indexed;
use super::{ItemStore, View, load};
use crate::error::StoreError;
use crate::log_store::{LogRewrite, LogStore};

pub(crate) use plan::{LogFacts, Plan};
pub use reach::Reach;
pub(crate) use write::Replacement;

/// What a compaction may do, and the two clocks it goes by.
#[derive(Debug, Clone)]
pub struct Compaction {
    /// Which items may be held as snapshots.
    pub policy: CompactionPolicy,
    /// Which commits stay readable. `None`: only the last, and what is pinned.
    pub retention: Option<RetentionConfig>,
    /// What ages of events are counted from, in microseconds since the Unix epoch.
    pub now_micros: u64,
    /// What ages of commits are counted from, in microseconds since the Unix epoch: the clock that commits
    /// are made by.
    pub clock_micros: u64,
    /// Whether that clock may have jumped far ahead since the last compaction.
    pub accept_clock_jump: bool,
    /// How what is written is compressed. `None`: as the store is now.
    pub compression: Option<Compression>,
    /// How much is written anew.
    pub reach: Reach,
}

/// How a compaction writes what it keeps.
///
/// Reading is the same for all. What came since the last compaction is never compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// As it is.
    #[default]
    None,
    /// Packed by zstd in pieces of 64 KiB. Needs the feature `zstd`, also to open the store.
    #[cfg(feature = "zstd")]
    Zstd {
        /// How hard to try: 1 to 22. What zstd cannot do is taken for the nearest it can.
        level: i32,
    },
}

impl Compression {
    /// A good deal of what can be had, at a speed that can be waited for.
    #[cfg(feature = "zstd")]
    pub const ZSTD: Self = Self::Zstd { level: 12 };
}

impl Compaction {
    /// The default policy and the default retention, both clocks at `now_micros`.
    pub fn at(now_micros: u64) -> Self {
        Self {
            policy: CompactionPolicy::default(),
            retention: Some(RetentionConfig::default()),
            now_micros,
            clock_micros: now_micros,
            accept_clock_jump: false,
            compression: None,
            reach: Reach::Everything,
        }
    }

    /// As [`at`](Self::at), but no commit stays readable except the last and what is pinned.
    pub fn without_history(now_micros: u64) -> Self {
        Self {
            retention: None,
            ..Self::at(now_micros)
        }
    }
}

/// What a compaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompactionOutcome {
    /// What became of each item of the base.
    pub report: CompactionReport,
    /// Items of scopes that are held as snapshots now.
    pub scope_items_compacted: usize,
    /// Items left uncompacted whose redacted text was taken out of the store.
    pub items_masked: usize,
    /// The floor: from this commit on all are readable.
    pub floor: u64,
    /// Readable commits at or below the floor.
    pub commits_kept: usize,
    /// Commits that are no longer told apart.
    pub commits_dropped: usize,
    /// Whether anything was written.
    pub changed: bool,
    /// Size of the store before, in bytes.
    pub disk_before: u64,
    /// Size of the store after, in bytes.
    pub disk_after: u64,
    /// Files that hold what was replaced and could not be removed; the next compaction and the next opening try again.
    /// What was redacted may still stand in them.
    pub left_behind: Vec<String>,
}

impl<S: Order, L: LogStore> ItemStore<S, L> {
    /// Compacts what the policy allows, lets go of commits that retention does not keep, takes redacted
    /// text, deleted scopes and ended migrations off the disk, and publishes the result in one step. When
    /// there is nothing to do, nothing is written, the policy clock included.
    ///
    /// Nothing that is known now changes, and no commit behind the floor. How much of the store is written anew is for
    /// [`Reach`] to say; finding that out costs O(what is held) in any case.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the store is as before then, or read-only until opened again when the
    /// outcome is unknown, or compacted, when all that failed was to remove what stood before.
    pub fn compact(&mut self, options: &Compaction) -> Result<CompactionOutcome, StoreError> {
        let disk_before = self.log.disk_bytes()?;
        let plan = Plan::new(&self.view, options, &LogFacts::of(&self.log)?)?;
        if plan.is_empty() {
            return Ok(plan.outcome(false, disk_before, disk_before));
        }
        let mut rewrite = self.begin_rewrite(&plan)?;
        let replacement = plan.replacement(&self.view)?;
        replacement.write(&mut rewrite, &mut || Ok(()))?;
        let replaced = self.view();
        let obsolete = self.publish(&replacement, replacement.view(), rewrite.finish()?)?;
        self.view.want_as(&replaced);
        drop(replaced);
        self.close_replaced(&plan);
        let discarded = self.discard(&plan, obsolete);
        if let Some(index) = Self::index(&self.log.reader()) {
            let ahead = self.view.indexed(index);
            ahead.and_then(|ahead| self.settle(&ahead));
        }
        discarded?;
        let mut outcome = plan.outcome(true, disk_before, self.log.disk_bytes()?);
        outcome.items_masked = replacement.items_masked();
        outcome.left_behind = self.log.left_behind();
        Ok(outcome)
    }

    /// Begins to replace what there is now, as far back as the plan goes.
    pub(crate) fn begin_rewrite(&mut self, plan: &Plan<S>) -> Result<L::Rewrite, StoreError> {
        let begun = self.log.begin_rewrite_after(plan.after());
        self.settled(begun)
    }

    /// The commit point; returns what is left of the log before. `ahead` is the replacement's view, or that brought
    /// [over](Replacement::over) what came since.
    pub(crate) fn publish(
        &mut self,
        replacement: &Replacement<S>,
        ahead: &View<S>,
        finished: L::Finished,
    ) -> Result<L::Obsolete, StoreError> {
        let next = replacement.over(ahead, &self.view)?;
        let published = self.log.publish(finished);
        let obsolete = self.settled(published)?;
        self.view = next;
        self.durable = None;
        Ok(obsolete)
    }

    /// Lets go of the files that a compaction replaced. What views from before it did not read by now has expired.
    pub(crate) fn close_replaced(&mut self, plan: &Plan<S>) {
        self.open.close_behind(plan.after());
    }

    /// What lies where the indexes of a log say. `None` if there is none, or it cannot be read: what is in memory
    /// then stays there.
    pub(crate) fn index(log: &L::Reader) -> Option<Indexed<S>> {
        load::indexed(log).ok().flatten()
    }

    /// Goes on with what lies where an index says, instead of the same in memory, and returns the view that had it
    /// there. `ahead` is an earlier view, [indexed](View::indexed); after another compaction it is of no use. O(what came
    /// since that).
    pub(crate) fn settle(&mut self, ahead: &View<S>) -> Option<View<S>> {
        let settled = self.view.indexed_as(ahead)?;
        ahead.note(&mut self.open);
        Some(std::mem::replace(&mut self.view, settled))
    }

    /// Removes what a compaction replaced, and what torn writes left if text in it may be redacted.
    pub(crate) fn discard(
        &mut self,
        plan: &Plan<S>,
        obsolete: L::Obsolete,
    ) -> Result<(), StoreError> {
        self.log.remove(obsolete)?;
        if plan.discards_tails() {
            self.log.discard_kept_aside()?;
        }
        Ok(())
    }
}
