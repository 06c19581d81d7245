//! What is on the disk is what is in memory, at every step.

use std::fs;
use std::path::Path;

use bones_compact::CompactionPolicy;
use bones_snapshot::Order;
use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::log::LogError;
use storage_adapter::{ItemStore, StoreError};

use super::support::{
    Place, batch, compact, dirty_log, everything, files, finished, forgetful, hash, import, line,
    lines_of, redact, views,
};

/// Opens the store again and compares what it shows, knows and counts.
fn reopened<S: Order>(store: ItemStore<S>, path: &Path) -> ItemStore<S> {
    let before = (
        store.digest().unwrap(),
        views(&store),
        store.redactions().clone(),
        store.stats().unwrap(),
    );
    drop(store);
    let bytes = files(path);
    let (store, report) = ItemStore::<S>::open(path).unwrap();
    assert!(report.cut.is_none());
    let after = (
        store.digest().unwrap(),
        views(&store),
        store.redactions().clone(),
        store.stats().unwrap(),
    );
    assert_eq!(after, before);
    assert_eq!(files(path), bytes, "opening writes nothing");
    assert!(store.verify(&[]).unwrap().is_sound());
    store
}

fn opened_after_every_step<S: Order>() {
    let place = Place::new();
    let path = place.path("store");
    let lines = finished(4);
    let late = line(9, "item.comment", "bn-1", r#"{"body":"late"}"#);
    let other = place.plain::<S>(
        std::slice::from_ref(&late),
        &Set::singleton(hash(&lines[3])),
    );
    let mut store = reopened(place.store::<S>("store"), &path);
    let steps: [&dyn Fn(&mut ItemStore<S>); 10] = [
        &|store| _ = import(store, &lines[..8]),
        &|store| _ = redact(store, &Set::singleton(hash(&lines[1]))),
        &|store| assert!(compact(store).changed),
        &|store| assert_eq!(import(store, &lines).events_added, 12),
        &|store| {
            _ = redact(
                store,
                &lines.iter().step_by(4).map(|line| hash(line)).collect(),
            );
        },
        &|store| _ = place.send(&other, store),
        &|store| {
            let done = CompactionPolicy {
                min_age_days: 0,
                ..CompactionPolicy::default()
            };
            assert!(store.compact(&forgetful(&done, 5)).unwrap().changed);
        },
        &|store| _ = redact(store, &Set::singleton(hash(&late))),
        &|store| assert!(compact(store).changed),
        &|store| assert!(!compact(store).changed),
    ];
    for step in steps {
        step(&mut store);
        store = reopened(store, &path);
    }
    let r = store.redactions().clone();
    let plain = place.plain::<S>(&[lines.clone(), vec![late.clone()]].concat(), &r);
    assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
    assert_eq!(views(&store), views(&plain));
}

#[test]
fn a_store_opened_after_every_step_is_the_store_that_was_closed() {
    opened_after_every_step::<Unstamped>();
    opened_after_every_step::<Itc>();
}

#[test]
fn compaction_leaves_digest_and_views_alone_and_twice_is_once() {
    let place = Place::new();
    for (n, lines) in [finished(5), lines_of(&dirty_log())]
        .into_iter()
        .enumerate()
    {
        let name = format!("store-{n}");
        let path = place.path(&name);
        let mut store = place.store::<Unstamped>(&name);
        import(&mut store, &lines);
        let before = (store.digest().unwrap(), views(&store));
        let outcome = compact(&mut store);
        assert!(outcome.changed && outcome.report.items_compacted >= 5);
        assert!(outcome.disk_after < outcome.disk_before);
        assert_eq!((store.digest().unwrap(), views(&store)), before);
        store = reopened(store, &path);
        assert_eq!((store.digest().unwrap(), views(&store)), before);

        let compacted = files(&path);
        let again = compact(&mut store);
        assert!(!again.changed && again.report.items_compacted == 0);
        assert_eq!(again.disk_before, again.disk_after);
        assert_eq!(files(&path), compacted, "not a byte");
        assert_eq!(store.stats().unwrap().disk_bytes, again.disk_after);
    }
}

#[test]
fn a_dry_run_changes_not_a_byte_and_reports_what_would_be() {
    let place = Place::new();
    let path = place.path("store");
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &finished(3));
    let before = files(&path);
    let dry = CompactionPolicy {
        dry_run: true,
        ..everything()
    };
    let would = store.compact(&forgetful(&dry, u64::MAX)).unwrap();
    assert!(!would.changed && would.disk_after == would.disk_before);
    assert_eq!(files(&path), before);
    let did = compact(&mut store);
    assert_eq!(would.report.items_compacted, did.report.items_compacted);
    assert_eq!(would.report.bytes_after, did.report.bytes_after);
    assert_eq!(would.report.snapshots_created, 0);
}

#[test]
fn a_store_cut_anywhere_in_its_last_import_is_the_store_before_it() {
    let place = Place::new();
    let path = place.path("store");
    let lines = finished(2);
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &lines[..5]);
    let before = (store.digest().unwrap(), views(&store));
    let length = |path: &Path| {
        let segment = files(path)
            .into_iter()
            .rfind(|(name, _)| name.starts_with("seg-"));
        segment.unwrap()
    };
    let start = length(&path).1.len();
    import(&mut store, &lines[5..]);
    let whole = (store.digest().unwrap(), views(&store));
    drop(store);
    let (segment, bytes) = length(&path);
    let image = files(&path);
    for cut in (start..=bytes.len()).rev().step_by(61) {
        let crashed = place.path("crashed");
        fs::create_dir(&crashed).unwrap();
        for (name, bytes) in &image {
            let kept = if *name == segment {
                &bytes[..cut]
            } else {
                &bytes[..]
            };
            fs::write(crashed.join(name), kept).unwrap();
        }
        let (mut store, report) = ItemStore::<Unstamped>::open(&crashed).unwrap();
        let expected = if cut == bytes.len() { &whole } else { &before };
        assert_eq!(
            &(store.digest().unwrap(), views(&store)),
            expected,
            "cut at {cut}"
        );
        assert_eq!(report.cut.is_some(), cut != bytes.len() && cut != start);
        // What was cut can be told again.
        import(&mut store, &lines);
        assert_eq!((store.digest().unwrap(), views(&store)), whole);
        drop(store);
        fs::remove_dir_all(&crashed).unwrap();
    }
}

#[test]
fn damage_is_named_and_nothing_is_served() {
    let place = Place::new();
    let path = place.path("store");
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &finished(1));
    compact(&mut store);
    let (segment, bytes) = files(&path)
        .into_iter()
        .rfind(|(name, _)| name.starts_with("seg-"))
        .unwrap();
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(path.join(&segment), &damaged).unwrap();
    let check = store.verify(&[]).unwrap();
    assert!(!check.is_sound());
    assert!(check.damage[0].contains(&segment), "{:?}", check.damage);
    drop(store);
    // It lies in an item, and who does not ask for that need not know.
    let (store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
    let refused = store.states().find_map(Result::err).unwrap();
    assert!(
        matches!(refused, StoreError::Log(LogError::Corrupt { .. })),
        "{refused:?}"
    );
    assert!(refused.to_string().contains(&segment), "{refused}");
    assert_eq!(store.states().filter(Result::is_err).count(), 1);
    assert!(!store.verify(&[]).unwrap().is_sound());
    drop(store);
    fs::write(path.join(&segment), &bytes).unwrap();
    assert!(ItemStore::<Unstamped>::open(&path).is_ok());
}

#[test]
fn a_directory_that_is_no_store_of_items_is_refused() {
    let place = Place::new();
    let missing = ItemStore::<Unstamped>::open(&place.path("missing"))
        .err()
        .unwrap();
    assert!(
        matches!(missing, StoreError::Log(LogError::NotAStore { .. })),
        "{missing:?}"
    );
    let path = place.path("other");
    drop(storage_adapter::log::LogDir::create(&path, b"not of items").unwrap());
    let other = ItemStore::<Unstamped>::open(&path).err().unwrap();
    assert!(matches!(other, StoreError::NotItems { .. }), "{other:?}");
    let used = place.store::<Unstamped>("used");
    let locked = ItemStore::<Unstamped>::open(&place.path("used"))
        .err()
        .unwrap();
    assert!(
        matches!(locked, StoreError::Log(LogError::Locked { .. })),
        "{locked:?}"
    );
    drop(used);
    let again = ItemStore::<Unstamped>::create(&place.path("used"))
        .err()
        .unwrap();
    assert!(
        matches!(again, StoreError::Log(LogError::AlreadyAStore { .. })),
        "{again:?}"
    );
}

#[test]
fn an_unreadable_frame_is_named_by_file_and_offset() {
    let place = Place::new();
    let path = place.path("store");
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &finished(1));
    drop(store);
    for (kind, body, why) in [
        (1, b"no event".to_vec(), "8 tab-separated columns"),
        (1, b"# a comment".to_vec(), "holds no event"),
        (2, b"no payload".to_vec(), "offset 0"),
        (3, vec![7; 33], "not whole and sorted"),
        (99, vec![], "a kind this build does not know"),
    ] {
        let copy = place.path("copy");
        fs::create_dir(&copy).unwrap();
        for (name, bytes) in files(&path) {
            fs::write(copy.join(name), bytes).unwrap();
        }
        let (mut log, _) = storage_adapter::log::LogDir::open(&copy).unwrap();
        log.append([storage_adapter::log::Frame::new(kind, body)], 1)
            .unwrap();
        drop(log);
        let refused = ItemStore::<Unstamped>::open(&copy).err().unwrap();
        let StoreError::Frame { kind: found, .. } = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(*found, kind);
        assert!(refused.to_string().contains(why), "{refused}");
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[test]
fn the_newest_lines_are_those_of_the_log() {
    let place = Place::new();
    let lines = finished(1);
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &lines);
    let store = reopened(store, &place.path("store"));
    let held: Vec<&[u8]> = store
        .lines("bn-0")
        .unwrap()
        .map(storage_adapter::HeldEvent::line)
        .collect();
    let expected: Vec<&[u8]> = lines.iter().map(std::string::String::as_bytes).collect();
    assert_eq!(held, expected);
    assert!(store.is_raw("bn-0").unwrap() && !store.is_raw("bn-1").unwrap());
    assert_eq!(store.item_of(&hash(&lines[2])).unwrap(), Some("bn-0"));
    assert_eq!(
        store.item_of(&bones_snapshot::EventHash([1; 32])).unwrap(),
        None
    );
    assert_eq!(batch::<Unstamped>(&lines).events.len(), lines.len());
}
