//! The independent reader in `docs/oracle`: it reads the golden payloads to the same content, and
//! refuses what this crate refuses.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use bones_snapshot::{
    Event, EventHash, Legacy, LegacyId, LegacyMembers, Order, SnapshotId, SnapshotPayload, Tag,
};
use data_encoding::HEXLOWER;
use lattice_core::Max;
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::events::{ITEM, histories, redactions, state};
use crate::{golden, hostile};

/// What the reader answers to each payload, or `None` after saying loudly that there is no Python.
fn answers(payloads: &[Vec<u8>]) -> Option<Vec<Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/oracle/decode_payload.py");
    let mut python = match Command::new("python3")
        .arg(script)
        .arg("--lines")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(python) => python,
        Err(error) => {
            eprintln!("SKIPPED: python3 does not run ({error}), this test shows nothing");
            return None;
        }
    };
    let mut input = python.stdin.take().unwrap();
    let lines: String = payloads.iter().map(|p| HEXLOWER.encode(p) + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the reader failed");
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), payloads.len());
    Some(answers)
}

/// Whether this crate reads the payload, under the order that its third byte names.
fn is_read(bytes: &[u8]) -> bool {
    SnapshotPayload::<Unstamped>::decode(bytes).is_ok()
        || SnapshotPayload::<Itc>::decode(bytes).is_ok()
}

/// The header of what the reader prints, and the number of texts and keys it found.
fn summary<S: Order>(bytes: &[u8]) -> Value {
    let payload = SnapshotPayload::<S>::decode(bytes).unwrap();
    let hex = |hashes: &lattice_core::Set<_>| -> Vec<String> {
        hashes.iter().map(ToString::to_string).collect()
    };
    let content = payload.state().content();
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    let register = |values: Vec<Option<Value>>| match values.len() {
        0 => Value::Null,
        _ => values
            .into_iter()
            .map(|v| v.map_or(json!("redacted"), |v| json!([v])))
            .collect(),
    };
    macro_rules! registers {
        ($($name:ident $show:expr),+) => { $(put(
            stringify!($name),
            register(content.$name.writes().map(|w| w.value().map($show)).collect()),
        );)+ };
    }
    registers!(
        title | v | json!(v),
        description | v | json!(v),
        kind | v | json!(v.as_str()),
        size | v | json!(v.map(bones_snapshot::Size::as_str)),
        urgency | v | json!(v.as_str()),
        parent | v | json!(v),
        deleted | v | json!(v),
        compact_summary | v | json!(v)
    );
    put(
        "moves",
        register(
            content
                .moves
                .iter()
                .map(|(_, reason)| reason.present().map(|r| json!(r)))
                .collect(),
        ),
    );
    put(
        "comments",
        register(
            content
                .comments
                .values()
                .map(|body| body.present().map(|b| json!(b)))
                .collect(),
        ),
    );
    put(
        "other",
        register(
            content
                .other
                .values()
                .map(|rest| rest.present().map(|r| json!(r)))
                .collect(),
        ),
    );
    json!({
        "id": SnapshotId::of(bytes).to_string(),
        "order": S::WORD,
        "item_id": payload.item_id(),
        "coverage": hex(payload.state().coverage()),
        "redacted": hex(payload.state().redacted()),
        "fields": fields,
    })
}

/// The same summary of the reader's answer.
fn summary_of(answer: &Value) -> Value {
    let mut summary = answer.clone();
    let object = summary.as_object_mut().unwrap();
    object.remove("agents");
    object.remove("keys");
    let fields = object["fields"].as_object_mut().unwrap();
    for set in ["labels", "assignees", "links", "times", "legacy"] {
        fields.remove(set);
    }
    for writes in fields.values_mut() {
        for write in writes.as_array_mut().unwrap() {
            *write = match write.get("value") {
                Some(value) => json!([value]),
                None => json!("redacted"),
            };
        }
    }
    summary
}

/// The adds of a set: element by element, how many keys it has and how many of them are redacted.
fn adds_of<'a, S: Order, T: bones_snapshot::Element + 'a>(
    set: &bones_snapshot::ObservedSet<T, S>,
) -> Vec<(String, usize, usize)> {
    let adds = set.adds().iter();
    adds.map(|(id, adds)| {
        let redacted = adds.iter().filter(|add| add.cell.is_redacted()).count();
        (HEXLOWER.encode(&id.0), adds.len(), redacted)
    })
    .collect()
}

fn adds_in(answer: &Value) -> Vec<(String, usize, usize)> {
    let Some(adds) = answer["adds"].as_array() else {
        return Vec::new();
    };
    let adds = adds.iter().map(|add| {
        let keys = add["keys"].as_array().unwrap();
        let redacted = keys.iter().filter(|key| key["redacted"] == true).count();
        (add["id"].as_str().unwrap().to_owned(), keys.len(), redacted)
    });
    adds.collect()
}

fn compare<S: Order>(bytes: &[u8], answer: &Value) {
    assert_eq!(summary_of(answer), summary::<S>(bytes));
    let payload = SnapshotPayload::<S>::decode(bytes).unwrap();
    let content = payload.state().content();
    let fields = &answer["fields"];
    assert_eq!(adds_in(&fields["labels"]), adds_of(&content.labels));
    assert_eq!(adds_in(&fields["assignees"]), adds_of(&content.assignees));
    let none = Vec::new();
    let links = fields["links"].as_array().unwrap_or(&none);
    assert_eq!(links.len(), content.links.len());
    for (answer, (target, set)) in links.iter().zip(content.links.iter()) {
        assert_eq!(answer["target_id"], HEXLOWER.encode(&target.0));
        assert_eq!(adds_in(answer), adds_of(set));
    }
    let snapshots = fields["legacy"].as_array().unwrap_or(&none);
    assert_eq!(snapshots.len(), content.legacy.len());
    for (answer, (id, legacy)) in snapshots.iter().zip(content.legacy.iter()) {
        compare_legacy(answer, id, legacy);
    }
    if !fields["times"].is_null() {
        let updated = content.updated.map(|time| time.0);
        assert_eq!(fields["times"]["updated"], json!(updated));
        assert_eq!(
            fields["times"]["created"],
            json!(content.created.map(|time| time.0))
        );
    }
}

fn compare_legacy<S: Order>(answer: &Value, id: &LegacyId<S>, legacy: &Legacy) {
    let hex = |hashes: &lattice_core::Set<EventHash>| -> Value {
        hashes.iter().map(|hash| json!(hash.to_string())).collect()
    };
    assert_eq!(answer["sources"], hex(&id.sources));
    assert_eq!(answer["comments"], hex(&legacy.comments));
    let standing = legacy
        .standing
        .map(|Max(s)| json!({"at": s.at, "epoch": s.epoch, "phase": s.phase.as_str()}));
    assert_eq!(answer["standing"], json!(standing));
    let tags = |tags: &lattice_core::Set<Tag>| -> Value {
        tags.iter()
            .map(|t| json!([t.wall_ts, t.actor, t.event]))
            .collect()
    };
    let texts = legacy.texts.present().map(|texts| {
        let of = |members: &LegacyMembers<_>| -> Value {
            members.iter().map(|(m, t)| json!({"member": m, "tags": tags(t)})).collect()
        };
        let links: Value = texts
            .links
            .iter()
            .map(|(l, t)| json!({"member": [*l.target, *l.link_type], "tags": tags(t)}))
            .collect();
        json!({"assignees": of(&texts.assignees), "labels": of(&texts.labels), "links": links, "rest": texts.rest})
    });
    assert_eq!(answer["texts"], json!(texts));
}

#[test]
fn golden_payloads_and_random_ones_read_the_same() {
    let mut payloads: Vec<_> = golden::all().into_iter().map(|g| g.bytes).collect();
    let mut runner = TestRunner::deterministic();
    let strategy = (histories(12), any::<u64>());
    for _ in 0..150 {
        let (events, mask) = strategy.new_tree(&mut runner).unwrap().current();
        let redactions = redactions(&events, mask & mask >> 3);
        payloads.push(payload::<Unstamped>(&events, &redactions));
        payloads.push(payload::<Itc>(&events, &redactions));
    }
    for (bytes, answer) in payloads.iter().zip(answers(&payloads).unwrap_or_default()) {
        assert!(answer.get("error").is_none(), "{answer}");
        match bytes[2] {
            0 => compare::<Unstamped>(bytes, &answer),
            _ => compare::<Itc>(bytes, &answer),
        }
    }
}

fn payload<S: Order>(
    events: &[Event],
    redactions: &lattice_core::Set<bones_snapshot::EventHash>,
) -> Vec<u8> {
    SnapshotPayload::new(ITEM, state::<S>(events), redactions).encode()
}

/// Both readers were written from one page. Where they disagree about a damaged payload, one of them
/// is not as strict as the page.
#[test]
fn both_readers_refuse_the_same_damage() {
    let mut damaged: Vec<Vec<u8>> = hostile::payloads();
    for golden in golden::all() {
        for at in 0..golden.bytes.len() {
            let mut changed = golden.bytes.clone();
            changed[at] ^= [0x01, 0x10, 0x80][at % 3];
            damaged.push(changed);
        }
    }
    let mut read = 0;
    for (bytes, answer) in damaged.iter().zip(answers(&damaged).unwrap_or_default()) {
        let refused = answer.get("error").is_some();
        assert_eq!(
            is_read(bytes),
            !refused,
            "{answer} to {}",
            HEXLOWER.encode(bytes)
        );
        read += usize::from(!refused);
    }
    eprintln!(
        "{read} of {} damaged payloads are payloads still",
        damaged.len()
    );
}
