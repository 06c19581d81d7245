//! Many events to one state at once.
//!
//! Joining the deltas of events one by one builds a state of some twenty components for each event,
//! most of them empty. The fold gathers the writes of each component from all events first, by
//! reference, and then builds each component once. What it comes to is exactly the join of the
//! deltas; the tests hold the one against the other.

mod order;
mod set;

use std::collections::BTreeMap;
use std::convert::identity;

use lattice_core::{Bottom, Cell, JoinSemilattice, Map, Max, Min, Set};
use lattice_lww::{LwwRegister, Stamp, Write, WriteKey};

use self::order::by_hash;
use self::set::Elements;
use crate::data::{CreateData, EventData, UpdateData};
use crate::delta::{Order, Stamped};
use crate::event::{AgentId, Text};
use crate::hash::EventHash;
use crate::observed::{ByHash, Key, Link};
use crate::state::{Content, ItemState, Move, Moves, Register, Texts};
use crate::value::{Kind, Phase, Size, Urgency};

impl<S: Order> ItemState<S> {
    /// The state after these events: the join of their deltas.
    ///
    /// O(n log n) for n events, where joining n deltas has a factor of the size of a state; with
    /// stamps also one comparison per write and sibling, of which there are as many as agents wrote
    /// at the same time.
    ///
    /// ```
    /// use bones_snapshot::{ItemState, Stamped, parse_line, write_line};
    /// use lattice_lww::Unstamped;
    /// let comment = |at, body: &str| -> Result<_, Box<dyn std::error::Error>> {
    ///     let data = format!(r#"{{"body":"{body}"}}"#);
    ///     let line = write_line(at, "alice", "-", &[], "item.comment", "bn-1", &data);
    ///     Ok(Stamped::<Unstamped>::new(parse_line(line.as_bytes())?.expect("an event"))?)
    /// };
    /// let events = [comment(1, "a")?, comment(2, "b")?];
    /// let deltas = events.iter().map(Stamped::delta);
    /// assert_eq!(ItemState::fold(&events), ItemState::join_all(deltas));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Stamped<S>>) -> Self
    where
        S: 'a,
    {
        let mut writes = Writes::default();
        let mut others = Vec::new();
        for event in events {
            if let EventData::Snapshot(_) = &event.event().data {
                others.push(event.delta());
            } else {
                writes.take(event);
            }
        }
        let mut state = writes.into_state();
        if !others.is_empty() {
            state.join(Self::join_all(others));
        }
        state
    }
}

/// A key whose agent is borrowed from its event.
type Glance<'a, S> = WriteKey<S, &'a AgentId>;
/// A register whose values and agents are borrowed from their events.
type Latest<'a, V, S> = LwwRegister<V, S, &'a AgentId>;

/// What the events wrote, by component.
struct Writes<'a, S: Order> {
    title: Latest<'a, &'a Text, S>,
    description: Latest<'a, Option<&'a Text>, S>,
    kind: Latest<'a, Kind, S>,
    size: Latest<'a, Option<Size>, S>,
    urgency: Latest<'a, Urgency, S>,
    parent: Latest<'a, Option<&'a Text>, S>,
    deleted: Latest<'a, bool, S>,
    compact_summary: Latest<'a, &'a Text, S>,
    moves: Vec<(Glance<'a, S>, Phase, Option<&'a Text>)>,
    assignees: Elements<'a, S>,
    labels: Elements<'a, S>,
    links: BTreeMap<&'a Text, Elements<'a, S>>,
    comments: Vec<(Glance<'a, S>, &'a Text)>,
    other: Vec<(Glance<'a, S>, &'a Text)>,
    created: Option<Min<u64>>,
    /// Of all events, negative clocks as 0.
    span: Option<(Min<u64>, Max<u64>)>,
    coverage: Vec<EventHash>,
    redacted: Vec<EventHash>,
}

impl<S: Order> Default for Writes<'_, S> {
    fn default() -> Self {
        Self {
            title: Latest::new(),
            description: Latest::new(),
            kind: Latest::new(),
            size: Latest::new(),
            urgency: Latest::new(),
            parent: Latest::new(),
            deleted: Latest::new(),
            compact_summary: Latest::new(),
            moves: Vec::new(),
            assignees: Elements::default(),
            labels: Elements::default(),
            links: BTreeMap::new(),
            comments: Vec::new(),
            other: Vec::new(),
            created: None,
            span: None,
            coverage: Vec::new(),
            redacted: Vec::new(),
        }
    }
}

impl<'a, S: Order> Writes<'a, S> {
    /// Gathers what one event wrote: the same as [`Stamped::delta`] says.
    fn take(&mut self, stamped: &'a Stamped<S>) {
        let event = stamped.event();
        let ts = event.order_ts();
        if ts > 0 {
            self.created.join(Some(Min(ts)));
        }
        self.span.join(Some((Min(ts), Max(ts))));
        self.coverage.push(event.hash);
        let key = Glance {
            stamp: stamped.stamp().clone(),
            wall_ts: ts,
            agent_id: &event.agent,
            event_hash: event.hash,
        };
        if let Some(rest) = &event.rest {
            self.other.push((key.clone(), rest));
        }
        match &event.data {
            EventData::Create(create) => self.create(&key, create),
            EventData::Update(update) => self.update(key, update),
            EventData::Move { target, reason } => {
                self.moves.push((key, *target, reason.as_ref()));
            }
            EventData::Assign(agent) => self.assignees.add(agent, key),
            EventData::Unassign(agent) => self.assignees.remove(agent, key),
            EventData::Comment(body) => self.comments.push((key, body)),
            EventData::Link { target, link_type } => {
                self.links.entry(target).or_default().add(link_type, key);
            }
            EventData::Unlink { target, link_type } => {
                let links = self.links.entry(target).or_default();
                match link_type {
                    Some(link_type) => links.remove(link_type, key),
                    None => links.clear(key),
                }
            }
            EventData::Delete => write(&mut self.deleted, key, true),
            EventData::Compact(summary) => write(&mut self.compact_summary, key, summary),
            EventData::Redact(target) => self.redacted.push(*target),
            EventData::Opaque | EventData::Snapshot(_) => {}
        }
    }

    fn create(&mut self, key: &Glance<'a, S>, create: &'a CreateData) {
        write(&mut self.title, key.clone(), &create.title);
        write(
            &mut self.description,
            key.clone(),
            create.description.as_ref(),
        );
        write(&mut self.kind, key.clone(), create.kind);
        write(&mut self.size, key.clone(), create.size);
        write(&mut self.urgency, key.clone(), create.urgency);
        write(&mut self.parent, key.clone(), create.parent.as_ref());
        for label in &create.labels {
            self.labels.add(label, key.clone());
        }
    }

    fn update(&mut self, key: Glance<'a, S>, update: &'a UpdateData) {
        match update {
            UpdateData::Title(title) => write(&mut self.title, key, title),
            UpdateData::Description(text) => write(&mut self.description, key, text.as_ref()),
            UpdateData::Kind(kind) => write(&mut self.kind, key, *kind),
            UpdateData::Size(size) => write(&mut self.size, key, *size),
            UpdateData::Urgency(urgency) => write(&mut self.urgency, key, *urgency),
            UpdateData::Parent(parent) => write(&mut self.parent, key, parent.as_ref()),
            UpdateData::AddLabel(label) => self.labels.add(label, key),
            UpdateData::RemoveLabel(label) => self.labels.remove(label, key),
            UpdateData::ReplaceLabels(labels) => {
                for label in labels {
                    self.labels.add(label, key.clone());
                }
                self.labels.clear(key);
            }
        }
    }

    fn into_state(self) -> ItemState<S> {
        let text = |text: &Text| Text::clone(text);
        let optional = |text: Option<&Text>| text.cloned();
        let mut content = Content::bottom();
        content.title = register(&self.title, text);
        content.description = register(&self.description, optional);
        content.kind = register(&self.kind, identity);
        content.size = register(&self.size, identity);
        content.urgency = register(&self.urgency, identity);
        content.parent = register(&self.parent, optional);
        content.deleted = register(&self.deleted, identity);
        content.compact_summary = register(&self.compact_summary, text);
        content.moves = moves(&self.moves);
        content.assignees = self.assignees.into_set(Text::clone);
        content.labels = self.labels.into_set(Text::clone);
        content.links = self
            .links
            .into_iter()
            .map(|(target, links)| {
                let link = |link_type: &Text| Link {
                    target: Text::clone(target),
                    link_type: Text::clone(link_type),
                };
                (Link::target_id(target), links.into_set(link))
            })
            .collect();
        content.comments = texts(&self.comments);
        content.other = texts(&self.other);
        content.created = self.created;
        if let Some((earliest, latest)) = self.span {
            content.updated = Some(latest);
            content.earliest = Some(earliest);
            content.latest = Some(latest);
        }
        content.coverage = by_hash(&self.coverage, |hash| hash).copied().collect();
        ItemState::new(content, self.redacted.into_iter().collect::<Set<_>>())
    }
}

/// One write into a register.
fn write<'a, V: Ord, S: Stamp>(register: &mut Latest<'a, V, S>, key: Glance<'a, S>, value: V) {
    // SUBTLE: not `LwwRegister::write`. The join of two single writes takes one comparison.
    register.join(Latest::from_write(Write::new(key, value)));
}

/// The register with values and agents of its own.
fn register<V: Ord + Copy, W: Ord, S: Stamp>(
    latest: &Latest<'_, V, S>,
    own: impl Fn(V) -> W,
) -> Register<W, S> {
    let writes = latest.writes().filter_map(|write| {
        let value = own(*write.value()?);
        Some(Write::new(owned(&write.key), value))
    });
    writes.collect()
}

fn owned<S: Stamp>(key: &Glance<'_, S>) -> Key<S> {
    Key {
        stamp: key.stamp.clone(),
        wall_ts: key.wall_ts,
        agent_id: AgentId::clone(key.agent_id),
        event_hash: key.event_hash,
    }
}

fn texts<S: Stamp>(texts: &[(Glance<'_, S>, &Text)]) -> Texts<S> {
    by_hash(texts, |(key, _)| &key.event_hash)
        .map(|(key, text)| (ByHash(owned(key)), Cell::Present(Text::clone(text))))
        .collect()
}

fn moves<S: Stamp>(moves: &[(Glance<'_, S>, Phase, Option<&Text>)]) -> Moves<S> {
    by_hash(moves, |(key, ..)| &key.event_hash)
        .map(|(key, target, reason)| {
            let key = ByHash(owned(key));
            let reason = Cell::Present(reason.cloned());
            (
                Move {
                    key,
                    target: *target,
                },
                reason,
            )
        })
        .collect::<Map<_, _>>()
}
