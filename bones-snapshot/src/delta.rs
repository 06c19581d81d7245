//! From an event to its delta: the lattice element it is.

use std::fmt::Debug;
use std::sync::Arc;

use lattice_core::{Bottom, Cell, JoinSemilattice, Map, Max, Min, Set};
use lattice_lww::{Itc, ItcClock, ItcError, Stamp, Unstamped};
use thiserror::Error;

use crate::data::{CreateData, EventData, UpdateData};
use crate::event::{Event, Text};
use crate::hash::EventHash;
use crate::legacy::{LegacyId, LegacyWrite, SnapshotData, itc_of_json};
use crate::observed::{ByHash, Element, Key, Link, ObservedSet};
use crate::state::{Content, ItemState, Move, Register, Texts, written};

/// How events of a store are ordered: a stamp type, and how to read it from an event.
///
/// Chosen once when a store is created. States of different orders do not join: their types differ
/// in memory, their ids on disk.
pub trait Order: Stamp + Debug + Send + Sync + 'static {
    /// The number of the order in canonical bytes.
    const CODE: u8;
    /// The word for the order on the command line and in error messages.
    const WORD: &'static str;

    /// Reads the stamp of an event.
    ///
    /// # Errors
    ///
    /// [`StampTextError`] when the order needs a stamp and the event carries none it can read.
    fn of_event(event: &Event) -> Result<Self, StampTextError>;

    /// Reads the stamp of a register in one of bones' own snapshots, as JSON; `None` when the order
    /// needs one and there is none it can read.
    fn of_register(stamp: Option<&str>) -> Option<Self>;
}

/// The event carries no stamp that the order of the store can read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StampTextError {
    /// The stamp column is no clock.
    #[error("column 3 (itc) holds no stamp an `itc` store can order by: {0}")]
    Column(ItcError),
    /// The event is one of bones' snapshots, and a register in it is without a clock.
    #[error(
        "column 7 (data) holds a snapshot with a register whose stamp an `itc` store cannot order by"
    )]
    Register,
}

/// Order `wall`: by wall clock, agent and hash; stamps are never looked at.
impl Order for Unstamped {
    const CODE: u8 = 0;
    const WORD: &'static str = "wall";

    fn of_event(_event: &Event) -> Result<Self, StampTextError> {
        Ok(Self)
    }

    fn of_register(_stamp: Option<&str>) -> Option<Self> {
        Some(Self)
    }
}

/// Order `itc`: by interval tree clock, then as `wall`.
impl Order for Itc {
    const CODE: u8 = 1;
    const WORD: &'static str = "itc";

    fn of_event(event: &Event) -> Result<Self, StampTextError> {
        ItcClock::from_text(&event.stamp_text)
            .map(|clock| clock.stamp())
            .map_err(StampTextError::Column)
    }

    fn of_register(stamp: Option<&str>) -> Option<Self> {
        itc_of_json(stamp?)
    }
}

/// An event together with its stamp under one order.
///
/// ```
/// use bones_snapshot::{Stamped, parse_line, write_line};
/// use lattice_lww::Unstamped;
/// let line = write_line(7, "alice", "itc:AQ", &[], "item.move", "bn-1", r#"{"state":"done"}"#);
/// let event = parse_line(line.as_bytes())?.expect("an event");
/// let event = Stamped::<Unstamped>::new(event)?;
/// assert_eq!(event.delta().lifecycle().phase.as_str(), "done");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped<S: Order> {
    event: Event,
    stamp: S,
}

impl<S: Order> Stamped<S> {
    /// Reads the stamp of an event.
    ///
    /// # Errors
    ///
    /// [`StampTextError`] when the order needs a stamp that the event does not carry.
    pub fn new(event: Event) -> Result<Self, StampTextError> {
        let stamp = S::of_event(&event)?;
        if let EventData::Snapshot(snapshot) = &event.data
            && !snapshot.stamps().all(|s| S::of_register(s).is_some())
        {
            return Err(StampTextError::Register);
        }
        // INVARIANT: every register of a snapshot has a stamp that reads.
        Ok(Self { event, stamp })
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Its stamp under the order.
    pub(crate) fn stamp(&self) -> &S {
        &self.stamp
    }

    /// The event that this one redacts, if it is a redaction.
    pub fn redacts(&self) -> Option<&EventHash> {
        match &self.event.data {
            EventData::Redact(target) => Some(target),
            _ => None,
        }
    }

    /// The events whose text this one repeats: the sources of a snapshot that bones wrote. Other events repeat none.
    pub fn repeats(&self) -> Option<&Set<EventHash>> {
        match &self.event.data {
            EventData::Snapshot(snapshot) => Some(&snapshot.sources),
            _ => None,
        }
    }

    /// The delta of the event: what joining it adds to the state of its item.
    pub fn delta(&self) -> ItemState<S> {
        let event = &self.event;
        let ts = event.order_ts();
        let key = Key {
            stamp: self.stamp.clone(),
            wall_ts: ts,
            agent_id: Arc::clone(&event.agent),
            event_hash: event.hash,
        };
        let mut content = Content::bottom();
        content.created = (ts > 0).then_some(Min(ts));
        content.updated = Some(Max(ts));
        content.earliest = Some(Min(ts));
        content.latest = Some(Max(ts));
        content.coverage = Set::singleton(event.hash);
        if let Some(rest) = &event.rest {
            content.other = text(&key, rest);
        }
        let mut redacted = Set::bottom();
        match &event.data {
            EventData::Create(create) => write_create(&mut content, &key, create),
            EventData::Update(update) => write_update(&mut content, &key, update),
            EventData::Move { target, reason } => {
                let entry = Move {
                    key: ByHash(key),
                    target: *target,
                };
                content.moves = Map::singleton(entry, Cell::Present(reason.clone()));
            }
            EventData::Assign(agent) => {
                content.assignees = ObservedSet::added(Arc::clone(agent), key);
            }
            EventData::Unassign(agent) => {
                content.assignees = ObservedSet::removed(agent.id(), key);
            }
            EventData::Comment(body) => content.comments = text(&key, body),
            EventData::Link { target, link_type } => {
                let link = Link {
                    target: Arc::clone(target),
                    link_type: Arc::clone(link_type),
                };
                let id = Link::target_id(target);
                content.links = Map::singleton(id, ObservedSet::added(link, key));
            }
            EventData::Unlink { target, link_type } => {
                let set = match link_type {
                    None => ObservedSet::cleared(key),
                    Some(link_type) => {
                        let link = Link {
                            target: Arc::clone(target),
                            link_type: Arc::clone(link_type),
                        };
                        ObservedSet::removed(link.id(), key)
                    }
                };
                content.links = Map::singleton(Link::target_id(target), set);
            }
            EventData::Delete => content.deleted = written(&key, true),
            EventData::Compact(summary) => {
                content.compact_summary = written(&key, Arc::clone(summary));
            }
            EventData::Redact(target) => redacted = Set::singleton(*target),
            EventData::Snapshot(snapshot) => write_snapshot(&mut content, key, snapshot),
            EventData::Opaque => {}
        }
        ItemState::new(content, redacted)
    }
}

/// The registers as the writes they name, and the rest as it is. Neither counts as covered.
fn write_snapshot<S: Order>(content: &mut Content<S>, key: Key<S>, snapshot: &SnapshotData) {
    if snapshot.created_at > 0 {
        content.created.join(Some(Min(snapshot.created_at)));
    }
    content.updated.join(Some(Max(snapshot.updated_at)));
    content.title = legacy_write(snapshot.title.as_ref());
    content.description = legacy_write(snapshot.description.as_ref());
    content.kind = legacy_write(snapshot.kind.as_ref());
    content.size = legacy_write(snapshot.size.as_ref());
    content.urgency = legacy_write(snapshot.urgency.as_ref());
    content.parent = legacy_write(snapshot.parent.as_ref());
    content.deleted = legacy_write(snapshot.deleted.as_ref());
    content.compact_summary = legacy_write(snapshot.compact_summary.as_ref());
    let id = LegacyId {
        key: ByHash(key),
        sources: snapshot.sources.clone(),
    };
    content.legacy = Map::singleton(id, snapshot.legacy.clone());
}

fn legacy_write<V: Ord + Clone, S: Order>(write: Option<&LegacyWrite<V>>) -> Register<V, S> {
    let Some(write) = write else {
        return Register::bottom();
    };
    let Some(stamp) = S::of_register(write.stamp.as_deref()) else {
        return Register::bottom();
    };
    let key = Key {
        stamp,
        wall_ts: write.wall_ts,
        agent_id: Arc::clone(&write.agent),
        event_hash: write.event_hash,
    };
    written(&key, write.value.clone())
}

fn text<S: Stamp>(key: &Key<S>, text: &Text) -> Texts<S> {
    Map::singleton(ByHash(key.clone()), Cell::Present(Arc::clone(text)))
}

fn labels_added<S: Stamp>(labels: &[Text], key: &Key<S>) -> ObservedSet<Text, S> {
    lattice_core::join_all(
        labels
            .iter()
            .map(|label| ObservedSet::added(Arc::clone(label), key.clone())),
    )
}

fn write_create<S: Stamp>(content: &mut Content<S>, key: &Key<S>, create: &CreateData) {
    content.title = written(key, Arc::clone(&create.title));
    content.description = written(key, create.description.clone());
    content.kind = written(key, create.kind);
    content.size = written(key, create.size);
    content.urgency = written(key, create.urgency);
    content.parent = written(key, create.parent.clone());
    content.labels = labels_added(&create.labels, key);
}

fn write_update<S: Stamp>(content: &mut Content<S>, key: &Key<S>, update: &UpdateData) {
    match update {
        UpdateData::Title(title) => content.title = written(key, Arc::clone(title)),
        UpdateData::Description(text) => content.description = written(key, text.clone()),
        UpdateData::Kind(kind) => content.kind = written(key, *kind),
        UpdateData::Size(size) => content.size = written(key, *size),
        UpdateData::Urgency(urgency) => content.urgency = written(key, *urgency),
        UpdateData::Parent(parent) => content.parent = written(key, parent.clone()),
        UpdateData::AddLabel(label) => {
            content.labels = ObservedSet::added(Arc::clone(label), key.clone());
        }
        UpdateData::RemoveLabel(label) => {
            content.labels = ObservedSet::removed(label.id(), key.clone());
        }
        UpdateData::ReplaceLabels(labels) => {
            content.labels = ObservedSet::cleared(key.clone());
            content.labels.join(labels_added(labels, key));
        }
    }
}
