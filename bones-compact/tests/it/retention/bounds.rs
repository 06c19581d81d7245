//! How many commits stay, and how far apart.

use std::collections::BTreeMap;
use std::time::Duration;

use bones_compact::{RetentionConfig, RetentionPlan};
use proptest::prelude::*;

use super::model::{HOUR, Store, at, config, configs, histories, naive_block, run};

/// The bounds of a plan for a history whose times ascend, without pins. One division per commit, so that a
/// million plans can be checked.
pub(super) fn check(config: &RetentionConfig, store: &Store, plan: &RetentionPlan) {
    let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap();
    let (cutoff, base) = (micros(config.cutoff), micros(config.base_interval));
    let (slots, multiplier) = (
        u64::from(config.slots_per_tier),
        u64::from(config.multiplier),
    );
    let now = plan.now_micros;
    let (mut recent, mut in_tier, mut last_tier) = (0, 0, None);
    for (index, made) in plan.kept.iter().enumerate() {
        let tier = store.retention.tier(made.time_micros, at(now));
        let next = plan.kept.get(index + 1);
        let Some(tier) = tier else {
            recent += 1;
            assert!(next.is_none_or(|next| next.commit == made.commit + 1));
            continue;
        };
        in_tier = if last_tier == Some(tier) {
            in_tier + 1
        } else {
            1
        };
        last_tier = Some(tier);
        // The floor may stand beside the earliest of its bucket.
        assert!(
            in_tier <= slots + u64::from(made.commit == plan.floor),
            "tier {tier} at {now}"
        );

        // Gap: whatever was made between two that stay is less than a bucket after the first.
        let width = base * multiplier.pow(tier);
        if let Some(next) = next {
            let last_before = store.ever[usize::try_from(next.commit).unwrap() - 2];
            assert!(last_before.time_micros - made.time_micros < width);
        }
        // And a bucket is as wide as its age allows: (m - 1)/s of it, and a little of the base interval.
        let age = now - made.time_micros / width * width;
        assert!(
            slots * width <= (multiplier - 1) * (age - cutoff) + (slots - multiplier + 1) * base
        );
    }
    // The oldest of all is there.
    let oldest = plan.kept[0];
    assert_eq!(oldest, store.ever[0]);
    let bound = store
        .retention
        .bound(Duration::from_micros(now - oldest.time_micros));
    assert!(
        plan.kept.len() as u64 <= bound + recent,
        "{} above {bound}",
        plan.kept.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_tier_holds_more_than_its_slots_whatever_the_clocks(config in configs(), history in histories(200)) {
        let mut store = Store::new(config);
        run(&mut store, &history, |store, _, now| {
            let plan = store.compact(now);
            let mut tiers: BTreeMap<u32, u32> = BTreeMap::new();
            let mut recent = 0;
            let blocks: Vec<_> = plan.kept.iter().map(|made| naive_block(&config, made.time_micros, now)).collect();
            for (made, block) in plan.kept.iter().zip(&blocks) {
                match block {
                    Some((tier, _)) if made.commit != plan.floor => *tiers.entry(*tier).or_default() += 1,
                    Some(_) => {}
                    None => recent += 1,
                }
            }
            assert!(tiers.values().all(|&held| held <= config.slots_per_tier), "{tiers:?}");
            let Some(oldest) = plan.kept.iter().map(|made| made.time_micros).min() else {
                return;
            };
            let span = Duration::from_micros(now.saturating_sub(oldest));
            assert!(plan.kept.len() as u64 <= store.retention.bound(span) + recent);
            // Each commit ever made at or below the floor has, in its own bucket, one that stays and is no younger.
            for gone in store.ever.iter().filter(|made| made.commit <= plan.floor) {
                let block = naive_block(&config, gone.time_micros, now);
                assert!(plan.kept.iter().zip(&blocks).any(|(made, other)| {
                    made == gone || (*other == block && made.time_micros <= gone.time_micros)
                }));
            }
        });
    }

    #[test]
    fn the_bounds_hold_for_any_parameters(config in configs(), passes in prop::collection::vec(0_u64..40, 1..150)) {
        let mut store = Store::new(config);
        let mut now = 1_000;
        for pass in passes {
            now += pass;
            store.write(now);
            let plan = store.compact(now);
            check(&config, &store, &plan);
        }
    }
}

#[test]
fn the_bound_is_the_one_of_the_formula() {
    let bound = |config: RetentionConfig, span| config.validate().unwrap().bound(span);
    let eight = RetentionConfig::default();
    let hours = |hours| Duration::from_micros(hours * HOUR);
    // s * (1 + ceil(log_m(T / w0))) + 1
    let cases = [
        (0, 9),
        (1, 9),
        (2, 17),
        (3, 25),
        (4, 25),
        (5, 33),
        (1_000, 89),
        (1_000_000, 169),
    ];
    for (span, expected) in cases {
        assert_eq!(bound(eight, hours(span)), expected, "{span} hours");
    }
    assert_eq!(
        bound(config(0, 10, 12, 10), Duration::from_millis(10)),
        12 * 4 + 1
    );
    assert_eq!(
        bound(config(0, 10, 12, 10), Duration::from_micros(10_001)),
        12 * 5 + 1
    );
    assert_eq!(
        bound(config(0, 1, 2, 2), Duration::from_micros(u64::MAX)),
        2 * 65 + 1
    );
}
