//! The place that says which version is current.

use super::sync::{Arc, Mutex, lock};

/// Where the current version stands.
///
/// There is one implementation, [`Locked`]. The trait is there so that a model can put a broken one in its
/// place and show that it is found out.
pub trait Slot<T> {
    /// A slot in which `value` stands.
    fn new(value: Arc<T>) -> Self;

    /// What stands there, counted.
    ///
    /// Calls `count` on it, once. **No swap happens between the look and the end of `count`**: whoever swaps the
    /// value out sees it counted. `count` must be short, must not panic and must not come back to the slot.
    fn load(&self, count: impl FnOnce(&T)) -> Arc<T>;

    /// Puts `value` there and returns what stood there.
    fn swap(&self, value: Arc<T>) -> Arc<T>;
}

/// A lock, held for as long as it takes to count and to clone an `Arc`.
#[derive(Debug)]
pub struct Locked<T>(Mutex<Arc<T>>);

impl<T> Slot<T> for Locked<T> {
    fn new(value: Arc<T>) -> Self {
        Self(Mutex::new(value))
    }

    fn load(&self, count: impl FnOnce(&T)) -> Arc<T> {
        let current = lock(&self.0);
        // SUBTLE: counted before the lock is released. Clone first, release, then count, and between the
        // two steps the version may be replaced and its resources reclaimed, since nobody seems to read them.
        count(&current);
        Arc::clone(&current)
    }

    fn swap(&self, value: Arc<T>) -> Arc<T> {
        std::mem::replace(&mut lock(&self.0), value)
    }
}
