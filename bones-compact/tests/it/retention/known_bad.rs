//! The rule that comes to mind first, and what becomes of history under it.

use std::collections::BTreeMap;

use super::model::{HOUR, Store};

/// Of each tier of age (0, 1, 2 to 3, 4 to 7, and so on) the eight newest.
fn newest_of_each_tier(held: &[u64], now: u64) -> Vec<u64> {
    let mut tiers: BTreeMap<Option<u32>, Vec<u64>> = BTreeMap::new();
    for &time in held.iter().rev() {
        let tier = tiers.entry((now - time).checked_ilog2()).or_default();
        if tier.len() < 8 {
            tier.push(time);
        }
    }
    let mut kept: Vec<u64> = tiers.into_values().flatten().collect();
    kept.sort_unstable();
    kept
}

#[test]
fn keeping_the_newest_of_each_tier_ends_history_after_24_intervals() {
    let last = 10_000;
    let mut newest = vec![];
    let mut ours = Store::of([]);
    for now in 1..=last {
        newest.push(now);
        newest = newest_of_each_tier(&newest, now);
        ours.write(now * HOUR);
        ours.compact(now * HOUR);
    }
    // It never keeps what is 24 intervals old, while ours keeps the first of all.
    assert_eq!((newest.len(), newest[0]), (24, last - 23));
    assert_eq!(ours.readable[0].time_micros, HOUR);
    // One plan over the same history would have kept more: how often one plans matters.
    let once = newest_of_each_tier(&(1..=last).collect::<Vec<_>>(), last);
    assert!(once.len() > 80);
    assert_eq!(once[0], last - 8_199);
}
