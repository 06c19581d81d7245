//! A store of items over redb against one over files, told the same.

use bones_snapshot::{ItemState, write_line};
use lattice_lww::Unstamped;
use lattice_redb::RedbLog;
use storage_adapter::{
    At, BadLines, Batch, Compaction, HeldEvent, ItemStore, LogStore, SharedStore, StoreError,
    read_log,
};

const HOUR: u64 = 3_600_000_000;
const START: u64 = 1_700_000_000_000_000;

/// Events of a few items, day after day.
fn events(dir: &std::path::Path) -> Vec<HeldEvent<Unstamped>> {
    let line = |n: u64| {
        let at = i64::try_from(START + n * HOUR).unwrap();
        let item = format!("bn-{}", n % 7);
        let (kind, data) = match n % 4 {
            0 => ("item.move", r#"{"state":"done"}"#.to_owned()),
            1 => ("item.comment", format!(r#"{{"body":"comment {n}"}}"#)),
            2 => (
                "item.update",
                format!(r#"{{"field":"title","value":"title {n}"}}"#),
            ),
            _ => (
                "item.update",
                r#"{"field":"labels","value":["a","b"]}"#.to_owned(),
            ),
        };
        write_line(at, "alice", "itc:AQ", &[], kind, &item, &data)
    };
    let path = dir.join("2026-01.events");
    let lines: Vec<String> = (0..400).map(line).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    read_log(&path, BadLines::Stop, &mut |_| {}).unwrap().events
}

/// A new store over redb.
fn made(path: &std::path::Path) -> ItemStore<Unstamped, RedbLog> {
    let log = RedbLog::create(path, &ItemStore::<Unstamped>::header()).unwrap();
    ItemStore::over(log).unwrap()
}

/// Tells a store all events, ten at a time, and compacts it twice on the way.
fn tell<L: LogStore>(store: &mut ItemStore<Unstamped, L>, events: &[HeldEvent<Unstamped>]) {
    for (batch, n) in events.chunks(10).zip(0..) {
        let now = START + 1000 * HOUR + n * HOUR;
        let events = batch.to_vec();
        store
            .apply(
                Batch {
                    events,
                    ..Batch::default()
                },
                now,
            )
            .unwrap();
        if n == 15 || n == 30 {
            assert!(store.compact(&Compaction::at(now)).unwrap().changed);
        }
    }
}

/// What a store says of a commit: which one it answers for, and the states then.
type Answer = Result<(u64, Vec<(String, ItemState<Unstamped>)>), String>;

/// What it says of every commit.
fn past<L: LogStore>(store: &ItemStore<Unstamped, L>) -> Vec<Answer> {
    let says = |commit| {
        let moment = store
            .at(At::Commit(commit))
            .map_err(|error| error.to_string())?;
        let states = moment
            .states()
            .map(Result::unwrap)
            .map(|(id, state)| (id.to_owned(), state.into_owned()));
        Ok((moment.commit(), states.collect()))
    };
    (0..=store.log().commit()).map(says).collect()
}

#[test]
fn a_store_over_redb_is_a_store_over_files_to_the_digest() {
    let dir = tempfile::tempdir().unwrap();
    let events = events(dir.path());
    let mut files = ItemStore::<Unstamped>::create(&dir.path().join("files")).unwrap();
    let path = dir.path().join("items.redb");
    let mut store = made(&path);
    tell(&mut files, &events);
    tell(&mut store, &events);
    assert_eq!(store.digest().unwrap(), files.digest().unwrap());
    let told = past(&store);
    assert!(told == past(&files));
    // Some commits were let go of, and others are still told apart.
    let exact = |(answer, commit): (&Answer, u64)| answer.as_ref().is_ok_and(|a| a.0 == commit);
    let kept = told.iter().zip(0..).filter(|one| exact(*one)).count();
    assert!((2..told.len()).contains(&kept), "{kept} of {}", told.len());

    drop(store);
    let mut store = ItemStore::<Unstamped, _>::over(RedbLog::open(&path).unwrap()).unwrap();
    assert_eq!(store.digest().unwrap(), files.digest().unwrap());
    assert!(past(&store) == told);
    assert!(store.verify(&[]).unwrap().is_sound());
    let later = START + 1500 * HOUR;
    for changed in [
        store.compact(&Compaction::at(later)),
        files.compact(&Compaction::at(later)),
    ] {
        assert!(changed.unwrap().changed);
    }
    assert_eq!(store.digest().unwrap(), files.digest().unwrap());
    assert!(past(&store) == past(&files));
}

#[test]
fn an_item_is_read_when_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("items.redb");
    let mut store = made(&path);
    tell(&mut store, &events(dir.path()));
    let later = Compaction::at(START + 1500 * HOUR);
    assert!(store.compact(&later).unwrap().changed);
    let whole = store.state("bn-1").unwrap().cloned();
    let log = store.log().reader();
    assert_eq!(
        ItemStore::<Unstamped, RedbLog>::check_index(&log).unwrap(),
        None
    );
    drop((store, log));

    let mut bytes = std::fs::read(&path).unwrap();
    let text = b"comment 381";
    let is_there = |at: &usize| bytes[*at..].starts_with(text);
    let places: Vec<usize> = (0..bytes.len()).filter(is_there).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] ^= 1;
    }
    std::fs::write(&path, bytes).unwrap();
    let store = ItemStore::<Unstamped, _>::over(RedbLog::open(&path).unwrap()).unwrap();
    assert_eq!(store.state("bn-1").unwrap().cloned(), whole);
    let said = store.state("bn-3").unwrap_err().to_string();
    assert!(said.contains("a value that does not check"), "{said}");
    assert!(!store.verify(&[]).unwrap().is_sound());
}

#[test]
fn redacted_text_leaves_the_file_with_the_next_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("items.redb");
    let mut store = made(&path);
    let events = events(dir.path());
    tell(&mut store, &events);
    let held = |text: &[u8]| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(text.len()).any(|window| window == text)
    };
    let now = START + 1500 * HOUR;
    assert!(store.compact(&Compaction::at(now)).unwrap().changed);
    assert!(held(b"comment 381"));
    let redactions = [events[381].event().event().hash].into_iter().collect();
    let batch = Batch {
        redactions,
        ..Batch::default()
    };
    store.apply(batch, now).unwrap();
    assert!(store.compact(&Compaction::at(now)).unwrap().changed);
    assert!(!held(b"comment 381"));
    assert!(held(b"comment 377"), "others stay");
}

#[test]
fn a_log_of_something_else_is_no_store_of_items() {
    let dir = tempfile::tempdir().unwrap();
    let log = RedbLog::create(&dir.path().join("log"), b"mine").unwrap();
    let refused = ItemStore::<Unstamped, _>::over(log).map(|_| ());
    assert!(
        matches!(refused, Err(StoreError::NotItems { .. })),
        "{refused:?}"
    );
}

#[test]
fn threads_share_a_store_over_redb_while_it_is_compacted() {
    let dir = tempfile::tempdir().unwrap();
    let events = events(dir.path());
    let store = made(&dir.path().join("log"));
    let store = SharedStore::with_grace(store, std::time::Duration::ZERO);
    std::thread::scope(|threads| {
        for part in events.chunks(100) {
            let store = &store;
            threads.spawn(move || {
                for batch in part.chunks(5) {
                    let events = batch.to_vec();
                    store
                        .apply(
                            Batch {
                                events,
                                ..Batch::default()
                            },
                            START + 900 * HOUR,
                        )
                        .unwrap();
                }
            });
        }
        // A compaction that finds nothing to do keeps no clock, so the last must be within thirty days of the first.
        for n in 0..5 {
            store
                .compact(&Compaction::at(START + (1000 + n * 100) * HOUR))
                .unwrap();
        }
    });
    let mut files = ItemStore::<Unstamped>::create(&dir.path().join("files")).unwrap();
    files
        .apply(
            Batch {
                events,
                ..Batch::default()
            },
            START,
        )
        .unwrap();
    assert_eq!(store.read().digest().unwrap(), files.digest().unwrap());
}
