//! Parameters: what is refused, and what may change between runs.

use std::collections::BTreeSet;
use std::time::Duration;

use bones_compact::{RetentionConfig, RetentionError};

use super::model::{HOUR, Store, at, config};

#[test]
fn invalid_parameters_are_typed_errors() {
    let ok = RetentionConfig::default();
    let long = Duration::from_micros(u64::MAX) + Duration::from_nanos(1);
    let cases = [
        (
            RetentionConfig {
                base_interval: Duration::ZERO,
                ..ok
            },
            RetentionError::ZeroBaseInterval,
            "base interval is zero: give a duration above zero",
        ),
        (
            RetentionConfig {
                multiplier: 0,
                ..ok
            },
            RetentionError::MultiplierTooSmall { multiplier: 0 },
            "multiplier is 0: give at least 2",
        ),
        (
            RetentionConfig {
                multiplier: 1,
                ..ok
            },
            RetentionError::MultiplierTooSmall { multiplier: 1 },
            "multiplier is 1: give at least 2",
        ),
        (
            RetentionConfig {
                slots_per_tier: 2,
                multiplier: 3,
                ..ok
            },
            RetentionError::TooFewSlots {
                slots: 2,
                multiplier: 3,
            },
            "slots per tier are 2: give at least as many as the multiplier, 3",
        ),
        (
            RetentionConfig {
                slots_per_tier: 0,
                ..ok
            },
            RetentionError::TooFewSlots {
                slots: 0,
                multiplier: 2,
            },
            "slots per tier are 0: give at least as many as the multiplier, 2",
        ),
        (
            RetentionConfig { cutoff: long, ..ok },
            RetentionError::DurationTooLong {
                field: "cutoff",
                given: long,
            },
            "cutoff is 18446744073709.551615001s: give at most 18446744073709 seconds",
        ),
        (
            RetentionConfig {
                base_interval: long,
                ..ok
            },
            RetentionError::DurationTooLong {
                field: "base interval",
                given: long,
            },
            "base interval is 18446744073709.551615001s: give at most 18446744073709 seconds",
        ),
    ];
    for (config, error, message) in cases {
        assert_eq!(config.validate(), Err(error));
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_least_and_the_greatest_parameters_are_allowed() {
    let cases = [
        config(0, 1, 2, 2),
        config(u64::MAX, u64::MAX, u32::MAX, u32::MAX),
        config(u64::MAX, u64::MAX, u32::MAX, 2),
        config(0, 1, u32::MAX, 2),
    ];
    for config in cases {
        let retention = config.validate().unwrap();
        for time in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
            assert_eq!(
                retention.tier(time, at(u64::MAX)),
                super::model::naive_block(&config, time, u64::MAX).map(|(tier, _)| tier)
            );
        }
        assert!(retention.bound(Duration::MAX) > u64::from(config.slots_per_tier));
    }
}

#[test]
fn fractions_of_a_microsecond_are_rounded_up() {
    let fine = RetentionConfig {
        cutoff: Duration::from_nanos(1_500),
        base_interval: Duration::from_nanos(1),
        ..RetentionConfig::default()
    };
    assert_eq!(fine.validate(), config(2, 1, 8, 2).validate());
}

#[test]
fn with_a_cutoff_of_zero_the_exact_window_is_empty() {
    let zero = RetentionConfig {
        cutoff: Duration::ZERO,
        ..RetentionConfig::default()
    };
    let mut store = Store::new(zero);
    (1..=10).for_each(|n| store.write(n * HOUR));
    assert_eq!(store.compact(10 * HOUR).floor, 10);
    // But what is stamped ahead is not past, by however little.
    store.write(11 * HOUR + 1);
    assert_eq!(store.compact(11 * HOUR).floor, 10);
    assert_eq!(store.compact(11 * HOUR + 1).floor, 11);
}

#[test]
fn parameters_may_change_between_runs() {
    let eight = RetentionConfig::default();
    let four = RetentionConfig {
        slots_per_tier: 4,
        ..eight
    };
    let others = [
        RetentionConfig {
            multiplier: 5,
            ..eight
        },
        RetentionConfig {
            base_interval: Duration::from_secs(777),
            ..eight
        },
        RetentionConfig {
            cutoff: Duration::from_hours(50),
            ..eight
        },
    ];
    let mut store = Store::of((1..=2_000).map(|n| n * HOUR));
    let now = 2_000 * HOUR;
    store.compact(now);
    let mut sizes = vec![store.readable.len()];
    for config in [four, eight].into_iter().chain(others).chain([eight]) {
        let before: BTreeSet<_> = store.readable.iter().copied().collect();
        let floor = store.floor;
        store.retention = config.validate().unwrap();
        store.compact(now);
        assert!(store.readable.iter().all(|made| before.contains(made)));
        assert!(store.compact(now).is_empty());
        // A longer cutoff does not bring the floor back down: what is below is gone.
        assert_eq!(store.floor, floor);
        sizes.push(store.readable.len());
    }
    // What four slots had no place for, eight do not bring back.
    assert!(sizes[1] < sizes[0]);
    assert_eq!(sizes[2], sizes[1]);
    // What is made from then on is kept as densely as ever.
    (2_001..=200_000).for_each(|n| store.write(n * HOUR));
    let mut fresh = Store::of((1..=200_000).map(|n| n * HOUR));
    store.compact(200_000 * HOUR);
    fresh.compact(200_000 * HOUR);
    let young = |store: &Store| -> Vec<_> {
        store
            .readable
            .iter()
            .copied()
            .filter(|made| made.commit > 2_000)
            .collect()
    };
    assert!(young(&store).len() > 100);
    assert_eq!(young(&store), young(&fresh));
}
