//! A store of work items: raw events and snapshots over a durable log.

mod apply;
mod compact;
mod held;
mod load;
mod stats;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bones_compact::{ItemSources, LatticeEvent};
use bones_snapshot::{EventHash, FORMAT, ItemState, Order, SnapshotPayload};
use lattice_core::{Bottom, JoinSemilattice, Set};

pub use apply::{Batch, ImportReport};
pub use compact::CompactionOutcome;
pub use held::HeldEvent;
pub use stats::Stats;
pub use verify::{ItemCheck, StoreCheck};

use crate::error::StoreError;
use crate::export::Export;
use crate::log::{LogDir, OpenReport};
use crate::record::{Header, encode_hashes};
use held::Item;

/// Domain of [`ItemStore::digest`].
const DIGEST_DOMAIN: &str = "lattice 1 digest of joined state";

/// A durable store of work items under one order.
///
/// Whatever an `Ok` acknowledged is on the medium. Opening reads everything that is held; reads
/// after that are from memory, on an index that is cloned in O(1).
pub struct ItemStore<S: Order> {
    log: LogDir,
    items: im::OrdMap<Arc<str>, Arc<Item<S>>>,
    redactions: Set<EventHash>,
}

impl<S: Order> ItemStore<S> {
    /// Creates a store in a directory that is empty or not there yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            log: LogDir::create(path, &Header::encode(S::WORD))?,
            items: im::OrdMap::new(),
            redactions: Set::bottom(),
        })
    }

    /// Opens a store, reading and verifying all of it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is none, it is in use, damaged, newer, or of another order.
    pub fn open(path: &Path) -> Result<(Self, OpenReport), StoreError> {
        let (log, report) = LogDir::open(path)?;
        Ok((Self::of_log(log, path)?, report))
    }

    /// The store in an open log.
    pub(crate) fn of_log(log: LogDir, path: &Path) -> Result<Self, StoreError> {
        let header = Header::decode(log.header(), path)?;
        if header.order != S::WORD {
            return Err(StoreError::Order {
                path: path.into(),
                expected: S::WORD.into(),
                found: header.order,
            });
        }
        let mut held: BTreeMap<Arc<str>, ItemSources<HeldEvent<S>>> = BTreeMap::new();
        let mut redactions = Set::bottom();
        for entry in log.frames() {
            load::load(&entry?, &mut held, &mut redactions)?;
        }
        let mut items: BTreeMap<Arc<str>, Item<S>> = held
            .into_iter()
            .map(|(id, sources)| {
                let state = sources.state(&Set::bottom());
                (id, Item { sources, state })
            })
            .collect();
        for item in items.values() {
            redactions.join_ref(item.state.redacted());
        }
        for item in items.values_mut() {
            item.state.redact(&redactions);
        }
        let items = items
            .into_iter()
            .map(|(id, item)| (id, Arc::new(item)))
            .collect();
        Ok(Self {
            log,
            items,
            redactions,
        })
    }

    /// The items, in order.
    pub fn item_ids(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(|id| &**id)
    }

    /// The state of an item under the redactions known.
    pub fn state(&self, item_id: &str) -> Option<&ItemState<S>> {
        self.items.get(item_id).map(|item| &item.state)
    }

    /// Every item with its state, in order.
    pub fn states(&self) -> impl Iterator<Item = (&str, &ItemState<S>)> {
        self.items.iter().map(|(id, item)| (&**id, &item.state))
    }

    /// The event lines held of an item, in the order they came. The line of a redacted event is
    /// never among them, also while it still stands in a file.
    pub fn lines(&self, item_id: &str) -> impl Iterator<Item = &HeldEvent<S>> {
        let item = self.items.get(item_id);
        let held = item.into_iter().flat_map(|item| &item.sources.events);
        held.filter(|event| !self.redactions.contains(&event.hash()))
    }

    /// Whether [`lines`](Self::lines) gives every event of the item.
    pub fn is_raw(&self, item_id: &str) -> bool {
        let item = self.items.get(item_id);
        item.is_some_and(|item| {
            let mut events = item.sources.events.iter();
            item.sources.states.is_empty() && !events.any(|e| self.redactions.contains(&e.hash()))
        })
    }

    /// Every redacted event the store knows of.
    pub fn redactions(&self) -> &Set<EventHash> {
        &self.redactions
    }

    /// The item that an event belongs to, when it is known.
    pub fn item_of(&self, event: &EventHash) -> Option<&str> {
        let mut items = self.states();
        items
            .find(|(_, state)| state.coverage().contains(event))
            .map(|(id, _)| id)
    }

    /// One hash over everything the store knows: the order, the redactions, and the joined state of
    /// every item. Equal knowledge gives equal digests, whether or not, where or when it was
    /// compacted.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(DIGEST_DOMAIN);
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(S::WORD.as_bytes());
        part(&FORMAT.to_le_bytes());
        part(&encode_hashes(&self.redactions));
        for (id, state) in self.states() {
            part(&state.encode(id));
        }
        *hasher.finalize().as_bytes()
    }

    /// Everything the store knows, for any other store of the same order to join.
    pub fn export(&self) -> Export<S> {
        Export {
            redactions: self.redactions.clone(),
            payloads: self
                .states()
                .map(|(id, state)| SnapshotPayload::new(id, state.clone(), &self.redactions))
                .collect(),
        }
    }
}
