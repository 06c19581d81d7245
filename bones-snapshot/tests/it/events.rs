//! Adversarial events: what no honest log holds and every state must still bear.
//!
//! Events are built as lines and parsed, so that they are what a reader gets. Then some are
//! *twisted*: another event's hash, or its whole key, over different data. Clocks run against
//! causality, wall clocks are 0, negative or at the end of numbers, redactions name what came
//! before, comes after, or never comes.

use std::sync::LazyLock;

use bones_snapshot::{
    Event, EventHash, ItemState, Order, Stamped, bones_snapshot_json, format_hash, parse_line,
    write_line,
};
use lattice_core::Set;
use lattice_lww::{Itc, ItcClock, Stamp, Unstamped};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// The item that all events here belong to.
pub(crate) const ITEM: &str = "bn-1";

/// Texts of a handful of stamps: chains, concurrent ones, two texts of one stamp, and the three
/// under which "causally later, else by the clock" with one winner gives three winners.
pub(crate) static STAMPS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut a = ItcClock::seed();
    let mut b = a.fork().unwrap();
    let mut c = b.fork().unwrap();
    let mut texts = vec![a.to_text_v3()];
    a.event().unwrap();
    b.event().unwrap();
    c.event().unwrap();
    texts.extend([a.to_text_v3(), b.to_text_v1(), c.to_text_v3()]);
    a.observe(&b.stamp()).unwrap();
    a.event().unwrap();
    texts.extend([a.to_text_v1(), a.to_text_v3(), a.peek().to_text_v3()]);
    c.observe(&a.stamp()).unwrap();
    c.event().unwrap();
    b.event().unwrap();
    texts.extend([b.to_text_v3(), c.to_text_v3()]);
    texts.extend(TRIANGLE.map(str::to_owned));
    texts
});

/// Stamps as snapshots of bones 0.25 carry them, and the clocks that have them.
pub(crate) static JSON_STAMPS: LazyLock<Vec<(Value, String)>> = LazyLock::new(|| {
    let leaf = |n: u64| json!({"Leaf": n});
    let branch = |n: u64, left: Value, right: Value| json!({"Branch": [n, left, right]});
    let mut a = ItcClock::seed();
    a.event().unwrap();
    let mut stamps = vec![(leaf(1), a.to_text_v3())];
    let mut b = a.fork().unwrap();
    b.event().unwrap();
    b.event().unwrap();
    stamps.push((branch(1, leaf(0), leaf(2)), b.to_text_v3()));
    let mut c = a.fork().unwrap();
    c.event().unwrap();
    a.observe(&b.stamp()).unwrap();
    stamps.push((
        branch(1, branch(0, leaf(0), leaf(1)), leaf(0)),
        c.to_text_v3(),
    ));
    stamps.push((branch(1, leaf(0), leaf(2)), a.to_text_v3()));
    let stamp = |(event, text)| (json!({"event": event, "id": "One"}), text);
    stamps.into_iter().map(stamp).collect()
});

/// 0 and 1 are by alice, 0 after 1; 2 is by bob, concurrent to 1.
pub(crate) const TRIANGLE: [&str; 3] = [
    "itc:v3:AQWgA4ABAQI",
    "itc:v3:AQWgA4ABAQE",
    "itc:v3:AQWIA4ABAgE",
];

/// Parses one event of [`ITEM`], written with the given columns.
pub(crate) fn event(wall_ts: i64, agent: &str, stamp: &str, kind: &str, data: &str) -> Event {
    let line = write_line(wall_ts, agent, stamp, &[], kind, ITEM, data);
    parse_line(line.as_bytes()).unwrap().unwrap()
}

/// Parses one event of [`ITEM`] whose stamp nobody looks at.
pub(crate) fn unstamped(wall_ts: i64, agent: &str, kind: &str, data: &str) -> Event {
    event(wall_ts, agent, "itc:AQ", kind, data)
}

/// A redaction of one event.
pub(crate) fn redaction(wall_ts: i64, agent: &str, target: &EventHash) -> Event {
    let data = json!({"reason": "r", "target_hash": format_hash(target)});
    unstamped(wall_ts, agent, "item.redact", &data.to_string())
}

/// The delta of one event.
pub(crate) fn delta<S: Order>(event: &Event) -> ItemState<S> {
    Stamped::new(event.clone()).unwrap().delta()
}

/// The deltas of events.
pub(crate) fn deltas<S: Order>(events: &[Event]) -> Vec<ItemState<S>> {
    events.iter().map(delta).collect()
}

/// The join of the deltas of events.
pub(crate) fn state<S: Order>(events: &[Event]) -> ItemState<S> {
    ItemState::join_all(deltas(events))
}

/// The elements whose bit is set; a mask of 64 bits is repeated.
pub(crate) fn picked<T: Clone>(all: &[T], mask: u64) -> Vec<T> {
    let bit = |index: usize| mask >> (index % 64) & 1 == 1;
    let chosen = all.iter().enumerate().filter(|(index, _)| bit(*index));
    chosen.map(|(_, element)| element.clone()).collect()
}

/// A hash that no event has.
pub(crate) const UNSEEN: EventHash = EventHash([0xee; 32]);

/// Redactions of the picked events, and of one that is never seen.
pub(crate) fn redactions(events: &[Event], mask: u64) -> Set<EventHash> {
    let mut redactions: Set<_> = picked(events, mask).iter().map(|e| e.hash).collect();
    if mask >> 63 == 1 {
        redactions.insert(UNSEEN);
    }
    redactions
}

/// What an event does.
#[derive(Debug, Clone)]
enum Op {
    Write(&'static str, Value),
    /// A redaction of the event at this place (modulo their number), or of [`UNSEEN`]; the hash is
    /// written in hex or not.
    Redact(Option<usize>, bool),
    /// A snapshot by bones of the picked writes, in the way of 0.25 or of 0.26; what is not
    /// understood of it.
    Snapshot {
        mask: u64,
        old: bool,
        extra: bool,
    },
}

/// How an event is falsified after it was parsed.
#[derive(Debug, Clone)]
enum Twist {
    /// The hash of another event.
    Hash(usize),
    /// The whole key of another event.
    Key(usize),
    /// Everything of another event but its wall clock.
    Clock(usize),
}

#[derive(Debug, Clone)]
struct Recipe {
    wall_ts: i64,
    agent: &'static str,
    stamp: usize,
    op: Op,
    twist: Option<Twist>,
}

/// Histories of up to `max` events.
pub(crate) fn histories(max: usize) -> impl Strategy<Value = Vec<Event>> {
    vec(recipe(), 1..=max).prop_map(|recipes| build(&recipes))
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let wall_ts = select(vec![i64::MIN, -5, 0, 0, 1, 2, 2, 3, 100, i64::MAX]);
    let agent = select(vec!["a", "b", "Zoë", "日本"]);
    let place = || 0_usize..64;
    let twist = prop_oneof![
        place().prop_map(Twist::Hash),
        place().prop_map(Twist::Key),
        place().prop_map(Twist::Clock),
    ];
    (wall_ts, agent, 0..STAMPS.len(), op(), weighted(0.2, twist)).prop_map(
        |(wall_ts, agent, stamp, op, twist)| Recipe {
            wall_ts,
            agent,
            stamp,
            op,
            twist,
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let write = (write(), weighted(0.1, text())).prop_map(|((kind, mut data), extra)| {
        if let (Some(object), Some(extra)) = (data.as_object_mut(), extra) {
            object.insert("zz".into(), json!([extra]));
        }
        Op::Write(kind, data)
    });
    let redact = (weighted(0.9, 0_usize..64), any::<bool>())
        .prop_map(|(target, hex)| Op::Redact(target, hex));
    let snapshot =
        (any::<u64>(), any::<bool>(), weighted(0.2, Just(()))).prop_map(|(mask, old, extra)| {
            Op::Snapshot {
                mask,
                old,
                extra: extra.is_some(),
            }
        });
    prop_oneof![9 => write, 1 => redact, 1 => snapshot]
}

fn text() -> impl Strategy<Value = &'static str> {
    select(vec!["", "a", "b", "ä🦀", "tab\t\"quote\"\nline \u{1} \\"])
}

/// A member of a set. Some are blank.
fn member() -> impl Strategy<Value = &'static str> {
    select(vec!["x", "x", "y", "y", "ä🦀", " "])
}

/// The members of an object that are there.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let present = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

fn write() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        3 => create().prop_map(|data| ("item.create", data)),
        5 => update().prop_map(|data| ("item.update", data)),
        5 => labels().prop_map(|value| ("item.update", json!({"field": "labels", "value": value}))),
        4 => moves().prop_map(|data| ("item.move", data)),
        3 => (member(), any::<bool>()).prop_map(|(agent, assign)| {
            let action = if assign { "assign" } else { "unassign" };
            ("item.assign", json!({"action": action, "agent": agent}))
        }),
        2 => text().prop_map(|body| ("item.comment", json!({"body": body}))),
        6 => links(),
        1 => weighted(0.5, text()).prop_map(|reason| {
            ("item.delete", object([("reason", reason.map(Value::from))]))
        }),
        1 => text().prop_map(|summary| ("item.compact", json!({"summary": summary}))),
        1 => select(vec![
            ("item.wave", json!({"hello": [1, {"deep": null}]})),
            ("item.update", json!({"field": "colour", "value": "red"})),
            ("item.update", json!({})),
            ("item.snapshot", json!({"state": {"title": "t"}})),
        ]),
    ]
}

fn create() -> impl Strategy<Value = Value> {
    let words = |words: &[&'static str]| weighted(0.5, select(words.to_vec()));
    (
        text(),
        weighted(0.5, text()),
        words(&["task", "goal", " BUG ", "nonsense"]),
        words(&["xxs", "m", "xl"]),
        words(&["urgent", "punt", "default"]),
        words(&["bn-7", "", "nowhere"]),
        weighted(0.7, vec(member(), 0..3)),
    )
        .prop_map(
            |(title, description, kind, size, urgency, parent, labels)| {
                object([
                    ("title", Some(title.into())),
                    ("description", description.map(Value::from)),
                    ("kind", kind.map(Value::from)),
                    ("size", size.map(Value::from)),
                    ("urgency", urgency.map(Value::from)),
                    ("parent", parent.map(Value::from)),
                    ("labels", labels.map(|labels| json!(labels))),
                ])
            },
        )
}

fn update() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(|value| json!({"field": "title", "value": value})),
        2 => weighted(0.7, text()).prop_map(|value| json!({"field": "description", "value": value})),
        1 => select(vec!["task", "bug", "none"])
            .prop_map(|value| json!({"field": "kind", "value": value})),
        1 => select(vec![json!("s"), json!("XL"), json!(null), json!(7)])
            .prop_map(|value| json!({"field": "size", "value": value})),
        1 => select(vec!["urgent", "punt"])
            .prop_map(|value| json!({"field": "urgency", "value": value})),
        1 => select(vec![json!("bn-7"), json!(null), json!("nowhere")])
            .prop_map(|value| json!({"field": "parent", "value": value})),
    ]
}

fn labels() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (select(vec!["add", "remove"]), member())
            .prop_map(|(action, label)| json!({"action": action, "label": label})),
        2 => vec(member(), 0..3).prop_map(|labels| json!(labels)),
    ]
}

fn moves() -> impl Strategy<Value = Value> {
    let phase = select(vec!["open", "doing", "done", "archived"]);
    (phase, weighted(0.5, text())).prop_map(|(phase, reason)| {
        object([
            ("state", Some(phase.into())),
            ("reason", reason.map(Value::from)),
        ])
    })
}

fn links() -> impl Strategy<Value = (&'static str, Value)> {
    let target = select(vec!["bn-2", "bn-3", ITEM]);
    let link_type = weighted(0.7, select(vec!["blocks", "related", "odd"]));
    (any::<bool>(), target, link_type).prop_map(|(link, target, link_type)| {
        let kind = if link { "item.link" } else { "item.unlink" };
        let link_type = link_type.or(link.then_some("blocked_by"));
        let data = object([
            ("target", Some(target.into())),
            ("link_type", link_type.map(Value::from)),
        ]);
        (kind, data)
    })
}

/// Events of recipes: writes first, then snapshots of them, then redactions, so that each can name
/// the ones before wherever they stand.
fn build(recipes: &[Recipe]) -> Vec<Event> {
    let len = recipes.len();
    let mut events: Vec<Option<Event>> = vec![None; len];
    for pass in 0..3 {
        let writes: Vec<Event> = events.iter().flatten().cloned().collect();
        for (index, recipe) in recipes.iter().enumerate() {
            let stamp = &STAMPS[recipe.stamp];
            let line = |parents: &[EventHash], kind: &str, data: &str| {
                write_line(
                    recipe.wall_ts,
                    recipe.agent,
                    stamp,
                    parents,
                    kind,
                    ITEM,
                    data,
                )
            };
            let line = match &recipe.op {
                Op::Write(kind, data) if pass == 0 => line(&[], kind, &data.to_string()),
                Op::Snapshot { mask, old, extra } if pass == 1 => {
                    let picked = picked(&writes, *mask);
                    let parents: Set<EventHash> = picked.iter().map(|e| e.hash).collect();
                    let mut json = bones_snapshot(&picked, recipe.stamp, *old);
                    if *extra {
                        json["zz"] = json!(["kept", 1.50]);
                    }
                    let data = json!({"state": json}).to_string();
                    line(parents.as_slice(), "item.snapshot", &data)
                }
                Op::Redact(target, hex) if pass == 2 => {
                    let named = target.and_then(|at| events[at % len].as_ref());
                    let hash = named.map_or(UNSEEN, |event| event.hash);
                    let hash = if *hex {
                        format!("blake3:{hash}")
                    } else {
                        format_hash(&hash)
                    };
                    let data = json!({"reason": "gone", "target_hash": hash});
                    line(&[], "item.redact", &data.to_string())
                }
                _ => continue,
            };
            let mut made = parse_line(line.as_bytes()).unwrap().unwrap();
            if let Some(twist) = &recipe.twist {
                made = twisted(made, twist, &events);
            }
            events[index] = Some(made);
        }
    }
    events.into_iter().flatten().collect()
}

/// A snapshot of events as bones writes it, with stamps that go round from `first`.
fn bones_snapshot(events: &[Event], first: usize, old: bool) -> Value {
    let mut json = bones_snapshot_json(ITEM, &state::<Unstamped>(events));
    let object = json.as_object_mut().unwrap();
    if old {
        for key in ["_format", "links", "compact_summary"] {
            object.remove(key);
        }
    }
    let registers = object.values_mut().filter(|v| v.get("wall_ts").is_some());
    for (place, register) in registers.enumerate() {
        let stamp = &JSON_STAMPS[(first + place) % JSON_STAMPS.len()].0;
        register["stamp"] = stamp.clone();
    }
    json
}

fn twisted(mut event: Event, twist: &Twist, others: &[Option<Event>]) -> Event {
    let (Twist::Hash(at) | Twist::Key(at) | Twist::Clock(at)) = twist;
    let Some(other) = &others[at % others.len()] else {
        return event;
    };
    match twist {
        Twist::Hash(_) => event.hash = other.hash,
        Twist::Key(_) => {
            event.hash = other.hash;
            event.wall_ts = other.wall_ts;
            event.agent = other.agent.clone();
            event.stamp_text = other.stamp_text.clone();
        }
        Twist::Clock(_) => {
            let wall_ts = event.wall_ts;
            event = other.clone();
            event.wall_ts = wall_ts;
        }
    }
    event
}

/// States that share events: joins of picked events, some redacted, some *foreign*, that is
/// holding writes without covering their events.
///
/// The events come along.
pub(crate) fn families<S: Order + std::fmt::Debug>(
    max: usize,
) -> impl Strategy<Value = (Vec<ItemState<S>>, Vec<Event>)> {
    let member = (
        any::<u64>(),
        weighted(0.3, any::<u64>()),
        weighted(0.2, Just(())),
    );
    (histories(max), vec(member, 2..=4)).prop_map(|(events, members)| {
        let member = |(mask, redacted, foreign): (u64, Option<u64>, Option<()>)| {
            let mut state = state::<S>(&picked(&events, mask));
            if foreign.is_some() {
                let mut content = state.content().clone();
                content.coverage = Set::new();
                state = ItemState::new(content, state.redacted().clone());
            }
            if let Some(mask) = redacted {
                state.redact(&redactions(&events, mask));
            }
            state
        };
        let states = members.into_iter().map(member).collect();
        (states, events)
    })
}

#[test]
fn the_pool_holds_chains_equal_and_concurrent_stamps() {
    let stamps: Vec<Itc> = STAMPS
        .iter()
        .map(|text| ItcClock::from_text(text).unwrap().stamp())
        .collect();
    let mut seen = [0; 3];
    for a in &stamps {
        for b in &stamps {
            match a.causal_cmp(b) {
                Some(order) if order.is_eq() => seen[0] += 1,
                Some(_) => seen[1] += 1,
                None => seen[2] += 1,
            }
        }
    }
    assert!(
        seen[0] > stamps.len() && seen[1] > 20 && seen[2] > 20,
        "{seen:?}"
    );
}
