//! Replacing events by their joins, and taking redacted text off the disk.

use std::sync::Arc;

use bones_compact::{
    CompactionPolicy, CompactionReport, ItemSources, LatticeEvent, compact_items, masked_deltas,
};
use bones_snapshot::{EventHash, Order, SnapshotPayload};
use lattice_core::Set;

use super::ItemStore;
use super::held::{HeldEvent, Item};
use crate::error::StoreError;
use crate::log::Frame;
use crate::record::{EVENT, STATE, redactions_frame};

/// What a compaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompactionOutcome {
    /// What became of each item.
    pub report: CompactionReport,
    /// Items left uncompacted whose redacted text was taken out of the store.
    pub items_masked: usize,
    /// Whether anything was written.
    pub changed: bool,
    /// Size of the store directory before, in bytes.
    pub disk_before: u64,
    /// Size of the store directory after, in bytes.
    pub disk_after: u64,
}

impl<S: Order> ItemStore<S> {
    /// Compacts what the policy allows, takes redacted text out of everything else, and publishes
    /// the result in one step. When there is nothing to do, nothing is written.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the store is as before then, or read-only until opened again when the
    /// outcome is unknown.
    pub fn compact(
        &mut self,
        policy: &CompactionPolicy,
        now_micros: u64,
        commit_time_micros: u64,
    ) -> Result<CompactionOutcome, StoreError> {
        let disk_before = self.log.disk_bytes()?;
        let list: Vec<(&str, &ItemSources<HeldEvent<S>>)> = self
            .items
            .iter()
            .map(|(id, item)| (&**id, &item.sources))
            .collect();
        let (snapshots, report) = compact_items(&list, policy, now_micros, &self.redactions);
        let mut next = self.items.clone();
        for snapshot in snapshots {
            let id: Arc<str> = Arc::from(&*snapshot.item_id);
            let payload = SnapshotPayload::<S>::decode(&snapshot.payload).map_err(|source| {
                StoreError::WrittenPayload {
                    item: snapshot.item_id.to_string(),
                    source,
                }
            })?;
            let (_, state) = payload.into_parts();
            // Sources go only when the snapshot holds them: every write, not just a claim to cover.
            let faithful = self.state(&id).is_some_and(|held| *held == state);
            if !faithful {
                return Err(StoreError::Unfaithful {
                    item: snapshot.item_id.into(),
                });
            }
            let sources = ItemSources {
                events: Vec::new(),
                states: vec![state.clone()],
                bytes: snapshot.payload.len() as u64,
            };
            next.insert(id, Arc::new(Item { sources, state }));
        }
        let compacted = report.items_compacted > 0 && !policy.dry_run;
        let mut items_masked = 0_usize;
        if !self.redactions.is_empty() && !policy.dry_run {
            for (id, item) in &self.items {
                let skipped = report.skipped.contains_key(&**id);
                if let Some(masked) = skipped.then(|| self.masked(id, item)).flatten() {
                    next.insert(Arc::clone(id), Arc::new(masked));
                    items_masked = items_masked.saturating_add(1);
                }
            }
        }
        let tails = !self.redactions.is_empty() && !self.log.kept_tails()?.is_empty();
        let changed = compacted || items_masked > 0 || (tails && !policy.dry_run);
        if changed {
            self.log
                .replace(frames(&next, &self.redactions), commit_time_micros)?;
            self.items = next;
            if tails {
                // What was cut from a torn tail may hold text that has been redacted since.
                self.log.discard_tails()?;
            }
        }
        Ok(CompactionOutcome {
            report,
            items_masked,
            changed,
            disk_before,
            disk_after: self.log.disk_bytes()?,
        })
    }

    /// The item without the text that redactions take away, or `None` when it holds none.
    fn masked(&self, id: &str, item: &Item<S>) -> Option<Item<S>> {
        let deltas = masked_deltas(&item.sources, &self.redactions);
        let mut sources = item.sources.clone();
        let mut changed = !deltas.is_empty();
        for state in &mut sources.states {
            changed |= state.redact(&self.redactions);
        }
        if !changed {
            return None;
        }
        sources
            .events
            .retain(|event| !self.redactions.contains(&event.hash()));
        sources
            .states
            .extend(deltas.into_iter().map(|(_, delta)| delta));
        sources.bytes = stored_bytes(id, &sources);
        Some(Item {
            sources,
            state: item.state.clone(),
        })
    }
}

/// Every frame of a store: redactions first and whole, then item by item.
fn frames<S: Order>(
    items: &im::OrdMap<Arc<str>, Arc<Item<S>>>,
    redactions: &Set<EventHash>,
) -> impl Iterator<Item = Frame> {
    let first = (!redactions.is_empty()).then(|| redactions_frame(redactions));
    let of_items = items.iter().flat_map(|(id, item)| {
        let states = item.sources.states.iter();
        let lines = item.sources.events.iter();
        states
            .map(|state| Frame::new(STATE, state.encode(id)))
            .chain(lines.map(|event| Frame::new(EVENT, event.line().to_vec())))
    });
    first.into_iter().chain(of_items)
}

fn stored_bytes<S: Order>(id: &str, sources: &ItemSources<HeldEvent<S>>) -> u64 {
    let lines = sources.events.iter().map(|event| event.line().len());
    let states = sources.states.iter().map(|state| state.encode(id).len());
    lines.chain(states).map(|len| len as u64).sum()
}
