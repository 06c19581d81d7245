//! The real logs, when they are at hand: they shrink, and nobody can tell.

use std::path::Path;

use bones_compact::CompactionPolicy;
use lattice_lww::Unstamped;
use storage_adapter::{BadLines, Batch, ItemCheck, ItemStore, read_log};

use super::support::{Place, files, forgetful, import, lines_of, real_logs, shuffled, views};

/// 2027-01-01T00:00:00Z in microseconds.
const NEW_YEAR: u64 = 1_798_761_600_000_000;

/// The share of the source bytes that a store may take after compaction, uncompressed.
fn bound(folder: &Path) -> f64 {
    match folder.file_name().and_then(|name| name.to_str()) {
        Some("bones") => 0.70,
        Some("maw") => 0.80,
        _ => 0.85,
    }
}

#[test]
fn real_logs_shrink_and_nobody_can_tell() {
    for folder in real_logs() {
        let place = Place::new();
        let path = place.path("store");
        let log = read_log::<Unstamped>(&folder, BadLines::Stop, &mut |_| {}).unwrap();
        let source: u64 = log.bytes;
        let sources = log.events.clone();
        let mut store = place.store::<Unstamped>("store");
        let batch = Batch {
            events: log.events,
            ..Batch::default()
        };
        let report = store.apply(batch, 1).unwrap();
        assert!(report.events_added > 1_000);
        let before = (store.digest().unwrap(), views(&store));

        let policy = CompactionPolicy {
            min_age_days: 0,
            ..CompactionPolicy::default()
        };
        let outcome = store.compact(&forgetful(&policy, NEW_YEAR)).unwrap();
        assert!(outcome.changed && outcome.report.items_compacted > 100);
        assert_eq!((store.digest().unwrap(), views(&store)), before);
        let share = outcome.disk_after as f64 / source as f64;
        println!(
            "{}: {source} bytes -> {} ({share:.3})",
            folder.display(),
            outcome.disk_after
        );
        assert!(share <= bound(&folder), "{share:.3} of the source bytes");

        let compacted = files(&path);
        assert!(
            !store
                .compact(&forgetful(&policy, NEW_YEAR))
                .unwrap()
                .changed
        );
        assert_eq!(import(&mut store, &lines_of(&folder)).events_added, 0);
        assert_eq!(files(&path), compacted, "not a byte");
        drop(store);
        let (store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
        assert_eq!((store.digest().unwrap(), views(&store)), before);

        let check = store.verify(&sources).unwrap();
        assert!(check.is_sound());
        assert!(
            check
                .items
                .values()
                .all(|item| *item == ItemCheck::Verified)
        );
        let blind = store.verify(&[]).unwrap();
        assert!(blind.is_sound());
        assert!(
            blind
                .items
                .values()
                .any(|item| matches!(item, ItemCheck::Unverifiable { .. }))
        );
    }
}

#[test]
fn real_logs_import_in_any_order_with_overlap() {
    for folder in real_logs() {
        let place = Place::new();
        let lines = lines_of(&folder);
        let plain = place.plain::<Unstamped>(&lines, &lattice_core::Set::new());
        let turned = shuffled(&lines, 99);
        let mut store = place.store::<Unstamped>("store");
        import(&mut store, &turned[..turned.len() * 3 / 4]);
        import(&mut store, &turned[turned.len() / 4..]);
        assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
        assert_eq!(views(&store), views(&plain));
    }
}
