//! The lines written for bones: `bones-core` parses them and reads the same values.

use std::path::Path;

use bones_core::event::EventType;
use bones_snapshot::bones_snapshot_lines;
use interop::view::{Views, differences};
use interop::{logs, ours, peer};

use crate::dirty::items_with_redacted_events;
use crate::support::in_hex;

/// Restores every item from the lines written for it; `skip` names items to leave out.
fn check(folder: &Path, least: usize, skip: impl Fn(&[String]) -> Vec<String>) {
    // In hex form the known difference of ties stays out of it.
    let lines: Vec<String> = logs::lines(folder)
        .unwrap()
        .iter()
        .map(|line| in_hex(line))
        .collect();
    let skipped = skip(&lines);
    let both: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((peer::parse(line).ok()??, ours::parse(line).unwrap()?)))
        .collect();
    let (peers, mine): (Vec<_>, Vec<_>) = both.into_iter().unzip();
    let mut replayed = peer::states(&peers);
    let (mut restored, mut merged, mut expected) = (Views::new(), Views::new(), Views::new());
    for (id, state) in ours::states(&mine).unwrap() {
        if skipped.contains(&id) {
            continue;
        }
        let written = bones_snapshot_lines(&id, &state, "lattice").unwrap();
        let snapshot = peer::parse(&written[0]).unwrap().unwrap();
        assert_eq!(snapshot.event_type, EventType::Snapshot);
        assert_eq!(snapshot.item_id.as_str(), id);
        for line in &written[1..] {
            let redact = peer::parse(line).unwrap().unwrap();
            assert_eq!(redact.event_type, EventType::Redact);
        }
        let from_snapshot = peer::restore(&snapshot).unwrap();
        let mut original = replayed.remove(&id).unwrap();
        expected.insert(id.clone(), peer::view(&original));
        original.merge(&from_snapshot);
        restored.insert(id.clone(), peer::view(&from_snapshot));
        merged.insert(id, peer::view(&original));
    }
    assert!(expected.len() >= least, "{} items", expected.len());
    let none = Vec::<String>::new();
    assert_eq!(
        differences(&expected, &restored),
        none,
        "{}",
        folder.display()
    );
    // A log that bones compacts keeps its events; the snapshot beside them changes nothing.
    assert_eq!(
        differences(&expected, &merged),
        none,
        "{}",
        folder.display()
    );
}

#[test]
fn bones_reads_the_same_values_from_the_lines_written_for_every_real_item() {
    let Some(folders) = logs::real() else { return };
    for folder in folders {
        check(&folder, 300, |_| Vec::new());
    }
}

#[test]
fn bones_reads_the_same_values_from_the_lines_written_for_dirty_items() {
    check(&logs::dirty(), 60, |lines| {
        items_with_redacted_events(lines).into_iter().collect()
    });
}
