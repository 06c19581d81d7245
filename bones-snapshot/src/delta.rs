//! From an event to its delta: the lattice element it is.

use std::fmt::Debug;
use std::sync::Arc;

use lattice_core::{Bottom, Cell, JoinSemilattice, Map, Max, Min, Set};
use lattice_lww::{Itc, ItcClock, ItcError, Stamp, Unstamped};
use thiserror::Error;

use crate::data::{CreateData, EventData, UpdateData};
use crate::event::{Event, Text};
use crate::observed::{ByHash, Element, Key, Link, ObservedSet};
use crate::state::{Content, ItemState, Move, Texts, written};

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
}

/// The event carries no stamp that the order of the store can read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("column 3 (itc) holds no stamp an `itc` store can order by: {0}")]
pub struct StampTextError(pub ItcError);

/// Order `wall`: by wall clock, agent and hash; stamps are never looked at.
impl Order for Unstamped {
    const CODE: u8 = 0;
    const WORD: &'static str = "wall";

    fn of_event(_event: &Event) -> Result<Self, StampTextError> {
        Ok(Self)
    }
}

/// Order `itc`: by interval tree clock, then as `wall`.
impl Order for Itc {
    const CODE: u8 = 1;
    const WORD: &'static str = "itc";

    fn of_event(event: &Event) -> Result<Self, StampTextError> {
        ItcClock::from_text(&event.stamp_text)
            .map(|clock| clock.stamp())
            .map_err(StampTextError)
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
        Ok(Self { event, stamp })
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
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
            EventData::Opaque => {}
        }
        ItemState::new(content, redacted)
    }
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
