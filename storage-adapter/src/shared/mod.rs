//! One store, many threads: readers on leases, writers that share syncs, compaction beside both.

mod beside;
mod compaction;
mod queue;
mod schedule;
mod stats;
mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bones_snapshot::Order;

pub use compaction::{CompactionHandle, CompactionProgress};
pub use queue::Durability;
pub use schedule::{Schedule, ScheduleHandle};
pub use stats::SharedStats;

use crate::error::StoreError;
use crate::item_store::{Batch, ImportReport, ItemStore, View};
use crate::log::{Entry, LogDir, LogError};
use crate::log_store::{LogReader, LogStore};
use crate::version::{Lease, Retired, StreamError, Versions};
use compaction::Token;
use queue::Queue;

/// How long readers of a version that was compacted away may go on with its files, unless set otherwise.
pub const GRACE: Duration = Duration::from_secs(5);

/// A reader's hold on the store as it was at one commit: derefs to the [`View`], and streams the log under
/// it until that is taken away.
pub type StoreLease<S, L = LogDir> = Lease<View<S>, <L as LogStore>::Reader>;

/// A store that threads share. A clone is another handle on the same store.
///
/// | | waits for |
/// |---|---|
/// | [`read`](Self::read) | nothing |
/// | [`apply`](Self::apply) | the syncs of commits before it; not for readers, and not for a compaction but for its two short steps |
/// | [`verify`](Self::verify) | nothing |
/// | [`compact`](Self::compact) | readers of the version before, for the grace period; its work is done beside readers and writers |
///
/// What a reader sees was acknowledged: a commit is shown when it is durable, or written if that is what its writer
/// asked for.
pub struct SharedStore<S: Order, L: LogStore = LogDir>(Arc<Shared<S, L>>);

struct Shared<S: Order, L: LogStore> {
    store: Mutex<ItemStore<S, L>>,
    versions: Versions<View<S>, L::Reader>,
    /// Resources of versions that readers are still on.
    retired: Mutex<Vec<Retired<L::Reader>>>,
    queue: Queue<S>,
    compactor: Arc<Token>,
    grace: Duration,
}

impl<S: Order, L: LogStore> Clone for SharedStore<S, L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Order, L: LogStore> SharedStore<S, L> {
    /// Shares a store, with the default grace period of [`GRACE`].
    pub fn new(store: ItemStore<S, L>) -> Self {
        Self::with_grace(store, GRACE)
    }

    /// Shares a store. `grace` is how long a compaction lets readers go on with the files it replaced; with
    /// zero their streams expire at once. Views stay readable in any case.
    pub fn with_grace(store: ItemStore<S, L>, grace: Duration) -> Self {
        let versions = Versions::new(store.view(), store.log().reader());
        Self(Arc::new(Shared {
            store: Mutex::new(store),
            versions,
            retired: Mutex::new(Vec::new()),
            queue: Queue::new(),
            compactor: Arc::default(),
            grace,
        }))
    }

    /// The store as it is now, for as long as the lease is held. O(1), waits for nobody.
    pub fn read(&self) -> StoreLease<S, L> {
        self.0.versions.lease()
    }

    /// Every frame of the log as it is now, in order and in bounded memory: a backup that can be taken
    /// while others write, and that [`restore`](crate::restore) makes a store again. It is a reader: a compaction waits for it for the grace period, and then takes its
    /// files away, which the stream says at its next call.
    pub fn stream(&self) -> impl Iterator<Item = Result<Entry, StreamError<LogError>>> + use<S, L> {
        let mut place = <L::Reader as LogReader>::Cursor::default();
        self.read().stream(move |_, log| log.read(&mut place))
    }

    /// Brings a batch in, and returns when it is durable: as [`ItemStore::apply`]. Batches of many threads
    /// that come while a sync is under way share the next one; each is a commit of its own.
    ///
    /// # Errors
    ///
    /// As [`ItemStore::apply`].
    pub fn apply(&self, batch: Batch<S>, now_micros: u64) -> Result<ImportReport, StoreError> {
        self.apply_with(batch, now_micros, Durability::Synced)
    }

    /// As [`apply`](Self::apply), with a choice of what to wait for.
    ///
    /// # Errors
    ///
    /// As [`ItemStore::apply`].
    pub fn apply_with(
        &self,
        batch: Batch<S>,
        now_micros: u64,
        durability: Durability,
    ) -> Result<ImportReport, StoreError> {
        let job = (batch, now_micros, durability);
        self.0.queue.run(job, |jobs| self.0.commit(jobs))
    }

    /// Makes everything written so far durable, and returns the number of the last commit.
    ///
    /// # Errors
    ///
    /// As [`ItemStore::sync`].
    pub fn sync(&self) -> Result<u64, StoreError> {
        self.0.store().sync()
    }

    /// Changes the store itself: scopes, schemas, pins. Readers see the result when `change` returns.
    ///
    /// # Errors
    ///
    /// Those of `change`.
    pub fn change<T>(
        &self,
        change: impl FnOnce(&mut ItemStore<S, L>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut store = self.0.store();
        let changed = change(&mut store)?;
        self.0.show(&store);
        Ok(changed)
    }
}

impl<S: Order, L: LogStore> Shared<S, L> {
    /// The store itself, for one thread at a time.
    fn store(&self) -> MutexGuard<'_, ItemStore<S, L>> {
        // INVARIANT: a panic while it is held leaves the store consistent: what is in memory changes last.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn retired(&self) -> MutexGuard<'_, Vec<Retired<L::Reader>>> {
        self.retired.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows readers what the store is now.
    fn show(&self, store: &ItemStore<S, L>) {
        let retired = self.versions.publish(store.view(), store.log().reader());
        let mut all = self.retired();
        all.push(retired);
        let readable = std::mem::take(&mut *all).into_iter();
        *all = readable.filter_map(|r| r.try_reclaim().err()).collect();
    }

    /// Writes a group of batches, syncs once for all that ask for it, and shows the result.
    fn commit(
        &self,
        jobs: Vec<(Batch<S>, u64, Durability)>,
    ) -> Vec<Result<ImportReport, StoreError>> {
        let mut store = self.store();
        let mut results = Vec::with_capacity(jobs.len());
        let mut to_sync = false;
        for (batch, now, durability) in jobs {
            let written = store.write(batch, now);
            to_sync |= written.is_ok() && durability == Durability::Synced;
            results.push(written);
        }
        let synced = if to_sync { store.sync() } else { Ok(0) };
        match synced {
            // SUBTLE: after a failed sync nothing is shown, so that no reader sees what may be lost.
            Err(error) => {
                let mut first = Some(error);
                for result in results.iter_mut().filter(|result| result.is_ok()) {
                    *result = Err(first.take().unwrap_or(StoreError::GroupSync));
                }
            }
            Ok(_) => self.show(&store),
        }
        results
    }
}
