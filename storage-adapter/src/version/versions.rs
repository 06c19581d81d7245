//! What is current.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use super::state::{Rack, Tally};
use super::sync::{Arc, Mutex, lock};
use super::{Lease, Locked, Retired, Slot, Version};

/// A version that readers lease and a writer replaces.
///
/// `V` is what a version shows, `R` what it stands on; see the [module](super). `S` is where the current version
/// stands, and is only ever something else in a model.
///
/// # Cost
///
/// [`lease`](Self::lease) is a lock held for two counts and a clone of an `Arc`. [`update`](Self::update) and
/// [`publish`](Self::publish) are O(versions with readers), each counted once.
///
/// Dropping this ends no lease: their resources are dropped with the last of them.
pub struct Versions<V, R, S = Locked<Version<V, R>>> {
    slot: S,
    writer: Mutex<Writer<R>>,
    of: PhantomData<fn() -> V>,
}

/// What only who replaces the current version needs.
struct Writer<R> {
    /// The owner's share of the current resources.
    resources: Arc<R>,
    current: Arc<Tally>,
    /// Versions before it that may have readers, oldest first.
    older: Vec<Arc<Tally>>,
}

impl<V, R> Versions<V, R> {
    /// Version 0.
    pub fn new(contents: V, resources: R) -> Self {
        Self::with_slot(contents, resources)
    }
}

impl<V, R, S: Slot<Version<V, R>>> Versions<V, R, S> {
    /// Version 0, in a slot of another kind.
    pub fn with_slot(contents: V, resources: R) -> Self {
        let resources = Arc::new(resources);
        let tally = Tally::new(0);
        let first = Version {
            contents,
            tally: Arc::clone(&tally),
            rack: Rack::new(Arc::clone(&resources)),
        };
        Self {
            slot: S::new(Arc::new(first)),
            writer: Mutex::new(Writer {
                resources,
                current: tally,
                older: Vec::new(),
            }),
            of: PhantomData,
        }
    }

    /// A reader of the current version.
    ///
    /// While a version is being replaced this is the old one or the new one, entirely. Waits for no reader and
    /// for no writer but for the exchange of two pointers.
    pub fn lease(&self) -> Lease<V, R> {
        Lease::counted(self.slot.load(Version::enter))
    }

    /// Replaces the contents and keeps the resources: the next version.
    ///
    /// `next` makes them from the current contents, which nobody else replaces meanwhile; readers may lease
    /// them. It must not call `update`, `publish` or `readers` of these versions, which would wait for it for ever.
    ///
    /// # Panics
    ///
    /// If `next` does, with nothing changed.
    pub fn update(&self, next: impl FnOnce(&V) -> V) {
        let mut writer = lock(&self.writer);
        // Not counted as a reader: the lock keeps it current, hence its resources where they are.
        let current = self.slot.load(|_| {});
        let contents = next(&current.contents);
        let old = self.replace(&mut writer, contents, Arc::clone(&current.rack));
        // What is dropped may be large, or panic: after the lock.
        drop(writer);
        drop((current, old));
    }

    /// Replaces contents and resources: the next version, and the first on these resources.
    ///
    /// Returns the old resources, which the leases of all versions that stand on them can go on using until
    /// they are reclaimed.
    pub fn publish(&self, contents: V, resources: R) -> Retired<R> {
        let resources = Arc::new(resources);
        let rack = Rack::new(Arc::clone(&resources));
        let mut writer = lock(&self.writer);
        let old = self.replace(&mut writer, contents, rack);
        let owners = std::mem::replace(&mut writer.resources, resources);
        drop(writer);
        // INVARIANT: the rack's one more holder goes with the last of its versions that was current, and
        // only after that version was swapped out.
        old.rack.leave();
        Retired::new(Arc::clone(&old.rack), owners)
    }

    /// How many leases there are on each version that has any, and on the current one, which is the last.
    ///
    /// Counts change while they are read; each was true at some moment of the call.
    pub fn readers(&self) -> BTreeMap<u64, usize> {
        let writer = lock(&self.writer);
        let count = |tally: &Arc<Tally>| (tally.version, tally.readers());
        let older = writer.older.iter().map(count);
        older
            .filter(|&(_, readers)| readers > 0)
            .chain([count(&writer.current)])
            .collect()
    }

    /// Swaps in the next version and returns the one it replaces.
    fn replace(
        &self,
        writer: &mut Writer<R>,
        contents: V,
        rack: Arc<Rack<R>>,
    ) -> Arc<Version<V, R>> {
        let tally = Tally::new(writer.current.version + 1);
        let next = Version {
            contents,
            tally: Arc::clone(&tally),
            rack,
        };
        let old = self.slot.swap(Arc::new(next));
        // A version that is not current and has no readers gets none any more. Looked at after the swap: up
        // to there the old one could get some.
        let replaced = std::mem::replace(&mut writer.current, tally);
        writer.older.push(replaced);
        writer.older.retain(|tally| tally.readers() > 0);
        old
    }
}

impl<V, R, S: Slot<Version<V, R>>> fmt::Debug for Versions<V, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Versions")
            .field("version", &self.slot.load(|_| {}).tally.version)
            .finish_non_exhaustive()
    }
}
