//! Bringing events, states and redactions in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{Dated, LatticeEvent, Source};
use bones_snapshot::{EventHash, Order, SnapshotPayload};
use lattice_core::{Bottom, JoinSemilattice, Set, join_all};

use super::held::{HeldEvent, Item};
use super::id::{ItemId, begin};
use super::items::{Found, Items};
use super::past::Touched;
use super::scope::ScopeId;
use super::{ItemStore, View};
use crate::error::StoreError;
use crate::export::Export;
use crate::log::Frame;
use crate::log_store::LogStore;
use crate::record::{EVENT, MAX_PAYLOAD, SCOPE, STATE, redactions_frame};

/// Things to bring into a store.
pub struct Batch<S: Order> {
    /// Events with their lines.
    pub events: Vec<HeldEvent<S>>,
    /// States of items, from exports.
    pub payloads: Vec<SnapshotPayload<S>>,
    /// Redacted events.
    pub redactions: Set<EventHash>,
    /// The scope that events and states are brought into, `None` for the base.
    pub scope: Option<ScopeId>,
}

impl<S: Order> Default for Batch<S> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            payloads: Vec::new(),
            redactions: Set::bottom(),
            scope: None,
        }
    }
}

impl<S: Order> From<Export<S>> for Batch<S> {
    fn from(export: Export<S>) -> Self {
        Self {
            events: Vec::new(),
            payloads: export.payloads,
            redactions: export.redactions,
            scope: None,
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
    /// Events and snapshots that came too late for their scope, which is deleted: left out.
    pub dropped: usize,
    /// Items the base holds now.
    pub items: usize,
    /// The commit they came with; the last one if nothing was new.
    pub commit: u64,
}

impl<S: Order, L: LogStore> ItemStore<S, L> {
    /// Brings events, states and redactions in, in one commit, and makes it durable. What is known
    /// already is left out; when all of it is, nothing is written.
    ///
    /// O(the batch · log items), and what of the items is joined by then; where redactions come that were not known,
    /// O(items + redactions) more.
    ///
    /// A state is joined, never believed: events it claims to cover are still taken in when they
    /// arrive and it does not hold what they wrote.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also when what is held of an item cannot be read; nothing is acknowledged then.
    pub fn apply(&mut self, batch: Batch<S>, now_micros: u64) -> Result<ImportReport, StoreError> {
        let (news, frames) = self.view.news(batch)?;
        let is_new = !frames.is_empty();
        self.write_log(frames, now_micros)?;
        // SUBTLE: also when nothing is new: it may have been written, and not synced.
        let commit = self.sync()?;
        Ok(self.view.take(news, is_new.then_some((commit, now_micros))))
    }

    /// As [`apply`](Self::apply), but durable only with the next [`sync`](Self::sync) or `apply`, to share
    /// the cost of one sync between many commits. A loss of power before may lose the last of
    /// them, never one from the middle.
    ///
    /// # Errors
    ///
    /// As of [`apply`](Self::apply).
    pub fn write(&mut self, batch: Batch<S>, now_micros: u64) -> Result<ImportReport, StoreError> {
        let (news, frames) = self.view.news(batch)?;
        let is_new = !frames.is_empty();
        let commit = self.write_log(frames, now_micros)?;
        if is_new && self.log.durable_commit() >= self.view.commit() {
            self.durable = Some(self.view.clone());
        }
        Ok(self.view.take(news, is_new.then_some((commit, now_micros))))
    }
}

impl<S: Order> View<S> {
    /// Sorts out what of a batch is new, and how it is written down: in no frame, if nothing is.
    fn news(&self, batch: Batch<S>) -> Result<(News<S>, Vec<Frame>), StoreError> {
        let mut report = ImportReport {
            events_read: batch.events.len(),
            snapshots_read: batch.payloads.len(),
            ..ImportReport::default()
        };
        let scope = match batch.scope {
            Some(id) if !self.is_alive(&id) => {
                report.dropped = report.events_read.saturating_add(report.snapshots_read);
                return Ok(self.nothing_but(&batch.redactions, report));
            }
            scope => scope,
        };
        let held = match scope.as_ref().and_then(|id| self.scopes.get(&id.name)) {
            None => &self.base,
            Some(scope) => &scope.items,
        };
        let (mut items, redactions) =
            self.sort_out(batch.events, batch.payloads, held, &batch.redactions)?;
        let recorded = batch.redactions.difference(&self.redactions);
        let mut frames = Vec::new();
        if !recorded.is_empty() {
            frames.push(redactions_frame(&recorded));
        }
        if let Some(id) = scope.as_ref().filter(|_| !items.is_empty()) {
            frames.push(Frame::new(SCOPE, id.record().encode()));
        }
        for (_, item) in &mut items {
            report.events_added = report.events_added.saturating_add(item.events.len());
            report.snapshots_added = report.snapshots_added.saturating_add(item.payloads.len());
            item.write_down(&redactions, &mut frames)?;
        }
        let grew = if Arc::ptr_eq(&redactions, &self.redactions) {
            Set::bottom()
        } else {
            redactions.difference(&self.redactions)
        };
        report.redactions_added = grew.len();
        let news = News {
            scope,
            items,
            redactions,
            grew,
            report,
        };
        Ok((news, frames))
    }

    /// News without items: the redactions of a batch whose scope is gone.
    fn nothing_but(
        &self,
        recorded: &Set<EventHash>,
        report: ImportReport,
    ) -> (News<S>, Vec<Frame>) {
        let grew = recorded.difference(&self.redactions);
        let mut redactions = Arc::clone(&self.redactions);
        learn(&mut redactions, recorded);
        let frames = if grew.is_empty() {
            Vec::new()
        } else {
            vec![redactions_frame(&grew)]
        };
        let news = News {
            scope: None,
            items: Vec::new(),
            redactions,
            report: ImportReport {
                redactions_added: grew.len(),
                ..report
            },
            grew,
        };
        (news, frames)
    }

    /// What is new, item by item, and every redaction known once it is in.
    fn sort_out(
        &self,
        events: Vec<HeldEvent<S>>,
        payloads: Vec<SnapshotPayload<S>>,
        held: &Items<S>,
        recorded: &Set<EventHash>,
    ) -> Result<Sorted<S>, StoreError> {
        let mut news = by_item(events);
        let mut redactions = Arc::clone(&self.redactions);
        learn(&mut redactions, recorded);
        for payload in payloads {
            learn(&mut redactions, payload.state().redacted());
            let id = ItemId::from(payload.item_id());
            news.entry(id).or_default().payloads.push(payload);
        }
        for (id, news) in &mut news {
            let known = match held.find(id)? {
                Some(Found::InMemory(id, item)) => {
                    news.id = Some(id.clone());
                    Some(item)
                }
                Some(Found::Read(item)) => {
                    news.read = Some(Arc::clone(item));
                    Some(item)
                }
                None => None,
            };
            let several = news.events.len() > 1;
            let mut seen = BTreeSet::new();
            news.events.retain(|event| {
                let is_known = |item: &Arc<Item<S>>| item.knows(event, &self.redactions);
                (!several || seen.insert(event.hash())) && !known.is_some_and(is_known)
            });
            let targets = news.events.iter().filter_map(|e| e.event().redacts());
            let targets: Set<EventHash> = targets.copied().collect();
            learn(&mut redactions, &targets);
        }
        // SUBTLE: a second pass, because any event above may redact any payload.
        let with_payloads = news
            .iter_mut()
            .filter(|(_, news)| !news.payloads.is_empty());
        for (id, news) in with_payloads {
            let known = held.get(id)?;
            news.payloads.retain_mut(|payload| {
                let (id, mut state) = payload.clone().into_parts();
                state.redact(&redactions);
                let is_new = !known.is_some_and(|item| state.leq(item.state(&self.redactions)));
                *payload = SnapshotPayload::new(&id, state, &redactions);
                is_new
            });
        }
        let mut sorted = Vec::with_capacity(news.len());
        for (id, mut news) in news {
            if !news.events.is_empty() || !news.payloads.is_empty() {
                sorted.push((news.id.take().unwrap_or(id), news));
            }
        }
        Ok((sorted, redactions))
    }

    /// Takes in what was written, with the number and the time of its commit; `None` if nothing was.
    fn take(&mut self, news: News<S>, written: Option<(u64, u64)>) -> ImportReport {
        if let Some((commit, time)) = written {
            let touched = news.items.iter().map(|(item, _)| Touched {
                scope: news.scope.clone(),
                item: item.clone(),
            });
            self.past.advance(commit, time, touched.collect());
        }
        let commit = self.commit();
        let mut report = news.report;
        report.commit = commit;
        let scope = news.scope.and_then(|id| self.scopes.get_mut(&id.name));
        let items = scope.map_or(&mut self.base, |scope| &mut scope.items);
        for (id, mut new) in news.items {
            let read = new.read.take();
            items.change(id, read, |item| {
                new.join_into(item, commit, &news.redactions);
            });
        }
        if !news.grew.is_empty() {
            self.base.mask(&news.grew);
            let names: Vec<Arc<str>> = self.scopes.keys().cloned().collect();
            for name in names {
                if let Some(scope) = self.scopes.get_mut(&name) {
                    scope.items.mask(&news.grew);
                }
            }
            self.redactions = news.redactions;
        }
        report.items = self.base.len();
        report
    }
}

/// Takes in redactions. The set, which is shared, is copied only if some are new.
fn learn(redactions: &mut Arc<Set<EventHash>>, more: &Set<EventHash>) {
    if !more.leq(redactions) {
        Arc::make_mut(redactions).join_ref(more);
    }
}

/// Events by the items they are of; those of an item in the order they came.
fn by_item<S: Order>(events: Vec<HeldEvent<S>>) -> BTreeMap<ItemId, ItemNews<S>> {
    let events = events.into_iter();
    let mut events: Vec<_> = events
        .map(|event| (begin(event.item_id()), event))
        .collect();
    events.sort_by(|(a, one), (b, other)| {
        let begins = a.cmp(b);
        begins.then_with(|| one.item_id().cmp(other.item_id()))
    });
    let mut items: Vec<(ItemId, ItemNews<S>)> = Vec::new();
    for (_, event) in events {
        match items.last_mut() {
            Some((id, news)) if **id == *event.item_id() => news.events.push(event),
            _ => {
                let id = ItemId::from(event.item_id());
                let mut news = ItemNews::default();
                news.events.push(event);
                items.push((id, news));
            }
        }
    }
    items.into_iter().collect()
}

/// What of a batch is new.
struct News<S: Order> {
    scope: Option<ScopeId>,
    items: Vec<(ItemId, ItemNews<S>)>,
    /// All redactions once the batch is in.
    redactions: Arc<Set<EventHash>>,
    /// Those that are new.
    grew: Set<EventHash>,
    report: ImportReport,
}

/// What is new, ascending by item, and every redaction known once it is in.
type Sorted<S> = (Vec<(ItemId, ItemNews<S>)>, Arc<Set<EventHash>>);

/// What of a batch is new of one item.
struct ItemNews<S: Order> {
    /// The id that the item is held under, to be shared.
    id: Option<ItemId>,
    /// The item, if it lies where the index says: before anything is written, so that nothing need be read after.
    read: Option<Arc<Item<S>>>,
    events: Vec<HeldEvent<S>>,
    payloads: Vec<SnapshotPayload<S>>,
    /// As written down: what is held from now on, and the length of its frame.
    written: Vec<(Source<HeldEvent<S>>, u64)>,
}

impl<S: Order> Default for ItemNews<S> {
    fn default() -> Self {
        Self {
            id: None,
            read: None,
            events: Vec::new(),
            payloads: Vec::new(),
            written: Vec::new(),
        }
    }
}

impl<S: Order> ItemNews<S> {
    /// Writes down payloads, the lines of events, and of events that tell redacted text the masked delta instead.
    fn write_down(
        &mut self,
        redactions: &Set<EventHash>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), StoreError> {
        let mut put = |source, frame: Frame| {
            self.written.push((source, frame.body.len() as u64));
            frames.push(frame);
        };
        for payload in &self.payloads {
            let frame = Frame::new(STATE, payload.encode());
            if frame.body.len() > MAX_PAYLOAD {
                return Err(StoreError::PayloadTooLarge {
                    item: payload.item_id().to_owned(),
                    len: frame.body.len(),
                    max: MAX_PAYLOAD,
                });
            }
            put(Source::State(Arc::new(payload.state().clone())), frame);
        }
        for event in &self.events {
            if event.tells_redacted(redactions) {
                let mut delta = event.delta();
                delta.redact(redactions);
                let frame = Frame::new(STATE, delta.encode(event.item_id()));
                put(Source::State(Arc::new(delta)), frame);
            } else {
                let frame = Frame::new(EVENT, event.line());
                put(Source::Event(event.clone()), frame);
            }
        }
        Ok(())
    }

    fn join_into(self, item: &mut Item<S>, commit: u64, redactions: &Set<EventHash>) {
        let written = self.written.into_iter();
        let written = written.map(|(source, bytes)| Dated {
            commit,
            bytes,
            source,
        });
        let (events, payloads) = (self.events, self.payloads);
        let joined = || {
            let states = payloads.into_iter().map(|payload| payload.into_parts().1);
            join_all(states.chain([HeldEvent::fold(&events)]))
        };
        item.extend(written, joined, redactions);
    }
}
