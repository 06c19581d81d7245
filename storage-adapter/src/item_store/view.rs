//! What a store knows at one moment.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use bones_compact::LatticeEvent;
use bones_snapshot::{EventHash, FORMAT, ItemState, Order, SnapshotPayload};
use lattice_core::{Bottom, Set};

use super::held::{HeldEvent, Item};
use super::indexed::OpenFrames;
use super::items::Items;
use super::past::Past;
use super::schema::Schemas;
use super::scope::{Scope, ScopeId};
use crate::error::StoreError;
use crate::export::{Export, write_payloads};
use crate::record::encode_hashes;

/// Domain of [`View::digest`].
const DIGEST_DOMAIN: &str = "lattice 1 digest of joined state";

/// What a store knows at one moment: every item, the past that is still readable, scopes, schemas.
///
/// Immutable and shared: a clone is O(1), and nothing that happens to the store later changes it. Items that a
/// compaction wrote are read when they are first asked for. A compaction that replaces them reads them all first; where a
/// redaction or another compaction came between the two, what this view had not read by then is [`StoreError::Expired`].
#[derive(Clone)]
pub struct View<S: Order> {
    pub(super) base: Items<S>,
    pub(super) scopes: im::OrdMap<Arc<str>, Scope<S>>,
    pub(super) redactions: Arc<Set<EventHash>>,
    pub(super) past: Past,
    pub(super) schemas: Schemas,
    /// Commits pinned by themselves.
    pub(super) pins: Arc<BTreeSet<u64>>,
}

impl<S: Order> View<S> {
    pub(super) fn empty() -> Self {
        Self {
            base: Items::new(),
            scopes: im::OrdMap::new(),
            redactions: Arc::new(Set::bottom()),
            past: Past::default(),
            schemas: Schemas::default(),
            pins: Arc::default(),
        }
    }

    /// The items of the base, and of each scope.
    pub(super) fn all_items(&self) -> impl Iterator<Item = (Option<&ScopeId>, &Items<S>)> {
        let scopes = self.scopes.values();
        let scopes = scopes.map(|scope| (Some(&scope.id), &scope.items));
        std::iter::once((None, &self.base)).chain(scopes)
    }

    /// Whether other views still hold items of this one.
    pub(crate) fn is_shared(&self) -> bool {
        self.base.is_shared()
    }

    /// Notes what its items are read from.
    pub(super) fn note(&self, open: &mut OpenFrames) {
        if let Some(indexed) = self.base.index() {
            open.note(indexed);
        }
    }

    /// The items of the base, in order.
    pub fn item_ids(&self) -> impl Iterator<Item = &str> {
        self.base.ids()
    }

    /// The state of an item of the base under the redactions known. O(log items), and the first time since the item
    /// changed a join of what is held of it, which the first time of all is read from the log.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when what is held cannot be read.
    pub fn state(&self, item_id: &str) -> Result<Option<&ItemState<S>>, StoreError> {
        let item = self.base.get(item_id)?;
        Ok(item.map(|item| item.state(&self.redactions)))
    }

    /// Every item of the base with its state, in order.
    ///
    /// # Errors
    ///
    /// Each item can be a [`StoreError`], as of [`state`](Self::state).
    pub fn states(&self) -> impl Iterator<Item = Result<(&str, &ItemState<S>), StoreError>> {
        let items = self.base.iter();
        items.map(|held| held.map(|(id, item)| (id, item.state(&self.redactions))))
    }

    /// The event lines held of an item, in the order they came. The line of a redacted event is
    /// never among them, also while it still stands in a file; nor is the line of a snapshot by bones that repeats
    /// what such an event said.
    ///
    /// # Errors
    ///
    /// As of [`state`](Self::state).
    pub fn lines(&self, item_id: &str) -> Result<impl Iterator<Item = &HeldEvent<S>>, StoreError> {
        let item = self.base.get(item_id)?;
        let held = item.into_iter().flat_map(|item| item.events());
        Ok(held.filter(|event| !event.tells_redacted(&self.redactions)))
    }

    /// Whether [`lines`](Self::lines) gives every event of the item.
    ///
    /// # Errors
    ///
    /// As of [`state`](Self::state).
    pub fn is_raw(&self, item_id: &str) -> Result<bool, StoreError> {
        Ok(self.base.get(item_id)?.is_some_and(|item| {
            let redacted = |event: &HeldEvent<S>| event.tells_redacted(&self.redactions);
            item.states().next().is_none() && !item.events().any(redacted)
        }))
    }

    /// Every redacted event the store knows of.
    pub fn redactions(&self) -> &Set<EventHash> {
        &self.redactions
    }

    /// The item that an event belongs to, when it is known. Reads items until it is found.
    ///
    /// # Errors
    ///
    /// As of [`state`](Self::state).
    pub fn item_of(&self, event: &EventHash) -> Result<Option<&str>, StoreError> {
        for held in self.states() {
            let (id, state) = held?;
            if state.coverage().contains(event) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// One hash over everything the store knows: the order, the redactions, and the joined state of
    /// every item, of the base and of every scope. Equal knowledge gives equal digests, whether or
    /// not, where or when it was compacted. What is read for it does not stay in memory.
    ///
    /// # Errors
    ///
    /// As of [`state`](Self::state).
    pub fn digest(&self) -> Result<[u8; 32], StoreError> {
        let mut hasher = blake3::Hasher::new_derive_key(DIGEST_DOMAIN);
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(S::WORD.as_bytes());
        part(&FORMAT.to_le_bytes());
        part(&encode_hashes(&self.redactions));
        for (scope, items) in self.all_items() {
            if let Some(scope) = scope {
                part(b"scope");
                part(scope.name.as_bytes());
            }
            for held in items.pass() {
                let (id, item) = held?;
                part(&item.state_in_passing(&self.redactions).encode(id));
            }
        }
        Ok(*hasher.finalize().as_bytes())
    }

    /// Everything the base knows, for any other store of the same order to join. Scopes are overlays of this
    /// store and stay here.
    ///
    /// # Errors
    ///
    /// As of [`state`](Self::state).
    pub fn export(&self) -> Result<Export<S>, StoreError> {
        let payloads = self.base.pass().map(|held| {
            let (id, item) = held?;
            Ok(self.payload(id, &item))
        });
        Ok(Export {
            redactions: Set::clone(&self.redactions),
            payloads: payloads.collect::<Result<_, StoreError>>()?,
        })
    }

    /// Writes the file that [`export`](Self::export) and [`Export::write`] make, byte for byte, one item after the other: in
    /// the memory of a thousand items beside what the view holds.
    ///
    /// # Errors
    ///
    /// As of [`state`](Self::state), and [`StoreError::Export`]; a file that was there before is then still there.
    ///
    /// ```
    /// use lattice_lww::Unstamped;
    /// use storage_adapter::{Export, ItemStore, MemoryLog};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let file = dir.path().join("store.snapshots");
    /// let store = ItemStore::<Unstamped, _>::over(MemoryLog::new(&ItemStore::<Unstamped>::header()))?;
    /// store.write_export(&file)?;
    /// assert!(Export::<Unstamped>::read(&file)?.payloads.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_export(&self, file: &Path) -> Result<(), StoreError> {
        let items = self.base.len() as u64;
        let payloads = self.base.pass().map(|held| {
            let (id, item) = held?;
            Ok(self.payload(id, &item).encode())
        });
        write_payloads::<S, _>(file, &self.redactions, items, payloads)
    }

    fn payload(&self, id: &str, item: &Item<S>) -> SnapshotPayload<S> {
        let state = item.state_in_passing(&self.redactions).into_owned();
        SnapshotPayload::new(id, state, &self.redactions)
    }
}
