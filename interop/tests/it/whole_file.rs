//! A store handed back to bones: its whole-file parser accepts the exported log, and what it restores
//! from the lines is what the store shows.

use bones_compact::CompactionPolicy;
use bones_core::event::EventType;
use bones_core::event::parser::parse_lines;
use interop::view::{Views, differences};
use interop::{logs, ours, peer};
use lattice_lww::Unstamped;
use storage_adapter::{BadLines, Batch, Compaction, ItemStore, read_log};

/// Far after the last event of every log, in microseconds.
const NOW: u64 = 4_000_000_000_000_000;

#[test]
fn bones_parses_the_exported_log_whole() {
    for folder in logs::real().into_iter().flatten() {
        let home = tempfile::tempdir().unwrap();
        let mut store = ItemStore::<Unstamped>::create(&home.path().join("store")).unwrap();
        let log = read_log(&folder, BadLines::Stop, &mut |_| ()).unwrap();
        let batch = Batch {
            events: log.events,
            ..Batch::default()
        };
        store.apply(batch, NOW).unwrap();
        let policy = CompactionPolicy {
            min_age_days: 0,
            ..CompactionPolicy::default()
        };
        let outcome = store
            .compact(&Compaction {
                policy: policy.clone(),
                ..Compaction::without_history(NOW)
            })
            .unwrap();
        assert!(outcome.changed);

        let export = store.export_bones("lattice").unwrap();
        let events = parse_lines(&export.text).unwrap();
        let snapshots = events
            .iter()
            .filter(|e| e.event_type == EventType::Snapshot);
        let snapshots: Vec<_> = snapshots.collect();
        assert_eq!(snapshots.len(), export.snapshots);
        assert!(export.snapshots > 100, "{} snapshots", export.snapshots);
        assert!(events.len() >= export.snapshots + export.lines);

        let (mut theirs, mut mine) = (Views::new(), Views::new());
        for event in snapshots {
            let id = event.item_id.as_str();
            theirs.insert(id.to_owned(), peer::view(&peer::restore(event).unwrap()));
            mine.insert(
                id.to_owned(),
                ours::view(id, store.state(id).unwrap().unwrap()).unwrap(),
            );
        }
        assert_eq!(
            differences(&theirs, &mine),
            Vec::<String>::new(),
            "{}",
            folder.display()
        );
    }
}
