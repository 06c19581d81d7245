//! How many commits stay, and how far apart.

use std::collections::BTreeMap;
use std::time::Duration;

use bones_compact::{RetentionConfig, RetentionPlan};
use proptest::prelude::*;

use super::model::{HOUR, Store, config, configs, histories, naive_block, run};

/// Checks plans for a history whose times ascend, without pins, fast enough for a million of them. It finds the
/// tiers by itself: as commits get younger, their tier only falls.
pub(super) struct Bounds {
    cutoff: u64,
    base: u64,
    slots: u64,
    multiplier: u64,
    /// Width and least age of each tier that a test can reach.
    tiers: Vec<(u64, u64)>,
}

impl Bounds {
    pub(super) fn new(config: &RetentionConfig) -> Self {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap();
        let (slots, multiplier) = (config.slots_per_tier.into(), config.multiplier.into());
        let (cutoff, base) = (micros(config.cutoff), micros(config.base_interval));
        let (mut tiers, mut width, mut least_age) = (vec![], base, cutoff);
        while width < 1 << 54 {
            tiers.push((width, least_age));
            least_age += (slots - multiplier + 1) * width;
            width *= multiplier;
        }
        Self {
            cutoff,
            base,
            slots,
            multiplier,
            tiers,
        }
    }

    pub(super) fn check(&self, store: &Store, plan: &RetentionPlan) {
        let now = plan.now_micros;
        let mut tiers = &self.tiers[..];
        let (mut recent, mut in_tier) = (0, 0);
        for (index, made) in plan.kept.iter().enumerate() {
            let time = made.time_micros;
            while let Some((&(width, least_age), younger)) = tiers.split_last()
                && (time / width + 1) * width + least_age > now
            {
                (tiers, in_tier) = (younger, 0);
            }
            let next = plan.kept.get(index + 1);
            let Some(&(width, _)) = tiers.last() else {
                recent += 1;
                assert!(next.is_none_or(|next| next.commit == made.commit + 1));
                continue;
            };
            // The floor may stand beside the earliest of its bucket.
            in_tier += u64::from(made.commit != plan.floor);
            assert!(in_tier <= self.slots, "in a tier of {width} us at {now}");

            // Gap: whatever was made between two that stay is less than a bucket after the first.
            if let Some(next) = next {
                let last_before = store.ever[usize::try_from(next.commit).unwrap() - 2];
                assert!(
                    last_before.time_micros - time < width,
                    "after {time} at {now}"
                );
            }
            // And a bucket is as wide as its age allows: (m - 1)/s of it, and a little of the base interval.
            let age = now - time / width * width;
            let spread = self.slots - self.multiplier + 1;
            assert!(
                self.slots * width
                    <= (self.multiplier - 1) * (age - self.cutoff) + spread * self.base
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
        let (mut store, bounds) = (Store::new(config), Bounds::new(&config));
        let mut now = 1_000;
        for pass in passes {
            now += pass;
            store.write(now);
            let plan = store.compact(now);
            bounds.check(&store, &plan);
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
