//! Reading the `state` of bones' own `item.snapshot` events: those of 0.25, whose registers carry
//! stamps and which know links by their views only, and those of 0.26 up to format 3.

use std::collections::{BTreeMap, BTreeSet};

use lattice_core::{Cell, Max, Set};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Legacy, LegacyMembers, LegacyStanding, LegacyTexts, LegacyWrite, SnapshotData, Tag};
use crate::data::{Members, rest_json};
use crate::event::Text;
use crate::hash::{EventHash, parse_hash};
use crate::observed::Link;
use crate::value::{Kind, Phase, Size, Urgency};

/// The newest format of bones' snapshots that is understood.
const BONES_FORMAT: u64 = 3;

/// Reads the members of a snapshot event's data. What is not just as bones writes it is understood
/// not at all: all of it is kept as text then, and falls with the redaction of any parent.
pub(crate) fn read(members: &Members<'_>, item_id: &str, parents: Set<EventHash>) -> SnapshotData {
    let understood = members.peek("state").and_then(|state| {
        let mut state = Members::parse(state).ok()?;
        let rest = |state: &Members<'_>| rest_of(members, state);
        snapshot(&mut state, item_id, &parents, rest)
    });
    understood.unwrap_or_else(|| SnapshotData {
        title: None,
        description: None,
        kind: None,
        size: None,
        urgency: None,
        parent: None,
        deleted: None,
        compact_summary: None,
        created_at: 0,
        updated_at: 0,
        sources: parents,
        legacy: Legacy::opaque(members.rest("item.snapshot", true)),
    })
}

/// What is left of the data: members beside `state`, and within it those nobody took.
fn rest_of(members: &Members<'_>, state: &Members<'_>) -> Option<Text> {
    let state = (!state.all_taken()).then(|| state.object(false));
    let beside = members.raw().filter(|(key, _)| *key != "state");
    let rest: Vec<(&str, &str)> = beside
        .chain(state.as_deref().map(|state| ("state", state)))
        .collect();
    (!rest.is_empty()).then(|| rest_json("item.snapshot", &rest))
}

fn snapshot(
    state: &mut Members<'_>,
    item_id: &str,
    parents: &Set<EventHash>,
    rest: impl FnOnce(&Members<'_>) -> Option<Text>,
) -> Option<SnapshotData> {
    if json::<String>(state, "item_id")? != item_id {
        return None;
    }
    let format = optional::<u64>(state, "_format")?.unwrap_or(0);
    if format > BONES_FORMAT {
        return None;
    }
    let mut sources: Vec<EventHash> = parents.iter().copied().collect();
    let mut registers = Registers {
        state,
        sources: &mut sources,
    };
    let title = registers.required("title", |text: String| Some(Text::from(text)))?;
    let description =
        registers.required("description", |text: String| Some(none_if_empty(text)))?;
    let kind = registers.required("kind", |word: String| Kind::from_word(&word))?;
    let size = registers.required("size", |word: Option<String>| match word {
        None => Some(None),
        Some(word) => Size::from_word(&word).map(Some),
    })?;
    let urgency = registers.required("urgency", |word: String| Urgency::from_word(&word))?;
    let parent = registers.required("parent", |text: String| Some(none_if_empty(text)))?;
    let deleted = registers.required("deleted", Some::<bool>)?;
    let compact_summary =
        registers.optional("compact_summary", |text: String| Some(Text::from(text)))?;

    let comments: ElementsJson = json(state, "comments")?;
    let comments: Vec<EventHash> = comments
        .elements
        .iter()
        .map(|text| parse_hash(text).ok())
        .collect::<Option<_>>()?;
    sources.extend(&comments);

    let life: LifeJson = json(state, "state")?;
    let latest: i64 = json(state, "_latest_ts")?;
    let standing = LegacyStanding {
        at: u64::try_from(latest).unwrap_or(0),
        epoch: life.epoch,
        phase: Phase::from_word(&life.phase)?,
    };
    let _: i64 = json(state, "_earliest_ts")?;
    let _: u64 = json(state, "_compacted_from")?;
    let created_at = json(state, "created_at")?;
    let updated_at = json(state, "updated_at")?;
    let assignees = json::<SetJson<String>>(state, "assignees")?.members(Text::from);
    let labels = json::<SetJson<String>>(state, "labels")?.members(Text::from);
    let links = links(state)?;
    let texts = LegacyTexts {
        assignees,
        labels,
        links,
        rest: rest(state),
    };
    Some(SnapshotData {
        title,
        description,
        kind,
        size,
        urgency,
        parent,
        deleted,
        compact_summary,
        created_at,
        updated_at,
        sources: sources.into_iter().collect(),
        legacy: Legacy {
            comments: comments.into_iter().collect(),
            standing: Some(Max(standing)),
            texts: Cell::Present(texts),
        },
    })
}

/// The links; of a snapshot that has none, those that its two views were made of, as bones does it.
fn links(state: &mut Members<'_>) -> Option<LegacyMembers<Link>> {
    let views = [("blocked_by", "blocks"), ("related_to", "related_to")];
    let mut from_views = BTreeMap::new();
    for (view, link_type) in views {
        let link = |target: String| Link {
            target: target.into(),
            link_type: link_type.into(),
        };
        from_views.extend(json::<SetJson<String>>(state, view)?.members(link));
    }
    let links = optional::<SetJson<LinkJson>>(state, "links")?;
    match links.filter(|links| !(links.elements.is_empty() && links.tombstone.is_empty())) {
        None => Some(from_views),
        Some(links) => Some(links.members(|link| Link {
            target: link.target.into(),
            link_type: link.link_type.into(),
        })),
    }
}

fn none_if_empty(text: String) -> Option<Text> {
    (!text.is_empty()).then(|| text.into())
}

/// A member that must be there.
fn json<T: for<'a> Deserialize<'a>>(state: &mut Members<'_>, key: &str) -> Option<T> {
    state.take_if(key, |raw| serde_json::from_str(raw).ok())
}

/// A member that may be absent: the outer `None` is "not understood".
#[allow(clippy::option_option)]
fn optional<T: for<'a> Deserialize<'a>>(state: &mut Members<'_>, key: &str) -> Option<Option<T>> {
    match state.peek(key) {
        None => Some(None),
        Some(_) => json(state, key).map(Some),
    }
}

/// Reads registers, and gathers the events that wrote them.
struct Registers<'a, 'm> {
    state: &'a mut Members<'m>,
    sources: &'a mut Vec<EventHash>,
}

// The outer `None` is "not understood", the inner one "not written".
#[allow(clippy::option_option)]
impl Registers<'_, '_> {
    fn required<J: for<'a> Deserialize<'a>, V>(
        &mut self,
        key: &str,
        value: impl FnOnce(J) -> Option<V>,
    ) -> Option<Option<LegacyWrite<V>>> {
        let register: RegisterJson<J> = json(self.state, key)?;
        let stamp = register.stamp.map(|stamp| stamp.get().into());
        if register.event_hash.is_empty() {
            let unwritten = register.wall_ts == 0 && register.agent_id.is_empty();
            return unwritten.then_some(None);
        }
        let event_hash = parse_hash(&register.event_hash).ok()?;
        self.sources.push(event_hash);
        Some(Some(LegacyWrite {
            value: value(register.value)?,
            wall_ts: register.wall_ts,
            agent: register.agent_id.into(),
            event_hash,
            stamp,
        }))
    }

    fn optional<J: for<'a> Deserialize<'a>, V>(
        &mut self,
        key: &str,
        value: impl FnOnce(J) -> Option<V>,
    ) -> Option<Option<LegacyWrite<V>>> {
        match self.state.peek(key) {
            None => Some(None),
            Some(_) => self.required(key, value),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterJson<T> {
    value: T,
    wall_ts: u64,
    agent_id: String,
    event_hash: String,
    stamp: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LifeJson {
    epoch: u64,
    phase: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementsJson {
    elements: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct LinkJson {
    target: String,
    link_type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetJson<T> {
    elements: Vec<(T, TagJson)>,
    tombstone: Vec<(T, TagJson)>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct TagJson {
    wall: String,
    actor: u64,
    event_hash: u64,
    itc: u64,
}

impl TagJson {
    fn tag(&self) -> Tag {
        // SUBTLE: bones keeps the wall clock twice. For a clock beyond what its calendar holds the
        // text is the time of the writing machine; the number is always the clock of the event.
        Tag {
            wall_ts: self.itc,
            actor: self.actor,
            event: self.event_hash,
        }
    }
}

impl<T: Ord> SetJson<T> {
    /// The adds that no tombstone names. A tombstone says nothing more: it stands for an add and a
    /// remove that are both among the sources.
    fn members<M: Ord>(self, member: impl Fn(T) -> M) -> LegacyMembers<M> {
        let dead: BTreeSet<(T, TagJson)> = self.tombstone.into_iter().collect();
        let mut members: BTreeMap<M, Vec<Tag>> = BTreeMap::new();
        for element in self.elements {
            if !dead.contains(&element) {
                let (element, tag) = element;
                members.entry(member(element)).or_default().push(tag.tag());
            }
        }
        let members = members.into_iter();
        members
            .map(|(member, tags)| (member, tags.into_iter().collect()))
            .collect()
    }
}
