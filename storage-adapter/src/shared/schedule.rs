//! Compaction without being asked.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bones_snapshot::Order;

use super::SharedStore;
use crate::error::StoreError;
use crate::item_store::{Compaction, CompactionOutcome};
use crate::log_store::LogStore;
use crate::stopwatch::Stopwatch;

/// When to compact. What is `None` does not count; whatever comes first does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// So long after the last compaction ended, or the schedule began.
    pub every: Option<Duration>,
    /// When the store has grown by so many bytes since then.
    pub grown_by: Option<u64>,
    /// When the oldest commit behind the floor is so old, by the clock of the options; and then not again before that
    /// clock has gone on by as much, as retention may keep commits that are as old.
    pub older_than: Option<Duration>,
    /// How often to look whether it is time. At least a millisecond; by default a second.
    pub look_every: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            every: None,
            grown_by: None,
            older_than: None,
            look_every: Duration::from_secs(1),
        }
    }
}

/// A schedule that is kept until this is dropped, which waits for a compaction under way.
#[derive(Debug)]
pub struct ScheduleHandle {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for ScheduleHandle {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in `report` has been told of by the thread itself.
            let _ = thread.join();
        }
    }
}

/// What the last look found.
struct Last {
    ended: Stopwatch,
    /// `None`: it could not be measured.
    bytes: Option<u64>,
    /// The clock of the last compaction.
    clock: Option<u64>,
}

impl<S, L> SharedStore<S, L>
where
    S: Order + 'static,
    L: LogStore + Send + 'static,
    L::Rewrite: Send,
    L::Finished: Send,
    L::Obsolete: Send,
    L::Reader: Send + Sync,
{
    /// Compacts whenever it is time, on a thread of its own, until the handle is dropped. `options` are asked for
    /// each time, as they hold the clocks; `report` hears how each compaction went. One that somebody else is at
    /// already is not reported.
    pub fn schedule(
        &self,
        schedule: Schedule,
        mut options: impl FnMut() -> Compaction + Send + 'static,
        mut report: impl FnMut(Result<CompactionOutcome, StoreError>) + Send + 'static,
    ) -> ScheduleHandle {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let (store, stopped) = (self.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut last = store.look();
            while !wait(&stopped, schedule.look_every.max(Duration::from_millis(1))) {
                let options = options();
                if !store.is_time(&schedule, &options, &last) {
                    continue;
                }
                match store.compact(&options) {
                    Err(StoreError::Compacting) => {}
                    ended => report(ended),
                }
                let before = last.bytes;
                last = store.look();
                last.bytes = last.bytes.or(before);
                last.clock = Some(options.clock_micros);
            }
        });
        ScheduleHandle {
            stop,
            thread: Some(thread),
        }
    }

    fn look(&self) -> Last {
        Last {
            ended: Stopwatch::start(),
            bytes: self.0.store().log().disk_bytes().ok(),
            clock: None,
        }
    }

    fn is_time(&self, schedule: &Schedule, options: &Compaction, last: &Last) -> bool {
        let passed = |every: Duration| last.ended.passed() >= every;
        let grown = |by| {
            let found = self.look().bytes;
            // What cannot be measured has not grown.
            let both = found.zip(last.bytes);
            both.is_some_and(|(now, then)| now >= then.saturating_add(by))
        };
        let view = self.read();
        let oldest = view.commits().find(|(commit, _)| *commit > view.floor());
        let aged = |age: Duration| {
            let now = options.clock_micros;
            let since = |then: u64| u128::from(now.saturating_sub(then)) >= age.as_micros();
            oldest.is_some_and(|(_, time)| since(time)) && last.clock.is_none_or(since)
        };
        schedule.every.is_some_and(passed)
            || schedule.grown_by.is_some_and(grown)
            || schedule.older_than.is_some_and(aged)
    }
}

/// Waits for a while; `true` as soon as it is time to stop.
fn wait((stop, changed): &(Mutex<bool>, Condvar), how_long: Duration) -> bool {
    let stop = stop.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = changed.wait_timeout_while(stop, how_long, |stop| !*stop);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}
