//! Verification where sources are gone.

use bones_compact::{Verdict, VerifyError, verify_compaction};
use bones_snapshot::{EventHash, ItemState, Order, Stamped};
use lattice_core::{Cell, Set};
use lattice_lww::{Itc, Unstamped};

use super::{Outcome, Rich};

impl<S: Order> Rich<S> {
    fn verify_against(&self, payload: &[u8], events: &[Stamped<S>]) -> Outcome {
        verify_compaction("bn-1", payload, events, &self.redactions)
    }

    fn without(&self, at: usize) -> Vec<Stamped<S>> {
        let mut events = self.events.clone();
        events.remove(at);
        events
    }
}

fn hashes<S: Order>(events: &[Stamped<S>]) -> Set<EventHash> {
    events.iter().map(|event| event.event().hash).collect()
}

#[test]
fn a_payload_is_unverifiable_exactly_when_sources_are_missing() {
    fn check<S: Order>() {
        let rich = Rich::<S>::new();
        for at in 0..rich.events.len() {
            let missing = Set::singleton(rich.events[at].event().hash);
            let verdict = rich
                .verify_against(&rich.payload, &rich.without(at))
                .unwrap();
            assert_eq!(verdict, Verdict::Unverifiable { missing });
        }
        for kept in 0..rich.events.len() {
            let (at_hand, gone) = rich.events.split_at(kept);
            let verdict = rich.verify_against(&rich.payload, at_hand).unwrap();
            let missing = hashes(gone);
            assert_eq!(verdict, Verdict::Unverifiable { missing });
        }
    }
    check::<Unstamped>();
    check::<Itc>();
}

#[test]
fn one_source_is_enough_to_find_its_write_lacking() {
    let rich = Rich::<Unstamped>::new();
    for (at, event) in rich.events.iter().enumerate() {
        // A snapshot of the other events that claims to cover this one too.
        let others = rich.without(at);
        let mut content = crate::support::state(&others).content().clone();
        content.coverage = rich.state.coverage().clone();
        let mut forged = ItemState::new(content, rich.state.redacted().clone());
        forged.redact(&rich.redactions);
        if forged == rich.state {
            continue; // nothing is left of the event in the true snapshot either
        }
        let alone = rich.verify_against(&Rich::forged(forged), std::slice::from_ref(event));
        let Err(VerifyError::Lacks { event: named }) = alone else {
            panic!("{alone:?}");
        };
        assert_eq!(named, event.event().hash);
    }
}

#[test]
fn a_write_of_an_event_that_is_not_covered_needs_no_source() {
    let rich = Rich::<Itc>::new();
    let mut content = rich.state.content().clone();
    let stray = EventHash([9; 32]);
    let mut comments = content.comments.clone().into_vec();
    comments[0].0.0.event_hash = stray;
    comments.sort_by(|a, b| a.0.cmp(&b.0));
    content.comments = comments.into_iter().collect();
    let forged = Rich::forged(ItemState::new(content, rich.state.redacted().clone()));
    for events in [&rich.events[..], &[]] {
        let refused = rich.verify_against(&forged, events);
        assert!(
            matches!(refused, Err(VerifyError::Uncovered { event }) if event == stray),
            "{refused:?}"
        );
    }
}

#[test]
fn a_redacted_text_that_came_back_needs_no_source() {
    let rich = Rich::<Unstamped>::new();
    let unredacted = Rich::forged(crate::support::state(&rich.events));
    for events in [&rich.events[..], &[]] {
        let refused = rich.verify_against(&unredacted, events);
        assert!(
            matches!(refused, Err(VerifyError::Redactions)),
            "{refused:?}"
        );
    }
}

#[test]
fn redactions_that_nobody_made_are_found_when_all_sources_are_at_hand() {
    let rich = Rich::<Unstamped>::new();
    let covered = rich.events[0].event().hash;
    let mut state = crate::support::state(&rich.events);
    state.redact(&rich.redactions);
    state.redact(&Set::singleton(covered));
    assert!(
        state
            .content()
            .description
            .writes()
            .all(|w| w.cell == Cell::Redacted || w.key.event_hash != covered)
    );
    let forged = Rich::forged(state);
    let refused = rich.verify(&forged);
    assert!(
        matches!(refused, Err(VerifyError::Redactions)),
        "{refused:?}"
    );
    // Without the redact event nobody can say that it was not made.
    assert!(rich.verify_against(&forged, &rich.without(2)).is_ok());
}

#[test]
fn a_claim_to_cover_an_event_of_another_item_is_refused() {
    let rich = Rich::<Unstamped>::new();
    let foreign = bones_snapshot::write_line(1, "eve", "itc:AQ", &[], "item.delete", "bn-2", "{}");
    let foreign = crate::support::event::<Unstamped>(&foreign);
    let mut content = rich.state.content().clone();
    content.coverage.insert(foreign.event().hash);
    let forged = Rich::forged(ItemState::new(content, rich.state.redacted().clone()));
    let mut events = rich.events.clone();
    events.push(foreign.clone());
    let refused = rich.verify_against(&forged, &events);
    assert!(
        matches!(refused, Err(VerifyError::Foreign { event }) if event == foreign.event().hash),
        "{refused:?}"
    );
}
