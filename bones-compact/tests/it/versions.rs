//! Versions: the state at every commit that stays readable is what it was, wherever a compaction begins and ends.

use bones_compact::{
    CompactionPolicy, CompactionReport, Dated, Extent, SkipReason, Source, compact_histories,
    state_at, versions,
};
use bones_snapshot::Stamped;
use lattice_core::{Bottom, Set};
use lattice_lww::Unstamped;
use proptest::prelude::*;

use crate::history::histories;
use crate::support::{by_item, chosen, event, everything};

type Sources = Vec<Dated<Stamped<Unstamped>>>;

/// Each event with a commit: several may share one, and some commits bring nothing.
fn dated(events: &[Stamped<Unstamped>], steps: &[u64]) -> Sources {
    let mut commit = 1;
    let steps = steps.iter().cycle();
    let dated = events.iter().zip(steps).map(|(event, step)| {
        commit += step;
        Dated {
            commit,
            bytes: 300,
            source: Source::Event(event.clone()),
        }
    });
    dated.collect()
}

/// The versions in place of what the extent goes over.
fn replaced(
    sources: &Sources,
    extent: Extent<'_>,
    redacted: &Set<bones_snapshot::EventHash>,
) -> Sources {
    let before = sources.iter().filter(|s| s.commit <= extent.after).cloned();
    let behind = sources
        .iter()
        .filter(|s| s.commit > extent.floor())
        .cloned();
    let between = versions("bn-1", sources, extent, redacted).into_iter();
    let between = between.map(|version| Dated {
        commit: version.commit,
        bytes: version.snapshot.payload.len() as u64,
        source: Source::State(version.state),
    });
    before.chain(between).chain(behind).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_readable_commit_is_what_it_was(
        lines in histories(24),
        steps in prop::collection::vec(0..3_u64, 1..8),
        keep in any::<u64>(),
        cuts in prop::collection::vec(0..40_u64, 1..4),
        mask in any::<u32>(),
    ) {
        let all: Vec<Stamped<Unstamped>> = lines.iter().map(|line| event(line)).collect();
        let redacted = chosen(&all, mask);
        for events in by_item(&all).values() {
            let truth = dated(events, &steps);
            let mut now = truth.clone();
            // Compaction over compaction, each from behind a cut of its own, over fewer and fewer points.
            let mut points: Vec<u64> = (1..60).filter(|n| keep >> n & 1 == 1 || *n == 59).collect();
            for after in &cuts {
                let extent = Extent { after: *after, points: &points };
                now = replaced(&now, extent, &redacted);
                prop_assert!(now.is_sorted_by_key(|held| held.commit));
                for point in &points {
                    let is = state_at(&now, *point, &redacted);
                    prop_assert_eq!(is, state_at(&truth, *point, &redacted), "commit {}", point);
                }
                // What is compact already stays as it is, byte for byte.
                let again = versions("bn-1", &now, extent, &redacted);
                let between = now.iter().filter(|s| s.commit > *after && s.commit <= 59);
                let same = between.zip(&again).all(|(held, version)| {
                    held.commit == version.commit
                        && matches!(&held.source, Source::State(state) if *state == version.state)
                });
                prop_assert!(same);
                let mut others = 0;
                points.retain(|point| {
                    others += 1;
                    *point == 59 || others % 2 == 0
                });
            }
        }
    }
}

#[test]
fn an_item_outside_the_extent_is_left_and_said_to_be() {
    let line = |at| {
        let data = format!(r#"{{"body":"remark {at}"}}"#);
        bones_snapshot::write_line(at, "alice", "itc:AQ", &[], "item.comment", "bn-1", &data)
    };
    let events: Vec<Stamped<Unstamped>> = (1..5).map(|at| event(&line(at))).collect();
    let held = dated(&events, &[1]);
    let redacted = Set::bottom();
    let reason = |after, points: &[u64]| {
        let policy: CompactionPolicy = everything();
        let items = [("bn-1", held.as_slice())];
        let extent = Extent { after, points };
        let (found, report) = compact_histories(&items, extent, &policy, u64::MAX, &redacted);
        assert_eq!(found.len(), usize::from(report.skipped.is_empty()));
        report.skipped.get("bn-1").copied()
    };
    assert_eq!(reason(0, &[9]), None);
    assert_eq!(reason(3, &[9]), None, "what came behind commit 3 alone");
    assert_eq!(reason(5, &[9]), Some(SkipReason::Untouched));
    assert_eq!(reason(0, &[1]), Some(SkipReason::InWindow));
}

#[test]
fn the_reports_on_parts_add_up_to_the_report_on_all() {
    let comments = |item: &str, count| {
        let line = |at| {
            let data = format!(r#"{{"body":"remark {at} on {item}, in so many words"}}"#);
            bones_snapshot::write_line(at, "alice", "itc:AQ", &[], "item.comment", item, &data)
        };
        let events: Vec<Stamped<Unstamped>> = (1..=count).map(|at| event(&line(at))).collect();
        dated(&events, &[1])
    };
    let items: Vec<(String, Vec<_>)> = (0..7)
        .map(|n| {
            let id = format!("bn-{n}");
            let held = comments(&id, 4 * n);
            (id, held)
        })
        .collect();
    let items: Vec<_> = items
        .iter()
        .map(|(id, held)| (&**id, held.as_slice()))
        .collect();
    let extent = Extent {
        after: 0,
        points: &[20],
    };
    let report = |items: &[_]| {
        let (_, report) = compact_histories(items, extent, &everything(), u64::MAX, &Set::bottom());
        report
    };
    let whole = report(&items);
    assert!(
        whole.items_compacted > 3 && whole.items_skipped() > 0,
        "{whole:?}"
    );
    let (some, others) = items.split_at(3);
    // From nothing, so that each part is once the one that is added.
    let mut sum = CompactionReport::default();
    sum += report(some);
    sum += report(others);
    assert_eq!(sum, whole);
    assert!(whole.bytes_after < whole.bytes_before && whole.events_replaced > 3);
}
