//! Readers beside compaction.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use storage_adapter::{Batch, LogReader, SharedStore};

use crate::tiered::model::{HOUR, MINUTE, compaction, held, line, memory, small};

type Shared = SharedStore<lattice_lww::Unstamped, storage_adapter::MemoryLog>;

fn grown(grace: Duration) -> Shared {
    let shared = SharedStore::with_grace(memory(), grace);
    for n in 0..30 {
        write(&shared, n);
    }
    shared
}

fn write(shared: &Shared, n: u64) {
    let batch = Batch {
        events: vec![held(&line("bn-0", n))],
        ..Batch::default()
    };
    shared.apply(batch, n * 10 * MINUTE).unwrap();
}

#[test]
fn point_reads_during_a_thousand_switches_are_never_wrong() {
    let shared = grown(Duration::ZERO);
    let done = AtomicBool::new(false);
    let read = |shared: &Shared| shared.read().state("bn-0").unwrap().unwrap().encode("bn-0");
    let expected = read(&shared);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let mut reads = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    assert!(read(&shared) == expected);
                    reads += 1;
                }
                assert!(reads > 0);
            });
        }
        // A scope that comes and goes, so that each compaction has something to do.
        for n in 0..1000 {
            let scope = format!("s{n}");
            shared
                .change(|s| s.create_scope(&scope, 0).map(drop))
                .unwrap();
            shared.change(|s| s.delete_scope(&scope, 0)).unwrap();
            assert!(shared.compact(&compaction(None, 9 * HOUR)).unwrap().changed);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_reader_that_stays_for_ever_blocks_nobody_and_is_counted() {
    let shared = grown(Duration::ZERO);
    let old = shared.read();
    for n in 30..60 {
        write(&shared, n);
        shared
            .compact(&compaction(Some(small()), n * 10 * MINUTE))
            .unwrap();
    }
    assert_eq!(old.state("bn-0").unwrap().unwrap().coverage().len(), 30);
    let stats = shared.stats().unwrap();
    assert_eq!(stats.readers.get(&old.version()), Some(&1));
    assert_eq!(old.commit(), 30);
    drop(old);
    write(&shared, 60);
    assert_eq!(
        shared.stats().unwrap().readers.len(),
        1,
        "only the current one"
    );
}

#[test]
fn a_stream_that_ends_within_the_grace_period_is_whole() {
    let shared = grown(Duration::from_mins(1));
    let reader = shared.read();
    let expected = reader.with(|log| log.frames().count()).unwrap();
    let compacting = shared
        .compact_in_background(compaction(None, 9 * HOUR))
        .unwrap();
    while shared.read().floor() == 0 {
        std::thread::yield_now();
    }
    assert!(!compacting.is_finished(), "it waits for the reader");
    assert_eq!(reader.with(|log| log.frames().count()).unwrap(), expected);
    drop(reader);
    assert!(compacting.wait().unwrap().changed);
}

#[test]
fn a_stream_that_is_cut_off_says_so_and_what_it_gave_is_a_right_prefix() {
    use storage_adapter::ItemStore;
    use storage_adapter::version::StreamError;
    let place = tempfile::tempdir().unwrap();
    let store = ItemStore::<lattice_lww::Unstamped>::create(&place.path().join("store")).unwrap();
    let shared = SharedStore::with_grace(store, Duration::ZERO);
    for n in 0..30 {
        let events = vec![held(&line("bn-0", n))];
        let batch = Batch {
            events,
            ..Batch::default()
        };
        shared.apply(batch, n * 10 * MINUTE).unwrap();
    }
    let whole: Vec<_> = shared.stream().map(Result::unwrap).collect();
    assert_eq!(whole.len(), 30);
    let mut stream = shared.stream();
    let begun: Vec<_> = stream.by_ref().take(10).map(Result::unwrap).collect();
    assert_eq!(begun, whole[..10]);
    assert!(shared.compact(&compaction(None, 9 * HOUR)).unwrap().changed);
    assert!(matches!(stream.next(), Some(Err(StreamError::Expired(_)))));
    assert!(stream.next().is_none());
    // Its files are gone, though the stream is still there: nothing held them open but the lease.
    #[cfg(target_os = "linux")]
    {
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        let open = open.filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok());
        let ours = open.filter(|path| path.starts_with(place.path()));
        let deleted = ours.filter(|path| path.to_string_lossy().ends_with("(deleted)"));
        assert_eq!(
            deleted.collect::<Vec<_>>(),
            Vec::<std::path::PathBuf>::new()
        );
    }
    drop(stream);
    let again: Vec<_> = shared.stream().map(Result::unwrap).collect();
    assert!(again.len() < 30);
}

#[test]
fn a_reader_that_outlives_the_grace_period_is_told_and_reads_anew() {
    for grace in [Duration::ZERO, Duration::from_millis(20)] {
        let shared = grown(grace);
        let reader = shared.read();
        shared.compact(&compaction(None, 9 * HOUR)).unwrap();
        let expired = reader.with(|log| log.frames().count()).unwrap_err();
        assert!(expired.to_string().contains("snapshot expired"));
        assert_eq!(
            reader.state("bn-0").unwrap().unwrap().coverage().len(),
            30,
            "its view stays"
        );
        let again = shared.read();
        assert!(again.with(|log| log.frames().count()).unwrap() < 30);
    }
}

#[test]
fn a_reader_that_panics_lets_go() {
    let shared = grown(Duration::from_mins(1));
    std::thread::scope(|threads| {
        let reader = threads.spawn(|| {
            let _lease = shared.read();
            panic!("on purpose");
        });
        assert!(reader.join().is_err());
    });
    let compacting = shared
        .compact_in_background(compaction(None, 9 * HOUR))
        .unwrap();
    let (told, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || told.send(compacting.wait().unwrap().changed));
    assert_eq!(
        ended.recv_timeout(Duration::from_secs(50)),
        Ok(true),
        "nobody is waited for"
    );
    assert!(
        shared
            .stats()
            .unwrap()
            .readers
            .values()
            .all(|readers| *readers == 0)
    );
}
