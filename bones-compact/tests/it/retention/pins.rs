//! Pins hold a commit as long as they are there, and no longer.

use super::model::{HOUR, Store};

#[test]
fn pins_survive_ten_thousand_plans_and_then_follow_the_rule() {
    let (mut store, mut without) = (Store::of([]), Store::of([]));
    store.pins.extend([3, 1_000, 1_001, 5_000]);
    for n in 1..=10_000 {
        for store in [&mut store, &mut without] {
            store.write(n * HOUR);
            store.compact(n * HOUR);
        }
        assert!(store.pins.iter().all(|&pin| pin > n || store.can_read(pin)));
        // The others fare as if there were no pins.
        assert!(
            without
                .readable
                .iter()
                .all(|made| store.readable.contains(made))
        );
        assert!(store.readable.len() <= without.readable.len() + 4);
    }
    let rule: Vec<bool> = [3, 1_000, 1_001, 5_000]
        .map(|pin| without.can_read(pin))
        .into();
    assert!(rule.contains(&false));
    store.pins.clear();
    store.compact(10_000 * HOUR);
    assert_eq!(store.readable, without.readable);
}

#[test]
fn a_pin_moves_and_the_old_one_goes_in_the_next_run() {
    let mut store = Store::of((1..=500).map(|n| n * HOUR));
    store.pins.insert(100);
    store.compact(500 * HOUR);
    assert!(store.can_read(100));
    store.pins = [500].into();
    let plan = store.compact(500 * HOUR);
    // The floor has not moved, and still there is something to do.
    assert!(plan.floor == plan.old_floor && !plan.is_empty());
    assert_eq!(
        plan.dropped
            .iter()
            .map(|made| made.commit)
            .collect::<Vec<_>>(),
        [100]
    );
}

#[test]
fn a_pin_does_not_move_the_floor_or_the_earliest_of_a_bucket() {
    let times = || (1..=500).map(|n| n * HOUR / 10);
    let (mut pinned, mut free) = (Store::of(times()), Store::of(times()));
    pinned.pins.extend(2..=500);
    let (kept, free) = (pinned.compact(60 * HOUR), free.compact(60 * HOUR));
    assert_eq!(kept.floor, free.floor);
    assert!(kept.dropped.is_empty());
    pinned.pins.clear();
    assert_eq!(pinned.compact(60 * HOUR).kept, free.kept);
}

#[test]
fn a_pin_of_a_commit_that_is_not_there_does_nothing() {
    let mut store = Store::of((1..=100).map(|n| n * HOUR));
    let plan = store.compact(100 * HOUR);
    let gone = plan.dropped.first().unwrap().commit;
    store.pins.extend([gone, 0, 7_777]);
    assert!(store.compact(100 * HOUR).is_empty());
}
