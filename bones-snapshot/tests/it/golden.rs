//! Golden payloads: bytes that every later version must still read and write. Files are appended,
//! never edited; `BLESS_GOLDEN=1` writes those that do not exist yet, and no others.

use std::fs;
use std::path::{Path, PathBuf};

use bones_snapshot::{
    Event, EventHash, ItemState, Order, SnapshotPayload, bones_snapshot_json, parse_line,
    write_line,
};
use data_encoding::HEXLOWER;
use lattice_core::Set;
use lattice_lww::{Itc, ItcClock, Unstamped};

use crate::events::{ITEM, TRIANGLE, UNSEEN, event, redaction, state, unstamped};

/// A payload as it is now, with its name.
pub(crate) struct Golden {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    id: String,
}

fn golden<S: Order>(name: &'static str, events: &[Event], redactions: &Set<EventHash>) -> Golden {
    let payload = SnapshotPayload::new(ITEM, state::<S>(events), redactions);
    Golden {
        name,
        bytes: payload.encode(),
        id: payload.id().to_string(),
    }
}

/// Every payload that has a file.
pub(crate) fn all() -> Vec<Golden> {
    let none = Set::new();
    let everything = everything();
    let secret = Set::from_iter([everything[0].hash, everything[3].hash, UNSEEN]);
    let foreign = {
        let mut content = state::<Unstamped>(&everything).content().clone();
        content.coverage = Set::new();
        ItemState::new(content, Set::new())
    };
    let foreign = SnapshotPayload::new(ITEM, foreign, &secret);
    vec![
        golden::<Unstamped>("wall-empty", &[], &none),
        golden::<Unstamped>("wall-everything", &everything, &none),
        golden::<Unstamped>("wall-redacted", &everything, &secret),
        Golden {
            name: "wall-foreign",
            bytes: foreign.encode(),
            id: foreign.id().to_string(),
        },
        golden::<Unstamped>("wall-sets", &sets(), &none),
        golden::<Unstamped>("wall-clocks", &clocks(), &none),
        golden::<Itc>("itc-triangle", &triangle(), &none),
        golden::<Itc>(
            "itc-triangle-redacted",
            &triangle(),
            &Set::singleton(triangle()[2].hash),
        ),
        golden::<Itc>("itc-concurrent-sets", &concurrent_sets(), &none),
        golden::<Unstamped>("wall-legacy", &with_snapshot(), &none),
        golden::<Unstamped>(
            "wall-legacy-redacted",
            &with_snapshot(),
            &Set::singleton(everything[3].hash),
        ),
    ]
}

fn everything() -> Vec<Event> {
    let write = |at, agent, kind, data| unstamped(at, agent, kind, data);
    let create = r#"{"causation":"c","description":"what and why","kind":"bug","labels":["b","a"],"parent":"bn-7","size":"m","title":"first","urgency":"urgent","zz":[1.50,"\u00e9"]}"#;
    let comment = write(
        4_000_000_000_000_000,
        "bob",
        "item.comment",
        r#"{"body":"hello ä🦀"}"#,
    );
    vec![
        write(1_700_000_000_000_000, "alice", "item.create", create),
        write(
            1_700_000_000_000_001,
            "bob",
            "item.update",
            r#"{"field":"title","value":"second"}"#,
        ),
        write(
            1_700_000_000_000_002,
            "bob",
            "item.move",
            r#"{"reason":"now","state":"doing"}"#,
        ),
        comment.clone(),
        write(3, "bob", "item.move", r#"{"state":"done"}"#),
        write(
            5,
            "zoë",
            "item.assign",
            r#"{"action":"assign","agent":"carol"}"#,
        ),
        write(
            6,
            "zoë",
            "item.link",
            r#"{"link_type":"blocks","target":"bn-2"}"#,
        ),
        write(7, "zoë", "item.unlink", r#"{"target":"bn-3"}"#),
        write(8, "zoë", "item.compact", r#"{"summary":"s"}"#),
        write(9, "zoë", "item.delete", r#"{"reason":"done with it"}"#),
        write(10, "zoë", "item.wave", r#"{"any": [ {} ]}"#),
        redaction(11, "alice", &UNSEEN),
    ]
}

/// Adds, removes and clears that all still count, and links with and without a text that tells
/// their target.
fn sets() -> Vec<Event> {
    let label = |at, value: &str| {
        unstamped(
            at,
            "a",
            "item.update",
            &format!(r#"{{"field":"labels","value":{value}}}"#),
        )
    };
    let link = |at, kind, data: &str| unstamped(at, "a", kind, data);
    vec![
        label(1, r#"["gone"]"#),
        label(5, r#"["kept","also"]"#),
        label(6, r#"{"action":"remove","label":"also"}"#),
        label(7, r#"{"action":"add","label":"new"}"#),
        unstamped(
            8,
            "a",
            "item.assign",
            r#"{"action":"unassign","agent":"bob"}"#,
        ),
        link(1, "item.link", r#"{"link_type":"blocks","target":"bn-2"}"#),
        link(
            2,
            "item.unlink",
            r#"{"link_type":"blocks","target":"bn-2"}"#,
        ),
        link(3, "item.link", r#"{"link_type":"related","target":"bn-2"}"#),
        link(4, "item.unlink", r#"{"target":"bn-3"}"#),
    ]
}

/// A snapshot that bones wrote, two of its sources, and one not understood.
fn with_snapshot() -> Vec<Event> {
    let sources = everything();
    let parents: Set<EventHash> = sources.iter().map(|e| e.hash).collect();
    let json = bones_snapshot_json(ITEM, &state::<Unstamped>(&sources[..7]));
    let line = |at, state: &serde_json::Value| {
        let data = serde_json::json!({"state": state}).to_string();
        write_line(
            at,
            "bones",
            "itc:AQ",
            parents.as_slice(),
            "item.snapshot",
            ITEM,
            &data,
        )
    };
    let parse = |line: String| parse_line(line.as_bytes()).unwrap().unwrap();
    vec![
        parse(line(12, &json)),
        sources[0].clone(),
        sources[3].clone(),
        parse(line(13, &serde_json::json!({"title": "t"}))),
    ]
}

fn clocks() -> Vec<Event> {
    [i64::MIN, -1, 0, 127, 128, 65_536, 4_294_967_296, i64::MAX]
        .map(|at| unstamped(at, "a", "item.comment", r#"{"body":""}"#))
        .to_vec()
}

fn triangle() -> Vec<Event> {
    let title = |at, agent, stamp, value: &str| {
        let data = format!(r#"{{"field":"title","value":"{value}"}}"#);
        event(at, agent, stamp, "item.update", &data)
    };
    vec![
        title(100, "alice", TRIANGLE[0], "later"),
        title(300, "alice", TRIANGLE[1], "earlier"),
        title(200, "bob", TRIANGLE[2], "beside"),
    ]
}

fn concurrent_sets() -> Vec<Event> {
    let mut a = ItcClock::seed();
    let mut b = a.fork().unwrap();
    let step = |clock: &mut ItcClock, at, data: &str| {
        clock.event().unwrap();
        let data = format!(r#"{{"field":"labels","value":{data}}}"#);
        event(at, "a", &clock.to_text_v3(), "item.update", &data)
    };
    vec![
        step(&mut a, 9, r#"["x","y"]"#),
        step(&mut b, 5, r#"{"action":"add","label":"x"}"#),
        step(&mut b, 4, r#"{"action":"remove","label":"y"}"#),
        step(&mut a, 3, r#"{"action":"add","label":"x"}"#),
    ]
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The file of a payload: its id, then its bytes in lines of 32.
fn file_text(golden: &Golden) -> String {
    let mut text = format!("# id {}\n", golden.id);
    for line in golden.bytes.chunks(32) {
        text.push_str(&HEXLOWER.encode(line));
        text.push('\n');
    }
    text
}

#[test]
fn payloads_are_the_golden_ones_to_the_byte() {
    let folder = folder();
    let bless = std::env::var_os("BLESS_GOLDEN").is_some();
    let mut names = Vec::new();
    for golden in all() {
        let path = folder.join(golden.name).with_extension("hex");
        let expected = file_text(&golden);
        if bless && !path.exists() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &expected).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap();
        assert_eq!(found, expected, "{} has changed", golden.name);
        names.push(format!("{}.hex", golden.name));
    }
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    names.sort();
    assert_eq!(files, names, "every file is tested");
}

/// The bytes are plain MessagePack: an unrelated reader reads them to the end, and its writer, which
/// also takes the shortest forms, writes them back.
#[test]
fn an_unrelated_reader_agrees() {
    for golden in all() {
        let mut rest = &golden.bytes[..];
        let value = rmpv::decode::read_value(&mut rest).unwrap();
        assert!(rest.is_empty(), "{} was not read to the end", golden.name);
        let mut again = Vec::new();
        rmpv::encode::write_value(&mut again, &value).unwrap();
        assert_eq!(again, golden.bytes, "{}", golden.name);
        let parts = value.as_array().unwrap();
        assert_eq!(parts.len(), 8);
        assert_eq!(parts[0].as_u64(), Some(bones_snapshot::FORMAT));
        assert_eq!(parts[2].as_str(), Some(ITEM));
        let numbers = parts[7]
            .as_map()
            .unwrap()
            .iter()
            .map(|(k, _)| k.as_u64().unwrap());
        assert!(numbers.is_sorted_by(|a, b| a < b), "fields in order");
    }
}
