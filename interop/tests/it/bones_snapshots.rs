//! Snapshots that bones itself wrote: read alone they show what bones restores from them, and beside
//! the events they were made of they change nothing.

use std::collections::BTreeMap;
use std::path::Path;

use bones_core::compact::compact_item;
use bones_core::event::Event;
use bones_core::event::writer::write_line;
use bones_snapshot::{Event as OurEvent, ItemState, ItemView, Stamped, format_hash, parse_hash};
use interop::view::{Views, differences};
use interop::{logs, ours, peer, stamped_peer};
use lattice_lww::{Itc, Unstamped};
use serde_json::{Value, json};

use crate::support::in_hex;

/// The events of each item, as both sides read them.
fn by_item(lines: &[String]) -> BTreeMap<String, (Vec<Event>, Vec<OurEvent>)> {
    let mut items: BTreeMap<String, (Vec<Event>, Vec<OurEvent>)> = BTreeMap::new();
    for line in lines {
        if let Ok(Some(event)) = peer::parse(line) {
            let (theirs, mine) = items.entry(event.item_id.as_str().to_owned()).or_default();
            theirs.push(event);
            mine.extend(ours::parse(line).unwrap());
        }
    }
    items
}

/// What is visible, comments that are known by hash alone among them. A snapshot is an event too, a
/// microsecond after the last: without its own clock the times are those that it holds.
fn shown(state: &ItemState<Unstamped>, id: &str, snapshot: &OurEvent) -> Value {
    let view = serde_json::to_value(ItemView::new(id, state)).unwrap();
    let mut shown = ours::comparable(view.clone());
    let legacy = view["legacy"].as_array().into_iter().flatten();
    let named = legacy.flat_map(|l| l["comments"].as_array().into_iter().flatten());
    let held = shown["comments"].as_array().cloned().unwrap_or_default();
    let mut comments: Vec<Value> = named.cloned().chain(held).collect();
    comments.sort_by_key(ToString::to_string);
    shown["comments"] = comments.into();
    if view["updated_at"] == json!(snapshot.wall_ts) {
        shown["updated_at"] = json!(snapshot.wall_ts - 1);
    }
    if view["created_at"] == json!(snapshot.wall_ts) {
        shown["created_at"] = json!(0);
    }
    shown
}

fn check(folder: &Path, least: usize) {
    // In hex form the known difference of ties stays out of it.
    let lines: Vec<String> = logs::lines(folder)
        .unwrap()
        .iter()
        .map(|line| in_hex(line))
        .collect();
    let (mut expected, mut alone, mut beside) = (Views::new(), Views::new(), Views::new());
    let mut without = Views::new();
    for (id, (events, mut all)) in by_item(&lines) {
        // There is no clock after the last, which bones would give its snapshot.
        if events.iter().any(|event| event.wall_ts_us == i64::MAX) {
            continue;
        }
        let snapshot = compact_item(&id, &events, "bones", &peer::nothing_redacted()).unwrap();
        let read = ours::parse(&write_line(&snapshot).unwrap())
            .unwrap()
            .unwrap();
        let delta = Stamped::<Unstamped>::new(read.clone()).unwrap().delta();
        expected.insert(id.clone(), peer::view(&peer::restore(&snapshot).unwrap()));
        alone.insert(id.clone(), shown(&delta, &id, &read));

        without.extend(ours::fold(&all).unwrap());
        all.push(read.clone());
        let state = ours::states(&all).unwrap().remove(&id).unwrap();
        beside.insert(id.clone(), shown(&state, &id, &read));
    }
    assert!(expected.len() >= least, "{} items", expected.len());
    let none = Vec::<String>::new();
    assert_eq!(differences(&expected, &alone), none, "{}", folder.display());
    assert_eq!(differences(&without, &beside), none, "{}", folder.display());
}

#[test]
fn snapshots_of_real_items_show_what_bones_restores_from_them() {
    let Some(folders) = logs::real() else { return };
    for folder in folders {
        check(&folder, 300);
    }
}

#[test]
fn snapshots_of_dirty_items_show_what_bones_restores_from_them() {
    check(&logs::dirty(), 60);
}

/// The registers of a snapshot of bones 0.25, as it holds them and as an `itc` store reads them.
#[test]
fn registers_with_stamps_are_exact() {
    let Some(folders) = logs::real() else { return };
    let mut registers = 0;
    for folder in folders {
        let lines = logs::lines(&folder).unwrap();
        // Their replay is slow; so many items have every kind of register.
        let items = stamped_peer::items(lines.iter().map(String::as_str));
        for (id, events) in items.into_iter().take(100) {
            let Some((line, state)) = stamped_peer::snapshot(&id, &events).unwrap() else {
                continue;
            };
            let read = ours::parse(&line).unwrap().unwrap();
            let delta = Stamped::<Itc>::new(read).unwrap().delta();
            registers += check_registers(&delta, &state);
        }
    }
    assert!(registers > 900, "{registers} registers");
}

/// Compares each register that was written, and says how many.
fn check_registers(delta: &ItemState<Itc>, state: &Value) -> usize {
    let content = delta.content();
    let mut written = 0;
    macro_rules! registers {
        ($($name:ident $shown:expr),+ $(,)?) => { $({
            let theirs = &state[stringify!($name)];
            let hash = theirs["event_hash"].as_str().unwrap();
            match content.$name.winner() {
                None => assert_eq!(hash, ""),
                Some(ours) => {
                    written += 1;
                    assert_eq!(parse_hash(hash).unwrap(), ours.key.event_hash);
                    assert_eq!(theirs["wall_ts"], ours.key.wall_ts);
                    assert_eq!(theirs["agent_id"], *ours.key.agent_id);
                    assert_eq!(theirs["value"], ($shown)(ours.value().unwrap()));
                    let stamp = tree(&theirs["stamp"]["event"]);
                    assert_eq!(format!("{:?}", ours.key.stamp), stamp);
                }
            }
        })+ };
    }
    let text = |text: &Option<bones_snapshot::Text>| json!(text.as_deref().unwrap_or(""));
    registers!(
        title |v: &bones_snapshot::Text| json!(v),
        description text,
        kind |v: &bones_snapshot::Kind| json!(v.as_str()),
        size |v: &Option<bones_snapshot::Size>| json!(v.map(bones_snapshot::Size::as_str)),
        urgency |v: &bones_snapshot::Urgency| json!(v.as_str()),
        parent text,
        deleted |v: &bool| json!(v),
    );
    written
}

/// The notation of the paper, of a tree as bones writes it.
fn tree(json: &Value) -> String {
    match &json["Branch"] {
        Value::Null => json["Leaf"].to_string(),
        branch => format!(
            "({}, {}, {})",
            branch[0],
            tree(&branch[1]),
            tree(&branch[2])
        ),
    }
}

/// What is handed to bones and comes back says the same again.
#[test]
fn lines_written_for_bones_read_back() {
    for folder in logs::real().into_iter().flatten().chain([logs::dirty()]) {
        let lines = logs::lines(&folder).unwrap();
        let events: Vec<OurEvent> = lines.iter().filter_map(|l| ours::parse(l).ok()?).collect();
        for (id, state) in ours::states(&events).unwrap() {
            let written = bones_snapshot::bones_snapshot_lines(&id, &state, "lattice").unwrap();
            let back: Vec<OurEvent> = written
                .iter()
                .map(|l| ours::parse(l).unwrap().unwrap())
                .collect();
            let restored = ours::states(&back).unwrap().remove(&id).unwrap();
            let again = bones_snapshot::bones_snapshot_json(&id, &restored);
            let first = bones_snapshot::bones_snapshot_json(&id, &state);
            // What is redacted reads as a text of its own there.
            let members = [
                "title",
                "kind",
                "size",
                "urgency",
                "parent",
                "deleted",
                "state",
                "labels",
                "assignees",
                "links",
                "comments",
            ];
            for member in members {
                let same = again[member] == first[member];
                assert!(same || !state.redacted().is_empty(), "{id}.{member}");
            }
            let hash = format_hash(&back[0].hash);
            assert!(restored.coverage().iter().any(|h| format_hash(h) == hash));
        }
    }
}
