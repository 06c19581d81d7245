//! Verification of a store that is in use.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lattice_lww::Unstamped;
use storage_adapter::{Batch, Compaction, ItemStore, Reach, SharedStore, StoreError};

use crate::tiered::model::{HOUR, MINUTE, compaction, hash, held, line, small};

type Shared = SharedStore<Unstamped>;

fn of(item: &str, n: u64) -> Batch<Unstamped> {
    Batch {
        events: vec![held(&line(item, n))],
        ..Batch::default()
    }
}

fn open(path: &Path) -> Shared {
    let (store, _) = ItemStore::open(path).unwrap();
    SharedStore::with_grace(store, Duration::ZERO)
}

/// Twenty items on disk, compacted, with a scope, a redaction and later events.
fn grown(path: &Path) -> Shared {
    let store = ItemStore::create(path).unwrap();
    let shared: Shared = SharedStore::with_grace(store, Duration::ZERO);
    for n in 0..60 {
        let item = format!("bn-{}", n % 20);
        shared.apply(of(&item, n), n * 10 * MINUTE).unwrap();
    }
    let scope = shared.change(|s| s.create_scope("mine", 0)).unwrap();
    let over = Batch {
        scope: Some(scope),
        ..of("bn-1", 70)
    };
    shared.apply(over, 11 * HOUR).unwrap();
    shared
        .compact(&compaction(Some(small()), 12 * HOUR))
        .unwrap();
    let redaction = Batch {
        redactions: std::iter::once(hash(&line("bn-7", 7))).collect(),
        ..of("bn-2", 71)
    };
    shared.apply(redaction, 13 * HOUR).unwrap();
    shared
}

#[test]
fn it_says_what_the_owner_of_the_store_would() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for make in [grown, open] {
        let shared = make(&path);
        let beside = shared.verify(&[]).unwrap();
        assert!(beside.is_sound(), "{beside:?}");
        assert_eq!(beside.items.len(), 21);
        assert!(beside.items.contains_key("bn-1 in scope mine"));
        assert_eq!(shared.change(|s| s.verify(&[])).unwrap(), beside);
        let sources: Vec<_> = (0..60)
            .map(|n| held(&line(&format!("bn-{}", n % 20), n)))
            .collect();
        let proven = shared.verify(&sources).unwrap();
        assert!(proven != beside, "sources prove what nobody else can");
        assert_eq!(shared.change(|s| s.verify(&sources)).unwrap(), proven);
    }
}

#[test]
fn it_never_fails_beside_writers_and_compactions() {
    let folder = tempfile::tempdir().unwrap();
    let shared = grown(&folder.path().join("store"));
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let verifier = threads.spawn(|| {
            let mut times = 0;
            while !done.load(Ordering::Relaxed) || times == 0 {
                let check = shared.verify(&[]).unwrap();
                assert!(check.is_sound(), "{check:?}");
                times += 1;
            }
            times
        });
        for n in 100..160 {
            let now = n * 10 * MINUTE;
            shared.apply(of(&format!("bn-{}", n % 20), n), now).unwrap();
            let reach = if n % 3 == 0 {
                Reach::Everything
            } else {
                Reach::Worthwhile
            };
            let options = Compaction {
                reach,
                ..compaction(Some(small()), now)
            };
            shared.compact(&options).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(verifier.join().unwrap() > 0);
    });
}

/// What is read by who reads everything is not held on to: a view of before does not know it when its files are gone.
#[test]
fn what_it_read_does_not_stay_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(grown(&path));
    let shared = open(&path);
    let view = shared.read().clone();
    assert!(shared.verify(&[]).unwrap().is_sound());
    let digest = view.digest().unwrap();
    assert_eq!(view.export().unwrap().payloads.len(), 20);
    view.write_export(&folder.path().join("export")).unwrap();
    let covered = || {
        let payloads = shared.read().export().unwrap().payloads;
        let covered = payloads.iter().map(|p| p.state().coverage().len());
        assert_eq!(
            shared.stats().unwrap().store.events_covered,
            covered.sum::<usize>()
        );
    };
    covered();
    shared.apply(of("bn-4", 80), 13 * HOUR).unwrap();
    shared.apply(of("bn-new", 81), 13 * HOUR).unwrap();
    covered();
    assert_eq!(view.digest().unwrap(), digest);
    let redaction = Batch {
        redactions: std::iter::once(hash(&line("bn-9", 9))).collect(),
        ..Batch::default()
    };
    shared.apply(redaction, 14 * HOUR).unwrap();
    shared.compact(&compaction(None, 15 * HOUR)).unwrap();
    let expired = view.state("bn-3");
    assert!(matches!(expired, Err(StoreError::Expired { .. })));
}

/// The medium may go bad under a store that has everything in memory.
#[test]
fn it_finds_what_went_bad_since_the_store_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(grown(&path));
    let files = || std::fs::read_dir(&path).unwrap().map(|f| f.unwrap().path());
    let files: Vec<_> = files()
        .filter(|file| std::fs::metadata(file).unwrap().len() > 0)
        .collect();
    assert!(files.len() >= 3, "segments, a manifest and CURRENT");
    for file in files {
        let shared = open(&path);
        let whole = std::fs::read(&file).unwrap();
        let mut bad = whole.clone();
        bad[whole.len() / 2] ^= 1;
        std::fs::write(&file, &bad).unwrap();
        let check = shared.verify(&[]).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!check.is_sound(), "{name}");
        assert!(check.damage[0].contains(&name), "{:?}", check.damage);
        std::fs::write(&file, &whole).unwrap();
        assert!(shared.verify(&[]).unwrap().is_sound());
    }
}
