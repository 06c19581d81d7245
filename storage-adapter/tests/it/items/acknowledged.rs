//! What is acknowledged is durable, and what a failed sync lost is shown to nobody.

use lattice_lww::Unstamped;
use storage_adapter::log::{LogDir, LogError};
use storage_adapter::{Batch, Durability, ItemStore, SharedStore, StoreError};

use super::support::{event, line};
use crate::log::sim::{Fault, Outcome, SimDisk};

type Store = ItemStore<Unstamped, LogDir<SimDisk>>;

fn batch(n: i64) -> Batch<Unstamped> {
    let line = line(n, "item.create", &format!("bn-{n}"), r#"{"title":"a"}"#);
    Batch {
        events: vec![event(&line)],
        ..Batch::default()
    }
}

fn store(disk: &SimDisk) -> Store {
    let mut store =
        Store::over(LogDir::create_on(disk.clone(), &Store::header()).unwrap()).unwrap();
    store.apply(batch(1), 1).unwrap();
    store
}

fn shown_after_power_loss(disk: &SimDisk) -> usize {
    disk.restart(Outcome::Lost);
    let (log, _) = LogDir::open_on(disk.clone()).unwrap();
    Store::over(log).unwrap().item_ids().count()
}

fn is_poisoned<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Log(LogError::Poisoned { .. })))
}

#[test]
fn what_was_written_before_is_durable_when_it_is_applied_again() {
    let disk = SimDisk::default();
    let mut store = store(&disk);
    store.write(batch(2), 2).unwrap();
    assert_eq!(store.log().durable_commit(), 1);
    let report = store.apply(batch(2), 3).unwrap();
    assert_eq!((report.events_added, report.commit), (0, 2));
    assert_eq!(store.log().durable_commit(), 2);
    drop(store);
    assert_eq!(shown_after_power_loss(&disk), 2);
}

#[test]
fn what_a_failed_sync_lost_is_neither_shown_nor_taken_for_known() {
    let disk = SimDisk::default();
    let mut store = store(&disk);
    store.write(batch(2), 2).unwrap();
    store.write(batch(3), 3).unwrap();
    disk.plan(0, Fault::Fails);
    assert!(store.sync().is_err());
    disk.no_plan();
    assert_eq!((store.commit(), store.item_ids().count()), (1, 1));
    assert!(is_poisoned(&store.apply(batch(2), 4)));
    assert!(is_poisoned(&store.write(batch(2), 4)));
    assert!(
        is_poisoned(&store.apply(batch(1), 4)),
        "also what is durable"
    );
    drop(store);
    assert_eq!(shown_after_power_loss(&disk), 1);
}

/// The sync may be one that another call makes: of a pin, of a compaction, of a segment that is full.
#[test]
fn whichever_call_finds_the_sync_failed() {
    let calls: [&dyn Fn(&mut Store) -> bool; 4] = [
        &|store| store.apply(batch(4), 4).is_err(),
        &|store| store.pin(1, 4).is_err(),
        &|store| store.create_scope("draft", 4).is_err(),
        &|store| {
            let everything = super::support::everything();
            let mut options = storage_adapter::Compaction::without_history(u64::MAX);
            options.policy = everything;
            store.compact(&options).is_err()
        },
    ];
    for (which, call) in calls.into_iter().enumerate() {
        let mut poisoned = 0;
        for at in 0..4 {
            let disk = SimDisk::default();
            let mut store = store(&disk);
            store.write(batch(2), 2).unwrap();
            store.write(batch(3), 3).unwrap();
            disk.plan(at, Fault::Fails);
            let failed = call(&mut store);
            disk.no_plan();
            if store.log().poisoned().is_some() && store.log().commit() == 1 {
                poisoned += 1;
                assert!(failed, "{which} {at}");
                let shown = (store.commit(), store.item_ids().count());
                assert_eq!(shown, (1, 1), "{which} {at}");
                drop(store);
                assert_eq!(shown_after_power_loss(&disk), 1, "{which} {at}");
            } else {
                assert!(store.commit() >= 3, "{which} {at}: nothing was lost");
            }
        }
        assert!(poisoned > 0, "{which}");
    }
}

#[test]
fn nobody_is_told_or_shown_what_a_failed_group_sync_lost() {
    let disk = SimDisk::default();
    let shared = SharedStore::new(store(&disk));
    disk.plan(1, Fault::Fails);
    assert!(shared.apply(batch(2), 2).is_err());
    disk.no_plan();
    let again = shared.apply_with(batch(2), 3, Durability::Written);
    assert!(is_poisoned(&again));
    assert!(is_poisoned(&shared.apply_with(
        Batch::default(),
        3,
        Durability::Written
    )));
    shared.change(|_| Ok(())).unwrap();
    assert_eq!(shared.read().item_ids().count(), 1);
    drop(shared);
    assert_eq!(shown_after_power_loss(&disk), 1);
}
