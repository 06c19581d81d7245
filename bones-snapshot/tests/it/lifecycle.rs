//! Phase and epoch: a fold of the moves in the order of their keys, whatever order they came in.

use bones_snapshot::{Event, ItemView, Lifecycle, Order, Phase};
use lattice_core::Set;
use lattice_lww::{Itc, ItcClock, Unstamped};
use proptest::prelude::*;

use crate::events::{ITEM, event, redaction, state, unstamped};

const PHASES: [Phase; 4] = [Phase::Open, Phase::Doing, Phase::Done, Phase::Archived];

fn to(phase: Phase) -> String {
    format!(r#"{{"state":"{}"}}"#, phase.as_str())
}

fn moved(wall_ts: i64, agent: &str, phase: Phase) -> Event {
    unstamped(wall_ts, agent, "item.move", &to(phase))
}

fn stamped(wall_ts: i64, stamp: &str, phase: Phase) -> Event {
    event(wall_ts, "a", stamp, "item.move", &to(phase))
}

/// The same lifecycle in both directions of arrival.
fn life<S: Order + std::fmt::Debug>(events: &[Event]) -> (Phase, u64) {
    let Lifecycle { phase, epoch } = state::<S>(events).lifecycle();
    let backwards: Vec<_> = events.iter().rev().cloned().collect();
    assert_eq!(
        state::<S>(&backwards).lifecycle(),
        Lifecycle { phase, epoch }
    );
    (phase, epoch)
}

/// The definition, on phases in order.
fn fold(phases: &[Phase]) -> (Phase, u64) {
    let start = [Phase::Open];
    let path: Vec<_> = start.iter().chain(phases).collect();
    let back = path.windows(2).filter(|step| step[1] < step[0]).count();
    (**path.last().unwrap(), back as u64)
}

#[test]
fn every_path_of_four_moves() {
    for code in 0..4_usize.pow(4) {
        let path: Vec<Phase> = (0..4)
            .map(|step| PHASES[code / 4_usize.pow(step) % 4])
            .collect();
        let events: Vec<_> = (1..)
            .zip(&path)
            .map(|(at, phase)| moved(at, "a", *phase))
            .collect();
        assert_eq!(life::<Unstamped>(&events), fold(&path), "{path:?}");
    }
}

#[test]
fn examples() {
    use Phase::{Archived, Doing, Done, Open};
    for (path, expected) in [
        (&[][..], (Open, 0)),
        (&[Open, Open], (Open, 0)),
        (&[Doing, Done], (Done, 0)),
        (&[Done, Open, Doing], (Doing, 1)),
        (&[Done, Doing], (Doing, 1)),
        (&[Archived, Done, Doing, Open], (Open, 3)),
    ] {
        let events: Vec<_> = (1..)
            .zip(path)
            .map(|(at, phase)| moved(at, "a", *phase))
            .collect();
        assert_eq!(life::<Unstamped>(&events), expected);
    }
}

#[test]
fn the_wall_clock_decides_then_the_agent_then_the_hash() {
    use Phase::{Doing, Done, Open};
    let late_done = [
        moved(9, "a", Done),
        moved(3, "a", Open),
        moved(5, "a", Doing),
    ];
    assert_eq!(life::<Unstamped>(&late_done), (Done, 0));
    assert_eq!(
        life::<Unstamped>(&[moved(5, "a", Done), moved(5, "b", Open)]),
        (Open, 1)
    );
    assert_eq!(
        life::<Unstamped>(&[moved(5, "b", Done), moved(5, "a", Open)]),
        (Done, 0)
    );
    let (x, y) = (moved(5, "a", Done), moved(5, "a", Open));
    let expected = if x.hash < y.hash {
        (Open, 1)
    } else {
        (Done, 0)
    };
    assert_eq!(life::<Unstamped>(&[x, y]), expected);
}

/// Negative wall clocks are 0, so the agent decides; the greatest one is last.
#[test]
fn boundary_clocks() {
    use Phase::{Archived, Doing, Done};
    let first = [
        moved(i64::MIN, "b", Done),
        moved(-1, "c", Doing),
        moved(0, "a", Archived),
    ];
    assert_eq!(life::<Unstamped>(&first), (Doing, 2));
    let last = [
        moved(i64::MAX, "a", Done),
        moved(i64::MAX - 1, "z", Archived),
    ];
    assert_eq!(life::<Unstamped>(&last), (Done, 1));
}

/// A chain of stamps whose wall clocks run backwards, and how far up it one went.
fn chain(len: usize) -> Vec<String> {
    let mut clock = ItcClock::seed();
    let step = |clock: &mut ItcClock| {
        clock.event().unwrap();
        clock.to_text_v3()
    };
    (0..len).map(|_| step(&mut clock)).collect()
}

#[test]
fn causality_beats_the_wall_clock() {
    use Phase::{Doing, Done, Open};
    let stamps = chain(3);
    let events = [
        stamped(300, &stamps[0], Doing),
        stamped(200, &stamps[1], Done),
        stamped(100, &stamps[2], Open),
    ];
    assert_eq!(life::<Itc>(&events), (Open, 1));
    assert_eq!(life::<Unstamped>(&events), fold(&[Open, Done, Doing]));
}

#[test]
fn concurrent_moves_go_by_key_and_never_before_their_causes() {
    use Phase::{Archived, Doing, Done, Open};
    let mut a = ItcClock::seed();
    let mut b = a.fork().unwrap();
    a.event().unwrap();
    let a1 = a.to_text_v3();
    a.event().unwrap();
    let a2 = a.to_text_v3();
    b.event().unwrap();
    let b1 = b.to_text_v3();
    // By wall clock: a2, b1, a1. But a1 is before a2: b1, a1, a2.
    let events = [
        stamped(100, &a2, Open),
        stamped(200, &b1, Archived),
        stamped(300, &a1, Done),
    ];
    assert_eq!(life::<Itc>(&events), fold(&[Archived, Done, Open]));
    // Equal stamps: by key.
    let events = [stamped(7, &a1, Done), stamped(8, &a1, Doing)];
    assert_eq!(life::<Itc>(&events), (Doing, 1));
}

/// Long histories whose wall clocks run backwards are the worst case of the ordering.
#[test]
fn a_long_chain_against_the_wall_clock() {
    let stamps = chain(1_500);
    let path: Vec<Phase> = (0..stamps.len()).map(|at| PHASES[at * 7 % 4]).collect();
    let events: Vec<_> = stamps
        .iter()
        .zip(&path)
        .zip((1..=5_000).rev())
        .map(|((stamp, phase), at)| stamped(at, stamp, *phase))
        .collect();
    assert_eq!(life::<Itc>(&events), fold(&path));
}

/// Redaction takes what was said, never what was done.
#[test]
fn redacted_moves_move_and_redacted_deletes_delete() {
    let why = unstamped(1, "a", "item.move", r#"{"reason":"hush","state":"done"}"#);
    let delete = unstamped(2, "a", "item.delete", r#"{"reason":"hush"}"#);
    let comment = unstamped(3, "a", "item.comment", r#"{"body":"hush"}"#);
    let redact = redaction(4, "a", &comment.hash);
    let events = [&why, &delete, &comment, &redact].map(Clone::clone);
    let mut state = state::<Unstamped>(&events);
    assert!(state.is_deleted());
    assert!(state.redact(&events.iter().map(|event| event.hash).collect::<Set<_>>()));
    let view = ItemView::new(ITEM, &state);
    assert_eq!(
        (view.phase, view.epoch, view.deleted),
        (Phase::Done, 0, true)
    );
    assert_eq!(view.moves[0].reason, None);
    assert_eq!(view.comments[0].body, None, "a redacted redaction redacts");
    assert!(!serde_json::to_string(&view).unwrap().contains("hush"));
}

proptest! {
    /// Epochs count the steps back, and joining moves of the past may change both.
    #[test]
    fn lifecycle_is_the_fold_in_wall_order(
        moves in prop::collection::btree_map(1_i64..1_000, 0_usize..4, 0..12),
    ) {
        let path: Vec<_> = moves.values().map(|phase| PHASES[*phase]).collect();
        let events: Vec<_> = moves
            .iter()
            .map(|(at, phase)| moved(*at, "a", PHASES[*phase]))
            .collect();
        prop_assert_eq!(life::<Unstamped>(&events), fold(&path));
    }
}
