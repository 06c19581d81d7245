//! Compaction without being asked.

use std::sync::mpsc;
use std::time::Duration;

use bones_compact::RetentionConfig;
use storage_adapter::{Batch, Schedule, SharedStore};

use crate::tiered::model::{HOUR, MINUTE, compaction, held, line, memory};

fn grown() -> SharedStore<lattice_lww::Unstamped, storage_adapter::MemoryLog> {
    let mut store = memory();
    for n in 0..20 {
        let events = vec![held(&line("bn-0", n))];
        store
            .apply(
                Batch {
                    events,
                    ..Batch::default()
                },
                n * MINUTE,
            )
            .unwrap();
    }
    SharedStore::with_grace(store, Duration::ZERO)
}

const LOOK: Schedule = Schedule {
    every: None,
    grown_by: None,
    older_than: None,
    look_every: Duration::from_millis(1),
};

/// Whether a compaction comes by itself within a while.
fn comes(
    schedule: Schedule,
    clock: u64,
    during: impl FnOnce(&SharedStore<lattice_lww::Unstamped, storage_adapter::MemoryLog>),
) -> bool {
    let shared = grown();
    let (told, heard) = mpsc::channel();
    let schedule = shared.schedule(
        schedule,
        move || compaction(None, clock),
        move |outcome| told.send(outcome.unwrap().changed).unwrap_or(()),
    );
    during(&shared);
    let came = heard
        .recv_timeout(Duration::from_millis(300))
        .unwrap_or(false);
    drop(schedule);
    came
}

#[test]
fn each_trigger_starts_a_compaction_and_none_starts_none() {
    let nothing = |_: &_| {};
    assert!(!comes(LOOK, HOUR, nothing));
    let every = Some(Duration::from_millis(5));
    assert!(comes(Schedule { every, ..LOOK }, HOUR, nothing));
    let older_than = Some(Duration::from_mins(30));
    assert!(comes(Schedule { older_than, ..LOOK }, HOUR, nothing));
    assert!(!comes(
        Schedule { older_than, ..LOOK },
        20 * MINUTE,
        nothing
    ));
    let grown_by = Some(100);
    assert!(!comes(Schedule { grown_by, ..LOOK }, HOUR, nothing));
    assert!(comes(Schedule { grown_by, ..LOOK }, HOUR, |shared| {
        // The first look is taken soon after the thread began.
        std::thread::sleep(Duration::from_millis(50));
        let events = vec![held(&line("bn-1", 0))];
        shared
            .apply(
                Batch {
                    events,
                    ..Batch::default()
                },
                0,
            )
            .unwrap();
    }));
}

#[test]
fn what_retention_keeps_is_not_looked_at_again_and_again() {
    let shared = grown();
    let (told, heard) = mpsc::channel();
    let older_than = Some(Duration::from_mins(1));
    let keeping = RetentionConfig {
        cutoff: Duration::from_hours(24),
        ..RetentionConfig::default()
    };
    let schedule = shared.schedule(
        Schedule { older_than, ..LOOK },
        move || compaction(Some(keeping), HOUR),
        move |outcome| told.send(outcome.is_ok()).unwrap_or(()),
    );
    assert!(heard.recv_timeout(Duration::from_secs(30)).is_ok());
    let again = heard.recv_timeout(Duration::from_millis(100));
    assert!(again.is_err(), "the clock stands still");
    drop(schedule);
}

#[test]
fn a_schedule_ends_with_its_handle() {
    let shared = grown();
    let every = Some(Duration::from_millis(1));
    let handle = shared.schedule(
        Schedule { every, ..LOOK },
        || compaction(None, HOUR),
        |_| {},
    );
    drop(handle);
    let stats = shared.stats().unwrap();
    assert_eq!(stats.readers.len(), 1);
    assert!(
        shared.compact(&compaction(None, HOUR)).is_ok(),
        "nobody else compacts"
    );
}
