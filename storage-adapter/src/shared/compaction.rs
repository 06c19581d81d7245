//! Compaction beside readers and writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bones_snapshot::Order;

use super::SharedStore;
use super::beside::beside;
use crate::error::StoreError;
use crate::item_store::{
    Compaction, CompactionOutcome, ItemStore, LogFacts, Plan, Replacement, View,
};
use crate::log_store::{LogRewrite, LogStore};
use crate::stopwatch::Stopwatch;

/// So long a compaction waits for readers to let go of what it frees.
const PATIENCE: Duration = Duration::from_millis(100);

/// How far a compaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompactionProgress {
    /// Frames written.
    pub written: usize,
    /// Frames to write, 0 while that is being planned.
    pub total: usize,
}

/// Who compacts, how far it is, and whether it should stop.
#[derive(Debug, Default)]
pub(super) struct Token {
    taken: AtomicBool,
}

/// Lets the token go, also when a compaction fails or panics.
struct Turn(Arc<Token>);

impl Token {
    fn take(self: &Arc<Self>) -> Result<Turn, StoreError> {
        if self.taken.swap(true, Ordering::AcqRel) {
            return Err(StoreError::Compacting);
        }
        Ok(Turn(Arc::clone(self)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

/// What a compaction shares with who watches it.
#[derive(Debug, Default)]
struct Watch {
    cancelled: AtomicBool,
    written: AtomicUsize,
    total: AtomicUsize,
}

impl Watch {
    fn check(&self) -> Result<(), StoreError> {
        if self.cancelled.load(Ordering::Relaxed) {
            Err(StoreError::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// A compaction on a thread of its own. Dropping the handle lets it go on.
#[derive(Debug)]
pub struct CompactionHandle {
    watch: Arc<Watch>,
    thread: JoinHandle<Result<CompactionOutcome, StoreError>>,
}

impl CompactionHandle {
    /// How far it is.
    pub fn progress(&self) -> CompactionProgress {
        CompactionProgress {
            written: self.watch.written.load(Ordering::Relaxed),
            total: self.watch.total.load(Ordering::Relaxed),
        }
    }

    /// Asks it to stop. Nothing has changed if it does; past its commit point it goes on to the end.
    pub fn cancel(&self) {
        self.watch.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it has come to an end.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// As [`SharedStore::compact`], and [`StoreError::Cancelled`].
    pub fn wait(self) -> Result<CompactionOutcome, StoreError> {
        let ended = self.thread.join();
        ended.unwrap_or(Err(StoreError::CompactorPanicked))
    }
}

/// Lets go of a view when no reader holds what it does, so that none of them waits until all of that is freed; does not
/// wait long for those that stay.
fn free<S: Order>(view: View<S>) {
    let waited = Stopwatch::start();
    while view.is_shared() && waited.passed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(view);
}

/// A rewrite, and what it is to write.
type Begun<S, L> = (<L as LogStore>::Rewrite, Replacement<S>);

impl<S: Order, L: LogStore> SharedStore<S, L> {
    /// Compacts as [`ItemStore::compact`](crate::ItemStore::compact) does, beside readers and writers: the store is
    /// held only to begin and to switch, and half of the threads of `rayon`, with that feature, are left to others.
    /// Waits then for readers of the log as it was, for the grace period; after that their streams are expired, and
    /// what was replaced is removed.
    ///
    /// When this returns, what was redacted before it began, and what deleted scopes held, is in no file of a
    /// [`LogDir`](crate::log::LogDir); what another log needs for that is for it to say. Views that readers
    /// still hold keep it in memory.
    ///
    /// # Errors
    ///
    /// [`StoreError::Compacting`] while another compaction is under way; as `ItemStore::compact`.
    pub fn compact(&self, options: &Compaction) -> Result<CompactionOutcome, StoreError> {
        let _turn = self.0.compactor.take()?;
        self.compact_watched(options, &Watch::default())
    }

    fn compact_watched(
        &self,
        options: &Compaction,
        watch: &Watch,
    ) -> Result<CompactionOutcome, StoreError> {
        let before = self.0.store().log().disk_bytes()?;
        // A pin, or another compaction, that came between plan and commit asks for another plan.
        loop {
            let plan = self.plan(options)?;
            if plan.is_empty() {
                return Ok(plan.outcome(false, before, before));
            }
            watch.check()?;
            let Some((mut rewrite, replacement)) = self.begin(&plan)? else {
                continue;
            };
            watch.total.store(replacement.frames()?, Ordering::Relaxed);
            replacement.write(&mut rewrite, &mut || {
                watch.written.fetch_add(1, Ordering::Relaxed);
                watch.check()
            })?;
            let finished = rewrite.finish()?;
            let masked = replacement.items_masked();
            if self.switch(&plan, replacement, finished)? {
                let after = self.0.store().log().disk_bytes()?;
                let mut outcome = plan.outcome(true, before, after);
                outcome.items_masked = masked;
                outcome.left_behind = self.0.store().log().left_behind();
                return Ok(outcome);
            }
        }
    }

    fn plan(&self, options: &Compaction) -> Result<Plan<S>, StoreError> {
        // SUBTLE: of one moment, as another compaction may come between.
        let (view, facts) = {
            let store = self.0.store();
            (View::clone(&self.read()), LogFacts::of(store.log())?)
        };
        beside(|| Plan::new(&view, options, &facts))
    }

    /// Begins to rewrite what there is now; `None` if the plan is of yesterday.
    fn begin(&self, plan: &Plan<S>) -> Result<Option<Begun<S, L>>, StoreError> {
        let mut store = self.0.store();
        if !plan.holds_for(&store) {
            return Ok(None);
        }
        let rewrite = store.begin_rewrite(plan)?;
        let view = store.view();
        drop(store);
        Ok(Some((rewrite, beside(|| plan.replacement(&view))?)))
    }

    /// Goes on with what was written as it lies in the log, instead of the same in memory.
    fn settle(&self) {
        let reader = self.0.store().log().reader();
        let Some(index) = ItemStore::<S, L>::index(&reader) else {
            return;
        };
        // Nearly all that came meanwhile is brought over before the store is held, here too.
        let shown = self.read();
        let Some(ahead) = shown.indexed(index) else {
            return;
        };
        drop(shown);
        let mut store = self.0.store();
        // SUBTLE: what a failed sync left unacknowledged is in the store, and is not to be shown.
        if store.commit() != self.read().commit() {
            return;
        }
        let in_memory = store.settle(&ahead);
        self.0.show(&store);
        drop(store);
        if let Some(in_memory) = in_memory {
            free(in_memory);
        }
    }

    /// The commit point, and what follows it; `false` if the plan is of yesterday.
    fn switch(
        &self,
        plan: &Plan<S>,
        replacement: Replacement<S>,
        finished: L::Finished,
    ) -> Result<bool, StoreError> {
        // Nearly all that came meanwhile is brought over before the store is held.
        let ahead = replacement.over(replacement.view(), &self.read())?;
        let mut store = self.0.store();
        if !plan.holds_for(&store) {
            return Ok(false);
        }
        // SUBTLE: who drops the last of what was replaced waits until all of it is freed. That is to be this thread,
        // and not before the store is free.
        let replaced = store.view();
        let mut obsolete = store.publish(&replacement, &ahead, finished)?;
        drop((replacement, ahead));
        self.0.show(&store);
        // SUBTLE: while the store is held, so that only versions over the old files are among them.
        let retired = std::mem::take(&mut *self.0.retired());
        drop(store);
        let waited = Stopwatch::start();
        for old in retired {
            let left = self.0.grace.saturating_sub(waited.passed());
            drop(old.reclaim_within(left));
        }
        // SUBTLE: before files are removed, which some systems do not while they are open, and others not really.
        self.0.store().close_replaced(plan);
        L::clear(&mut obsolete);
        let discarded = self.0.store().discard(plan, obsolete);
        self.read().want_as(&replaced);
        free(replaced);
        self.settle();
        discarded.map(|()| true)
    }
}

impl<S, L> SharedStore<S, L>
where
    S: Order + 'static,
    L: LogStore + Send + 'static,
    L::Rewrite: Send,
    L::Finished: Send,
    L::Reader: Send + Sync,
{
    /// [`compact`](Self::compact) on a thread of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError::Compacting`] at once while another compaction is under way; the rest from the handle.
    pub fn compact_in_background(
        &self,
        options: Compaction,
    ) -> Result<CompactionHandle, StoreError> {
        let turn = self.0.compactor.take()?;
        let watch = Arc::new(Watch::default());
        let (store, watched) = (self.clone(), Arc::clone(&watch));
        let thread = std::thread::spawn(move || {
            let _turn = turn;
            store.compact_watched(&options, &watched)
        });
        Ok(CompactionHandle { watch, thread })
    }
}
