//! A million intervals, a plan at each, and the bounds at every one.

use std::time::Duration;

use bones_compact::{Commit, RetentionConfig};

use super::bounds::Bounds;
use super::model::{HOUR, Store, at};

const MILLION: u64 = 1_000_000;

/// November 2023, and no multiple of any bucket.
const SOME_TIME: u64 = 1_700_000_000_000_123;

/// A plan each hour, carried out and checked.
fn live(hours: u64, start: u64, mut write: impl FnMut(&mut Store, u64)) -> Store {
    let config = RetentionConfig::default();
    let (mut store, bounds) = (Store::new(config), Bounds::new(&config));
    for hour in 1..=hours {
        write(&mut store, hour);
        let plan = store.compact(start + hour * HOUR);
        if !plan.kept.is_empty() {
            bounds.check(&store, &plan);
        }
    }
    store
}

/// Those that stay for being the earliest of their bucket.
fn settled(store: &Store, now: u64) -> Vec<Commit> {
    let mut kept = store.plan(now).kept;
    kept.retain(|made| store.retention.tier(made.time_micros, at(now)).is_some());
    kept
}

#[test]
fn after_a_million_intervals_the_oldest_is_there_and_few_beside_it() {
    let store = live(MILLION, 0, |store, hour| store.write(hour * HOUR));
    let plan = store.plan(MILLION * HOUR);
    assert_eq!(plan.floor, MILLION - 1);
    // And the last commit, which is in the exact window.
    assert_eq!((plan.kept.len(), store.readable.len()), (126, 127));
    let reach = MILLION * HOUR - plan.kept[0].time_micros;
    assert_eq!(reach, 999_999 * HOUR);
    // Neighbours are an eighth of the age apart, and a little of an interval.
    for pair in plan.kept.windows(2) {
        let age = MILLION * HOUR - pair[0].time_micros;
        assert!(8 * (pair[1].time_micros - pair[0].time_micros) <= age - HOUR + 7 * HOUR);
    }
}

#[test]
fn the_bounds_hold_where_nobody_writes_for_weeks() {
    let store = live(MILLION, SOME_TIME, |store, hour| {
        if hour % 1_000 == 1 {
            store.write(SOME_TIME + hour * HOUR);
        }
    });
    assert_eq!(store.ever.len(), 1_000);
    assert_eq!(store.readable.len(), 61);
}

#[test]
fn the_bounds_hold_where_writing_comes_in_bursts() {
    let mut random = 1_u64;
    let store = live(MILLION / 4, SOME_TIME, |store, hour| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // One hour in sixteen, up to thirty-one commits.
        if random >> 60 == 0 {
            for n in 0..random >> 55 & 31 {
                store.write(SOME_TIME + (hour - 1) * HOUR + n * HOUR / 32);
            }
        }
    });
    assert!(store.ever.len() > 200_000);
    assert_eq!(store.readable.len(), 84);
}

#[test]
fn ten_commits_an_interval_reach_as_far_as_one() {
    let hours = 100_000;
    let one = live(hours, 0, |store, hour| store.write((hour - 1) * HOUR));
    let ten = live(hours, 0, |store, hour| {
        (0..10).for_each(|n| store.write((hour - 1) * HOUR + n * HOUR / 10));
    });
    let times = |store: &Store| -> Vec<u64> {
        settled(store, hours * HOUR)
            .iter()
            .map(|made| made.time_micros)
            .collect()
    };
    assert_eq!(times(&one)[0], 0);
    assert_eq!(times(&one), times(&ten));
    assert!(ten.readable.len() <= one.readable.len() + 20);
}

#[test]
fn the_figures_of_the_docs() {
    // Hourly commits for so many hours, one plan at the end: kept, and the bound.
    let figures = [24, 168, 720, 8_760, 87_600, 876_000].map(|hours| {
        let store = Store::of((1..=hours).map(|hour| hour * HOUR));
        let plan = store.plan(hours * HOUR);
        (
            plan.kept.len(),
            store.retention.bound(Duration::from_hours(hours)),
        )
    });
    assert_eq!(
        figures,
        [
            (16, 49),
            (35, 73),
            (50, 89),
            (78, 121),
            (102, 145),
            (129, 169)
        ]
    );
}
