//! Verifying a store that is in use.

use bones_snapshot::Order;

use super::SharedStore;
use super::beside::beside;
use crate::error::StoreError;
use crate::item_store::{HeldEvent, StoreCheck, View};
use crate::log_store::{LogReader, LogStore};

impl<S: Order, L: LogStore> SharedStore<S, L>
where
    L::Reader: Sync,
{
    /// Verifies everything as [`ItemStore::verify`](crate::ItemStore::verify) does, as it is now, beside readers and
    /// writers: nobody waits for it but a compaction, at its end, before it takes away what is read here. Half of the
    /// threads of `rayon`, with that feature, are left to others.
    ///
    /// # Errors
    ///
    /// As of `ItemStore::verify`.
    ///
    /// ```
    /// use lattice_lww::Unstamped;
    /// use storage_adapter::{ItemStore, SharedStore};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let store = ItemStore::<Unstamped>::create(&dir.path().join("store"))?;
    /// let shared = SharedStore::new(store);
    /// assert!(shared.verify(&[])?.is_sound());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, sources: &[HeldEvent<S>]) -> Result<StoreCheck, StoreError> {
        loop {
            // SUBTLE: of one moment, as a compaction may come between.
            let (lease, damage) = {
                let store = self.0.store();
                (self.read(), store.log().damage_beside()?)
            };
            let view: &View<S> = &lease;
            let checked = lease.with(|log| {
                beside(|| {
                    let found = log.verify()?.with_damage(damage);
                    view.check(log, &found, sources)
                })
            });
            // Expired: a compaction took its place before it began.
            if let Ok(check) = checked {
                return check;
            }
        }
    }
}
