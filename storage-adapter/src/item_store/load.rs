//! Reading frames back.

mod index;
mod record;
mod salvage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{Dated, Source};
use bones_snapshot::{EventHash, Order};
use lattice_core::{Bottom, JoinSemilattice, Set};

use self::record::Decoded;
pub(super) use self::record::{Record, Told};
pub use self::salvage::Salvage;
use super::View;
use super::held::{HeldEvent, Item};
use super::id::ItemId;
use super::indexed::{Indexed, Unpacked};
use super::items::Items;
use super::scope::ScopeId;
use crate::error::StoreError;
use crate::log::{Entry, LogError};
use crate::log_store::LogReader;
use crate::record::{HistoryRecord, SchemaRecord, ScopeRecord};

/// Bytes of frames that are decoded together.
const CHUNK: usize = 1 << 20;

/// Reads a view from a log: from the indexes of what compactions wrote, and the frames behind that; from all frames
/// where there is no index.
pub(super) fn view<S: Order>(log: &impl LogReader) -> Result<View<S>, StoreError> {
    let mut loader = Loader::new();
    let behind = loader.take_indexed(log)?;
    read_all(loader, log.frames_from(behind))
}

/// What lies where the indexes of a log say, if all that compactions wrote has one.
pub(super) fn indexed<S: Order>(log: &impl LogReader) -> Result<Option<Indexed<S>>, StoreError> {
    let mut loader = Loader::new();
    loader.take_indexed(log)?;
    Ok(loader.indexed)
}

/// Reads a view from all frames of a log, whatever an index says.
pub(super) fn view_of_frames<S: Order>(
    frames: impl Iterator<Item = Result<Entry, LogError>>,
) -> Result<View<S>, StoreError> {
    read_all(Loader::new(), frames)
}

/// Frames are decoded in parallel with the feature `rayon`, and taken in one after the other.
fn read_all<S: Order>(
    mut loader: Loader<S>,
    mut frames: impl Iterator<Item = Result<Entry, LogError>>,
) -> Result<View<S>, StoreError> {
    loop {
        let (chunk, end) = chunk(&mut frames);
        for (entry, record) in chunk.iter().zip(decoded(&chunk)) {
            loader.take(entry, record)?;
        }
        match end {
            None => {}
            Some(Ok(())) => return loader.finish(),
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

/// The next frames, and how their row ended, if it did.
fn chunk(
    frames: &mut impl Iterator<Item = Result<Entry, LogError>>,
) -> (Vec<Entry>, Option<Result<(), LogError>>) {
    let (mut chunk, mut bytes) = (Vec::new(), 0_usize);
    while bytes < CHUNK {
        match frames.next() {
            None => return (chunk, Some(Ok(()))),
            Some(Err(error)) => return (chunk, Some(Err(error))),
            Some(Ok(entry)) => {
                bytes = bytes.saturating_add(size_of::<Entry>().saturating_add(entry.body.len()));
                chunk.push(entry);
            }
        }
    }
    (chunk, None)
}

/// Each frame decoded by itself, in their order.
fn decoded<S: Order>(chunk: &[Entry]) -> Vec<Result<Decoded<S>, String>> {
    let decode = |entry: &Entry| Decoded::new(entry.kind, &entry.body);
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        chunk.par_iter().map(decode).collect()
    }
    #[cfg(not(feature = "rayon"))]
    chunk.iter().map(decode).collect()
}

type Held<S> = BTreeMap<ItemId, Vec<Dated<HeldEvent<S>>>>;

/// A view while it is read from the frames of a log.
struct Loader<S: Order> {
    view: View<S>,
    /// What lies where an index says, of the base.
    indexed: Option<Indexed<S>>,
    base: Held<S>,
    scopes: BTreeMap<ScopeId, Held<S>>,
    redactions: Set<EventHash>,
    /// The commit of the frame before, and the scope it belongs to.
    commit: u64,
    scope: Option<ScopeId>,
}

impl<S: Order> Loader<S> {
    fn new() -> Self {
        Self {
            view: View::empty(),
            indexed: None,
            base: BTreeMap::new(),
            scopes: BTreeMap::new(),
            redactions: Set::bottom(),
            commit: 0,
            scope: None,
        }
    }

    /// Takes the next frame in.
    fn take(&mut self, entry: &Entry, frame: Result<Decoded<S>, String>) -> Result<(), StoreError> {
        if entry.commit != self.commit {
            (self.commit, self.scope) = (entry.commit, None);
        }
        let read = frame.and_then(|frame| self.read_all(entry.commit, frame));
        read.map_err(|why| StoreError::Frame {
            file: entry.file.to_string(),
            offset: entry.offset,
            kind: entry.kind,
            why,
        })?;
        // A rewritten beginning lists its commits itself.
        if entry.commit > self.view.past.commit() {
            let time = entry.commit_time_micros;
            self.view.past.advance(entry.commit, time, Vec::new());
        }
        Ok(())
    }

    fn read_all(&mut self, at: u64, frame: Decoded<S>) -> Result<(), String> {
        let frames = match frame {
            Decoded::One(record) => return self.read(at, record),
            Decoded::Packed(frames) => frames,
        };
        self.view.past.packed = true;
        for (place, (kind, record)) in frames.into_iter().enumerate() {
            let read = record.and_then(|record| match record {
                Record::History(_) | Record::Redactions(_) | Record::Index => {
                    Err("it stands by itself in a compaction".to_owned())
                }
                record => self.read(at, record),
            });
            read.map_err(|why| format!("frame {place} in it, of kind {kind}: {why}"))?;
        }
        Ok(())
    }

    /// A frame that lies in a commit.
    fn read(&mut self, at: u64, record: Record<S>) -> Result<(), String> {
        match record {
            Record::Told(told) => self.hold(at, told),
            Record::Past(commit, told) => self.hold(commit, told),
            Record::Redactions(hashes) => {
                self.redactions.join(hashes);
                Ok(())
            }
            Record::History(record) => self.history(at, record),
            Record::Scope(record) => {
                let id = self.living_scope(record)?;
                self.scope = Some(id);
                Ok(())
            }
            Record::ScopeCreated(name) => {
                if self.view.scopes.contains_key(&*name) {
                    return Err("there is a scope of this name already".into());
                }
                let id = self.view.add_scope(&name, at);
                self.scopes.insert(id, BTreeMap::new());
                Ok(())
            }
            Record::ScopeDeleted(record) => {
                let id = self.living_scope(record)?;
                self.view.remove_scope(&id);
                self.scopes.remove(&id);
                Ok(())
            }
            Record::Schema(record) => {
                if !self.view.schemas.take(&record, at) {
                    return Err("it ends a migration, and none is under way".into());
                }
                self.view.past.garbage |= !matches!(record, SchemaRecord::Begun(_));
                Ok(())
            }
            Record::Pin(commit) => {
                Arc::make_mut(&mut self.view.pins).insert(commit);
                Ok(())
            }
            Record::Unpin(commit) => {
                Arc::make_mut(&mut self.view.pins).remove(&commit);
                Ok(())
            }
            Record::Index => Ok(()),
        }
    }

    fn hold(&mut self, commit: u64, told: Told<S>) -> Result<(), String> {
        match &told.source {
            Source::Event(event) => {
                if let Some(target) = event.event().redacts() {
                    self.redactions.join(std::iter::once(*target).collect());
                }
            }
            Source::State(state) => {
                self.redactions.join_ref(state.redacted());
            }
        }
        let items = match &self.scope {
            None => &mut self.base,
            Some(scope) => self
                .scopes
                .get_mut(scope)
                .ok_or("it belongs to a scope that is not there")?,
        };
        let sources = items.entry(told.item).or_default();
        if sources.last().is_some_and(|last| last.commit > commit) {
            return Err("it is older than what stands before it".into());
        }
        sources.push(Dated {
            commit,
            bytes: told.bytes,
            source: told.source,
        });
        Ok(())
    }

    fn living_scope(&self, record: ScopeRecord) -> Result<ScopeId, String> {
        let id = ScopeId::from(record);
        if self.view.is_alive(&id) {
            Ok(id)
        } else {
            Err(format!("there is no scope {id}"))
        }
    }

    /// What a compaction says of the past, in place of what was said before it.
    fn history(&mut self, at: u64, record: HistoryRecord) -> Result<(), String> {
        let past = &mut self.view.past;
        if past.commit() > 0 && at <= past.commit() {
            return Err("it stands behind what it stands for".into());
        }
        if past.commit() > past.runs.last().copied().unwrap_or(0) {
            return Err("commits that it does not stand for are before it".into());
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
    fn finish(mut self) -> Result<View<S>, StoreError> {
        self.view.base = match self.indexed {
            None => in_memory(self.base),
            Some(indexed) => over(&indexed, self.base)?,
        };
        for (id, held) in self.scopes {
            if let Some(scope) = self.view.scopes.get_mut(&id.name) {
                scope.items = in_memory(held);
            }
        }
        self.view.redactions = Arc::new(self.redactions);
        self.view.find_touched();
        Ok(self.view)
    }
}

fn in_memory<S: Order>(held: Held<S>) -> Items<S> {
    let items = held.into_iter();
    let items = items.map(|(id, sources)| (id, Arc::new(Item::new(sources))));
    Items::of(items.collect())
}

/// What lies where an index says, and what came behind it.
fn over<S: Order>(indexed: &Indexed<S>, held: Held<S>) -> Result<Items<S>, StoreError> {
    let mut items = Items::indexed(indexed.clone());
    let mut unpacked = Unpacked::default();
    for (id, came) in held {
        let mut sources = match indexed.find(&id) {
            None => Vec::new(),
            Some(at) => indexed.get_beside(at, &mut unpacked)?.sources().to_vec(),
        };
        sources.extend(came);
        items.insert(id, Arc::new(Item::new(sources)));
    }
    Ok(items)
}
