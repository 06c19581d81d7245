//! What a compaction takes off the disk, and readers that are still on it.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use lattice_lww::Unstamped;
use storage_adapter::{Batch, ItemStore, SharedStore, StoreError};

use crate::tiered::model::{HOUR, MINUTE, compaction, hash, held, line};

type Shared = SharedStore<Unstamped>;

fn batch(n: u64) -> Batch<Unstamped> {
    Batch {
        events: vec![held(&line("bn-0", n))],
        ..Batch::default()
    }
}

/// Thirty commits in a store on disk; the third of them is redacted.
fn redacted(path: &Path, grace: Duration) -> Shared {
    let mut store = ItemStore::create(path).unwrap();
    for n in 0..30 {
        store.apply(batch(n), n * 10 * MINUTE).unwrap();
    }
    let redaction = Batch {
        redactions: std::iter::once(hash(&line("bn-0", 3))).collect(),
        ..Batch::default()
    };
    store.apply(redaction, 5 * HOUR).unwrap();
    SharedStore::with_grace(store, grace)
}

/// Files of the folder that hold the redacted text, and files of it that are held open though they are deleted.
fn traces(path: &Path) -> Vec<String> {
    let text = b" 3 words of bn-0";
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|part| part == text);
    let there = entries.map(|entry| entry.path());
    let there = there.filter(|file| holds(std::fs::read(file).unwrap_or_default()));
    let mut found: Vec<String> = there.map(|file| file.display().to_string()).collect();
    if cfg!(target_os = "linux") {
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        let open = open.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
        let ours = open.filter(|file| file.starts_with(path));
        let ours = ours.map(|file| file.display().to_string());
        found.extend(ours.filter(|name| name.ends_with("(deleted)")));
    }
    found
}

#[test]
fn a_compaction_is_not_over_while_a_call_reads_the_files_it_takes_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let shared = redacted(&path, Duration::ZERO);
    assert!(!traces(&path).is_empty());
    let (inside, entered) = mpsc::channel();
    let (go, gone_on) = mpsc::channel::<()>();
    let lease = shared.read();
    let reader = std::thread::spawn(move || {
        let seen = lease.with(|log| {
            inside.send(()).unwrap();
            gone_on.recv().unwrap();
            log.frames().map(Result::unwrap).count()
        });
        // Revoked from here on, though the lease is still held.
        (seen, lease.with(|_| ()).is_err())
    });
    entered.recv().unwrap();
    let compacting = shared
        .compact_in_background(compaction(None, 9 * HOUR))
        .unwrap();
    while shared.read().floor() == 0 {
        std::thread::yield_now();
    }
    std::thread::sleep(Duration::from_millis(20));
    assert!(
        !compacting.is_finished(),
        "the new version is in force, the old text is not gone"
    );
    assert!(!traces(&path).is_empty());
    go.send(()).unwrap();
    assert!(compacting.wait().unwrap().changed);
    assert_eq!(traces(&path), Vec::<String>::new());
    let (seen, revoked) = reader.join().unwrap();
    assert_eq!(
        seen.unwrap(),
        31,
        "the call that was in flight ended as it began"
    );
    assert!(revoked);
}

#[test]
fn a_reader_that_holds_on_is_revoked_and_one_that_lets_go_is_waited_for() {
    for grace in [Duration::ZERO, Duration::from_mins(2)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let shared = redacted(&path, grace);
        let lease = shared.read();
        let compacting = shared
            .compact_in_background(compaction(None, 9 * HOUR))
            .unwrap();
        if !grace.is_zero() {
            while shared.read().floor() == 0 {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(20));
            assert!(!compacting.is_finished() && !traces(&path).is_empty());
            assert_eq!(lease.with(|log| log.frames().count()).unwrap(), 31);
            drop(lease);
            compacting.wait().unwrap();
            assert_eq!(traces(&path), Vec::<String>::new());
            continue;
        }
        compacting.wait().unwrap();
        assert_eq!(traces(&path), Vec::<String>::new());
        assert!(lease.with(|_| ()).is_err());
    }
}

#[test]
fn a_reader_of_a_scope_that_is_deleted_finishes_on_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = ItemStore::create(&folder.path().join("store")).unwrap();
    let shared: Shared = SharedStore::with_grace(store, Duration::ZERO);
    let scope = shared.change(|s| s.create_scope("gone", 0)).unwrap();
    let over = Batch {
        scope: Some(scope),
        ..batch(0)
    };
    shared.apply(over, 1).unwrap();
    let reader = shared.read();
    shared.change(|s| s.delete_scope("gone", 2)).unwrap();
    assert!(shared.read().now().in_scope("gone").is_err());
    shared.compact(&compaction(None, HOUR)).unwrap();
    let moment = reader.now().in_scope("gone").unwrap();
    assert_eq!(moment.state("bn-0").unwrap().unwrap().coverage().len(), 1);
    assert!(shared.read().now().in_scope("gone").is_err());
}

#[test]
fn a_backup_under_way_stops_neither_writers_nor_a_compaction() {
    let folder = tempfile::tempdir().unwrap();
    let shared = redacted(&folder.path().join("store"), Duration::ZERO);
    let mut backup = shared.stream();
    assert!(backup.next().unwrap().is_ok());
    for n in 30..40 {
        shared.apply(batch(n), n * 10 * MINUTE).unwrap();
    }
    assert!(backup.next().unwrap().is_ok(), "writers leave it alone");
    assert!(shared.compact(&compaction(None, 9 * HOUR)).unwrap().changed);
    shared.apply(batch(40), 10 * HOUR).unwrap();
    assert_eq!(
        shared
            .read()
            .state("bn-0")
            .unwrap()
            .unwrap()
            .coverage()
            .len(),
        41
    );
    assert!(backup.next().unwrap().is_err(), "cut off, and it says so");
}

/// Items are read from files when they are asked for, and views hold those open; not any longer than a compaction lasts.
#[test]
fn views_hold_no_file_open_that_a_compaction_took_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut store: ItemStore<Unstamped> = ItemStore::create(&path).unwrap();
    for n in 0..30 {
        store.apply(batch(n), n * 10 * MINUTE).unwrap();
    }
    store.compact(&compaction(None, 6 * HOUR)).unwrap();
    drop(store);
    let (store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
    let shared = SharedStore::with_grace(store, Duration::ZERO);
    let (unread, lease) = (shared.read().clone(), shared.read());
    let redaction = Batch {
        redactions: std::iter::once(hash(&line("bn-0", 29))).collect(),
        ..Batch::default()
    };
    shared.apply(redaction, 7 * HOUR).unwrap();
    let later = shared.read();
    assert!(shared.compact(&compaction(None, 9 * HOUR)).unwrap().changed);
    assert_eq!(traces(&path), Vec::<String>::new());
    // The compaction read all of the view that it was made from.
    assert_eq!(later.state("bn-0").unwrap().unwrap().coverage().len(), 30);
    for old in [&unread, &*lease] {
        let expired = old.state("bn-0").unwrap_err();
        assert!(matches!(expired, StoreError::Expired { .. }), "{expired}");
    }
    let again = shared.read().state("bn-0").unwrap().unwrap().clone();
    drop(shared);
    let (store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
    assert_eq!(store.state("bn-0").unwrap(), Some(&again));
}
