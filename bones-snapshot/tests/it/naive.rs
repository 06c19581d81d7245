//! An independent reading of an item: definitions over the whole list of events. Nothing is pruned,
//! nothing is joined; causality is asked of the clocks themselves, not of their canonical bytes.

mod brought;

use std::collections::{BTreeMap, BTreeSet};

use bones_snapshot::{
    Event, EventData, EventHash, ItemView, Kind, Legacy, LegacyMembers, LegacyTexts, Link, Order,
    Phase, Size, Text, UpdateData, Urgency, format_hash,
};
use lattice_core::{Cell, Max, Set};
use lattice_lww::{Itc, ItcClock, Stamp, Unstamped};
use proptest::prelude::*;
use serde_json::{Value, json};

use self::brought::brought;
use crate::events::{ITEM, histories, redactions, state};

/// One event as the definitions see it.
struct Fact<'a> {
    event: &'a Event,
    /// `None` in a store that does not look at stamps.
    clock: Option<ItcClock>,
    redacted: bool,
}

/// Where a write stands when it is read: wall clock, agent, hash, bytes of the stamp.
type Place<'a> = (u64, &'a str, EventHash, Vec<u8>);

impl<'a> Fact<'a> {
    fn tuple(&self) -> (u64, &'a str, EventHash) {
        let wall_ts = self.event.wall_ts.max(0).unsigned_abs();
        (wall_ts, &self.event.agent, self.event.hash)
    }

    fn place(&self) -> Place<'a> {
        let mut stamp = Vec::new();
        if let Some(clock) = &self.clock {
            clock.stamp().encode(&mut stamp);
        }
        let (wall_ts, agent, hash) = self.tuple();
        (wall_ts, agent, hash, stamp)
    }

    /// Knows strictly more, by the clocks alone.
    fn is_after(&self, other: &Self) -> bool {
        match (&self.clock, &other.clock) {
            (Some(a), Some(b)) => b.leq(a) && !a.leq(b),
            _ => false,
        }
    }

    fn is_level_with(&self, other: &Self) -> bool {
        match (&self.clock, &other.clock) {
            (Some(a), Some(b)) => a.leq(b) && b.leq(a),
            _ => true,
        }
    }

    /// Strictly below `other` in the order that registers keep by.
    fn precedes(&self, other: &Self) -> bool {
        other.is_after(self) || (self.is_level_with(other) && self.tuple() < other.tuple())
    }

    /// The definition of "this remove knew of that add".
    fn observes(&self, add: &Self) -> bool {
        if self.clock.is_some() {
            self.is_after(add)
        } else {
            add.tuple() < self.tuple()
        }
    }
}

struct Naive<'a> {
    facts: Vec<Fact<'a>>,
    /// The writes that snapshots by bones bring.
    brought: Vec<Fact<'a>>,
    snapshots: Vec<Snapshot<'a>>,
}

/// A snapshot by bones.
struct Snapshot<'a> {
    place: Place<'a>,
    sources: Set<EventHash>,
    legacy: Legacy,
    /// Whether some source is not at hand.
    is_open: bool,
}

/// What a register reads as.
enum Read<V> {
    Unwritten,
    Redacted,
    Written(V),
}

impl<V> Read<V> {
    fn or(self, unwritten: V) -> Option<V> {
        match self {
            Self::Unwritten => Some(unwritten),
            Self::Redacted => None,
            Self::Written(value) => Some(value),
        }
    }

    fn value(self) -> Option<V> {
        match self {
            Self::Written(value) => Some(value),
            _ => None,
        }
    }
}

impl<'a> Naive<'a> {
    /// `brought` are the writes of all snapshots, as [`brought`] gives them.
    fn new(
        events: &'a [Event],
        brought: &'a [Event],
        redactions: &Set<EventHash>,
        causal: bool,
    ) -> Self {
        let is_target = |hash| {
            let named = |event: &Event| event.data == EventData::Redact(hash);
            events.iter().any(named)
        };
        let is_redacted = |hash| redactions.contains(&hash) || is_target(hash);
        let fact = |event: &'a Event| Fact {
            clock: causal.then(|| ItcClock::from_text(&event.stamp_text).unwrap()),
            redacted: is_redacted(event.hash),
            event,
        };
        let facts: Vec<_> = events.iter().map(fact).collect();
        let snapshots = facts.iter().filter_map(|fact| {
            let EventData::Snapshot(snapshot) = &fact.event.data else {
                return None;
            };
            let at_hand = |hash| events.iter().any(|e| e.hash == hash);
            let mut legacy = snapshot.legacy.clone();
            if fact.redacted || snapshot.sources.iter().any(|h| is_redacted(*h)) {
                legacy.texts = Cell::Redacted;
            }
            Some(Snapshot {
                place: fact.place(),
                sources: snapshot.sources.clone(),
                legacy,
                is_open: !snapshot.sources.iter().all(|hash| at_hand(*hash)),
            })
        });
        let mut naive = Self {
            snapshots: snapshots.collect(),
            brought: brought.iter().map(fact).collect(),
            facts,
        };
        naive.forge();
        naive
    }

    /// Two snapshots of one place and the same sources are a forgery: the greater of each part.
    fn forge(&mut self) {
        self.snapshots
            .sort_by_key(|s| (s.place.clone(), s.sources.clone()));
        self.snapshots.dedup_by(|b, a| {
            let same = a.place == b.place && a.sources == b.sources;
            if same {
                let comments: Vec<_> = [&a.legacy.comments, &b.legacy.comments]
                    .into_iter()
                    .flatten()
                    .copied()
                    .collect();
                a.legacy.comments = comments.into_iter().collect();
                let standing = |s: &Snapshot<'_>| s.legacy.standing.map(|Max(s)| s);
                a.legacy.standing = standing(a).max(standing(b)).map(Max);
                a.legacy.texts = a.legacy.texts.clone().max(b.legacy.texts.clone());
            }
            same
        });
    }

    fn open(&self) -> impl Iterator<Item = &Snapshot<'a>> {
        self.snapshots.iter().filter(|s| s.is_open)
    }

    fn register<V: Ord>(&self, write: impl Fn(&EventData) -> Option<V>) -> Read<V> {
        let mut writes: Vec<(&Fact<'_>, V)> = Vec::new();
        for fact in self.facts.iter().chain(&self.brought) {
            writes.extend(write(&fact.event.data).map(|value| (fact, value)));
        }
        let facts: Vec<_> = writes.iter().map(|(fact, _)| *fact).collect();
        let is_kept = |fact: &Fact<'_>| !facts.iter().any(|other| fact.precedes(other));
        // Several values at the last place are a forgery: the greatest of them is shown.
        let winner = writes
            .into_iter()
            .filter(|(fact, _)| is_kept(fact))
            .max_by(|(a, v), (b, w)| (a.place(), v).cmp(&(b.place(), w)));
        match winner {
            None => Read::Unwritten,
            Some((fact, _)) if fact.redacted => Read::Redacted,
            Some((_, value)) => Read::Written(value),
        }
    }

    /// Elements with an add that is shown, where `ops` tells what an event does to the set.
    fn set<T: Ord + Clone>(
        &self,
        of_snapshot: impl Fn(&LegacyTexts) -> &LegacyMembers<T>,
        ops: impl Fn(&EventData) -> (Vec<T>, Remove<T>),
    ) -> BTreeSet<T> {
        let ops: Vec<_> = self
            .facts
            .iter()
            .map(|fact| (fact, ops(&fact.event.data)))
            .collect();
        let removes = |add: &Fact<'_>, element: &T| {
            ops.iter().any(|(fact, (_, remove))| {
                fact.observes(add)
                    && match remove {
                        Remove::Nothing => false,
                        Remove::One(removed) => removed == element,
                        Remove::All(of) => of(element),
                    }
            })
        };
        let outdone = |add: &Fact<'_>, element: &T| {
            ops.iter()
                .any(|(fact, (adds, _))| adds.contains(element) && add.precedes(fact))
        };
        // A snapshot was made of this add, and does not show the element: it was removed.
        let hidden = |add: &Fact<'_>, element: &T| {
            self.open().any(|s| {
                let texts = s.legacy.texts.present();
                s.legacy.standing.is_some()
                    && s.sources.contains(&add.event.hash)
                    && texts.is_some_and(|texts| !of_snapshot(texts).contains_key(element))
            })
        };
        let mut shown = BTreeSet::new();
        for (fact, (adds, _)) in &ops {
            for element in adds {
                let gone = outdone(fact, element) || removes(fact, element);
                if !fact.redacted && !gone && !hidden(fact, element) {
                    shown.insert(element.clone());
                }
            }
        }
        // What snapshots show, unless an event they were not made of removed it, by the wall clock.
        // Of the removes only the last ones are known.
        let one =
            |remove: &Remove<T>, element: &T| matches!(remove, Remove::One(e) if e == element);
        let all =
            |remove: &Remove<T>, element: &T| matches!(remove, Remove::All(of) if of(element));
        let is_last = |fact: &Fact<'_>, is_one: bool, element: &T| {
            !ops.iter().any(|(other, (_, remove))| {
                let same = fact.place() == other.place();
                (is_one && one(remove, element) && fact.precedes(other))
                    || all(remove, element) && (fact.precedes(other) || is_one && same)
            })
        };
        for snapshot in self.open() {
            for (element, tags) in snapshot
                .legacy
                .texts
                .present()
                .into_iter()
                .flat_map(&of_snapshot)
            {
                let gone_since = |wall_ts: u64| {
                    ops.iter().any(|(fact, (_, remove))| {
                        let is_one = one(remove, element);
                        (is_one || all(remove, element))
                            && is_last(fact, is_one, element)
                            && !snapshot.sources.contains(&fact.event.hash)
                            && fact.tuple().0 > wall_ts
                    })
                };
                if tags.iter().any(|tag| !gone_since(tag.wall_ts)) {
                    shown.insert(element.clone());
                }
            }
        }
        shown
    }

    /// One entry for each place, with the greatest of its texts, or `None` where redacted.
    fn texts<K: Ord, V: Ord>(
        &self,
        text: impl Fn(&Event) -> Option<(K, V)>,
    ) -> BTreeMap<(Place<'a>, K), Option<V>> {
        let mut entries = BTreeMap::new();
        for fact in &self.facts {
            let Some((kind, text)) = text(fact.event) else {
                continue;
            };
            let entry = entries.entry((fact.place(), kind)).or_insert(None);
            if !fact.redacted {
                *entry = Some(text).max(entry.take());
            }
        }
        entries
    }

    /// Of the moves that no move still to come is causally before, the first place comes next.
    fn lifecycle(&self) -> (Phase, u64) {
        let mut moves: Vec<(&Fact<'_>, Phase)> = Vec::new();
        for fact in &self.facts {
            if let EventData::Move { target, .. } = fact.event.data {
                let same = |(other, phase): &(&Fact<'_>, Phase)| {
                    other.place() == fact.place() && *phase == target
                };
                if !moves.iter().any(same) {
                    moves.push((fact, target));
                }
            }
        }
        let (mut phase, mut epoch) = (Phase::Open, 0);
        let standings = self.open().filter_map(|s| s.legacy.standing);
        let mut standings: Vec<_> = standings.map(|Max(s)| (s.at, (s.epoch, s.phase))).collect();
        standings.sort_unstable();
        while !moves.is_empty() {
            let free = |fact: &Fact<'_>| !moves.iter().any(|(other, _)| fact.is_after(other));
            let (next, _) = moves
                .iter()
                .enumerate()
                .filter(|(_, (fact, _))| free(fact))
                .min_by_key(|(_, (fact, phase))| (fact.place(), *phase))
                .unwrap();
            let (fact, target) = moves.remove(next);
            let wall_ts = fact.tuple().0;
            while standings.first().is_some_and(|s| s.0 < wall_ts) {
                let (_, came_to) = standings.remove(0);
                (epoch, phase) = came_to.max((epoch, phase));
            }
            epoch += u64::from(target < phase);
            phase = target;
        }
        for (_, came_to) in standings {
            (epoch, phase) = came_to.max((epoch, phase));
        }
        (phase, epoch)
    }

    fn links(&self) -> BTreeSet<(Text, Text)> {
        let link = |target: &Text, link_type: &Text| Link {
            target: target.clone(),
            link_type: link_type.clone(),
        };
        let links = self.set(
            |texts| &texts.links,
            |data| match data {
                EventData::Link { target, link_type } => {
                    (vec![link(target, link_type)], Remove::Nothing)
                }
                EventData::Unlink {
                    target,
                    link_type: Some(link_type),
                } => (vec![], Remove::One(link(target, link_type))),
                EventData::Unlink {
                    target,
                    link_type: None,
                } => {
                    let target = target.clone();
                    let of_target = move |link: &Link| link.target == target;
                    (vec![], Remove::All(Box::new(of_target)))
                }
                _ => (vec![], Remove::Nothing),
            },
        );
        let pairs = links.into_iter().map(|link| (link.target, link.link_type));
        pairs.collect()
    }

    fn labels(&self) -> BTreeSet<Text> {
        self.set(
            |texts| &texts.labels,
            |data| match data {
                EventData::Create(create) => (create.labels.clone(), Remove::Nothing),
                EventData::Update(UpdateData::AddLabel(label)) => {
                    (vec![label.clone()], Remove::Nothing)
                }
                EventData::Update(UpdateData::RemoveLabel(label)) => {
                    (vec![], Remove::One(label.clone()))
                }
                EventData::Update(UpdateData::ReplaceLabels(labels)) => {
                    (labels.clone(), Remove::All(Box::new(|_| true)))
                }
                _ => (vec![], Remove::Nothing),
            },
        )
    }

    fn assignees(&self) -> BTreeSet<Text> {
        self.set(
            |texts| &texts.assignees,
            |data| match data {
                EventData::Assign(agent) => (vec![agent.clone()], Remove::Nothing),
                EventData::Unassign(agent) => (vec![], Remove::One(agent.clone())),
                _ => (vec![], Remove::Nothing),
            },
        )
    }

    fn other(&self) -> Vec<Value> {
        let entries = self.texts(|event| Some(((), event.rest.clone()?)));
        let of_events = entries.into_iter().map(|((place, ()), rest)| (place, rest));
        let of_snapshots = self.snapshots.iter().filter_map(|s| {
            let rest = s.legacy.texts.present().map(|texts| texts.rest.clone());
            (rest != Some(None)).then(|| (s.place.clone(), rest.flatten()))
        });
        let mut all: Vec<_> = of_events.chain(of_snapshots).collect();
        all.sort_by_key(|(place, _)| place.clone());
        let shown = all.into_iter().map(|(place, rest)| {
            let rest: Value = rest.map_or(Value::Null, |rest| serde_json::from_str(&rest).unwrap());
            origin(&place, json!({"type": rest["type"], "data": rest["data"]}))
        });
        shown.collect()
    }

    fn legacy(&self) -> Vec<Value> {
        let at_hand = |hash: &&EventHash| self.facts.iter().any(|fact| fact.event.hash == **hash);
        let missing = |hashes: &Set<EventHash>| -> BTreeSet<String> {
            let missing = hashes.iter().filter(|hash| !at_hand(hash));
            missing.map(format_hash).collect()
        };
        let shown = self.open().map(|s| {
            let rest = json!({
                "missing": missing(&s.sources).len(),
                "comments": missing(&s.legacy.comments),
                "redacted": s.legacy.texts.is_redacted(),
            });
            origin(&s.place, rest)
        });
        shown.collect()
    }

    fn comments(&self) -> Vec<Value> {
        let entries = self.texts(|event| match &event.data {
            EventData::Comment(body) => Some(((), body.clone())),
            _ => None,
        });
        entries
            .into_iter()
            .map(|((place, ()), body)| origin(&place, json!({"body": body})))
            .collect()
    }

    fn moves(&self) -> Vec<Value> {
        let entries = self.texts(|event| match &event.data {
            EventData::Move { target, reason } => Some((*target, reason.clone())),
            _ => None,
        });
        let shown = entries.into_iter().map(|((place, target), reason)| {
            let reason = reason.flatten();
            origin(&place, json!({"state": target.as_str(), "reason": reason}))
        });
        shown.collect()
    }

    /// Every key of the JSON view.
    #[allow(clippy::too_many_lines)] // a list
    fn view(&self, redactions: &Set<EventHash>) -> Value {
        let links = self.links();
        let targets = |types: &[&str]| -> BTreeSet<Text> {
            let of_type = links.iter().filter(|(_, t)| types.contains(&&**t));
            of_type.map(|(target, _)| target.clone()).collect()
        };
        let (phase, epoch) = self.lifecycle();
        let clocks = || self.facts.iter().map(|fact| fact.tuple().0);
        let hashes: BTreeSet<_> = self.facts.iter().map(|fact| fact.event.hash).collect();
        let named = self.facts.iter().filter_map(|fact| match fact.event.data {
            EventData::Redact(target) => Some(target),
            _ => None,
        });
        let known = hashes.iter().filter(|h| redactions.contains(h)).copied();
        let redacted: BTreeSet<_> = named.chain(known).map(|h| format_hash(&h)).collect();
        let register = |value: fn(&UpdateData) -> Option<Option<Text>>| {
            move |data: &EventData| match data {
                EventData::Update(update) => value(update),
                _ => None,
            }
        };
        let created = |data: &EventData| match data {
            EventData::Create(create) => Some((**create).clone()),
            _ => None,
        };
        let title = register(|update| match update {
            UpdateData::Title(title) => Some(Some(title.clone())),
            _ => None,
        });
        let description = register(|update| match update {
            UpdateData::Description(text) => Some(text.clone()),
            _ => None,
        });
        let parent = register(|update| match update {
            UpdateData::Parent(parent) => Some(parent.clone()),
            _ => None,
        });
        let title = self.register(|d| created(d).map(|c| Some(c.title)).or_else(|| title(d)));
        let description =
            self.register(|d| created(d).map(|c| c.description).or_else(|| description(d)));
        let parent = self.register(|d| created(d).map(|c| c.parent).or_else(|| parent(d)));
        let kind = self.register(|d| match d {
            EventData::Create(create) => Some(create.kind),
            EventData::Update(UpdateData::Kind(kind)) => Some(*kind),
            _ => None,
        });
        let size = self.register(|d| match d {
            EventData::Create(create) => Some(create.size),
            EventData::Update(UpdateData::Size(size)) => Some(*size),
            _ => None,
        });
        let urgency = self.register(|d| match d {
            EventData::Create(create) => Some(create.urgency),
            EventData::Update(UpdateData::Urgency(urgency)) => Some(*urgency),
            _ => None,
        });
        let summary = self.register(|d| match d {
            EventData::Compact(summary) => Some(summary.clone()),
            _ => None,
        });
        let deleted = self.register(|d| (*d == EventData::Delete).then_some(()));
        let snapshots = || {
            self.facts.iter().filter_map(|fact| match &fact.event.data {
                EventData::Snapshot(snapshot) => Some(snapshot),
                _ => None,
            })
        };
        let created_at = clocks().chain(snapshots().map(|s| s.created_at));
        let updated_at = clocks().chain(snapshots().map(|s| s.updated_at));
        let mut view = json!({
            "item_id": ITEM,
            "title": title.or(Some("".into())).flatten(),
            "description": description.value().flatten(),
            "kind": kind.or(Kind::Task).map(Kind::as_str),
            "size": size.value().flatten().map(Size::as_str),
            "urgency": urgency.or(Urgency::Default).map(Urgency::as_str),
            "parent": parent.value().flatten(),
            "deleted": !matches!(deleted, Read::Unwritten),
            "phase": phase.as_str(),
            "epoch": epoch,
            "labels": self.labels(),
            "assignees": self.assignees(),
            "blocked_by": targets(&["blocks", "blocked_by"]),
            "related_to": targets(&["related_to", "related", "relates"]),
            "links": links.iter()
                .map(|(target, link_type)| json!({"target": target, "link_type": link_type}))
                .collect::<Vec<_>>(),
            "comments": self.comments(),
            "moves": self.moves(),
            "created_at": created_at.filter(|t| *t > 0).min().unwrap_or(0),
            "updated_at": updated_at.max().unwrap_or(0),
            "compact_summary": summary.value(),
            "other": self.other(),
            "redacted": redacted,
            "compacted_from": hashes.len(),
            "earliest_ts": clocks().min().unwrap_or(0),
            "latest_ts": clocks().max().unwrap_or(0),
        });
        let legacy = self.legacy();
        if !legacy.is_empty() {
            view["legacy"] = legacy.into();
        }
        view
    }
}

/// What an event removes from a set.
enum Remove<T> {
    Nothing,
    One(T),
    All(Box<dyn Fn(&T) -> bool>),
}

fn origin((wall_ts, author, hash, _): &Place<'_>, rest: Value) -> Value {
    let mut entry = json!({"hash": format_hash(hash), "author": author, "wall_ts": wall_ts});
    let (Some(object), Value::Object(rest)) = (entry.as_object_mut(), rest) else {
        unreachable!("both are objects");
    };
    object.extend(rest);
    entry
}

fn compare<S: Order + std::fmt::Debug>(events: &[Event], redactions: &Set<EventHash>) {
    let mut state = state::<S>(events);
    state.redact(redactions);
    let shown = serde_json::to_value(ItemView::new(ITEM, &state)).unwrap();
    let brought: Vec<Event> = events.iter().flat_map(brought).collect();
    let expected = Naive::new(events, &brought, redactions, S::CAUSAL).view(redactions);
    let (shown, expected) = (shown.as_object().unwrap(), expected.as_object().unwrap());
    for (key, value) in expected {
        assert_eq!(shown.get(key), Some(value), "{key}");
    }
    assert_eq!(shown.len(), expected.len(), "keys that nobody defined");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn wall_view_is_what_the_definitions_say(events in histories(24), mask in any::<u64>()) {
        compare::<Unstamped>(&events, &redactions(&events, mask & mask >> 7));
    }

    #[test]
    fn itc_view_is_what_the_definitions_say(events in histories(24), mask in any::<u64>()) {
        compare::<Itc>(&events, &redactions(&events, mask & mask >> 7));
    }
}
