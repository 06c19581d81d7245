//! Writers among each other, and beside compaction.

use std::collections::BTreeMap;
use std::sync::Mutex;

use lattice_lww::Unstamped;
use storage_adapter::{At, Batch, Durability, ItemStore, SharedStore, StoreError};

use super::hooked::Hooked;
use crate::tiered::model::{MINUTE, Store, compaction, held, line, memory, small};

type Shared = SharedStore<Unstamped, Hooked>;

fn batch(item: &str, n: u64) -> Batch<Unstamped> {
    Batch {
        events: vec![held(&line(item, n))],
        ..Batch::default()
    }
}

#[test]
fn every_acknowledged_commit_is_readable_and_in_order_across_compactions() {
    let shared = SharedStore::new(memory());
    let acknowledged: Mutex<BTreeMap<u64, (u64, u64)>> = Mutex::default();
    std::thread::scope(|threads| {
        for writer in 0..3_u64 {
            let (shared, acknowledged) = (&shared, &acknowledged);
            threads.spawn(move || {
                for n in 0..60 {
                    let now = n * MINUTE;
                    let report = shared
                        .apply(batch(&format!("bn-{writer}"), n), now)
                        .unwrap();
                    let before = acknowledged
                        .lock()
                        .unwrap()
                        .insert(report.commit, (writer, n));
                    assert_eq!(before, None, "a commit of its own");
                    let seen = shared.read();
                    assert!(seen.commit() >= report.commit, "shown when acknowledged");
                }
            });
        }
        threads.spawn(|| {
            for n in 0..100 {
                shared
                    .compact(&compaction(Some(small()), n * MINUTE))
                    .unwrap();
            }
        });
    });
    let view = shared.read();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert_eq!(view.commit(), 180);
    let mut count = [0_usize; 3];
    for commit in 1..=180 {
        let (writer, n) = acknowledged[&commit];
        let place = usize::try_from(writer).unwrap();
        assert_eq!(
            u64::try_from(count[place]).unwrap(),
            n,
            "in the order of its writer"
        );
        count[place] += 1;
        let Ok(moment) = view.at(At::Commit(commit)) else {
            continue;
        };
        if moment.is_exact() {
            for (place, count) in count.iter().enumerate() {
                let state = moment.state(&format!("bn-{place}")).unwrap();
                assert_eq!(
                    state.map_or(0, |s| s.coverage().len()),
                    *count,
                    "commit {commit}"
                );
            }
        }
    }
}

#[test]
fn batches_that_come_during_a_sync_share_the_next_one_and_keep_their_commits() {
    let (log, strings) = Hooked::new(&Store::<storage_adapter::MemoryLog>::header());
    let shared: Shared = SharedStore::new(ItemStore::over(log).unwrap());
    let commits: Mutex<Vec<u64>> = Mutex::default();
    std::thread::scope(|threads| {
        for writer in 0..8_u64 {
            let (shared, commits) = (&shared, &commits);
            threads.spawn(move || {
                for n in 0..10 {
                    let report = shared.apply(batch(&format!("bn-{writer}"), n), 0).unwrap();
                    assert!(shared.stats().unwrap().durable_commit >= report.commit);
                    commits.lock().unwrap().push(report.commit);
                }
            });
        }
    });
    let mut commits = commits.into_inner().unwrap();
    commits.sort_unstable();
    assert_eq!(commits, (1..=80).collect::<Vec<_>>());
    let syncs = strings.syncs();
    assert!(syncs < 80, "{syncs} syncs for 80 commits of 8 threads");
}

#[test]
fn a_commit_that_is_only_written_is_shown_and_not_yet_durable() {
    let shared = SharedStore::new(memory());
    let written = shared
        .apply_with(batch("bn-0", 0), 0, Durability::Written)
        .unwrap();
    assert_eq!(shared.read().commit(), written.commit);
    assert_eq!(shared.stats().unwrap().durable_commit, 0);
    assert_eq!(shared.sync().unwrap(), written.commit);
    assert_eq!(shared.stats().unwrap().durable_commit, written.commit);
}

#[test]
fn after_a_failed_sync_nobody_is_acknowledged_and_nothing_is_shown() {
    let (log, strings) = Hooked::new(&Store::<storage_adapter::MemoryLog>::header());
    let shared: Shared = SharedStore::new(ItemStore::over(log).unwrap());
    shared.apply(batch("bn-0", 0), 0).unwrap();
    strings.fail_syncs();
    std::thread::scope(|threads| {
        for writer in 1..5_u64 {
            let shared = &shared;
            threads.spawn(move || {
                let refused = shared.apply(batch(&format!("bn-{writer}"), 0), 0);
                assert!(matches!(
                    refused,
                    Err(StoreError::Log(_) | StoreError::GroupSync)
                ));
            });
        }
    });
    assert_eq!(shared.read().commit(), 1);
    assert_eq!(shared.read().item_ids().count(), 1);
}

#[test]
fn a_view_holds_exactly_the_commits_up_to_its_number_with_appends_in_flight() {
    let shared = SharedStore::new(memory());
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for n in 0..200 {
                shared.apply(batch("bn-0", n), n).unwrap();
            }
        });
        loop {
            let view = shared.read();
            let held = view
                .state("bn-0")
                .unwrap()
                .map_or(0, |s| s.coverage().len());
            assert_eq!(u64::try_from(held).unwrap(), view.commit());
            if view.commit() == 200 {
                break;
            }
        }
    });
}
