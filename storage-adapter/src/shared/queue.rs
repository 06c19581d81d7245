//! Group commit: whoever comes first writes for all who came meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bones_snapshot::Order;

use crate::error::StoreError;
use crate::item_store::{Batch, ImportReport};

/// When a commit is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Durability {
    /// When it is on the medium: a loss of power does not take it.
    #[default]
    Synced,
    /// When the system has it: the process may be killed, but a loss of power may take it and what was
    /// written after it, until the next sync.
    Written,
}

pub(super) type Job<S> = (Batch<S>, u64, Durability);
type Answer = Result<ImportReport, StoreError>;
/// Where an answer is put for the thread that waits for it.
type Place = Arc<Mutex<Option<Answer>>>;

/// Batches that wait to be written, and whether somebody is writing.
pub(super) struct Queue<S: Order> {
    waiting: Mutex<Waiting<S>>,
    /// Signalled when answers have been given and nobody is writing.
    done: Condvar,
}

struct Waiting<S: Order> {
    jobs: Vec<(Job<S>, Place)>,
    writing: bool,
}

impl<S: Order> Queue<S> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                jobs: Vec::new(),
                writing: false,
            }),
            done: Condvar::new(),
        }
    }

    /// Has `job` written by `write`, together with whatever else waits, by this thread or another, and
    /// returns its answer. `write` gives one answer for each job, in order.
    pub(super) fn run(
        &self,
        job: Job<S>,
        write: impl FnOnce(Vec<Job<S>>) -> Vec<Answer>,
    ) -> Answer {
        let mine = Arc::new(Mutex::new(None));
        let mut waiting = lock(&self.waiting);
        waiting.jobs.push((job, Arc::clone(&mine)));
        while waiting.writing {
            waiting = self
                .done
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(answer) = lock(&mine).take() {
                return answer;
            }
        }
        waiting.writing = true;
        let (jobs, slots): (Vec<_>, Vec<_>) = waiting.jobs.drain(..).unzip();
        drop(waiting);
        // INVARIANT: released also when `write` panics, else everybody would wait for ever.
        let _turn = Turn(self);
        for (slot, answer) in slots.iter().zip(write(jobs)) {
            *lock(slot) = Some(answer);
        }
        let answer = lock(&mine).take();
        answer.unwrap_or(Err(StoreError::GroupSync))
    }
}

/// The turn to write.
struct Turn<'q, S: Order>(&'q Queue<S>);

impl<S: Order> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        lock(&self.0.waiting).writing = false;
        self.0.done.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
