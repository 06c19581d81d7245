//! A stream of a store, made into a store again.

use std::time::Duration;

use storage_adapter::log::{Entry, Frame, LogDir, LogError};
use storage_adapter::{
    At, Batch, ItemStore, LogReader, LogStore, MemoryLog, Reach, SharedStore, StoreError, restore,
};

use super::model::{HOUR, MINUTE, Store, compaction, hash, held, line, memory, small};

/// Three compactions, two of which left standing what was there, scopes, a pin, redactions, and commits behind them.
fn store() -> Store {
    let mut store = memory();
    let apply = |store: &mut Store, n: u64, scope: Option<&str>| {
        let scope = scope.map(|name| store.scope(name).unwrap().clone());
        let events = vec![held(&line(&format!("bn-{}", n % 4), n))];
        let batch = Batch {
            events,
            scope,
            ..Batch::default()
        };
        store.apply(batch, n * 7 * MINUTE).unwrap();
    };
    for n in 0..60 {
        apply(&mut store, n, None);
    }
    store.pin(7, 60).unwrap();
    store.compact(&compaction(Some(small()), 8 * HOUR)).unwrap();
    let worthwhile = |clock: u64| storage_adapter::Compaction {
        reach: Reach::Worthwhile,
        ..compaction(Some(small()), clock)
    };
    store.create_scope("draft", 9 * HOUR).unwrap();
    for round in 1..3 {
        for n in 60 * round..60 * round + 60 {
            apply(&mut store, n, (n % 5 == 0).then_some("draft"));
        }
        store.compact(&worthwhile((8 + 7 * round) * HOUR)).unwrap();
    }
    let redactions = [hash(&line("bn-1", 61))].into_iter().collect();
    let batch = Batch {
        redactions,
        ..Batch::default()
    };
    store.apply(batch, 30 * HOUR).unwrap();
    apply(&mut store, 300, Some("draft"));
    store
}

fn entries(store: &Store) -> Vec<Entry> {
    store
        .log()
        .reader()
        .frames()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn told<L: LogStore>(store: &ItemStore<lattice_lww::Unstamped, L>) -> Vec<String> {
    let moments = store.commits().map(|(commit, time)| {
        let in_base = store.at(At::Commit(commit)).unwrap();
        let in_scope = store
            .at(At::Commit(commit))
            .unwrap()
            .in_scope("draft")
            .unwrap();
        let states = in_base.states().chain(in_scope.states());
        let states: Vec<_> = states
            .map(|state| format!("{:?}", state.unwrap()))
            .collect();
        format!("{commit} {time} {states:?}")
    });
    let mut told: Vec<_> = moments.collect();
    told.push(format!(
        "{:?}",
        (store.digest(), store.pins(), store.floor())
    ));
    told.extend(store.scopes().map(|scope| format!("{scope:?}")));
    told
}

fn header() -> Vec<u8> {
    Store::<MemoryLog>::header()
}

#[test]
fn a_stream_becomes_the_same_store_over_any_log() {
    let store = store();
    let (want, last) = (told(&store), store.commit());
    let shared = SharedStore::with_grace(store, Duration::ZERO);

    let mut memory = MemoryLog::new(&header());
    assert_eq!(restore(&mut memory, shared.stream()).unwrap(), last);
    assert_eq!(told(&Store::over(memory).unwrap()), want);

    let folder = tempfile::tempdir().unwrap();
    let mut log = LogDir::create(&folder.path().join("store"), &header()).unwrap();
    assert_eq!(restore(&mut log, shared.stream()).unwrap(), last);
    drop(log);
    let (mut again, _) =
        ItemStore::<lattice_lww::Unstamped>::open(&folder.path().join("store")).unwrap();
    assert_eq!(told(&again), want);
    assert!(again.verify(&[]).unwrap().is_sound());
    // And goes on as any other.
    assert!(
        again
            .compact(&compaction(Some(small()), 60 * HOUR))
            .unwrap()
            .changed
    );
    assert_eq!(again.digest().unwrap(), shared.read().digest().unwrap());
}

#[test]
fn a_stream_that_breaks_off_is_an_error_wherever_it_does() {
    let whole = entries(&store());
    for end in (0..whole.len()).step_by(7).chain([1, 2]) {
        let broken = LogError::Poisoned {
            path: "stream".into(),
            why: "broken off".to_owned(),
        };
        let frames = whole[..end].iter().cloned().map(Ok);
        let mut log = MemoryLog::new(&header());
        let broken_off = restore(&mut log, frames.chain([Err(broken)]));
        assert!(
            matches!(broken_off, Err(LogError::Poisoned { .. })),
            "{end}"
        );
    }
}

#[test]
fn what_is_no_stream_from_the_first_frame_on_is_refused() {
    let store = store();
    let whole = entries(&store);
    let restored = |entries: &[Entry]| {
        let mut log = MemoryLog::new(&header());
        restore(&mut log, entries.iter().cloned().map(Ok::<_, LogError>)).map(|_| log)
    };
    let mut gap = whole.clone();
    gap.retain(|entry| entry.commit != store.commit() - 1);
    let refused = restored(&gap).err().unwrap();
    assert!(matches!(refused, LogError::Corrupt { .. }), "{refused}");

    let mut log = restored(&whole).unwrap();
    let again = restore(&mut log, whole.iter().cloned().map(Ok::<_, LogError>));
    assert!(matches!(again, Err(LogError::NotEmpty { .. })));
}

/// The record of a history makes the store forget whatever it does not list, so it counts only where a compaction puts it.
#[test]
fn a_history_that_stands_behind_other_commits_is_damage() {
    let history = entries(&store()).remove(0);
    let mut other = memory();
    let events = vec![held(&line("bn-0", 1))];
    let batch = Batch {
        events,
        ..Batch::default()
    };
    other.apply(batch, 1).unwrap();
    let mut log = other.log().clone();
    log.write(vec![Frame::new(history.kind, history.body)], 2)
        .unwrap();
    let refused = Store::over(log).err().unwrap();
    let StoreError::Frame { kind, why, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(*kind == 12 && why.contains("before it"), "{why}");
}
