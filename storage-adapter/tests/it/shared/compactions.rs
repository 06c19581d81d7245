//! Compaction beside everything else.

use std::sync::mpsc;
use std::time::Duration;

use lattice_lww::Unstamped;
use storage_adapter::{
    At, Batch, Compaction, ItemStore, LogReader, LogStore, MemoryLog, Reach, SharedStore,
    StoreError,
};

use super::hooked::{Hooked, Strings};
use crate::tiered::model::{HOUR, MINUTE, Store, compaction, hash, held, line, small};

type Shared = SharedStore<Unstamped, Hooked>;

/// A store of forty commits of one item, ten minutes apart.
fn grown() -> (Shared, Strings) {
    let (log, strings) = Hooked::new(&Store::<MemoryLog>::header());
    let mut store: Store<Hooked> = ItemStore::over(log).unwrap();
    for n in 0..40 {
        store.apply(batch(n), n * 10 * MINUTE).unwrap();
    }
    (SharedStore::with_grace(store, Duration::ZERO), strings)
}

fn batch(n: u64) -> Batch<Unstamped> {
    Batch {
        events: vec![held(&line("bn-0", n))],
        ..Batch::default()
    }
}

fn exact(shared: &Shared, commit: u64) -> bool {
    shared
        .read()
        .at(At::Commit(commit))
        .is_ok_and(|m| m.is_exact())
}

/// Large files take long to remove: if the store were held meanwhile, the writer here would wait for ever.
#[test]
fn what_was_replaced_is_removed_while_others_write() {
    let (shared, strings) = grown();
    let (writer, (told, tells)) = (shared.clone(), mpsc::channel());
    strings.on_clear(move || {
        std::thread::spawn(move || {
            writer.apply(batch(40), 400 * MINUTE).unwrap();
            told.send(writer.read().commit()).unwrap();
        });
        let commit = tells.recv_timeout(Duration::from_secs(20));
        assert_eq!(commit, Ok(41), "the writer waited for the removal");
    });
    let outcome = shared
        .compact(&compaction(Some(small()), 9 * HOUR))
        .unwrap();
    assert!(outcome.changed);
    assert_eq!(shared.read().commit(), 41, "nothing was cleared");
}

#[test]
fn what_comes_while_a_compaction_writes_is_kept_as_it_came() {
    let (shared, strings) = grown();
    let writer = shared.clone();
    strings.on_push(move || {
        writer.apply(batch(40), 400 * MINUTE).unwrap();
        writer
            .change(|s| s.create_scope("made-meanwhile", 401 * MINUTE))
            .unwrap();
    });
    let outcome = shared
        .compact(&compaction(Some(small()), 9 * HOUR))
        .unwrap();
    assert!(outcome.changed && outcome.commits_dropped > 0);
    let view = shared.read();
    assert_eq!(
        (
            view.commit(),
            view.state("bn-0").unwrap().unwrap().coverage().len()
        ),
        (42, 41)
    );
    assert_eq!(view.since(40).unwrap().map(Result::unwrap).count(), 2);
    assert!(view.scope("made-meanwhile").is_ok());
    let log = shared.change(|s| Ok(s.log().clone())).unwrap();
    let reopened: Store<Hooked> = ItemStore::over(log).unwrap();
    assert_eq!(reopened.digest().unwrap(), view.digest().unwrap());
    assert_eq!(
        reopened.commits().collect::<Vec<_>>(),
        view.commits().collect::<Vec<_>>()
    );
}

#[test]
fn a_pin_that_comes_between_plan_and_commit_is_kept() {
    let (shared, strings) = grown();
    // Without the pin, commit 6 would go.
    let (dry, _) = grown();
    dry.compact(&compaction(Some(small()), 9 * HOUR)).unwrap();
    assert!(!exact(&dry, 6));
    let writer = shared.clone();
    strings.on_push(move || writer.change(|s| s.pin(6, 401 * MINUTE)).unwrap());
    shared
        .compact(&compaction(Some(small()), 9 * HOUR))
        .unwrap();
    assert!(exact(&shared, 6));
    // After the commit point it is too late, and said to be.
    let late = shared.change(|s| s.pin(8, 402 * MINUTE));
    assert!(matches!(late, Err(StoreError::NotReadable { commit: 8 })));
}

#[test]
fn a_migration_that_completes_between_plan_and_commit_moves_its_pin() {
    let (shared, strings) = grown();
    shared
        .change(|s| s.begin_schema("next", 400 * MINUTE))
        .unwrap();
    let (writer, (told, completed)) = (shared.clone(), mpsc::channel());
    strings.on_push(move || {
        told.send(writer.change(|s| s.complete_schema(401 * MINUTE)).unwrap())
            .unwrap();
    });
    shared
        .compact(&compaction(Some(small()), 9 * HOUR))
        .unwrap();
    let completed = completed.recv().unwrap();
    for n in 41..60 {
        shared.apply(batch(n), (9 + n) * HOUR).unwrap();
        shared
            .compact(&compaction(Some(small()), (10 + n) * HOUR))
            .unwrap();
    }
    assert!(exact(&shared, completed));
    assert_eq!(
        shared.read().schemas().active.as_ref().unwrap().commit,
        completed
    );
}

#[test]
fn a_second_compactor_is_told_to_wait() {
    let (shared, strings) = grown();
    let (told, second) = mpsc::channel();
    let other = shared.clone();
    strings.on_push(move || {
        told.send(other.compact(&compaction(None, 9 * HOUR)).unwrap_err())
            .unwrap();
    });
    shared.compact(&compaction(None, 9 * HOUR)).unwrap();
    assert!(matches!(second.recv().unwrap(), StoreError::Compacting));
    assert!(!shared.compact(&compaction(None, 9 * HOUR)).unwrap().changed);
}

#[test]
fn a_cancelled_compaction_changes_nothing_and_the_next_one_works() {
    let (shared, strings) = grown();
    let before: Vec<_> = shared.read().commits().collect();
    let (reached, at_push) = mpsc::channel();
    let (go, gone_on) = mpsc::channel::<()>();
    strings.on_push(move || {
        reached.send(()).unwrap();
        gone_on.recv().unwrap();
    });
    let handle = shared
        .compact_in_background(compaction(None, 9 * HOUR))
        .unwrap();
    at_push.recv().unwrap();
    assert!(handle.progress().total > 0 && !handle.is_finished());
    handle.cancel();
    go.send(()).unwrap();
    assert!(matches!(handle.wait(), Err(StoreError::Cancelled)));
    assert_eq!(shared.read().commits().collect::<Vec<_>>(), before);
    let outcome = shared
        .compact_in_background(compaction(None, 9 * HOUR))
        .unwrap()
        .wait();
    assert!(outcome.unwrap().changed);
}

#[test]
fn a_redaction_that_comes_meanwhile_is_taken_off_by_the_next_compaction() {
    let (shared, strings) = grown();
    let secret = line("bn-0", 39);
    let (writer, hash) = (shared.clone(), held(&secret));
    strings.on_push(move || {
        use bones_compact::LatticeEvent;
        let batch = Batch {
            redactions: lattice_core::Set::singleton(hash.hash()),
            ..Batch::default()
        };
        writer.apply(batch, 500 * MINUTE).unwrap();
    });
    shared.compact(&compaction(None, 9 * HOUR)).unwrap();
    let shows = |shared: &Shared| {
        let view = shared.read();
        let state = view.state("bn-0").unwrap().unwrap();
        String::from_utf8_lossy(&state.encode("bn-0")).contains("39 words")
    };
    let stored = |shared: &Shared| {
        use storage_adapter::{LogReader, LogStore};
        let log = shared.change(|s| Ok(s.log().clone())).unwrap();
        let reader = log.reader();
        let mut frames = reader.frames().map(Result::unwrap);
        frames.any(|f| String::from_utf8_lossy(&f.body).contains("39 words"))
    };
    assert!(!shows(&shared) && stored(&shared));
    shared.compact(&compaction(None, 9 * HOUR)).unwrap();
    assert!(!shows(&shared) && !stored(&shared));
}

#[test]
fn text_redacted_while_it_is_left_standing_goes_the_next_time() {
    let (log, strings) = Hooked::new(&Store::<MemoryLog>::header());
    let mut store: Store<Hooked> = ItemStore::over(log).unwrap();
    let event = |item: usize, n| held(&line(&format!("bn-{item}"), n));
    let base = Batch {
        events: (0..40).map(|item| event(item, 3)).collect(),
        ..Batch::default()
    };
    store.apply(base, HOUR).unwrap();
    let shared = SharedStore::with_grace(store, Duration::ZERO);
    let compact = |hour: u64| {
        let options = Compaction {
            reach: Reach::Worthwhile,
            ..compaction(None, hour * HOUR)
        };
        shared.compact(&options).unwrap()
    };
    assert!(compact(2).changed);
    let few = Batch {
        events: vec![event(0, 4)],
        ..Batch::default()
    };
    shared.apply(few, 3 * HOUR).unwrap();
    // An item that this compaction leaves standing changes while it runs, and loses text.
    let writer = shared.clone();
    let late = Batch {
        events: vec![event(7, 5)],
        redactions: std::iter::once(hash(&line("bn-7", 3))).collect(),
        ..Batch::default()
    };
    strings.on_push(move || {
        writer.apply(late, 4 * HOUR).unwrap();
    });
    assert!(compact(5).changed);
    let holds = || {
        let log = shared.change(|store| Ok(store.log().clone())).unwrap();
        let reader = log.reader();
        let mut frames = reader.frames().map(Result::unwrap);
        frames.any(|frame| String::from_utf8_lossy(&frame.body).contains("3 words of bn-7 "))
    };
    assert!(holds(), "the run it lies in was left standing");
    let shown = || shared.read().state("bn-7").unwrap().unwrap().encode("bn-7");
    assert!(!String::from_utf8_lossy(&shown()).contains("3 words of bn-7 "));
    assert!(compact(6).changed && !holds());
    assert!(!compact(7).changed);
}

/// What the index lies over is closed by the compaction behind it if a redaction came between, so a view shows then what of
/// it was in memory.
#[test]
fn what_readers_want_stays_in_memory_over_a_compaction_and_nothing_else() {
    let of = |item: &str, n| Batch {
        events: vec![held(&line(item, n)), held(&line(item, n + 1))],
        ..Batch::default()
    };
    let (log, strings) = Hooked::new(&Store::<MemoryLog>::header());
    let shared: Shared = SharedStore::with_grace(ItemStore::over(log).unwrap(), Duration::ZERO);
    for item in ["before", "always", "later", "never", "passed"] {
        shared.apply(of(item, 0), MINUTE).unwrap();
    }
    let read = |shared: &Shared, item| shared.read().state(item).unwrap().is_some();
    // Of all items.
    assert!(read(&shared, "before"));
    shared.compact(&compaction(None, HOUR)).unwrap();
    assert!(read(&shared, "later"));
    // Of what came since.
    shared.apply(of("since", 0), 2 * HOUR).unwrap();
    shared.apply(of("passed", 2), 2 * HOUR).unwrap();
    let worthwhile = Compaction {
        reach: Reach::Worthwhile,
        ..compaction(None, 3 * HOUR)
    };
    assert!(shared.compact(&worthwhile).unwrap().changed);
    assert!(read(&shared, "always"));
    // Of all items again.
    let reader = shared.clone();
    strings.on_push(move || assert!(read(&reader, "passed")));
    let again = compaction(None, 4 * HOUR);
    assert!(shared.compact(&again).unwrap().changed);
    let third = shared.read().clone();
    let redaction = Batch {
        redactions: std::iter::once(hash(&line("unknown", 0))).collect(),
        ..Batch::default()
    };
    shared.apply(redaction, 5 * HOUR).unwrap();
    shared.compact(&compaction(None, 6 * HOUR)).unwrap();

    for (item, events) in [("always", 2), ("passed", 4)] {
        let state = third.state(item).unwrap().unwrap();
        assert_eq!(state.coverage().len(), events, "{item}");
        assert!(shared.read().state(item).unwrap() == Some(state));
    }
    // Nobody asked for these since the compaction before.
    for item in ["before", "later", "never", "since"] {
        let expired = third.state(item);
        assert!(matches!(expired, Err(StoreError::Expired { .. })), "{item}");
    }
}
