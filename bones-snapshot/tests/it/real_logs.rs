//! The real event logs, when they are at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bones_snapshot::{Event, ItemState, Order, SnapshotPayload, Stamped, parse_line};
use lattice_core::{Bottom, Set};
use lattice_lww::{Itc, Unstamped};

/// The folder with one folder per log, or `None` after saying loudly that it is absent.
fn logs() -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/bones-logs");
    let folders: Vec<PathBuf> = ["bones", "maw", "edict"]
        .iter()
        .map(|name| root.join(name))
        .filter(|path| path.is_dir())
        .collect();
    if folders.is_empty() {
        assert!(
            std::env::var_os("REQUIRE_REAL_LOGS").is_none(),
            "REQUIRE_REAL_LOGS is set, but there are no real logs"
        );
        eprintln!("SKIPPED: no real logs at hand, this test shows nothing");
        return None;
    }
    Some(folders)
}

fn events(folder: &Path) -> (Vec<Event>, usize) {
    let mut events = Vec::new();
    let mut bytes = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "events") {
            let text = std::fs::read(&path).unwrap();
            for line in text.split_inclusive(|b| *b == b'\n') {
                if let Some(event) = parse_line(line).unwrap() {
                    bytes += line.len();
                    events.push(event);
                }
            }
        }
    }
    (events, bytes)
}

fn payloads<S: Order>(events: &[Event]) -> BTreeMap<String, Vec<u8>> {
    let mut items: BTreeMap<String, Vec<ItemState<S>>> = BTreeMap::new();
    for event in events {
        let event = Stamped::<S>::new(event.clone()).unwrap();
        items
            .entry(event.event().item_id.to_string())
            .or_default()
            .push(event.delta());
    }
    items
        .into_iter()
        .map(|(id, deltas)| {
            let state = ItemState::join_all(deltas);
            let payload = SnapshotPayload::new(&id, state, &Set::bottom());
            let bytes = payload.encode();
            let back = SnapshotPayload::<S>::decode(&bytes).unwrap();
            assert!(back == payload, "{id} does not read back");
            assert_eq!(back.encode(), bytes);
            (id, bytes)
        })
        .collect()
}

#[test]
fn every_line_reads_and_snapshots_are_small_under_both_orders() {
    for folder in logs().unwrap_or_default() {
        let (mut events, source) = events(&folder);
        let wall = payloads::<Unstamped>(&events);
        let itc = payloads::<Itc>(&events);
        let size = |payloads: &BTreeMap<String, Vec<u8>>| -> usize {
            payloads.values().map(Vec::len).sum()
        };
        // Logs stay far below the integers that a float holds.
        #[allow(clippy::cast_precision_loss)]
        let of_source = |bytes: usize| bytes as f64 / source as f64;
        let ratio = of_source(size(&wall));
        println!(
            "{}: {} events, {} items, {} bytes; payloads {:.3} (wall), {:.3} (itc) of them",
            folder.display(),
            events.len(),
            wall.len(),
            source,
            ratio,
            of_source(size(&itc))
        );
        assert!(ratio < 0.80, "payloads take {ratio:.3} of their sources");
        events.reverse();
        assert!(payloads::<Unstamped>(&events) == wall, "order matters");
        assert!(payloads::<Itc>(&events) == itc, "order matters");
    }
}
