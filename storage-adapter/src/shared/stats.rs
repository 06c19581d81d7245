//! What a shared store is busy with.

use std::collections::BTreeMap;

use bones_snapshot::Order;

use super::SharedStore;
use crate::error::StoreError;
use crate::item_store::{LogStats, Stats};
use crate::log_store::LogStore;

/// What a shared store holds, and who holds on to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedStats {
    /// What it holds.
    pub store: Stats,
    /// How many leases there are on each version that has any, and on the current one, which is the last.
    pub readers: BTreeMap<u64, usize>,
    /// How many sets of replaced files readers keep from being removed.
    pub replaced_in_use: usize,
    /// The last commit that no loss of power takes.
    pub durable_commit: u64,
}

impl<S: Order, L: LogStore> SharedStore<S, L> {
    /// What the store holds, and who holds on to it. Reads as `ItemStore::stats` does: nobody waits for it.
    ///
    /// # Errors
    ///
    /// As [`ItemStore::stats`](crate::ItemStore::stats).
    pub fn stats(&self) -> Result<SharedStats, StoreError> {
        let (view, log, durable_commit) = {
            let store = self.0.store();
            let log = LogStats::of(store.log())?;
            (store.view(), log, store.log().durable_commit())
        };
        Ok(SharedStats {
            store: view.stats(log)?,
            durable_commit,
            readers: self.0.versions.readers(),
            replaced_in_use: self.0.retired().len(),
        })
    }
}
