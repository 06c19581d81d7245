//! Clocks that err: late, ahead, and set by ten years.

use std::time::Duration;

use bones_compact::{RetentionError, policy_clock};

use super::model::{HOUR, Store};

const CUTOFF: Duration = Duration::from_hours(1);
const DAY: u64 = 24 * HOUR;

#[test]
fn a_clock_set_back_an_hour_deletes_nothing() {
    let mut store = Store::of((1..=300).map(|n| n * HOUR));
    let last = store.compact(300 * HOUR).now_micros;
    let before = store.readable.clone();
    let now = policy_clock(299 * HOUR, Some(last), CUTOFF, false).unwrap();
    assert_eq!(now.micros(), 300 * HOUR);
    assert!(store.compact(now.micros()).is_empty());
    // Commits of the clock that is an hour late take the places they would have had in time.
    for n in 0..60 {
        store.write(299 * HOUR + n * HOUR / 60);
        assert!(store.compact(now.micros()).dropped.is_empty());
    }
    assert!(before.iter().all(|made| store.can_read(made.commit)));
}

#[test]
fn a_plan_for_an_earlier_time_deletes_nothing_either() {
    // Whoever keeps no policy clock loses nothing by it.
    let mut store = Store::of((1..=300).map(|n| n * HOUR));
    store.compact(300 * HOUR);
    for hour in (0..300).rev() {
        assert!(store.compact(hour * HOUR).is_empty(), "hour {hour}");
    }
}

#[test]
fn a_jump_of_ten_years_is_an_error_until_it_is_accepted() {
    let mut store = Store::of((1..=300).map(|n| n * HOUR));
    let last = store.compact(300 * HOUR).now_micros;
    let (held, far) = (store.readable.len(), last + 3_652 * DAY);
    let error = policy_clock(far, Some(last), CUTOFF, false).unwrap_err();
    assert_eq!(
        error,
        RetentionError::ClockJump {
            now_micros: far,
            last_micros: last,
            limit_micros: 30 * DAY,
        }
    );
    assert_eq!(
        error.to_string(),
        "clock shows 316612800000000 us, more than 2592000000000 us after the last compaction at 1080000000000 us: \
         set the clock, or accept the jump if it is right"
    );
    let now = policy_clock(far, Some(last), CUTOFF, true).unwrap();
    store.compact(now.micros());
    assert!(store.readable.len() < held / 2);
}

#[test]
fn a_jump_is_measured_in_cutoffs_where_they_are_long() {
    let clock = |now, cutoff| policy_clock(now, Some(5 * DAY), cutoff, false);
    let (short, long) = (CUTOFF, Duration::from_hours(24 * 7));
    assert!(clock(35 * DAY, short).is_ok());
    assert!(clock(35 * DAY + 1, short).is_err());
    assert!(clock(75 * DAY, long).is_ok());
    assert!(clock(75 * DAY + 1, long).is_err());
    // Beyond counting: no jump is as long.
    assert!(clock(u64::MAX, Duration::MAX).is_ok());
    assert!(clock(u64::MAX, Duration::from_micros(u64::MAX / 9)).is_ok());
}

#[test]
fn the_first_time_any_clock_is_believed() {
    let now = policy_clock(u64::MAX, None, CUTOFF, false).unwrap();
    assert_eq!(now.micros(), u64::MAX);
    assert!(policy_clock(u64::MAX, Some(0), CUTOFF, false).is_err());
}

#[test]
fn a_commit_from_the_future_stays_displaces_nothing_and_ages_later() {
    // Ten hours of commits; the sixth is stamped a hundred hours ahead.
    let ahead = 1_105 * HOUR;
    let mut store = Store::of((1..=10).map(|n| {
        if n == 6 {
            ahead
        } else {
            1_000 * HOUR + n * HOUR / 2
        }
    }));
    let mut without = Store::of((1..=5).map(|n| 1_000 * HOUR + n * HOUR / 2));
    for hour in 1_005..1_106 {
        let plan = store.compact(hour * HOUR);
        // Nothing after it is settled, and what is before it fares as if it were not there.
        assert_eq!(plan.floor, 5);
        assert!(store.can_read(6));
        assert_eq!(without.compact(hour * HOUR).kept, plan.kept);
    }
    // A cutoff after its own time, the floor moves past it.
    let plan = store.compact(ahead + HOUR);
    assert_eq!(plan.floor, 10);
    assert!(store.can_read(6));
    // Then it is an ordinary commit of its own bucket, and goes when an earlier one of that bucket is there.
    store.write(ahead - HOUR);
    store.write(ahead + 2 * HOUR);
    store.compact(ahead + 2_000 * HOUR);
    assert_eq!(
        store
            .readable
            .iter()
            .map(|made| made.commit)
            .collect::<Vec<_>>(),
        [1, 11, 12]
    );
}

#[test]
fn a_late_commit_takes_the_place_its_time_gives_it() {
    let mut store = Store::of([1_000 * HOUR + 1, 1_005 * HOUR]);
    store.compact(1_010 * HOUR);
    // Made now, stamped before everything: from now on this one is the oldest.
    store.write(1_000 * HOUR);
    let plan = store.compact(1_010 * HOUR);
    assert_eq!(plan.floor, 3);
    assert_eq!(
        plan.dropped
            .iter()
            .map(|made| made.commit)
            .collect::<Vec<_>>(),
        [1]
    );
}
