//! Bringing events, states and redactions in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::LatticeEvent;
use bones_snapshot::{EventHash, ItemState, Order, SnapshotPayload};
use lattice_core::{Bottom, JoinSemilattice, Set, join_all};

use super::ItemStore;
use super::held::{HeldEvent, Item};
use crate::error::StoreError;
use crate::export::Export;
use crate::log::Frame;
use crate::record::{EVENT, STATE, redactions_frame};

/// Things to bring into a store.
pub struct Batch<S: Order> {
    /// Events with their lines.
    pub events: Vec<HeldEvent<S>>,
    /// States of items, from exports.
    pub payloads: Vec<SnapshotPayload<S>>,
    /// Redacted events.
    pub redactions: Set<EventHash>,
}

impl<S: Order> Default for Batch<S> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            payloads: Vec::new(),
            redactions: Set::bottom(),
        }
    }
}

impl<S: Order> From<Export<S>> for Batch<S> {
    fn from(export: Export<S>) -> Self {
        Self {
            events: Vec::new(),
            payloads: export.payloads,
            redactions: export.redactions,
        }
    }
}

/// What an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Events given.
    pub events_read: usize,
    /// Events that were new, and are durable now.
    pub events_added: usize,
    /// Snapshots given.
    pub snapshots_read: usize,
    /// Snapshots that told something new, and are durable now.
    pub snapshots_added: usize,
    /// Redactions that were new.
    pub redactions_added: usize,
    /// Items the store holds now.
    pub items: usize,
}

impl<S: Order> ItemStore<S> {
    /// Brings events, states and redactions in, in one commit. What is known already is left out;
    /// when all of it is, nothing is written.
    ///
    /// A state is joined, never believed: events it claims to cover are still taken in when they
    /// arrive and it does not hold what they wrote.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`]; nothing is acknowledged then.
    pub fn apply(&mut self, batch: Batch<S>, now_micros: u64) -> Result<ImportReport, StoreError> {
        let mut report = ImportReport {
            events_read: batch.events.len(),
            snapshots_read: batch.payloads.len(),
            ..ImportReport::default()
        };
        let plan = self.plan(batch);
        let mut frames = Vec::new();
        let recorded = plan.recorded.difference(&self.redactions);
        if !recorded.is_empty() {
            frames.push(redactions_frame(&recorded));
        }
        let mut items = self.items.clone();
        for (id, news) in plan.news {
            let slot = items.entry(id).or_insert_with(|| Arc::new(Item::empty()));
            let item = Arc::make_mut(slot);
            report.events_added = report.events_added.saturating_add(news.events.len());
            report.snapshots_added = report.snapshots_added.saturating_add(news.payloads.len());
            take_in(item, news, &plan.redactions, &mut frames);
        }
        let grew = plan.redactions.difference(&self.redactions);
        if !frames.is_empty() {
            self.log.append(frames, now_micros)?;
        }
        if !grew.is_empty() {
            mask_all(&mut items, &grew);
        }
        report.redactions_added = grew.len();
        report.items = items.len();
        self.items = items;
        self.redactions = plan.redactions;
        Ok(report)
    }

    /// Sorts out what of a batch is new.
    fn plan(&self, batch: Batch<S>) -> Plan<S> {
        let mut news: BTreeMap<Arc<str>, News<S>> = BTreeMap::new();
        for event in batch.events {
            let id = Arc::from(event.item_id());
            news.entry(id).or_default().events.push(event);
        }
        let mut redactions = self.redactions.clone();
        redactions.join_ref(&batch.redactions);
        for payload in batch.payloads {
            redactions.join_ref(payload.state().redacted());
            let id = Arc::from(payload.item_id());
            news.entry(id).or_default().payloads.push(payload);
        }
        for (id, news) in &mut news {
            let known = self.state(id);
            let mut seen = BTreeSet::new();
            news.events.retain(|event| {
                seen.insert(event.hash()) && !known.is_some_and(|state| holds(state, event))
            });
            let targets = news.events.iter().filter_map(|e| e.event().redacts());
            redactions.join(targets.copied().collect());
        }
        // SUBTLE: a second pass, because any event above may redact any payload.
        for (id, news) in &mut news {
            let known = self.state(id);
            news.payloads.retain_mut(|payload| {
                let (id, mut state) = payload.clone().into_parts();
                state.redact(&redactions);
                let is_new = !known.is_some_and(|known| state.leq(known));
                *payload = SnapshotPayload::new(&id, state, &redactions);
                is_new
            });
        }
        news.retain(|_, news| !news.events.is_empty() || !news.payloads.is_empty());
        Plan {
            recorded: batch.redactions,
            redactions,
            news,
        }
    }
}

/// What of a batch is new.
struct Plan<S: Order> {
    /// Redactions that came by themselves, not as events of items.
    recorded: Set<EventHash>,
    /// All redactions once the batch is in.
    redactions: Set<EventHash>,
    news: BTreeMap<Arc<str>, News<S>>,
}

struct News<S: Order> {
    events: Vec<HeldEvent<S>>,
    payloads: Vec<SnapshotPayload<S>>,
}

impl<S: Order> Default for News<S> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            payloads: Vec::new(),
        }
    }
}

/// Whether a state holds an event: not just claims to cover it, but holds what it wrote.
fn holds<S: Order>(state: &ItemState<S>, event: &HeldEvent<S>) -> bool {
    state.coverage().contains(&event.hash()) && event.delta().leq(state)
}

/// Joins what is new into an item, and writes it down: payloads, the lines of events, and of
/// redacted events the masked delta instead.
fn take_in<S: Order>(
    item: &mut Item<S>,
    news: News<S>,
    redactions: &Set<EventHash>,
    frames: &mut Vec<Frame>,
) {
    let mut joined = Vec::new();
    for payload in news.payloads {
        let frame = Frame::new(STATE, payload.encode());
        item.sources.bytes = item.sources.bytes.saturating_add(frame.body.len() as u64);
        frames.push(frame);
        let (_, state) = payload.into_parts();
        item.sources.states.push(state.clone());
        joined.push(state);
    }
    joined.push(HeldEvent::fold(&news.events));
    for event in news.events {
        let is_redacted = redactions.contains(&event.hash());
        let frame = if is_redacted {
            let mut delta = event.delta();
            delta.redact(redactions);
            let frame = Frame::new(STATE, delta.encode(event.item_id()));
            item.sources.states.push(delta);
            frame
        } else {
            Frame::new(EVENT, event.line().to_vec())
        };
        item.sources.bytes = item.sources.bytes.saturating_add(frame.body.len() as u64);
        frames.push(frame);
        if !is_redacted {
            item.sources.events.push(event);
        }
    }
    item.state.join(join_all(joined));
    item.state.redact(redactions);
}

/// Masks what the redactions name in every item. Items that they leave alone are shared, not
/// copied.
fn mask_all<S: Order>(items: &mut im::OrdMap<Arc<str>, Arc<Item<S>>>, redactions: &Set<EventHash>) {
    let masked: Vec<(Arc<str>, Arc<Item<S>>)> = items
        .iter()
        .filter_map(|(id, item)| {
            let mut state = item.state.clone();
            state.redact(redactions).then(|| {
                let sources = item.sources.clone();
                (Arc::clone(id), Arc::new(Item { sources, state }))
            })
        })
        .collect();
    items.extend(masked);
}
