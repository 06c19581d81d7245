//! The order that loses files, one line away from [`Locked`](crate::version::Locked): the models must find it out.

use loom::sync::{Arc, Mutex};

use super::publish::lease_against_publish;
use super::support::explore;
use crate::version::Slot;
use crate::version::sync::lock;

/// Looks which version is current, then counts itself in: the lock is released between the two.
struct LoadThenCount<T>(Mutex<Arc<T>>);

impl<T> Slot<T> for LoadThenCount<T> {
    fn new(value: Arc<T>) -> Self {
        Self(Mutex::new(value))
    }

    fn load(&self, count: impl FnOnce(&T)) -> Arc<T> {
        let current = Arc::clone(&lock(&self.0));
        count(&current);
        current
    }

    fn swap(&self, value: Arc<T>) -> Arc<T> {
        std::mem::replace(&mut lock(&self.0), value)
    }
}

#[test]
#[should_panic(expected = "a lease that nobody revoked must read")]
fn load_then_count_loses_the_file_under_a_reader() {
    explore(None, lease_against_publish::<LoadThenCount<_>>);
}
