//! Any history, cut anywhere, compacted and joined in any order: always the state of all events.
#![no_main]

use arbitrary::Arbitrary;
use bones_compact::{ItemSources, LatticeEvent, compact_item, verify_compaction};
use bones_snapshot::{EventHash, ItemState, SnapshotPayload, Stamped, parse_line, write_line};
use lattice_core::{Bottom, Set};
use lattice_lww::Unstamped;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Op {
    wall: i8,
    agent: u8,
    kind: u8,
    value: u8,
    part: u8,
    redacted: bool,
}

fn event(op: &Op) -> Stamped<Unstamped> {
    let value = op.value % 4;
    let (event_type, data) = match op.kind % 9 {
        0 => ("item.create", format!(r#"{{"kind":"task","labels":["l{value}"],"title":"t{value}"}}"#)),
        1 => ("item.update", format!(r#"{{"field":"title","value":"t{value}"}}"#)),
        2 => ("item.update", format!(r#"{{"field":"labels","value":{{"action":"add","label":"l{value}"}}}}"#)),
        3 => ("item.update", format!(r#"{{"field":"labels","value":{{"action":"remove","label":"l{value}"}}}}"#)),
        4 => ("item.update", format!(r#"{{"field":"labels","value":["l{value}"]}}"#)),
        5 => ("item.link", format!(r#"{{"link_type":"blocks","target":"bn-{value}"}}"#)),
        6 => ("item.unlink", format!(r#"{{"target":"bn-{value}"}}"#)),
        7 => ("item.comment", format!(r#"{{"body":"b{value}"}}"#)),
        _ => ("item.move", format!(r#"{{"state":"{}"}}"#, ["open", "doing", "done", "archived"][usize::from(value)])),
    };
    let agent = format!("a{}", op.agent % 3);
    let line = write_line(i64::from(op.wall), &agent, "itc:AQ", &[], event_type, "bn-x", &data);
    let event = parse_line(line.as_bytes()).expect("parses").expect("an event");
    Stamped::new(event).expect("wall needs no stamp")
}

fn sources(events: Vec<Stamped<Unstamped>>, states: Vec<ItemState<Unstamped>>) -> ItemSources<Stamped<Unstamped>> {
    ItemSources { events, states, bytes: u64::MAX }
}

fuzz_target!(|ops: Vec<Op>| {
    let ops = &ops[..ops.len().min(24)];
    let all: Vec<_> = ops.iter().map(event).collect();
    let redactions: Set<EventHash> = ops
        .iter()
        .zip(&all)
        .filter(|(op, _)| op.redacted)
        .map(|(_, event)| event.hash())
        .collect();
    let Some(whole) = compact_item("bn-x", &sources(all.clone(), Vec::new()), &redactions) else {
        return;
    };
    verify_compaction("bn-x", &whole.payload, &all, &redactions).expect("the true snapshot is accepted");
    // Three parts, which may overlap, each compacted alone and without redactions, then joined.
    let states = (0..3)
        .filter_map(|part| {
            let picked: Vec<_> = ops
                .iter()
                .zip(&all)
                .filter(|(op, _)| op.part % 3 == part || op.part % 5 == part)
                .map(|(_, event)| event.clone())
                .collect();
            compact_item("bn-x", &sources(picked, Vec::new()), &Set::bottom())
        })
        .map(|snapshot| {
            let payload = SnapshotPayload::decode(&snapshot.payload).expect("own payload reads back");
            payload.into_parts().1
        })
        .collect();
    let joined = compact_item("bn-x", &sources(Vec::new(), states), &redactions).expect("something is held");
    assert_eq!(joined.payload, whole.payload);
});
