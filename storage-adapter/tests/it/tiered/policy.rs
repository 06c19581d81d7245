//! Retention as the store carries it out.

use bones_compact::{CompactionReport, SkipReason};
use bones_snapshot::write_line;
use storage_adapter::RetentionConfig;

use super::model::{HOUR, MINUTE, Pair, compaction, line, small};

fn history(commits: u64) -> Pair {
    let mut pair = Pair::new();
    for n in 0..commits {
        pair.apply(None, &[line("bn-0", n)], n * 7 * MINUTE);
    }
    pair
}

/// One item that has grown too large holds up nothing, redactions least of all.
#[test]
fn what_is_too_large_for_a_snapshot_is_left_as_events_and_masked() {
    let mut pair = Pair::new();
    let large: Vec<String> = (0..20).map(|n| line("bn-0", n)).collect();
    pair.apply(None, &large, 0);
    for n in 1..4 {
        let small = [line(&format!("bn-{n}"), 0), line(&format!("bn-{n}"), 1)];
        pair.apply(None, &small, n);
    }
    let mut options = compaction(None, HOUR);
    options.policy.max_snapshot_bytes = 500;
    let outcome = pair.store.compact(&options).unwrap();
    let skipped = &outcome.report.skipped;
    assert_eq!(skipped.get("bn-0"), Some(&SkipReason::TooLarge));
    assert_eq!((outcome.report.items_compacted, skipped.len()), (3, 1));
    assert_eq!(pair.store.digest().unwrap(), pair.model.digest().unwrap());

    pair.redact(&large[3..4], HOUR);
    let outcome = pair.store.compact(&options).unwrap();
    assert_eq!((outcome.changed, outcome.items_masked), (true, 1));
    assert_eq!(pair.store.digest().unwrap(), pair.model.digest().unwrap());
    let raw = pair.store.stats().unwrap().events_raw;
    assert_eq!(raw, 19, "the other events are as they were");
}

fn readable(pair: &Pair) -> Vec<u64> {
    pair.store.commits().map(|(commit, _)| commit).collect()
}

#[test]
fn once_and_often_leave_the_same_bytes() {
    let end = 60 * 7 * MINUTE + 5 * HOUR;
    let mut once = history(60);
    once.compact(Some(small()), end);
    let mut often = Pair::new();
    for n in 0..60 {
        let now = n * 7 * MINUTE;
        often.apply(None, &[line("bn-0", n)], now);
        often.compact(Some(small()), now);
    }
    for step in 0..20 {
        often.compact(Some(small()), end - (20 - step) * 13 * MINUTE);
    }
    often.compact(Some(small()), end);
    assert_eq!(readable(&once), readable(&often));
    let frames = |pair: &Pair| {
        use storage_adapter::{LogReader, LogStore};
        let reader = pair.store.log().reader();
        // The first tells of the policy clock, which a compaction with nothing to do leaves as it was.
        let frames = reader.frames().skip(1).map(Result::unwrap);
        frames.map(|f| (f.kind, f.body)).collect::<Vec<_>>()
    };
    assert!(frames(&once) == frames(&often));
    once.check();
    often.check();
}

#[test]
fn what_a_later_compaction_keeps_an_earlier_one_kept() {
    let mut pair = history(80);
    let mut last = readable(&pair);
    for hours in 9..40 {
        pair.compact(Some(small()), hours * HOUR);
        let now = readable(&pair);
        assert!(now.iter().all(|commit| last.contains(commit)));
        last = now;
    }
    assert!(last.contains(&1), "the oldest of all");
    assert!(last.len() < 20, "{last:?}");
    pair.check();
}

#[test]
fn retention_that_grows_again_brings_nothing_back_and_fails_nothing() {
    let mut pair = history(60);
    let wide = RetentionConfig {
        slots_per_tier: 8,
        ..small()
    };
    let end = 60 * 7 * MINUTE;
    let mut last = readable(&pair);
    for (config, step) in [(wide, 1), (small(), 2), (wide, 3)] {
        pair.compact(Some(config), end + step * HOUR);
        let now = readable(&pair);
        assert!(now.iter().all(|commit| last.contains(commit)));
        last = now;
        pair.check();
    }
}

/// Items are planned some thousand at a time, whatever becomes of them.
#[test]
fn every_item_of_many_is_compacted_or_said_to_be_left() {
    let mut pair = Pair::new();
    let said = |n: u64| {
        let id = format!("bn-{n}");
        match n % 3 {
            0 => write_line(1, "a", "-", &[], "item.delete", &id, "{}"),
            _ => line(&id, 0),
        }
    };
    let all: Vec<String> = (0..2_500).map(said).collect();
    pair.apply(None, &all, 0);
    let mut options = compaction(None, HOUR);
    options.policy.include_deleted = false;
    let outcome = pair.compact_by(&options);
    let report = &outcome.report;
    let count = |report: &CompactionReport, wanted: SkipReason| {
        let reasons = report.skipped.values();
        reasons.filter(|reason| **reason == wanted).count()
    };
    assert_eq!(report.items_compacted, 1_666);
    assert_eq!(count(report, SkipReason::Deleted), 834);
    // What was said to be compacted is.
    let again = pair.compact_by(&options);
    assert!(!again.changed);
    assert_eq!(count(&again.report, SkipReason::AlreadyCompact), 1_666);
}

#[test]
fn a_snapshot_of_unchanged_items_costs_nothing() {
    // A thousand items, ten of which change in each of five later commits.
    let mut pair = Pair::new();
    let all: Vec<String> = (0..1000).map(|n| line(&format!("bn-{n}"), 0)).collect();
    pair.apply(None, &all, 0);
    pair.compact(Some(small()), HOUR);
    let disk = |pair: &Pair| {
        let stats = pair.store.stats().unwrap();
        stats.bytes_states + stats.bytes_raw
    };
    let whole = disk(&pair);
    for round in 1..=5 {
        let some: Vec<String> = (0..10).map(|n| line(&format!("bn-{n}"), round)).collect();
        pair.apply(None, &some, round * 10 * MINUTE);
    }
    pair.compact(
        Some(RetentionConfig {
            slots_per_tier: 64,
            ..small()
        }),
        61 * MINUTE + HOUR,
    );
    let after = pair.store.stats().unwrap();
    assert!(after.commits >= 5, "every round stays readable: {after:?}");
    let rounds = u64::try_from(after.commits).unwrap() - 1;
    let cost = disk(&pair) - whole;
    assert!(
        cost * 100 <= whole * rounds * 3,
        "{cost} of {whole} for {rounds} rounds"
    );
    pair.check();
}
