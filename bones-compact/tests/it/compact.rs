//! Compaction: equal knowledge gives equal bytes, whoever compacts, whenever, in whatever order.

use bones_compact::{
    CompactState, CompactionPolicy, ItemSources, LatticeEvent, SkipReason, Snapshot, compact_item,
    compact_items, extract_snapshot_payload, masked_deltas,
};
use bones_snapshot::{EventHash, ItemState, Order, SnapshotId, Stamped};
use lattice_core::{Bottom, Set};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;

use crate::history::histories;
use crate::support::{by_item, chosen, event, events, everything, line, sources, state};

type Sources = ItemSources<Stamped<Unstamped>>;

fn compacted<S: Order>(item: &str, held: &ItemSources<Stamped<S>>, r: &Set<EventHash>) -> Snapshot {
    compact_item(item, held, r).unwrap()
}

/// The state that a reader of the snapshot gets.
fn read<S: Order>(snapshot: &Snapshot) -> ItemState<S> {
    let (item, state) = extract_snapshot_payload::<ItemState<S>>(&snapshot.payload).unwrap();
    assert_eq!(item, snapshot.item_id);
    state
}

/// Sources as large as their lines.
fn weighed(lines: &[String]) -> Sources {
    ItemSources {
        events: events(lines),
        states: vec![],
        bytes: lines.iter().map(|line| line.len() as u64).sum(),
    }
}

/// A finished item whose texts are long enough for a snapshot to be smaller.
fn finished() -> Vec<String> {
    let long = "a description that was written twice over ".repeat(8);
    vec![
        line(
            1,
            "alice",
            "item.create",
            &format!(r#"{{"description":"{long}","title":"one"}}"#),
        ),
        line(2, "bob", "item.comment", r#"{"body":"a remark"}"#),
        line(
            3,
            "alice",
            "item.update",
            r#"{"field":"title","value":"two"}"#,
        ),
        line(
            4,
            "alice",
            "item.update",
            r#"{"field":"title","value":"three"}"#,
        ),
        line(5, "bob", "item.move", r#"{"state":"done"}"#),
    ]
}

fn one_item(
    held: &Sources,
    policy: &CompactionPolicy,
    r: &Set<EventHash>,
) -> Result<Snapshot, SkipReason> {
    let (mut snapshots, report) = compact_items(&[("bn-1", held)], policy, u64::MAX, r);
    match report.skipped.get("bn-1") {
        Some(reason) => Err(*reason),
        None => Ok(snapshots.pop().unwrap()),
    }
}

/// Folds the events in rounds: each round deals what is left into groups and replaces each group
/// by what a reader of its snapshot gets.
fn in_rounds<S: Order>(
    item: &str,
    events: Vec<Stamped<S>>,
    deal: &[u8],
    r: &Set<EventHash>,
) -> Snapshot {
    let mut held = sources(events, vec![]);
    for round in deal.chunks(4) {
        let mut groups = vec![sources(vec![], vec![]); 3];
        let mut dealt = round.iter().cycle().zip(1_usize..);
        let mut group = || dealt.next().map_or(0, |(d, n)| (usize::from(*d) * n) % 3);
        for event in held.events.drain(..) {
            groups[group()].events.push(event);
        }
        for state in held.states.drain(..) {
            groups[group()].states.push(state);
        }
        // One group stays as it is, so that events and snapshots meet at every depth.
        let kept = groups.pop().unwrap();
        held.events = kept.events;
        held.states = kept.states;
        let folded = groups
            .iter()
            .filter_map(|group| compact_item(item, group, r));
        held.states
            .extend(folded.map(|snapshot| read::<S>(&snapshot)));
    }
    compacted(item, &held, r)
}

fn same_bytes<S: Order>(lines: &[String], shuffled: &[String], deal: &[u8], mask: u32) {
    let all = events::<S>(lines);
    let r = chosen(&all, mask);
    let mut again = by_item(&events::<S>(shuffled));
    for (item, events) in by_item(&all) {
        let once = compacted(&item, &sources(events, vec![]), &r);
        let other = again.remove(&item).unwrap();
        assert_eq!(once, compacted(&item, &sources(other.clone(), vec![]), &r));
        assert_eq!(once, in_rounds(&item, other, deal, &r));
        assert_eq!(once.id, SnapshotId::of(&once.payload));
        assert_eq!(once.compacted_from, read::<S>(&once).coverage().len());
    }
}

/// A history, and the same history in another order with some lines twice.
fn two_orders() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    histories(24).prop_flat_map(|lines| {
        let doubled: Vec<String> = lines
            .iter()
            .chain(lines.iter().step_by(3))
            .cloned()
            .collect();
        (Just(lines), Just(doubled).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn order_repetition_and_partition_leave_the_bytes_alone(
        (lines, shuffled) in two_orders(),
        deal in prop::collection::vec(any::<u8>(), 1..16),
        mask in prop_oneof![Just(0), any::<u32>()],
    ) {
        same_bytes::<Unstamped>(&lines, &shuffled, &deal, mask);
        same_bytes::<Itc>(&lines, &shuffled, &deal, mask);
    }

    #[test]
    fn a_late_event_and_an_old_snapshot_make_what_all_events_make(
        lines in histories(16),
        late in 0..16_usize,
        mask in prop_oneof![Just(0), any::<u32>()],
    ) {
        let all = events::<Itc>(&lines);
        let r = chosen(&all, mask);
        for (item, mut events) in by_item(&all) {
            let whole = compacted(&item, &sources(events.clone(), vec![]), &r);
            let late = events.remove(late % events.len());
            if let Some(old) = compact_item(&item, &sources(events, vec![]), &r) {
                // The old snapshot may be older than the redactions.
                let both = sources(vec![late], vec![read::<Itc>(&old)]);
                prop_assert_eq!(&whole, &compacted(&item, &both, &r));
            }
        }
    }

    #[test]
    fn redacting_before_or_after_leaves_the_bytes_alone(lines in histories(16), mask: u32) {
        let all = events::<Itc>(&lines);
        let r = chosen(&all, mask);
        for (item, events) in by_item(&all) {
            let before = compacted(&item, &sources(events.clone(), vec![]), &r);
            let unredacted = compacted(&item, &sources(events, vec![]), &Set::bottom());
            let after = compacted(&item, &sources(vec![], vec![read::<Itc>(&unredacted)]), &r);
            prop_assert_eq!(before, after);
        }
    }

    /// With the feature `rayon` this compares parallel with serial; without it, all at once with
    /// one by one.
    #[test]
    fn many_items_compact_as_each_does_alone(
        histories in prop::collection::vec(histories(8), 1..24),
        mask in prop_oneof![Just(0), any::<u32>()],
        dry_run: bool,
    ) {
        let mut held = Vec::new();
        let mut r = Set::bottom();
        for (place, lines) in histories.iter().enumerate() {
            let all = events::<Unstamped>(lines);
            lattice_core::JoinSemilattice::join(&mut r, chosen(&all, mask));
            for (item, events) in by_item(&all) {
                // Every third item is too small for its snapshot.
                let bytes = if place % 3 == 0 { 20 } else { 100_000 };
                held.push((format!("{item}{place}"), ItemSources { events, states: vec![], bytes }));
            }
        }
        let items: Vec<(&str, &Sources)> = held.iter().map(|(id, s)| (&**id, s)).collect();
        let policy = CompactionPolicy { dry_run, ..everything() };
        let (snapshots, report) = compact_items(&items, &policy, u64::MAX, &r);
        let mut alone = Vec::new();
        let (mut compacted, mut skipped) = (0, 0);
        let (mut before, mut after) = (0, 0);
        for item in &items {
            let (one, part) = compact_items(&[*item], &policy, u64::MAX, &r);
            alone.extend(one);
            compacted += part.items_compacted;
            before += part.bytes_before;
            after += part.bytes_after;
            skipped += part.items_skipped();
            for (id, reason) in &part.skipped {
                prop_assert_eq!(report.skipped.get(id), Some(reason));
            }
        }
        prop_assert_eq!(&snapshots, &alone);
        prop_assert_eq!(report.snapshots_created, if dry_run { 0 } else { compacted });
        prop_assert_eq!((report.items_compacted, report.items_skipped()), (compacted, skipped));
        prop_assert_eq!((report.bytes_before, report.bytes_after), (before, after));
        prop_assert_eq!(compacted + skipped, items.len());
    }
}

#[test]
fn nothing_held_gives_no_snapshot() {
    let nothing = Sources {
        events: vec![],
        states: vec![],
        bytes: 0,
    };
    assert_eq!(compact_item("bn-1", &nothing, &Set::bottom()), None);
}

#[test]
fn a_compaction_says_what_it_did() {
    let (small, open) = (weighed(&finished()), weighed(&finished()[..1]));
    let policy = CompactionPolicy {
        min_age_days: 0,
        ..CompactionPolicy::default()
    };
    let items = [("bn-1", &small), ("bn-2", &open)];
    let (snapshots, report) = compact_items(&items, &policy, 5, &Set::bottom());
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].compacted_from, 5);
    assert_eq!((report.items_compacted, report.snapshots_created), (1, 1));
    assert_eq!(report.events_replaced, 5);
    assert_eq!(report.bytes_before, small.bytes);
    assert_eq!(report.bytes_after, snapshots[0].payload.len() as u64);
    assert!(report.bytes_after < report.bytes_before);
    assert_eq!(report.skipped.get("bn-2"), Some(&SkipReason::Phase));
    assert_eq!(report.skipped_by_reason(), [(SkipReason::Phase, 1)].into());
}

#[test]
fn a_dry_run_reports_the_same_and_writes_nothing() {
    let held = weighed(&finished());
    let dry = CompactionPolicy {
        dry_run: true,
        ..everything()
    };
    let none = Set::bottom();
    let (snapshots, mut would) = compact_items(&[("bn-1", &held)], &dry, u64::MAX, &none);
    let (written, did) = compact_items(&[("bn-1", &held)], &everything(), u64::MAX, &none);
    assert_eq!((snapshots.len(), would.snapshots_created), (0, 0));
    assert_eq!((written.len(), did.snapshots_created), (1, 1));
    would.snapshots_created = 1;
    assert_eq!(would, did);
}

#[test]
fn compacting_twice_is_a_no_op() {
    let first = one_item(&weighed(&finished()), &everything(), &Set::bottom()).unwrap();
    let held = Sources {
        events: vec![],
        states: vec![read(&first)],
        bytes: first.payload.len() as u64,
    };
    assert_eq!(
        one_item(&held, &everything(), &Set::bottom()),
        Err(SkipReason::AlreadyCompact)
    );
    // Two snapshots of one item are one too many, even when they are equal.
    let twice = Sources {
        states: vec![read(&first), read(&first)],
        bytes: 2 * held.bytes,
        ..held
    };
    assert_eq!(one_item(&twice, &everything(), &Set::bottom()), Ok(first));
}

#[test]
fn a_snapshot_older_than_a_redaction_is_compacted_again() {
    let lines = finished();
    let first = one_item(&weighed(&lines), &everything(), &Set::bottom()).unwrap();
    assert!(holds(&first, "a description"));
    let held = Sources {
        events: vec![],
        states: vec![read(&first)],
        bytes: first.payload.len() as u64,
    };
    let r = Set::singleton(event::<Unstamped>(&lines[0]).hash());
    let second = one_item(&held, &everything(), &r).unwrap();
    assert!(!holds(&second, "a description"));
    let held = Sources {
        states: vec![read(&second)],
        ..held
    };
    assert_eq!(
        one_item(&held, &everything(), &r),
        Err(SkipReason::AlreadyCompact)
    );
}

fn holds(snapshot: &Snapshot, text: &str) -> bool {
    let bytes = &snapshot.payload;
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn a_snapshot_larger_than_its_sources_is_reported_and_not_written() {
    let mut held = weighed(&finished());
    let size = compacted("bn-1", &held, &Set::bottom()).payload.len() as u64;
    held.bytes = size;
    assert!(one_item(&held, &everything(), &Set::bottom()).is_ok());
    held.bytes = size - 1;
    assert_eq!(
        one_item(&held, &everything(), &Set::bottom()),
        Err(SkipReason::WouldGrow)
    );
}

#[test]
fn an_item_with_redacted_text_is_compacted_at_any_size() {
    let lines = finished();
    let r = Set::singleton(event::<Unstamped>(&lines[1]).hash());
    let raw = Sources {
        bytes: 1,
        ..weighed(&lines)
    };
    let snapshot = one_item(&raw, &everything(), &r).unwrap();
    assert!(!holds(&snapshot, "a remark") && holds(&snapshot, "a description"));

    // Also when a snapshot holds the text, beside an event that came later.
    let old = compacted("bn-1", &weighed(&lines[..4]), &Set::bottom());
    let mixed = Sources {
        events: events(&lines[4..]),
        states: vec![read(&old)],
        bytes: 1,
    };
    assert_eq!(one_item(&mixed, &everything(), &r), Ok(snapshot));
    // Redactions that take nothing away here leave the rule about sizes alone.
    let foreign = Set::singleton(EventHash([7; 32]));
    assert_eq!(
        one_item(&mixed, &everything(), &foreign),
        Err(SkipReason::WouldGrow)
    );
}

#[test]
fn masked_deltas_are_of_the_redacted_events_and_of_no_others() {
    let lines = finished();
    let held = weighed(&lines);
    let r: Set<EventHash> = [0, 3]
        .map(|at: usize| held.events[at].hash())
        .into_iter()
        .collect();
    let masked = masked_deltas(&held, &r);
    assert_eq!(
        masked.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [0, 3]
    );
    let kept = [1, 2, 4].map(|at: usize| held.events[at].clone());
    let mixed = sources(
        kept.to_vec(),
        masked.iter().map(|(_, delta)| delta.clone()).collect(),
    );
    assert_eq!(compacted("bn-1", &mixed, &r), compacted("bn-1", &held, &r));
    for (place, delta) in &masked {
        assert_eq!(
            delta.coverage(),
            &Set::singleton(held.events[*place].hash())
        );
        let bytes = CompactState::encode(delta, "bn-1");
        assert!(!bytes.windows(13).any(|w| w == b"a description"));
    }
    assert!(masked_deltas(&held, &Set::bottom()).is_empty());
}

#[test]
fn what_is_no_canonical_payload_does_not_extract() {
    let snapshot = compacted("bn-1", &weighed(&finished()), &Set::bottom());
    let whole = extract_snapshot_payload::<ItemState<Unstamped>>(&snapshot.payload).unwrap();
    assert_eq!(
        (&*whole.0, &whole.1),
        ("bn-1", &state(&events(&finished())))
    );
    let cut = &snapshot.payload[..snapshot.payload.len() - 1];
    assert!(extract_snapshot_payload::<ItemState<Unstamped>>(cut).is_err());
    let error = extract_snapshot_payload::<ItemState<Itc>>(&snapshot.payload).unwrap_err();
    assert!(
        error.to_string().contains("orders cannot be mixed"),
        "{error}"
    );
}

/// Whatever is asked for: its redacted text is masked, as of any item that is left alone.
#[test]
fn a_snapshot_that_is_longer_than_allowed_is_not_made() {
    let lines = finished();
    let held = weighed(&lines);
    let snapshot = one_item(&held, &everything(), &Set::bottom()).unwrap();
    let limited = |max_snapshot_bytes| CompactionPolicy {
        max_snapshot_bytes,
        ..everything()
    };
    let len = snapshot.payload.len() as u64;
    let made = one_item(&held, &limited(len), &Set::bottom());
    assert_eq!(made, Ok(snapshot));
    let r = Set::singleton(event::<Unstamped>(&lines[1]).hash());
    for redactions in [Set::bottom(), r] {
        let refused = one_item(&held, &limited(100), &redactions);
        assert_eq!(refused, Err(SkipReason::TooLarge));
    }
}

#[test]
fn reasons_are_words_for_people() {
    let words = [
        (SkipReason::Deleted, "deleted"),
        (SkipReason::Phase, "phase"),
        (SkipReason::TooYoung, "too-young"),
        (SkipReason::AlreadyCompact, "already-compact"),
        (SkipReason::WouldGrow, "would-grow"),
        (SkipReason::TooLarge, "too-large"),
    ];
    for (reason, word) in words {
        assert_eq!((reason.as_str(), reason.to_string().as_str()), (word, word));
    }
}
