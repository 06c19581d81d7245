//! Every field of the policy is obeyed, and no time breaks it.

use bones_compact::{CompactionPolicy, Eligibility, eligibility, is_eligible};
use bones_snapshot::{Content, ItemState};
use lattice_core::{Bottom, Max, Set};
use lattice_lww::Unstamped;

use crate::support::{DAY, event, line};

const PHASES: [&str; 4] = ["open", "doing", "done", "archived"];

/// An item that went to `phase`, and was deleted or not, last touched at `at`.
fn item(phase: &str, deleted: bool, at: i64) -> ItemState<Unstamped> {
    let moved = line(
        at,
        "alice",
        "item.move",
        &format!(r#"{{"state":"{phase}"}}"#),
    );
    let mut events = vec![event::<Unstamped>(&moved)];
    if deleted {
        events.push(event(&line(at, "bob", "item.delete", "{}")));
    }
    crate::support::state(&events)
}

fn policy(min_age_days: u32) -> CompactionPolicy {
    CompactionPolicy {
        min_age_days,
        ..CompactionPolicy::default()
    }
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let expected = CompactionPolicy {
        min_age_days: 30,
        target_phases: vec!["done".into(), "archived".into()],
        include_deleted: false,
        dry_run: false,
        max_snapshot_bytes: u64::MAX,
    };
    assert_eq!(CompactionPolicy::default(), expected);
}

#[test]
fn the_age_counts_to_the_microsecond() {
    let item = item("done", false, 1_000);
    for days in [0, 1, 3, 30] {
        let ripe = 1_000 + u64::from(days) * DAY;
        assert_eq!(
            eligibility(&item, &policy(days), ripe - 1),
            Eligibility::TooYoung
        );
        assert_eq!(
            eligibility(&item, &policy(days), ripe),
            Eligibility::Eligible
        );
        assert_eq!(
            eligibility(&item, &policy(days), ripe + 1),
            Eligibility::Eligible
        );
        assert!(is_eligible(&item, &policy(days), ripe));
        assert!(!is_eligible(&item, &policy(days), ripe - 1));
    }
}

#[test]
fn the_last_event_counts_whatever_it_says() {
    let old = item("done", false, 10);
    let comment = event::<Unstamped>(&line(500, "bob", "item.comment", r#"{"body":"late"}"#));
    let touched = crate::support::state(&[comment]);
    let item = lattice_core::JoinSemilattice::joined(old, touched);
    assert_eq!(eligibility(&item, &policy(0), 499), Eligibility::TooYoung);
    assert_eq!(eligibility(&item, &policy(0), 500), Eligibility::Eligible);
}

#[test]
fn an_event_from_the_future_is_too_young() {
    let item = item("done", false, i64::MAX);
    let stamped = i64::MAX.unsigned_abs();
    assert_eq!(
        eligibility(&item, &policy(0), 1_700_000_000_000_000),
        Eligibility::TooYoung
    );
    assert_eq!(
        eligibility(&item, &policy(0), stamped - 1),
        Eligibility::TooYoung
    );
    assert_eq!(
        eligibility(&item, &policy(0), stamped),
        Eligibility::Eligible
    );
    assert_eq!(
        eligibility(&item, &policy(u32::MAX), u64::MAX),
        Eligibility::TooYoung
    );
}

#[test]
fn times_at_the_end_of_the_range_do_not_wrap() {
    let mut content = item("done", false, 5).content().clone();
    content.updated = Some(Max(u64::MAX));
    let last: ItemState<Unstamped> = ItemState::new(content, Set::bottom());
    assert_eq!(
        eligibility(&last, &policy(0), u64::MAX),
        Eligibility::Eligible
    );
    assert_eq!(
        eligibility(&last, &policy(0), u64::MAX - 1),
        Eligibility::TooYoung
    );
    assert_eq!(
        eligibility(&last, &policy(1), u64::MAX),
        Eligibility::TooYoung
    );

    let first = item("done", false, 0);
    let days = u32::try_from(u64::MAX / DAY).unwrap();
    let ripe = u64::from(days) * DAY;
    assert_eq!(
        eligibility(&first, &policy(days), ripe),
        Eligibility::Eligible
    );
    assert_eq!(
        eligibility(&first, &policy(days), ripe - 1),
        Eligibility::TooYoung
    );
    // More days than microseconds can be counted.
    assert_eq!(
        eligibility(&first, &policy(days + 1), u64::MAX),
        Eligibility::TooYoung
    );
    assert_eq!(
        eligibility(&first, &policy(u32::MAX), u64::MAX),
        Eligibility::TooYoung
    );
    assert_eq!(eligibility(&first, &policy(0), 0), Eligibility::Eligible);
}

#[test]
fn times_of_zero_and_below_are_long_ago() {
    for at in [0, -1, i64::MIN] {
        assert_eq!(
            eligibility(&item("done", false, at), &policy(1), DAY),
            Eligibility::Eligible
        );
        assert_eq!(
            eligibility(&item("done", false, at), &policy(1), DAY - 1),
            Eligibility::TooYoung
        );
    }
}

#[test]
fn an_item_is_eligible_in_the_phases_named_and_in_no_other() {
    for bits in 0..16_usize {
        let named = |phase: usize| bits >> phase & 1 == 1;
        let policy = CompactionPolicy {
            min_age_days: 0,
            target_phases: (0..4)
                .filter(|p| named(*p))
                .map(|p| PHASES[p].into())
                .collect(),
            ..CompactionPolicy::default()
        };
        for (place, phase) in PHASES.iter().enumerate() {
            let expected = if named(place) {
                Eligibility::Eligible
            } else {
                Eligibility::Phase
            };
            assert_eq!(eligibility(&item(phase, false, 1), &policy, 1), expected);
        }
    }
}

#[test]
fn a_phase_must_be_named_as_it_is_written() {
    let policy = CompactionPolicy {
        min_age_days: 0,
        target_phases: vec!["Done".into(), "do".into(), String::new()],
        ..CompactionPolicy::default()
    };
    assert_eq!(
        eligibility(&item("done", false, 1), &policy, 1),
        Eligibility::Phase
    );
}

#[test]
fn a_deleted_item_is_eligible_only_when_named_and_then_in_any_phase() {
    for phase in PHASES {
        let item = item(phase, true, 1);
        assert_eq!(eligibility(&item, &policy(0), 1), Eligibility::Deleted);
        let named = CompactionPolicy {
            include_deleted: true,
            ..policy(0)
        };
        assert_eq!(eligibility(&item, &named, 1), Eligibility::Eligible);
        let aged = CompactionPolicy {
            include_deleted: true,
            ..policy(1)
        };
        assert_eq!(eligibility(&item, &aged, DAY), Eligibility::TooYoung);
    }
}

#[test]
fn naming_deleted_items_names_no_others() {
    let named = CompactionPolicy {
        include_deleted: true,
        ..policy(0)
    };
    assert_eq!(
        eligibility(&item("open", false, 1), &named, 1),
        Eligibility::Phase
    );
}

#[test]
fn a_redacted_delete_still_deletes() {
    let delete = event::<Unstamped>(&line(2, "bob", "item.delete", r#"{"reason":"oops"}"#));
    let mut item = item("done", false, 1);
    lattice_core::JoinSemilattice::join(&mut item, delete.delta());
    item.redact(&Set::singleton(delete.event().hash));
    assert_eq!(eligibility(&item, &policy(0), 2), Eligibility::Deleted);
}

#[test]
fn an_item_that_nobody_touched_has_no_age() {
    let item: ItemState<Unstamped> = ItemState::new(Content::bottom(), Set::bottom());
    assert_eq!(eligibility(&item, &policy(0), 0), Eligibility::Phase);
}

#[test]
fn a_dry_run_changes_nothing_about_who_is_eligible() {
    let dry = CompactionPolicy {
        dry_run: true,
        ..policy(0)
    };
    assert_eq!(
        eligibility(&item("done", false, 1), &dry, 1),
        Eligibility::Eligible
    );
    assert_eq!(
        eligibility(&item("open", false, 1), &dry, 1),
        Eligibility::Phase
    );
}
