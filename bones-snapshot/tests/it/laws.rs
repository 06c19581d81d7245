//! The laws of the state, L1 to L5 of the design, over adversarial events and under both orders:
//! L1 order and repetition do not matter; L2 the state of a union is the join of the states; L3 a
//! snapshot stands for its events; L4 equal knowledge gives equal bytes; L5 redaction commutes with
//! join and is never undone.

use bones_snapshot::{Event, EventHash, ItemState, Order, SnapshotPayload};
use lattice_core::{Cell, JoinSemilattice, Set, laws};
use lattice_lww::{Itc, Unstamped};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::events::{
    ITEM, UNSEEN, delta, families, histories, picked, redaction, redactions, state, unstamped,
};

/// The state as another replica gets it: written and read.
fn carried<S: Order>(state: ItemState<S>) -> ItemState<S> {
    let payload = SnapshotPayload::new(ITEM, state, &Set::new());
    let back = SnapshotPayload::decode(&payload.encode()).unwrap();
    back.into_parts().1
}

fn bytes<S: Order>(state: ItemState<S>, redactions: &Set<EventHash>) -> Vec<u8> {
    SnapshotPayload::new(ITEM, state, redactions).encode()
}

/// True iff a cell written by one of `hashes` still holds something.
fn shows<S: Order>(state: &ItemState<S>, hashes: &Set<EventHash>) -> bool {
    let mut masked = state.clone();
    masked.redact(hashes);
    masked.content() != state.content()
}

/// L1 and L2.
fn order_and_repetition<S: Order + std::fmt::Debug>(events: &[Event]) {
    laws::check_replay(events, |events| state::<S>(events));
    laws::check_replay(events, |events| {
        let mut one_by_one = ItemState::<S>::join_all([]);
        for event in events {
            one_by_one.join(delta(event));
        }
        one_by_one
    });
}

/// L3: `cuts` are sets of events, each turned into a snapshot when it is reached; they overlap each
/// other, and the events that follow are older or in a snapshot already.
fn snapshots_stand_for_events<S: Order + std::fmt::Debug>(events: &[Event], cuts: &[u64]) {
    let whole = state::<S>(events);
    let mut held = ItemState::<S>::join_all([]);
    for cut in cuts {
        held.join(carried(state(&picked(events, *cut))));
        held = carried(held);
    }
    let mut late = held.clone();
    for event in events.iter().rev() {
        late.join(delta(event));
    }
    assert_eq!(late, whole, "events after snapshots");
    let mut early = whole.clone();
    assert!(!early.join(held), "snapshots after events added something");
    assert_eq!(early, whole, "snapshots after events");
    assert_eq!(carried(whole.clone()), whole);
}

/// L4: equal bytes and ids, wherever the redactions were applied and whatever was joined first.
fn equal_knowledge_gives_equal_bytes<S: Order + std::fmt::Debug>(
    events: &[Event],
    shuffled: &[Event],
    cut: u64,
    redactions: &Set<EventHash>,
) {
    let expected = bytes(state::<S>(events), redactions);
    assert_eq!(bytes(state::<S>(shuffled), redactions), expected);

    let mut compacted = state::<S>(&picked(events, cut));
    compacted.redact(redactions);
    let mut other = carried(compacted);
    for event in shuffled {
        let mut delta = delta::<S>(event);
        delta.redact(redactions);
        other.join(delta);
    }
    assert_eq!(bytes(other.clone(), redactions), expected);
    assert_eq!(
        bytes(other.clone(), &Set::new()),
        expected,
        "already applied"
    );
    let id = SnapshotPayload::new(ITEM, other, redactions).id();
    assert_eq!(
        id,
        SnapshotPayload::new(ITEM, state::<S>(events), redactions).id()
    );
}

/// L5.
fn redaction_commutes_and_stays<S: Order + std::fmt::Debug>(
    states: &[ItemState<S>],
    redactions: &Set<EventHash>,
) {
    laws::check_homomorphism(states, |mut state: ItemState<S>| {
        state.redact(redactions);
        state
    });
    for a in states {
        let mut redacted = a.clone();
        redacted.redact(redactions);
        assert!(!shows(&redacted, redactions));
        assert!(!redacted.clone().redact(redactions), "twice is once");
        // What `a` covers stays hidden, whoever comes with the text.
        let known = redacted.redacted().clone();
        for b in states {
            assert!(!shows(&redacted.clone().joined(b.clone()), &known));
            assert!(!shows(&b.clone().joined(redacted.clone()), &known));
        }
    }
}

fn lattice<S: Order + std::fmt::Debug>(states: &[ItemState<S>]) {
    laws::check_all(states);
    laws::check_bottom(states);
    let encode = |state: &ItemState<S>| bytes(state.clone(), &Set::new());
    let decode = |bytes: &Vec<u8>| SnapshotPayload::<S>::decode(bytes).map(|p| p.into_parts().1);
    let joins = states
        .iter()
        .map(|b| states[0].clone().joined(b.clone()))
        .collect::<Vec<_>>();
    laws::check_round_trip(states, encode, decode);
    laws::check_round_trip(&joins, encode, decode);
}

macro_rules! laws_under {
    ($name:ident, $order:ty) => {
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(1_000))]

                #[test]
                fn state_depends_on_the_set_of_events_only(events in histories(10)) {
                    order_and_repetition::<$order>(&events);
                }

                #[test]
                fn snapshots_stand_for_their_events(
                    events in histories(14),
                    cuts in vec(any::<u64>(), 1..4),
                ) {
                    snapshots_stand_for_events::<$order>(&events, &cuts);
                }

                #[test]
                fn equal_knowledge_gives_equal_bytes_and_ids(
                    (events, shuffled) in histories(14)
                        .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
                    cut in any::<u64>(),
                    mask in any::<u64>(),
                ) {
                    let redactions = redactions(&events, mask);
                    equal_knowledge_gives_equal_bytes::<$order>(&events, &shuffled, cut, &redactions);
                }

                #[test]
                fn redaction_commutes_with_join_and_stays(
                    (states, events) in families::<$order>(10),
                    mask in any::<u64>(),
                ) {
                    redaction_commutes_and_stays(&states, &redactions(&events, mask));
                }

                #[test]
                fn states_are_a_lattice_and_carry((states, _) in families::<$order>(10)) {
                    lattice(&states);
                }
            }
        }
    };
}

laws_under!(wall, Unstamped);
laws_under!(itc, Itc);

/// A redaction names an event that only comes later: hidden on arrival.
#[test]
fn redaction_of_an_unseen_event_is_kept_and_works() {
    let secret = unstamped(5, "a", "item.comment", r#"{"body":"s3cret"}"#);
    let redact = redaction(9, "b", &secret.hash);
    let mut state = state::<Unstamped>(&[redact]);
    assert!(state.redacted().contains(&secret.hash));
    assert!(state.join(delta(&secret)));
    assert!(state.content().comments.values().all(Cell::is_redacted));
    // A redaction known to the store alone is remembered by the item once it covers the event.
    assert!(!state.redact(&Set::singleton(UNSEEN)));
    assert!(!state.redacted().contains(&UNSEEN));
}

/// A snapshot brought a write of an event that it did not cover; the store had redacted the event, so
/// the write is masked, and not listed. Then a replica that never heard of the redaction joins the
/// event itself: covered, masked, not listed. The first decoder refused the payload of that state.
#[test]
fn a_masked_foreign_write_meets_its_event() {
    let secret = unstamped(5, "a", "item.comment", r#"{"body":"s3cret"}"#);
    let mut content = delta::<Unstamped>(&secret).content().clone();
    content.coverage = Set::new();
    let mut foreign = ItemState::new(content, Set::new());
    assert!(foreign.redact(&Set::singleton(secret.hash)));
    assert!(foreign.redacted().is_empty(), "not covered, so not listed");
    let state = carried(foreign).joined(delta(&secret));
    assert!(state.coverage().contains(&secret.hash));
    assert!(state.content().comments.values().all(Cell::is_redacted));
    assert_eq!(carried(state.clone()), state);
}
