//! Locks and counts: those of `std`, or, where the model checker compiles this module, its own.
//!
//! Poisoning is passed over: no lock here is held while code of others runs that could panic half-way
//! through a change, but for [`Versions::update`](super::Versions::update), which changes nothing until that
//! code has returned.
#![allow(
    unexpected_cfgs,
    reason = "`loom` is set by the crate in `storage-adapter/loom`, for itself alone"
)]

#[cfg(loom)]
use loom::sync as source;
#[cfg(not(loom))]
use std::sync as source;

use std::sync::PoisonError;
use std::time::Duration;

pub(crate) use source::atomic::{AtomicUsize, Ordering};
pub(crate) use source::{Arc, Condvar, Mutex, MutexGuard};

/// Locks, whoever panicked before.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the next notification. May wake up without one.
pub(super) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Waits while `busy`, but no longer than `limit`.
#[cfg(not(loom))]
pub(super) fn wait_while<T>(
    condvar: &Condvar,
    guard: MutexGuard<'_, T>,
    limit: Duration,
    busy: impl Fn() -> bool,
) {
    // Whether the time ran out is of no interest; a poisoned lock neither.
    drop(condvar.wait_timeout_while(guard, limit, |_| busy()));
}

/// Models know no time: a limit is none, or it never comes.
#[cfg(loom)]
pub(super) fn wait_while<T>(
    condvar: &Condvar,
    mut guard: MutexGuard<'_, T>,
    limit: Duration,
    busy: impl Fn() -> bool,
) {
    while !limit.is_zero() && busy() {
        guard = wait(condvar, guard);
    }
}
