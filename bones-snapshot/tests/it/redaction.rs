//! Redaction, judged by a canary: every output of this crate is searched for a text that is first
//! found there, with the same search, before it is redacted.

use std::collections::BTreeSet;

use bones_snapshot::{
    Event, ItemState, ItemView, Order, SnapshotPayload, Stamped, bones_snapshot_json,
    bones_snapshot_lines, format_hash, parse_line, write_line,
};
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::{Itc, Unstamped};
use serde_json::json;

use crate::events::{ITEM, STAMPS, delta, event, redaction};

/// Letters and digits only, so that JSON and `Debug` print it as it is, beside what they escape.
const CANARY: &str = "c4n4ryThatSings";

/// Every place of an event that text can stand in.
fn carriers() -> Vec<Event> {
    let text = format!("\"é\u{1}{CANARY}\\\n");
    let id = format!("bn-{CANARY}");
    let carrier = |kind: &str, data: serde_json::Value| {
        event(7, "alice", &STAMPS[4], kind, &data.to_string())
    };
    let update = |field: &str, value: serde_json::Value| {
        carrier("item.update", json!({"field": field, "value": value}))
    };
    // Snapshots that bones made of one event without registers, and one that is not understood.
    let snapshot = |made_of: &Event, zz: serde_json::Value| {
        let source = delta::<Unstamped>(made_of);
        let mut state = bones_snapshot_json(ITEM, &source);
        state["zz"] = zz;
        carrier("item.snapshot", json!({"state": state}))
    };
    let labels = update("labels", json!([text]));
    let assign = carrier("item.assign", json!({"action": "assign", "agent": text}));
    let link = carrier("item.link", json!({"target": "bn-2", "link_type": text}));
    vec![
        snapshot(&labels, json!(1)),
        snapshot(&assign, json!(1)),
        snapshot(&link, json!(1)),
        snapshot(&carrier("item.wave", json!({})), json!([text])),
        carrier("item.snapshot", json!({"state": {"title": text}})),
        carrier("item.create", json!({"title": text})),
        carrier("item.create", json!({"title": "t", "description": text})),
        carrier("item.create", json!({"title": "t", "parent": id})),
        carrier("item.create", json!({"title": "t", "labels": [text, "x"]})),
        carrier("item.create", json!({"title": "t", "kind": text})),
        carrier("item.create", json!({"title": "t", "causation": text})),
        carrier("item.create", json!({"title": "t", "zz": {"deep": [text]}})),
        update("title", json!(text)),
        update("description", json!(text)),
        update("parent", json!(id)),
        update("labels", json!({"action": "add", "label": text})),
        update("labels", json!([text])),
        update("labels", json!(["x", 7, text])),
        update(CANARY, json!(1)),
        carrier("item.move", json!({"state": "done", "reason": text})),
        carrier("item.assign", json!({"action": "assign", "agent": text})),
        carrier("item.comment", json!({"body": text})),
        carrier("item.link", json!({"target": id, "link_type": "blocks"})),
        carrier("item.link", json!({"target": "bn-2", "link_type": text})),
        carrier("item.delete", json!({"reason": text})),
        carrier("item.compact", json!({"summary": text})),
        carrier(
            "item.redact",
            json!({"reason": text, "target_hash": "none"}),
        ),
        carrier("item.wave", json!({CANARY: null})),
        carrier(&format!("item.{CANARY}"), json!({})),
    ]
}

/// Everything that this crate can print or write of a state, by name.
fn outputs<S: Order + std::fmt::Debug>(state: &ItemState<S>) -> [(&'static str, Vec<u8>); 7] {
    let payload = SnapshotPayload::new(ITEM, state.clone(), &Set::new());
    let view = ItemView::new(ITEM, state);
    let lines = bones_snapshot_lines(ITEM, state, "lattice").unwrap();
    [
        ("payload", payload.encode()),
        (
            "debug of the state",
            format!("{state:?}{state:#?}").into_bytes(),
        ),
        ("debug of the payload", format!("{payload:?}").into_bytes()),
        ("view", serde_json::to_vec(&view).unwrap()),
        ("debug of the view", format!("{view:?}").into_bytes()),
        (
            "JSON for bones",
            bones_snapshot_json(ITEM, state).to_string().into_bytes(),
        ),
        ("lines for bones", lines.concat().into_bytes()),
    ]
}

/// The names of the outputs that hold the canary.
fn singing<S: Order + std::fmt::Debug>(state: &ItemState<S>) -> Vec<&'static str> {
    let outputs = outputs(state).into_iter();
    outputs
        .filter(|(_, bytes)| sings(bytes))
        .map(|(name, _)| name)
        .collect()
}

/// The texts to search for: the canary itself, in hex, and the part of its base64 that does not
/// depend on what stands around it, at each of the three alignments.
fn needles() -> Vec<Vec<u8>> {
    let bytes = CANARY.as_bytes();
    let mut needles = vec![bytes.to_vec()];
    needles.extend([&HEXLOWER, &HEXUPPER].map(|hex| hex.encode(bytes).into_bytes()));
    for skip in 0..3 {
        let whole = &bytes[skip..];
        let whole = &whole[..whole.len() / 3 * 3];
        needles.extend([&BASE64, &BASE64URL].map(|base64| base64.encode(whole).into_bytes()));
    }
    needles
}

fn sings(output: &[u8]) -> bool {
    needles()
        .iter()
        .any(|needle| output.windows(needle.len()).any(|window| window == needle))
}

#[test]
fn the_search_finds_the_canary_in_every_form() {
    let surrounded = format!("ab{CANARY}yz");
    for pad in 0..3 {
        let bytes = &surrounded.as_bytes()[pad.min(2)..];
        assert!(sings(BASE64.encode(bytes).as_bytes()));
        assert!(sings(BASE64URL.encode(bytes).as_bytes()));
        assert!(sings(HEXLOWER.encode(bytes).as_bytes()));
        assert!(sings(HEXUPPER.encode(bytes).as_bytes()));
    }
    assert!(!sings(b"c4n4ry"));
}

/// Every way a redaction can meet the event it names.
fn redacted<S: Order>(carrier: &Event) -> Vec<(&'static str, ItemState<S>)> {
    let hash = Set::singleton(carrier.hash);
    let delta = delta::<S>(carrier);
    let masked = {
        let mut masked = delta.clone();
        assert!(masked.redact(&hash));
        masked
    };
    // In the item's own log: with a stamp that every order can read.
    let redact = redaction(1, "bob", &carrier.hash);
    let redact = {
        let mut redact = redact;
        redact.stamp_text = STAMPS[2].clone().into();
        crate::events::delta::<S>(&redact)
    };
    let snapshot = |state: ItemState<S>| {
        let payload = SnapshotPayload::new(ITEM, state, &hash);
        SnapshotPayload::decode(&payload.encode())
            .unwrap()
            .into_parts()
            .1
    };
    // What a redact event of another item tells its store is the set that this one is masked by.
    let mut elsewhere = delta.clone();
    elsewhere.redact(redact.redacted());
    vec![
        ("masked delta", masked.clone()),
        (
            "the text after its masked delta",
            masked.clone().joined(delta.clone()),
        ),
        (
            "a masked delta after the text",
            delta.clone().joined(masked.clone()),
        ),
        ("redact event before", redact.clone().joined(delta.clone())),
        ("redact event after", delta.clone().joined(redact.clone())),
        (
            "payload written under the redaction",
            snapshot(delta.clone()),
        ),
        (
            "the text after such a payload",
            snapshot(delta.clone()).joined(delta.clone()),
        ),
        (
            "such a payload after the text",
            delta.clone().joined(snapshot(delta)),
        ),
        ("redact event of another item", elsewhere),
    ]
}

fn nothing_sings_once_redacted<S: Order + std::fmt::Debug>() {
    let mut sang = BTreeSet::new();
    for carrier in carriers() {
        let before = singing(&delta::<S>(&carrier));
        assert!(before.contains(&"payload"), "no canary in {carrier:?}");
        sang.extend(before);
        for (how, state) in redacted::<S>(&carrier) {
            assert_eq!(singing(&state), [""; 0], "{how}: {carrier:?}");
            assert!(state.redacted().contains(&carrier.hash), "{how}");
            assert!(
                state.coverage().contains(&carrier.hash),
                "{how}: still covered"
            );
        }
    }
    assert_eq!(
        sang.len(),
        7,
        "outputs that no canary reaches: only {sang:?}"
    );
}

#[test]
fn nothing_sings_in_a_wall_store() {
    nothing_sings_once_redacted::<Unstamped>();
}

#[test]
fn nothing_sings_in_an_itc_store() {
    nothing_sings_once_redacted::<Itc>();
}

/// What takes elements away holds their ids only, redacted or not.
#[test]
fn removes_hold_no_text() {
    for (kind, data) in [
        (
            "item.assign",
            json!({"action": "unassign", "agent": CANARY}),
        ),
        ("item.unlink", json!({"target": CANARY})),
        (
            "item.unlink",
            json!({"target": "bn-2", "link_type": CANARY}),
        ),
        (
            "item.update",
            json!({"field": "labels", "value": {"action": "remove", "label": CANARY}}),
        ),
    ] {
        let remove = event(7, "alice", &STAMPS[4], kind, &data.to_string());
        assert_eq!(singing(&delta::<Unstamped>(&remove)), [""; 0], "{data}");
    }
}

/// A label that two events added stays while one of them is not redacted.
#[test]
fn another_add_of_the_same_text_keeps_it() {
    let value = json!({"field": "labels", "value": {"action": "add", "label": CANARY}});
    let adds = [STAMPS[1].clone(), STAMPS[2].clone()]
        .map(|stamp| event(7, "alice", &stamp, "item.update", &value.to_string()));
    let mut state = ItemState::<Itc>::join_all(adds.each_ref().map(delta));
    state.redact(&Set::singleton(adds[0].hash));
    let label = |state: &ItemState<Itc>| state.content().labels.elements().len();
    assert_eq!(label(&state), 1);
    state.redact(&Set::singleton(adds[1].hash));
    assert_eq!(label(&state), 0);
    assert_eq!(singing(&state), [""; 0]);
}

#[test]
fn both_forms_of_a_hash_name_one_event() {
    let secret = event(
        7,
        "alice",
        &STAMPS[4],
        "item.comment",
        &format!(r#"{{"body":"{CANARY}"}}"#),
    );
    let hex = format!("blake3:{}", secret.hash);
    let upper = format!("blake3:{}", secret.hash.to_string().to_uppercase());
    for text in [format_hash(&secret.hash), hex, upper] {
        let data = json!({"target_hash": text, "reason": "r"}).to_string();
        let redact = write_line(8, "bob", "itc:AQ", &[], "item.redact", ITEM, &data);
        let redact = parse_line(redact.as_bytes()).unwrap().unwrap();
        let state = ItemState::<Unstamped>::join_all([delta(&secret), delta(&redact)]);
        assert_eq!(singing(&state), [""; 0], "{text}");
        assert_eq!(state.redacted().as_slice(), [secret.hash]);
    }
}

/// A target that is no hash redacts nothing, and says so: its data is kept.
#[test]
fn a_redaction_of_nothing_is_kept_whole() {
    for target in [json!("none"), json!(7), json!("blake3:AAAA")] {
        let data = json!({"reason": "r", "target_hash": target}).to_string();
        let redact = event(8, "bob", &STAMPS[0], "item.redact", &data);
        let state = delta::<Unstamped>(&redact);
        assert!(state.redacted().is_empty());
        let view = serde_json::to_value(ItemView::new(ITEM, &state)).unwrap();
        assert_eq!(view["other"][0]["data"]["target_hash"], target);
    }
}

/// Payloads that hold the canary, damaged: messages say where, never what.
#[test]
fn errors_of_damaged_payloads_do_not_sing() {
    for carrier in carriers() {
        let bytes = SnapshotPayload::new(ITEM, delta::<Unstamped>(&carrier), &Set::new()).encode();
        assert!(sings(&bytes));
        let mut damaged: Vec<Vec<u8>> = (0..bytes.len()).map(|len| bytes[..len].to_vec()).collect();
        for at in 0..bytes.len() {
            for by in [1, 0x20, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = changed[at].wrapping_add(by);
                damaged.push(changed);
            }
        }
        for bytes in damaged {
            if let Err(error) = SnapshotPayload::<Unstamped>::decode(&bytes) {
                assert!(!sings(format!("{error}{error:?}").as_bytes()), "{error}");
            }
        }
    }
}

#[test]
fn errors_of_unreadable_stamps_do_not_sing() {
    for stamp in [
        CANARY.to_owned(),
        format!("itc:v1:{CANARY}"),
        format!("itc:v3:{CANARY}"),
    ] {
        let event = event(1, "alice", &stamp, "item.delete", "{}");
        let error = Stamped::<Itc>::new(event).unwrap_err();
        assert!(!sings(format!("{error}{error:?}").as_bytes()), "{error}");
    }
}
