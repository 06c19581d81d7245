//! Reading frames back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{Dated, Source};
use bones_snapshot::{EventHash, Order, SnapshotPayload, Stamped, parse_line};
use lattice_core::{Bottom, JoinSemilattice, Set};

use super::View;
use super::held::{HeldEvent, Item};
use super::scope::ScopeId;
use crate::error::StoreError;
use crate::log::Entry;
use crate::record::{
    EVENT, HISTORY, HistoryRecord, PACKED, PAST_EVENT, PAST_STATE, PIN, REDACTIONS, SCHEMA, SCOPE,
    SCOPE_CREATED, SCOPE_DELETED, STATE, SchemaRecord, ScopeRecord, UNPIN, decode_hashes,
    split_past, unpack,
};

type Held<S> = BTreeMap<Arc<str>, Vec<Dated<HeldEvent<S>>>>;

/// A view while it is read from the frames of a log.
pub(super) struct Loader<S: Order> {
    view: View<S>,
    base: Held<S>,
    scopes: BTreeMap<ScopeId, Held<S>>,
    redactions: Set<EventHash>,
    /// The commit of the frame before, and the scope it belongs to.
    commit: u64,
    scope: Option<ScopeId>,
}

impl<S: Order> Loader<S> {
    pub(super) fn new() -> Self {
        Self {
            view: View::empty(),
            base: BTreeMap::new(),
            scopes: BTreeMap::new(),
            redactions: Set::bottom(),
            commit: 0,
            scope: None,
        }
    }

    /// Takes the next frame in.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if entry.commit != self.commit {
            (self.commit, self.scope) = (entry.commit, None);
        }
        self.read_all(entry).map_err(|why| StoreError::Frame {
            file: entry.file.to_string(),
            offset: entry.offset,
            kind: entry.kind,
            why,
        })?;
        // A rewritten beginning lists its commits itself.
        if entry.commit > self.view.past.commit() {
            let none = BTreeSet::new();
            let time = entry.commit_time_micros;
            self.view.past.advance(entry.commit, time, none);
        }
        Ok(())
    }

    fn read_all(&mut self, entry: &Entry) -> Result<(), String> {
        if entry.kind != PACKED {
            return self.read(entry.commit, entry.kind, &entry.body);
        }
        self.view.past.packed = true;
        for (place, frame) in unpack(&entry.body)?.into_iter().enumerate() {
            self.read(entry.commit, frame.kind, &frame.body)
                .map_err(|why| format!("frame {place} in it, of kind {}: {why}", frame.kind))?;
        }
        Ok(())
    }

    /// A frame that lies in a commit.
    fn read(&mut self, at: u64, kind: u8, body: &[u8]) -> Result<(), String> {
        match kind {
            EVENT => self.event(at, body),
            STATE => self.state(at, body),
            PAST_EVENT | PAST_STATE => {
                let (commit, body) = split_past(body).ok_or("it does not begin with a commit")?;
                if kind == PAST_EVENT {
                    self.event(commit, body)
                } else {
                    self.state(commit, body)
                }
            }
            REDACTIONS => {
                let hashes = decode_hashes(body).ok_or("the hashes are not whole and sorted")?;
                self.redactions.join(hashes);
                Ok(())
            }
            HISTORY => self.history(at, body),
            SCOPE => {
                let id = self.living_scope(body)?;
                self.scope = Some(id);
                Ok(())
            }
            SCOPE_CREATED => {
                let name = std::str::from_utf8(body).map_err(|_| "the name is not UTF-8")?;
                if self.view.scopes.contains_key(name) {
                    return Err("there is a scope of this name already".into());
                }
                let id = self.view.add_scope(name, at);
                self.scopes.insert(id, BTreeMap::new());
                Ok(())
            }
            SCOPE_DELETED => {
                let id = self.living_scope(body)?;
                self.view.remove_scope(&id);
                self.scopes.remove(&id);
                Ok(())
            }
            SCHEMA => {
                let record = SchemaRecord::decode(body).ok_or("it is no schema record")?;
                if !self.view.schemas.take(&record, at) {
                    return Err("it ends a migration, and none is under way".into());
                }
                self.view.past.garbage |= !matches!(record, SchemaRecord::Begun(_));
                Ok(())
            }
            PIN | UNPIN => {
                let commit = body.try_into().map_err(|_| "it is no commit number")?;
                let commit = u64::from_le_bytes(commit);
                let pins = Arc::make_mut(&mut self.view.pins);
                if kind == PIN {
                    pins.insert(commit);
                } else {
                    pins.remove(&commit);
                }
                Ok(())
            }
            _ => Err("a kind this build does not know: use a newer build".into()),
        }
    }

    fn event(&mut self, commit: u64, line: &[u8]) -> Result<(), String> {
        let event = parse_line(line).map_err(|e| e.to_string())?;
        let event = event.ok_or("the line holds no event")?;
        let event = Stamped::new(event).map_err(|e| e.to_string())?;
        if let Some(target) = event.redacts() {
            self.redactions.join(std::iter::once(*target).collect());
        }
        let id = event.event().item_id.clone();
        let source = Source::Event(HeldEvent::new(line, event));
        self.hold(&id, commit, line.len(), source)
    }

    fn state(&mut self, commit: u64, payload: &[u8]) -> Result<(), String> {
        let decoded = SnapshotPayload::decode(payload).map_err(|e| e.to_string())?;
        let (id, state) = decoded.into_parts();
        self.redactions.join_ref(state.redacted());
        self.hold(&id, commit, payload.len(), Source::State(Arc::new(state)))
    }

    fn hold(
        &mut self,
        id: &str,
        commit: u64,
        bytes: usize,
        source: Source<HeldEvent<S>>,
    ) -> Result<(), String> {
        let items = match &self.scope {
            None => &mut self.base,
            Some(scope) => self
                .scopes
                .get_mut(scope)
                .ok_or("it belongs to a scope that is not there")?,
        };
        let sources = items.entry(Arc::from(id)).or_default();
        if sources.last().is_some_and(|last| last.commit > commit) {
            return Err("it is older than what stands before it".into());
        }
        sources.push(Dated {
            commit,
            bytes: bytes as u64,
            source,
        });
        Ok(())
    }

    fn living_scope(&self, body: &[u8]) -> Result<ScopeId, String> {
        let record = ScopeRecord::decode(body).ok_or("it is no scope")?;
        let id = ScopeId::from(record);
        if self.view.is_alive(&id) {
            Ok(id)
        } else {
            Err(format!("there is no scope {id}"))
        }
    }

    /// What a compaction says of the past, in place of what was said before it.
    fn history(&mut self, at: u64, body: &[u8]) -> Result<(), String> {
        let record = HistoryRecord::decode(body).ok_or("it is no record of a history")?;
        let past = &mut self.view.past;
        if past.commit() > 0 && at <= past.commit() {
            return Err("it stands behind what it stands for".into());
        }
        (past.floor, past.clock) = (record.floor, record.clock);
        past.times = record.commits.into_iter().collect();
        Arc::make_mut(&mut past.runs).push(at);
        let alive: BTreeSet<ScopeId> = record.scopes.into_iter().map(Into::into).collect();
        for id in self.view.scopes().cloned().collect::<Vec<_>>() {
            if !alive.contains(&id) {
                self.view.remove_scope(&id);
                self.scopes.remove(&id);
            }
        }
        for id in alive {
            if !self.view.is_alive(&id) {
                self.view.add_scope(&id.name, id.created);
                self.scopes.insert(id, BTreeMap::new());
            }
        }
        self.view.schemas.active = record.active.map(Into::into);
        self.view.schemas.pending = record.pending.map(Into::into);
        self.view.pins = Arc::new(record.pins.into_iter().collect());
        Ok(())
    }

    /// The view.
    pub(super) fn finish(mut self) -> View<S> {
        let items = |held: Held<S>| {
            let items = held.into_iter();
            items
                .map(|(id, sources)| (id, Arc::new(Item::new(sources))))
                .collect()
        };
        self.view.base = items(self.base);
        for (id, held) in self.scopes {
            if let Some(scope) = self.view.scopes.get_mut(&id.name) {
                scope.items = items(held);
            }
        }
        self.view.redactions = Arc::new(self.redactions);
        self.view.find_touched();
        self.view
    }
}
