//! Stores that tell each other everything end up equal, whatever each of them compacted before.

use bones_snapshot::{EventHash, Order};
use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;
use storage_adapter::{Batch, ItemStore};

use super::history::histories;
use super::support::{
    Place, compact, dirty_log, files, finished, hash, import, lines_of, real_logs, redact,
    shuffled, views,
};

/// Deals the lines to the stores, compacts one, sends exports both ways, and compares everything
/// with a plain import of all.
fn split_and_exchange<S: Order>(lines: &[String], deal: &[usize], r: &Set<EventHash>) {
    let place = Place::new();
    let plain = place.plain::<S>(lines, r);
    let mut stores: Vec<ItemStore<S>> = ["a", "b"].map(|name| place.store(name)).into();
    for (place, store) in stores.iter_mut().enumerate() {
        let dealt = lines.iter().zip(deal.iter().cycle());
        let mine: Vec<String> = dealt
            .filter(|(_, d)| **d % 2 == place)
            .map(|(l, _)| l.clone())
            .collect();
        import(store, &mine);
    }
    redact(&mut stores[0], r);
    compact(&mut stores[0]);
    let [a, b] = &mut stores[..] else {
        unreachable!("two stores");
    };
    place.send(a, b);
    place.send(b, a);
    assert_eq!(a.digest().unwrap(), plain.digest().unwrap());
    assert_eq!(b.digest().unwrap(), plain.digest().unwrap());
    assert_eq!(views(a), views(&plain));
    assert_eq!(views(b), views(&plain));
    // All is told: nothing that could still be said changes a byte.
    let before = (files(&place.path("a")), files(&place.path("b")));
    place.send(a, b);
    place.send(b, a);
    place.send(&plain, a);
    import(b, lines);
    assert_eq!((files(&place.path("a")), files(&place.path("b"))), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn two_stores_exchange_and_are_equal(
        lines in histories(24).prop_flat_map(|lines| Just(lines).prop_shuffle()),
        deal in prop::collection::vec(0..2_usize, 1..8),
        mask in prop_oneof![Just(0), any::<u32>()],
    ) {
        let named = lines.iter().zip((0..32).cycle()).filter(|(_, bit)| mask >> bit & 1 == 1);
        let r: Set<EventHash> = named.map(|(line, _)| hash(line)).collect();
        split_and_exchange::<Unstamped>(&lines, &deal, &r);
        split_and_exchange::<Itc>(&lines, &deal, &r);
    }
}

#[test]
fn the_dirty_log_split_over_two_stores_comes_together() {
    let lines = shuffled(&lines_of(&dirty_log()), 3);
    let deal = [0, 1, 1, 0, 1, 0, 0];
    split_and_exchange::<Unstamped>(&lines, &deal, &Set::new());
    let r = lines.iter().step_by(9).map(|line| hash(line)).collect();
    split_and_exchange::<Unstamped>(&lines, &deal, &r);
}

#[test]
fn real_logs_split_over_two_stores_come_together() {
    for folder in real_logs() {
        let lines = shuffled(&lines_of(&folder), 11);
        let r = lines.iter().step_by(97).map(|line| hash(line)).collect();
        split_and_exchange::<Unstamped>(&lines, &[1, 0, 0, 1, 1], &r);
    }
}

#[test]
fn three_stores_in_a_ring_repeat_until_nobody_has_news() {
    let place = Place::new();
    let lines = shuffled(&finished(6), 5);
    let r: Set<EventHash> = [hash(&lines[0]), EventHash([7; 32])].into_iter().collect();
    let plain = place.plain::<Itc>(&lines, &r);
    let names = ["a", "b", "c"];
    let mut stores: Vec<ItemStore<Itc>> = names.map(|name| place.store(name)).into();
    for (n, store) in stores.iter_mut().enumerate() {
        let mine: Vec<String> = lines.iter().skip(n).step_by(3).cloned().collect();
        import(store, &mine);
    }
    redact(&mut stores[2], &r);
    for round in 0..2 {
        for from in 0..3 {
            let to = (from + 1) % 3;
            let sender = stores[from].export().unwrap();
            stores[to].apply(sender.into(), 1).unwrap();
            if (from + round) % 2 == 0 {
                compact(&mut stores[to]);
            }
        }
    }
    for store in &stores {
        assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
    }
    let before = names.map(|name| files(&place.path(name)));
    for from in 0..3 {
        for to in 0..3 {
            let sender = stores[from].export().unwrap();
            let report = stores[to].apply(sender.into(), 1).unwrap();
            assert_eq!((report.snapshots_added, report.redactions_added), (0, 0));
            assert_eq!(report.snapshots_read, 6);
        }
    }
    assert_eq!(names.map(|name| files(&place.path(name))), before);
}

#[test]
fn an_export_holds_every_item_whether_compacted_or_not() {
    let place = Place::new();
    let lines = finished(3);
    let mut store = place.plain::<Unstamped>(&lines, &Set::new());
    let raw = store.export().unwrap();
    assert_eq!(raw.payloads.len(), 3);
    compact(&mut store);
    let compacted = store.export().unwrap();
    assert!(raw.payloads == compacted.payloads);
    let mut fresh = place.store::<Unstamped>("fresh");
    let report = fresh.apply(raw.into(), 1).unwrap();
    assert_eq!(
        (report.snapshots_read, report.snapshots_added, report.items),
        (3, 3, 3)
    );
    assert_eq!(fresh.digest().unwrap(), store.digest().unwrap());
}

#[test]
fn the_digest_tells_apart_what_differs() {
    let place = Place::new();
    let lines = finished(2);
    let mut digests = vec![
        place
            .plain::<Unstamped>(&lines, &Set::new())
            .digest()
            .unwrap(),
        place.plain::<Itc>(&lines, &Set::new()).digest().unwrap(),
        place
            .plain::<Unstamped>(&lines[1..], &Set::new())
            .digest()
            .unwrap(),
        // A redaction of something unknown is knowledge too.
        place
            .plain::<Unstamped>(&lines, &Set::singleton(EventHash([1; 32])))
            .digest()
            .unwrap(),
        place
            .plain::<Unstamped>(&lines, &Set::singleton(hash(&lines[0])))
            .digest()
            .unwrap(),
        place.store::<Unstamped>("empty-wall").digest().unwrap(),
        place.store::<Itc>("empty-itc").digest().unwrap(),
    ];
    let all = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), all);
}

#[test]
fn events_and_snapshots_of_one_batch_meet() {
    let place = Place::new();
    let lines = finished(2);
    let other = place.plain::<Unstamped>(&lines[3..], &Set::new());
    let mut store = place.store::<Unstamped>("store");
    let batch = Batch {
        payloads: other.export().unwrap().payloads,
        ..super::support::batch(&lines[..6])
    };
    store.apply(batch, 1).unwrap();
    assert_eq!(
        store.digest().unwrap(),
        place
            .plain::<Unstamped>(&lines, &Set::new())
            .digest()
            .unwrap()
    );
}
