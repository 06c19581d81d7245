//! Bones' own snapshots: exact where they are exact, and standing in for the rest until the events
//! arrive.

use bones_snapshot::{
    Event, EventData, EventHash, ItemState, ItemView, Kind, Phase, StampTextError, Stamped,
    bones_snapshot_json, format_hash, parse_line, write_line,
};
use lattice_core::{Cell, JoinSemilattice, Set};
use lattice_lww::{Itc, ItcClock, Unstamped};
use serde_json::{Value, json};

use crate::events::{ITEM, JSON_STAMPS, delta, event, state, unstamped};

/// A little history, and the snapshot that bones makes of it.
fn history() -> Vec<Event> {
    let at = |at, kind, data: Value| unstamped(at, "alice", kind, &data.to_string());
    vec![
        at(
            1,
            "item.create",
            json!({"kind": "bug", "labels": ["red", "old"], "title": "roof"}),
        ),
        at(
            2,
            "item.update",
            json!({"field": "labels", "value": {"action": "remove", "label": "old"}}),
        ),
        at(
            3,
            "item.assign",
            json!({"action": "assign", "agent": "bob"}),
        ),
        at(
            4,
            "item.link",
            json!({"link_type": "blocks", "target": "bn-2"}),
        ),
        at(5, "item.comment", json!({"body": "leaks"})),
        at(6, "item.move", json!({"state": "doing"})),
        at(7, "item.move", json!({"state": "done"})),
    ]
}

fn snapshot_line(json: &Value, sources: &[Event]) -> String {
    let parents: Set<EventHash> = sources.iter().map(|e| e.hash).collect();
    let data = json!({"state": json}).to_string();
    let stamp = ItcClock::seed().to_text_v3();
    write_line(
        8,
        "bones",
        &stamp,
        parents.as_slice(),
        "item.snapshot",
        ITEM,
        &data,
    )
}

fn snapshot_of(json: &Value, sources: &[Event]) -> Event {
    parse_line(snapshot_line(json, sources).as_bytes())
        .unwrap()
        .unwrap()
}

fn snapshot(sources: &[Event]) -> Event {
    snapshot_of(
        &bones_snapshot_json(ITEM, &state::<Unstamped>(sources)),
        sources,
    )
}

fn view(events: &[Event]) -> ItemView {
    ItemView::new(ITEM, &state::<Unstamped>(events))
}

#[test]
fn registers_are_the_writes_they_name() {
    let events = history();
    let alone = state::<Unstamped>(&[snapshot(&events)]);
    let real = state::<Unstamped>(&events);
    assert_eq!(alone.content().title, real.content().title);
    assert_eq!(alone.content().kind, real.content().kind);
    assert_eq!(alone.content().kind.get(), Some(&Kind::Bug));
    // Nobody wrote a summary, and covering is not what a snapshot says of itself.
    assert!(alone.content().compact_summary.winner().is_none());
    assert_eq!(alone.coverage().len(), 1);
}

#[test]
fn a_snapshot_alone_shows_what_its_sources_show() {
    let events = history();
    let (alone, real) = (view(&[snapshot(&events)]), view(&events));
    assert_eq!(alone.labels, real.labels);
    assert_eq!(alone.assignees, real.assignees);
    assert_eq!(alone.links, real.links);
    assert_eq!(alone.blocked_by, real.blocked_by);
    assert_eq!((alone.phase, alone.epoch), (Phase::Done, 0));
    assert_eq!(alone.created_at, 1);
    assert!(alone.other.is_empty(), "all of it was understood");
    let [legacy] = alone.legacy.as_slice() else {
        panic!("one snapshot stands in");
    };
    assert_eq!(legacy.missing, events.len());
    assert_eq!(legacy.comments, [format_hash(&events[4].hash)]);
}

#[test]
fn real_events_supersede_it() {
    let events = history();
    let mut with = events.clone();
    with.push(snapshot(&events));
    let (with, without) = (view(&with), view(&events));
    assert!(with.legacy.is_empty());
    assert_eq!(with.labels, without.labels);
    assert_eq!((with.phase, with.epoch), (without.phase, without.epoch));
}

#[test]
fn what_it_knows_to_be_removed_stays_removed_while_the_remove_is_away() {
    let events = history();
    // The create is back, with the label that another source removed.
    let shown = view(&[snapshot(&events), events[0].clone()]);
    assert_eq!(shown.labels.len(), 1);
    assert_eq!(&*shown.labels[0], "red");
}

#[test]
fn later_events_change_what_it_shows() {
    let events = history();
    let later = |kind, data: Value| {
        view(&[
            snapshot(&events),
            unstamped(9, "carol", kind, &data.to_string()),
        ])
    };
    let unassigned = later("item.assign", json!({"action": "unassign", "agent": "bob"}));
    assert!(unassigned.assignees.is_empty());
    let replaced = later("item.update", json!({"field": "labels", "value": ["new"]}));
    assert_eq!(replaced.labels.len(), 1);
    assert_eq!(&*replaced.labels[0], "new");
    let unlinked = later("item.unlink", json!({"target": "bn-2"}));
    assert!(unlinked.links.is_empty() && unlinked.blocked_by.is_empty());
    let reopened = later("item.move", json!({"state": "open"}));
    assert_eq!((reopened.phase, reopened.epoch), (Phase::Open, 1));
    let earlier = unstamped(1, "carol", "item.move", r#"{"state":"open"}"#);
    let earlier = view(&[snapshot(&events), earlier]);
    assert_eq!((earlier.phase, earlier.epoch), (Phase::Done, 0));
}

#[test]
fn redacting_it_or_any_source_takes_its_texts() {
    let events = history();
    let snapshot = snapshot(&events);
    let named = events.iter().map(|e| e.hash).chain([snapshot.hash]);
    for hash in named {
        let mut state = delta::<Unstamped>(&snapshot);
        assert!(state.redact(&Set::singleton(hash)));
        let legacy = state.content().legacy.values().next().unwrap();
        assert_eq!(legacy.texts, Cell::Redacted);
        let view = ItemView::new(ITEM, &state);
        assert!(view.labels.is_empty() && view.assignees.is_empty() && view.links.is_empty());
        assert_eq!(view.phase, Phase::Done, "a fact, not a text");
        let title = (hash == events[0].hash)
            .then_some(())
            .map_or(Some("roof"), |()| None);
        assert_eq!(
            view.title.as_deref(),
            title,
            "registers go by their own events"
        );
    }
}

#[test]
fn what_is_not_as_bones_writes_it_is_kept_word_for_word() {
    let events = history();
    let good = bones_snapshot_json(ITEM, &state::<Unstamped>(&events));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut json = good.clone();
        change(&mut json);
        json
    };
    let strange = [
        changed(&|json| json["_format"] = json!(4)),
        changed(&|json| json["item_id"] = json!("bn-9")),
        changed(&|json| json["title"]["event_hash"] = json!("blake3:short")),
        changed(&|json| json["title"]["more"] = json!(1)),
        changed(&|json| json["title"]["value"] = json!(1)),
        changed(&|json| json["kind"]["value"] = json!("epic")),
        changed(&|json| json["kind"]["event_hash"] = json!("")),
        changed(&|json| json["state"]["phase"] = json!("lost")),
        changed(&|json| json["comments"]["elements"] = json!([7])),
        changed(&|json| json["labels"]["elements"][0] = json!(["red"])),
        changed(&|json| json["labels"]["elements"][0][1]["itc"] = json!(-1)),
        changed(&|json| json["labels"]["tombstone"] = json!({})),
        changed(&|json| drop(json.as_object_mut().unwrap().remove("parent"))),
        json!({"title": "t"}),
        json!(null),
    ];
    for json in strange {
        let view = view(&[snapshot_of(&json, &events)]);
        let data: Value = serde_json::from_str(view.other[0].data.as_ref().unwrap().get()).unwrap();
        assert_eq!(data["state"], json);
        assert!(view.labels.is_empty(), "{json}");
        assert_eq!(view.title.as_deref(), Some(""), "{json}");
        // Its parents are known all the same, so no redaction passes it by.
        assert_eq!(view.legacy[0].missing, events.len());
    }
    let mut beside = good;
    beside["zz"] = json!({"kept": 1});
    let view = view(&[snapshot_of(&beside, &events)]);
    assert_eq!(view.labels.len(), 1);
    let rest = view.other[0].data.as_ref().unwrap().get();
    assert_eq!(rest, r#"{"state":{"zz":{"kept":1}}}"#);
}

#[test]
fn the_links_of_older_snapshots_come_from_their_views() {
    let events = history();
    let mut json = bones_snapshot_json(ITEM, &state::<Unstamped>(&events));
    for key in ["_format", "links"] {
        json.as_object_mut().unwrap().remove(key);
    }
    let view = view(&[snapshot_of(&json, &events)]);
    assert_eq!(view.links.len(), 1);
    assert_eq!(
        (&*view.links[0].target, &*view.links[0].link_type),
        ("bn-2", "blocks")
    );
}

#[test]
fn tombstones_hide_their_adds() {
    let events = history();
    let mut json = bones_snapshot_json(ITEM, &state::<Unstamped>(&events));
    json["labels"]["tombstone"] = json["labels"]["elements"].clone();
    assert!(view(&[snapshot_of(&json, &events)]).labels.is_empty());
}

#[test]
fn registers_of_bones_0_25_bring_their_stamps() {
    let (stamp, text) = &JSON_STAMPS[1];
    let stamp_of = |text: &str| ItcClock::from_text(text).unwrap().stamp();
    let write = event(
        3,
        "a",
        text,
        "item.update",
        r#"{"field":"title","value":"t"}"#,
    );
    let mut json = bones_snapshot_json(ITEM, &state::<Itc>(std::slice::from_ref(&write)));
    json["title"]["stamp"] = stamp.clone();
    let snapshot = snapshot_of(&json, std::slice::from_ref(&write));
    let alone: ItemState<Itc> = delta(&snapshot);
    assert_eq!(alone.content().title, delta::<Itc>(&write).content().title);
    let winner = alone.content().title.winner().unwrap();
    assert_eq!(winner.key.stamp, stamp_of(text));

    for bad in [
        json!(null),
        json!({"id": "One"}),
        json!({"id": "One", "event": {"Leaf": -1}}),
        // Not in normal form: two equal leaves are one.
        json!({"id": "One", "event": {"Branch": [0, {"Leaf": 1}, {"Leaf": 1}]}}),
    ] {
        json["title"]["stamp"] = bad;
        let event = snapshot_of(&json, &[]);
        assert_eq!(
            Stamped::<Itc>::new(event.clone()),
            Err(StampTextError::Register)
        );
        // Without stamps nobody looks.
        assert!(Stamped::<Unstamped>::new(event).is_ok());
    }
}

#[test]
fn json_stamps_read_as_the_clocks_they_are() {
    for (json, text) in JSON_STAMPS.iter() {
        let write = unstamped(3, "a", "item.update", r#"{"field":"title","value":"t"}"#);
        let mut snapshot = bones_snapshot_json(ITEM, &state::<Unstamped>(&[write]));
        snapshot["title"]["stamp"] = json.clone();
        let state: ItemState<Itc> = delta(&snapshot_of(&snapshot, &[]));
        let read = &state.content().title.winner().unwrap().key.stamp;
        assert_eq!(*read, ItcClock::from_text(text).unwrap().stamp(), "{json}");
    }
}

#[test]
fn two_snapshots_of_parts_join() {
    let events = history();
    let (first, second) = events.split_at(3);
    let mut joined = delta::<Unstamped>(&snapshot(first));
    assert!(joined.join(delta(&snapshot(second))));
    let view = ItemView::new(ITEM, &joined);
    assert_eq!(
        (view.labels.len(), view.assignees.len(), view.links.len()),
        (1, 1, 1)
    );
    assert_eq!(view.phase, Phase::Done);
    assert_eq!(view.legacy.len(), 2);
    let EventData::Snapshot(data) = &snapshot(first).data else {
        panic!("a snapshot");
    };
    assert_eq!(data.sources.len(), 3);
}

#[test]
fn one_that_is_not_understood_hides_nothing() {
    let events = history();
    let mut newer = bones_snapshot_json(ITEM, &state::<Unstamped>(&events));
    newer["_format"] = json!(4);
    let mut at_hand = events.clone();
    at_hand.pop();
    let before = view(&at_hand);
    at_hand.push(snapshot_of(&newer, &events));
    let shown = view(&at_hand);
    assert_eq!(shown.legacy.len(), 1, "a source is missing");
    assert_eq!(shown.labels, before.labels);
    assert_eq!(shown.assignees, before.assignees);
    assert_eq!(shown.links, before.links);
}

#[test]
fn several_are_listed_by_time() {
    let events = history();
    let json = bones_snapshot_json(ITEM, &state::<Unstamped>(&events));
    for at in 0..8 {
        let mut two = vec![snapshot_of(&json, &events)];
        let parents = [events[0].hash];
        let data = json!({"state": {"at": at}}).to_string();
        let line = write_line(9, "bones", "itc:AQ", &parents, "item.snapshot", ITEM, &data);
        two.push(parse_line(line.as_bytes()).unwrap().unwrap());
        let times: Vec<u64> = view(&two).legacy.iter().map(|l| l.origin.wall_ts).collect();
        assert_eq!(times, [8, 9], "whatever their hashes");
    }
}
