//! The JSON of an item: every key, its order, and every kind of value.

use std::collections::BTreeSet;

use bones_snapshot::{EventHash, ItemView, format_hash};
use lattice_core::Set;
use lattice_lww::Unstamped;
use serde_json::{Value, json};

use crate::events::{ITEM, UNSEEN, redaction, state, unstamped};

fn hash(hash: &EventHash) -> String {
    format_hash(hash)
}

#[test]
fn an_item_without_events() {
    let view = ItemView::new("bn-9", &state::<Unstamped>(&[]));
    let expected = concat!(
        r#"{"item_id":"bn-9","title":"","description":null,"kind":"task","size":null,"#,
        r#""urgency":"default","parent":null,"deleted":false,"phase":"open","epoch":0,"#,
        r#""labels":[],"assignees":[],"blocked_by":[],"related_to":[],"links":[],"#,
        r#""comments":[],"moves":[],"created_at":0,"updated_at":0,"compact_summary":null,"#,
        r#""other":[],"redacted":[],"compacted_from":0,"earliest_ts":0,"latest_ts":0}"#,
    );
    assert_eq!(serde_json::to_string(&view).unwrap(), expected);
    let members: serde_json::Map<_, _> = serde_json::from_str(expected).unwrap();
    let mut named = BTreeSet::from(ItemView::FIELDS);
    assert!(named.remove("legacy"), "shown only where there is one");
    assert!(members.keys().map(String::as_str).eq(named));
}

#[test]
fn an_item_with_everything() {
    let create = unstamped(
        10,
        "alice",
        "item.create",
        r#"{"description":"D","kind":"bug","labels":["z","a"],"parent":"bn-7","size":"xxl","title":"T","urgency":"urgent","x":1.50}"#,
    );
    let imported = unstamped(0, "bob", "item.comment", r#"{"body":"first"}"#);
    let comment = unstamped(20, "bob", "item.comment", r#"{"body":"second"}"#);
    let there = unstamped(30, "bob", "item.move", r#"{"reason":"why","state":"done"}"#);
    let back = unstamped(40, "bob", "item.move", r#"{"state":"doing"}"#);
    let mut events = vec![create, imported, comment, there, back];
    for (target, link_type) in [
        ("bn-3", "blocks"),
        ("bn-2", "blocked_by"),
        ("bn-2", "blocks"),
        ("bn-5", "relates"),
        ("bn-4", "related"),
        ("bn-4", "odd"),
    ] {
        let data = json!({"link_type": link_type, "target": target}).to_string();
        events.push(unstamped(50, "alice", "item.link", &data));
    }
    events.push(unstamped(
        60,
        "alice",
        "item.assign",
        r#"{"action":"assign","agent":"carol"}"#,
    ));
    events.push(unstamped(70, "alice", "item.compact", r#"{"summary":"S"}"#));
    let wave = unstamped(80, "alice", "item.wave", r#"{"n": 1e3 ,"deep":[ {} ]}"#);
    let redact = redaction(90, "alice", &UNSEEN);
    events.extend([wave, redact]);
    let of = |index: usize| hash(&events[index].hash);
    let (wave, redact) = (hash(&events[13].hash), hash(&events[14].hash));
    let expected = json!({
        "item_id": "bn-1",
        "title": "T",
        "description": "D",
        "kind": "bug",
        "size": "xl",
        "urgency": "urgent",
        "parent": "bn-7",
        "deleted": false,
        "phase": "doing",
        "epoch": 1,
        "labels": ["a", "z"],
        "assignees": ["carol"],
        "blocked_by": ["bn-2", "bn-3"],
        "related_to": ["bn-4", "bn-5"],
        "links": [
            {"target": "bn-2", "link_type": "blocked_by"},
            {"target": "bn-2", "link_type": "blocks"},
            {"target": "bn-3", "link_type": "blocks"},
            {"target": "bn-4", "link_type": "odd"},
            {"target": "bn-4", "link_type": "related"},
            {"target": "bn-5", "link_type": "relates"},
        ],
        "comments": [
            {"hash": of(1), "author": "bob", "wall_ts": 0, "body": "first"},
            {"hash": of(2), "author": "bob", "wall_ts": 20, "body": "second"},
        ],
        "moves": [
            {"hash": of(3), "author": "bob", "wall_ts": 30, "state": "done", "reason": "why"},
            {"hash": of(4), "author": "bob", "wall_ts": 40, "state": "doing", "reason": null},
        ],
        "created_at": 10,
        "updated_at": 90,
        "compact_summary": "S",
        "other": [
            {"hash": of(0), "author": "alice", "wall_ts": 10, "type": "item.create", "data": {"x": 1.5}},
            {"hash": wave, "author": "alice", "wall_ts": 80, "type": "item.wave",
             "data": {"n": 1e3, "deep": [{}]}},
            {"hash": redact, "author": "alice", "wall_ts": 90, "type": "item.redact",
             "data": {"reason": "r", "target_hash": hash(&UNSEEN)}},
        ],
        "redacted": [hash(&UNSEEN)],
        "compacted_from": 15,
        "earliest_ts": 0,
        "latest_ts": 90,
    });
    let view = ItemView::new(ITEM, &state::<Unstamped>(&events));
    let text = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    // Word for word: digits and blanks as they were written.
    assert!(text.contains(r#""data":{"x":1.50}"#), "{text}");
    assert!(text.contains(r#""data":{"n":1e3,"deep":[ {} ]}"#), "{text}");
}

#[test]
fn what_is_redacted_reads_as_null_and_leaves_sets() {
    let create = unstamped(
        10,
        "alice",
        "item.create",
        r#"{"description":"D","kind":"bug","labels":["a"],"parent":"bn-7","size":"s","title":"T","urgency":"punt","x":1}"#,
    );
    let events = [
        create.clone(),
        unstamped(
            5,
            "bob",
            "item.update",
            r#"{"field":"title","value":"older"}"#,
        ),
    ];
    let mut state = state::<Unstamped>(&events);
    assert!(state.redact(&Set::singleton(create.hash)));
    let shown = serde_json::to_value(ItemView::new(ITEM, &state)).unwrap();
    for key in ["title", "description", "kind", "size", "urgency", "parent"] {
        assert_eq!(
            shown[key],
            Value::Null,
            "{key} must not fall back to another value"
        );
    }
    assert_eq!(shown["labels"], json!([]));
    assert_eq!(shown["redacted"], json!([hash(&create.hash)]));
    assert_eq!(
        shown["other"],
        json!([{"hash": hash(&create.hash), "author": "alice", "wall_ts": 10, "type": null, "data": null}])
    );
    assert_eq!(shown["compacted_from"], 2);
}
