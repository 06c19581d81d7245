//! The laws: what is left depends on the history and the time, and on nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::model::{HOUR, Store, at, configs, histories, naive_block, naive_readable, run};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn compacting_twice_is_a_no_op(config in configs(), history in histories(80)) {
        let mut store = Store::new(config);
        let now = run(&mut store, &history, |store, _, now| {
            store.compact(now);
            let again = store.plan(now);
            assert!(again.is_empty(), "{again:?}");
        });
        store.compact(now);
        let before = store.readable.clone();
        prop_assert!(store.compact(now).is_empty());
        prop_assert_eq!(store.readable, before);
    }

    #[test]
    fn what_is_left_does_not_depend_on_how_often_one_compacts(
        config in configs(),
        history in histories(120),
        chosen in any::<u128>(),
        pins in prop::collection::btree_set(1_u64..60, 0..4),
    ) {
        let new = || Store { pins: pins.clone(), ..Store::new(config) };
        let (mut once, mut always, mut sometimes) = (new(), new(), new());
        let now = run(&mut once, &history, |_, _, _| {});
        run(&mut always, &history, |store, _, now| { store.compact(now); });
        run(&mut sometimes, &history, |store, pause, now| {
            if chosen >> (pause % 128) & 1 == 1 {
                store.compact(now);
            }
        });
        let plan = once.compact(now);
        prop_assert_eq!(always.compact(now).kept, &plan.kept[..]);
        prop_assert_eq!(sometimes.compact(now).kept, &plan.kept[..]);
        prop_assert_eq!((always.floor, sometimes.floor), (plan.floor, plan.floor));
        // And it is what the definition says of all that ever was.
        prop_assert_eq!(&once.readable, &naive_readable(&config, &once.ever, &pins, now));
        prop_assert_eq!(always.readable, once.readable);
    }

    #[test]
    fn nothing_that_was_dropped_comes_back(config in configs(), history in histories(120)) {
        let mut store = Store::new(config);
        let mut dropped = BTreeSet::new();
        run(&mut store, &history, |store, _, now| {
            let before: BTreeSet<_> = store.readable.iter().copied().collect();
            let plan = store.compact(now);
            let after: BTreeSet<_> = store.readable.iter().copied().collect();
            assert!(after.is_subset(&before));
            assert_eq!(&before - &after, plan.dropped.iter().copied().collect());
            dropped.extend(&plan.dropped);
            assert!(after.is_disjoint(&dropped));
            assert!(plan.floor >= plan.old_floor);
            assert!(plan.kept.is_sorted() && plan.dropped.is_sorted());
            assert!(plan.floor == 0 || plan.kept.last().unwrap().commit == plan.floor);
        });
    }

    #[test]
    fn the_tier_is_the_one_of_the_definition(config in configs(), time in 0_u64..5_000, now in 0_u64..5_000) {
        let retention = config.validate().unwrap();
        let naive = naive_block(&config, time, now).map(|(tier, _)| tier);
        prop_assert_eq!(retention.tier(time, at(now)), naive);
    }

    #[test]
    fn blocks_only_merge(config in configs(), a in 0_u64..3_000, b in 0_u64..3_000, now in 0_u64..6_000, later in 0_u64..6_000) {
        let block = |time, now| naive_block(&config, time, now);
        let together = block(a, now).is_some() && block(a, now) == block(b, now);
        prop_assert!(!together || block(a, now + later) == block(b, now + later));
    }
}

#[test]
fn one_and_a_thousand_and_irregular_compactions_leave_the_same() {
    let step = |n: u64| (n * 7_919) % 13; // No rhythm that the buckets share.
    let mut stores = [(); 3].map(|()| Store::of([]));
    let mut now = 1_000 * HOUR;
    for n in 0..1_000 {
        now += step(n) * HOUR / 5;
        let off = if n % 17 == 0 { 3 * HOUR } else { 0 };
        for (which, store) in stores.iter_mut().enumerate() {
            store.write(now - off);
            if which == 1 || (which == 2 && step(n) < 3) {
                store.compact(now);
            }
        }
    }
    let plans = stores.each_mut().map(|store| store.compact(now));
    assert_eq!(plans[0].kept, plans[1].kept);
    assert_eq!(plans[0].kept, plans[2].kept);
    assert_eq!(stores[0].readable, stores[1].readable);
    assert!(plans[0].dropped.len() > 900);
    assert!(plans[1].dropped.len() < 10);
}

#[test]
fn the_exact_window_holds_every_commit_younger_than_the_cutoff() {
    let mut store = Store::of((1..=600).map(|minute| 100 * HOUR + minute * HOUR / 60));
    let now = 110 * HOUR;
    let plan = store.compact(now);
    assert_eq!(plan.floor, 540);
    assert!((540..=600).all(|number| store.can_read(number)));
    assert_eq!(plan.kept.len() + plan.dropped.len(), 540);
}

#[test]
fn an_empty_plan_leaves_no_trace_and_another_says_what_it_does() {
    let mut store = Store::of([]);
    assert!(store.plan(HOUR).is_empty());
    store.write(10 * HOUR);
    // The first commit is the floor at once: nothing is before it.
    let plan = store.compact(10 * HOUR);
    assert_eq!((plan.old_floor, plan.floor, plan.dropped.len()), (0, 1, 0));
    assert!(!plan.is_empty());
    assert!(store.compact(11 * HOUR).is_empty());
    store.write(11 * HOUR);
    assert!(store.compact(11 * HOUR + HOUR / 2).is_empty());
    let plan = store.compact(12 * HOUR);
    assert_eq!(
        (plan.now_micros, plan.old_floor, plan.floor),
        (12 * HOUR, 1, 2)
    );
    assert!(plan.dropped.is_empty());
}
