//! The ends of the number line, and input that is refused.

use std::collections::BTreeSet;

use bones_compact::{RetentionConfig, RetentionError};
use proptest::prelude::*;

use super::model::{at, commit, config, naive_block, naive_readable};

/// Numbers of every size, and those next to a power of two.
fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => (0_u32..64, any::<u64>()).prop_map(|(bits, any)| any >> bits),
        1 => (0_u32..64).prop_map(|bits| 1 << bits),
        1 => (0_u32..64).prop_map(|bits| (1 << bits) - 1),
        1 => (0_u64..5).prop_map(|below| u64::MAX - below),
        1 => (0_u64..5).prop_map(|around| (1 << 63) - 3 + around),
    ]
}

fn any_config() -> impl Strategy<Value = RetentionConfig> {
    let multiplier = prop_oneof![2_u32..10, 2_u32..=1 << 16, Just(1 << 16), any::<u32>()];
    (
        numbers(),
        numbers(),
        multiplier,
        prop_oneof![0_u32..10, any::<u32>()],
    )
        .prop_map(|(cutoff, base, multiplier, more)| {
            let multiplier = multiplier.max(2);
            config(
                cutoff,
                base.max(1),
                multiplier.saturating_add(more),
                multiplier,
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_age_has_the_tier_of_the_definition(config in any_config(), time in numbers(), now in numbers()) {
        let naive = naive_block(&config, time, now).map(|(tier, _)| tier);
        prop_assert_eq!(config.validate().unwrap().tier(time, at(now)), naive);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_times_give_the_plan_of_the_definition(
        config in any_config(),
        times in prop::collection::vec(numbers(), 0..24),
        now in numbers(),
    ) {
        let commits: Vec<_> = (1..).zip(times).map(|(number, time)| commit(number, time)).collect();
        let none = BTreeSet::new();
        let plan = config.validate().unwrap().plan(&commits, 0, &none, at(now)).unwrap();
        let mut readable = plan.kept.clone();
        readable.extend(commits.iter().filter(|made| made.commit > plan.floor));
        prop_assert_eq!(readable, naive_readable(&config, &commits, &none, now));
    }
}

#[test]
fn a_multiplier_of_two_to_the_sixteen_reaches_its_four_tiers() {
    let config = config(0, 1, 1 << 16, 1 << 16);
    let retention = config.validate().unwrap();
    // H(k) = 0, 1, 65,537, 4,295,032,833: each tier begins one bucket of the tier before later.
    let tiers = [0, 1 << 17, 1 << 33, 1 << 49, u64::MAX].map(|age| retention.tier(0, at(age)));
    assert_eq!(tiers, [None, Some(1), Some(2), Some(3), Some(3)]);
}

#[test]
fn the_greatest_age_at_the_finest_interval_has_a_tier() {
    let retention = config(0, 1, 2, 2).validate().unwrap();
    assert_eq!(retention.tier(0, at(u64::MAX)), Some(63));
    assert_eq!(retention.tier(u64::MAX, at(u64::MAX)), None);
    assert_eq!(retention.tier(u64::MAX - 1, at(u64::MAX)), Some(0));
}

#[test]
fn commits_out_of_order_are_refused() {
    let retention = RetentionConfig::default().validate().unwrap();
    let plan = |numbers: &[u64]| {
        let commits: Vec<_> = numbers.iter().map(|&number| commit(number, 0)).collect();
        retention
            .plan(&commits, 0, &BTreeSet::new(), at(0))
            .map(|plan| plan.floor)
    };
    let refused = |index, commit, previous| {
        Err(RetentionError::OutOfOrder {
            index,
            commit,
            previous,
        })
    };
    assert_eq!(plan(&[4, 6, 9]), Ok(0));
    assert_eq!(plan(&[4, 6, 6]), refused(2, 6, 6));
    assert_eq!(plan(&[4, 2]), refused(1, 2, 4));
    assert_eq!(plan(&[0, 1]), refused(0, 0, 0));
    assert_eq!(
        plan(&[4, 2]).unwrap_err().to_string(),
        "commit 2 at index 1 follows commit 4: give ascending numbers from 1 on"
    );
}

#[test]
fn a_floor_that_is_not_there_is_refused() {
    let retention = RetentionConfig::default().validate().unwrap();
    let plan = |commits: &[_]| retention.plan(commits, 7, &BTreeSet::new(), at(u64::MAX));
    assert!(plan(&[commit(7, 0)]).is_ok());
    for commits in [&[][..], &[commit(6, 0), commit(8, 0)]] {
        let error = plan(commits).unwrap_err();
        assert_eq!(error, RetentionError::FloorMissing { floor: 7 });
        assert_eq!(
            error.to_string(),
            "commit 7 was the floor of the last plan and is not among the commits: give all that are left"
        );
    }
}
