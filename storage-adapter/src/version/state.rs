//! What a version is made of: contents, a count of readers, and the rack on which its resources lie.

use super::sync::{Arc, AtomicUsize, Condvar, Mutex, Ordering, lock, wait, wait_while};
use std::time::Duration;

/// One version: what a [`Slot`](super::Slot) holds, and what a [`Lease`](super::Lease) is a reader of.
///
/// It has no methods: all reading goes through a lease.
pub struct Version<V, R> {
    pub(super) contents: V,
    pub(super) tally: Arc<Tally>,
    pub(super) rack: Arc<Rack<R>>,
}

impl<V, R> Version<V, R> {
    /// One more lease. Called under the lock of the slot or by the holder of a lease, so what is entered
    /// is current, or held already.
    pub(super) fn enter(&self) {
        self.tally.readers.fetch_add(1, Ordering::Relaxed);
        self.rack.holders.fetch_add(1, Ordering::Relaxed);
    }

    /// One lease less.
    pub(super) fn leave(&self) {
        self.tally.readers.fetch_sub(1, Ordering::Relaxed);
        self.rack.leave();
    }
}

/// How many leases there are on one version.
pub(super) struct Tally {
    pub(super) version: u64,
    pub(super) readers: AtomicUsize,
}

impl Tally {
    pub(super) fn new(version: u64) -> Arc<Self> {
        Arc::new(Self {
            version,
            readers: AtomicUsize::new(0),
        })
    }

    pub(super) fn readers(&self) -> usize {
        self.readers.load(Ordering::Relaxed)
    }
}

/// Resources where leases can reach them and their owner can take them away.
///
/// Resources are shared between the owner (the [`Versions`](super::Versions), later the
/// [`Retired`](super::Retired)), the rack, and each call that uses them right now.
pub(super) struct Rack<R> {
    /// Empty once the owner has taken the resources away.
    there: Mutex<Option<Arc<R>>>,
    /// Leases on all versions that stand on these resources, and one more as long as one of these
    /// versions is current.
    ///
    // INVARIANT: once this is 0 it stays 0: a lease comes from the slot while that one more is counted, or from a
    // lease, which is counted itself.
    holders: AtomicUsize,
    /// Told, under the lock, when `holders` comes to 0 and when a call ends after the rack was emptied.
    changed: Condvar,
}

impl<R> Rack<R> {
    /// A rack of the current version: held once.
    pub(super) fn new(resources: Arc<R>) -> Arc<Self> {
        Arc::new(Self {
            there: Mutex::new(Some(resources)),
            holders: AtomicUsize::new(1),
            changed: Condvar::new(),
        })
    }

    pub(super) fn holders(&self) -> usize {
        // Acquire, with the release in `leave`: who sees a lease gone sees its calls ended.
        self.holders.load(Ordering::Acquire)
    }

    /// A lease ends, or the versions that stand on this rack are no longer current.
    pub(super) fn leave(&self) {
        if self.holders.fetch_sub(1, Ordering::Release) == 1 {
            // SUBTLE: without the lock this could fall between the look and the sleep of one who waits.
            let guard = lock(&self.there);
            self.changed.notify_all();
            drop(guard);
        }
    }

    /// Runs `f` on the resources, if they are still there.
    ///
    /// No lock is held meanwhile: calls do not wait for each other, and those that come while the owner
    /// waits for this one find the rack empty.
    pub(super) fn with<T>(&self, f: impl FnOnce(&R) -> T) -> Option<T> {
        let in_use = InUse {
            resources: Some(lock(&self.there).as_ref().map(Arc::clone)?),
            rack: self,
        };
        in_use.resources.as_deref().map(f)
    }

    /// Waits until nobody holds the rack, at most for `grace`.
    pub(super) fn wait_for_holders(&self, grace: Duration) {
        let guard = lock(&self.there);
        wait_while(&self.changed, guard, grace, || self.holders() != 0);
    }

    /// Empties the rack and waits for the calls that use its resources now. `owners` is the owner's share.
    pub(super) fn take(&self, mut owners: Arc<R>) -> R {
        let mut there = lock(&self.there);
        *there = None;
        // From here on the shares are the owner's and those of the calls in flight, which do not become more.
        loop {
            match Arc::try_unwrap(owners) {
                Ok(resources) => return resources,
                Err(shared) => owners = shared,
            }
            there = wait(&self.changed, there);
        }
    }
}

/// A call's share of the resources.
struct InUse<'a, R> {
    /// Full until dropped.
    resources: Option<Arc<R>>,
    rack: &'a Rack<R>,
}

impl<R> Drop for InUse<'_, R> {
    fn drop(&mut self) {
        let there = lock(&self.rack.there);
        // SUBTLE: given back first, then told, and told under the lock: an owner who saw this share sleeps by then.
        // Never the last share: the rack has one, or the owner who emptied it.
        self.resources = None;
        if there.is_none() {
            self.rack.changed.notify_all();
        }
    }
}
