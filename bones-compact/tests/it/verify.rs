//! Verification is exact: it accepts the true snapshot and no other payload.

mod forged_state;
mod forged_tree;
mod partial;

use bones_compact::{Verdict, VerifyError, compact_item, verify_compaction, verify_lattice_join};
use bones_snapshot::{
    DecodeError, EventHash, ItemState, Order, SnapshotPayload, Stamped, parse_hash,
};
use lattice_core::{Bottom, JoinMismatch, Set};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;

use crate::history::histories;
use crate::support::{by_item, chosen, event, events, line, sources, state};

type Outcome = Result<Verdict, VerifyError<DecodeError>>;

/// One item whose snapshot has every field of the payload, redacted cells of every kind, and,
/// with stamps, concurrent writes.
struct Rich<S: Order> {
    events: Vec<Stamped<S>>,
    redactions: Set<EventHash>,
    state: ItemState<S>,
    payload: Vec<u8>,
}

impl<S: Order> Rich<S> {
    fn new() -> Self {
        let update = |field: &str, value: &str| format!(r#"{{"field":"{field}","value":{value}}}"#);
        let mut lines: Vec<String> = Vec::new();
        let mut add = |wall_ts, agent, event_type: &str, data: &str| {
            lines.push(line(wall_ts, agent, &format!("item.{event_type}"), data));
        };
        let create = r#"{"description":"all of it","kind":"bug","labels":["x","y"],"parent":"bn-7","size":"m","title":"one","urgency":"urgent"}"#;
        add(3, "alice", "create", create);
        add(0, "importer", "comment", r#"{"body":"from before"}"#);
        add(
            4,
            "bob",
            "comment",
            r#"{"body":"","extra":[1,{"deep":null}]}"#,
        );
        add(5, "alice", "comment", r#"{"body":"secret"}"#);
        add(6, "bob", "update", &update("title", "\"two\""));
        add(7, "alice", "update", &update("title", "\"three\""));
        add(8, "bob", "update", &update("description", "null"));
        add(9, "bob", "update", &update("kind", "\"goal\""));
        add(10, "alice", "update", &update("size", "\"xl\""));
        add(11, "alice", "update", &update("urgency", "\"punt\""));
        add(12, "bob", "update", &update("parent", "null"));
        add(13, "bob", "update", &update("labels", r#"["x","z"]"#));
        add(
            14,
            "alice",
            "update",
            &update("labels", r#"{"action":"add","label":"hidden"}"#),
        );
        add(
            15,
            "alice",
            "update",
            &update("labels", r#"{"action":"remove","label":"z"}"#),
        );
        add(16, "bob", "update", &update("colour", "\"green\""));
        add(17, "bob", "move", r#"{"reason":"begun","state":"doing"}"#);
        add(18, "bob", "move", r#"{"state":"done"}"#);
        add(19, "alice", "move", r#"{"reason":"hidden","state":"open"}"#);
        add(
            20,
            "alice",
            "assign",
            r#"{"action":"assign","agent":"bob"}"#,
        );
        add(
            21,
            "alice",
            "assign",
            r#"{"action":"assign","agent":"carol"}"#,
        );
        add(
            22,
            "alice",
            "assign",
            r#"{"action":"unassign","agent":"carol"}"#,
        );
        add(
            23,
            "bob",
            "link",
            r#"{"link_type":"blocks","target":"bn-8"}"#,
        );
        add(
            24,
            "bob",
            "link",
            r#"{"link_type":"related_to","target":"bn-8"}"#,
        );
        add(
            25,
            "bob",
            "unlink",
            r#"{"link_type":"blocks","target":"bn-9"}"#,
        );
        add(26, "bob", "unlink", r#"{"target":"bn-8"}"#);
        add(
            27,
            "bob",
            "link",
            r#"{"link_type":"blocks","target":"bn-8"}"#,
        );
        add(28, "alice", "delete", r#"{"reason":"by mistake"}"#);
        add(29, "alice", "compact", r#"{"summary":"short"}"#);
        add(30, "bob", "later", r#"{"what":"nobody knows"}"#);
        let unseen = format!("blake3:{}", "5a".repeat(32));
        let redact = format!(r#"{{"reason":"never here","target_hash":"{unseen}"}}"#);
        add(31, "bob", "redact", &redact);
        let events = events::<S>(&lines);
        // The secret comment, the hidden label, the hidden reason.
        let mut redactions: Set<EventHash> = [3, 12, 17]
            .map(|at: usize| events[at].event().hash)
            .into_iter()
            .collect();
        redactions.insert(parse_hash(&unseen).unwrap());
        let snapshot = compact_item("bn-1", &sources(events.clone(), vec![]), &redactions).unwrap();
        let (_, state) = SnapshotPayload::<S>::decode(&snapshot.payload)
            .unwrap()
            .into_parts();
        Self {
            events,
            redactions,
            state,
            payload: snapshot.payload,
        }
    }

    fn verify(&self, payload: &[u8]) -> Outcome {
        verify_compaction("bn-1", payload, &self.events, &self.redactions)
    }

    /// The payload of a forged state, as a forger would write it: canonical to the last byte.
    fn forged(state: ItemState<S>) -> Vec<u8> {
        SnapshotPayload::new("bn-1", state, &Set::bottom()).encode()
    }

    fn names_none_of_the_events(&self, missing: &Set<EventHash>) -> bool {
        let at_hand: Set<EventHash> = self.events.iter().map(|e| e.event().hash).collect();
        !missing.is_empty() && missing.intersection(&at_hand).is_empty()
    }

    /// The true snapshot of those events that a payload covers.
    fn of_coverage(&self, payload: &SnapshotPayload<S>) -> Option<Vec<u8>> {
        let coverage = payload.state().coverage();
        let covered = self
            .events
            .iter()
            .filter(|e| coverage.contains(&e.event().hash));
        let held = sources(covered.cloned().collect(), vec![]);
        compact_item("bn-1", &held, &self.redactions).map(|snapshot| snapshot.payload)
    }

    /// Panics unless the forgery is refused by both verifications.
    ///
    /// Two kinds of change are not caught by the events alone. Claiming an event that does not
    /// exist makes a payload unverifiable, and the answer names the event. Leaving out an event
    /// that nothing is left of makes a true snapshot of the other events: no forgery at all.
    fn assert_refused(&self, what: &str, payload: &[u8]) {
        assert_ne!(payload, self.payload, "{what}: not a forgery");
        let decoded = SnapshotPayload::<S>::decode(payload).ok();
        match self.verify(payload) {
            Err(_) => {}
            Ok(Verdict::Unverifiable { missing }) if self.names_none_of_the_events(&missing) => {}
            Ok(verdict) => {
                let covered = decoded
                    .as_ref()
                    .and_then(|decoded| self.of_coverage(decoded));
                assert_eq!(covered.as_deref(), Some(payload), "{what}: {verdict:?}");
            }
        }
        if let Some(decoded) = decoded {
            let refused = verify_lattice_join(&self.state, decoded.state()).is_err();
            // The item stands beside the state, not in it.
            assert!(refused || decoded.item_id() != "bn-1", "{what}: joined");
        }
    }
}

#[test]
fn the_true_snapshot_is_accepted() {
    fn check<S: Order>() {
        let rich = Rich::<S>::new();
        assert_eq!(rich.verify(&rich.payload).unwrap(), Verdict::Verified);
        let state = state(&rich.events);
        let (_, decoded) = SnapshotPayload::<S>::decode(&rich.payload)
            .unwrap()
            .into_parts();
        let masked = SnapshotPayload::new("bn-1", state.clone(), &rich.redactions);
        assert_eq!(verify_lattice_join(masked.state(), &decoded), Ok(()));
        // The state before redaction is another one.
        assert!(verify_lattice_join(&state, &decoded).is_err());
    }
    check::<Unstamped>();
    check::<Itc>();
}

#[test]
fn the_rich_item_has_all_there_is() {
    let wall = Rich::<Unstamped>::new();
    let tree = rmpv::decode::read_value(&mut wall.payload.as_slice()).unwrap();
    assert_eq!(tree[7].as_map().unwrap().len(), 15);
    let content = wall.state.content();
    let itc = Rich::<Itc>::new();
    assert!(
        itc.state.content().title.is_conflicted()
            || itc.state.content().description.is_conflicted()
    );
    assert_eq!(wall.state.redacted().len(), 4);
    assert!(
        content
            .comments
            .values()
            .any(lattice_core::Cell::is_redacted)
    );
    assert!(content.moves.values().any(lattice_core::Cell::is_redacted));
    assert!(
        content
            .labels
            .adds()
            .values()
            .flat_map(|a| a.iter())
            .any(|a| a.cell.is_redacted())
    );
    assert!(!content.labels.clears().is_empty() && !content.labels.removes().is_empty());
    assert_eq!(content.links.len(), 2);
}

#[test]
fn events_of_other_items_and_repeated_events_are_no_hindrance() {
    let rich = Rich::<Itc>::new();
    let mut more = rich.events.clone();
    more.extend(rich.events.iter().rev().cloned());
    let foreign = bones_snapshot::write_line(
        1,
        "eve",
        &crate::history::stamp(1),
        &[],
        "item.comment",
        "bn-2",
        r#"{"body":"x"}"#,
    );
    more.push(event(&foreign));
    // An event of the same item that came after the compaction.
    more.push(event(&line(
        99,
        "eve",
        "item.comment",
        r#"{"body":"late"}"#,
    )));
    let verdict = verify_compaction("bn-1", &rich.payload, &more, &rich.redactions);
    assert_eq!(verdict.unwrap(), Verdict::Verified);
}

#[test]
fn an_empty_snapshot_is_refused() {
    let rich = Rich::<Unstamped>::new();
    let empty = Rich::<Unstamped>::forged(ItemState::bottom());
    assert!(matches!(rich.verify(&empty), Err(VerifyError::Empty)));
    assert!(matches!(rich.verify(&[]), Err(VerifyError::Decode(_))));
    let none: [&Stamped<Unstamped>; 0] = [];
    let alone = verify_compaction("bn-1", &empty, none, &Set::bottom());
    assert!(matches!(alone, Err(VerifyError::Empty)));
    assert_eq!(
        verify_lattice_join(&rich.state, &ItemState::bottom()),
        Err(JoinMismatch::TooSmall { first_missing: 0 })
    );
}

#[test]
fn a_truncated_snapshot_is_refused_at_every_length() {
    let rich = Rich::<Itc>::new();
    for length in 0..rich.payload.len() {
        let cut = rich.verify(&rich.payload[..length]);
        assert!(matches!(cut, Err(VerifyError::Decode(_))), "{length} bytes");
    }
    let mut longer = rich.payload.clone();
    longer.push(0xc0);
    assert!(matches!(rich.verify(&longer), Err(VerifyError::Decode(_))));
}

#[test]
fn every_changed_bit_is_refused() {
    fn check<S: Order>() {
        let rich = Rich::<S>::new();
        for at in 0..rich.payload.len() {
            for bit in 0..8 {
                let mut forged = rich.payload.clone();
                forged[at] ^= 1 << bit;
                rich.assert_refused(&format!("bit {bit} of byte {at}"), &forged);
            }
        }
    }
    check::<Unstamped>();
    check::<Itc>();
}

#[test]
fn errors_say_what_is_wrong() {
    let rich = Rich::<Unstamped>::new();
    let elsewhere = verify_compaction("bn-2", &rich.payload, &rich.events, &rich.redactions);
    let error = elsewhere.unwrap_err();
    assert_eq!(
        error.to_string(),
        "payload is of item `bn-1`, expected `bn-2`"
    );
    let error = rich.verify(&rich.payload[..10]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("payload is not canonical: offset "),
        "{error}"
    );
    let unredacted = Rich::forged(state(&rich.events));
    let error = rich.verify(&unredacted).unwrap_err();
    assert_eq!(
        error.to_string(),
        "payload lists other redactions than those that fall into its coverage"
    );
}

proptest! {
    #[test]
    fn every_true_snapshot_is_accepted_and_every_other_subset_refused(
        lines in histories(16),
        mask in prop_oneof![Just(0), any::<u32>()],
        subset: u32,
    ) {
        let all = events::<Itc>(&lines);
        let r = chosen(&all, mask);
        for (item, events) in by_item(&all) {
            let kept = events.iter().enumerate().filter(|(at, _)| subset >> (at % 32) & 1 == 1);
            let kept: Vec<_> = kept.map(|(_, event)| event.clone()).collect();
            let whole = compact_item(&item, &sources(events.clone(), vec![]), &r).unwrap();
            let verdict = verify_compaction(&item, &whole.payload, &all, &r);
            prop_assert_eq!(verdict.unwrap(), Verdict::Verified);
            let Some(part) = compact_item(&item, &sources(kept.clone(), vec![]), &r) else {
                continue;
            };
            let verdict = verify_compaction(&item, &part.payload, &all, &r);
            prop_assert_eq!(verdict.unwrap(), Verdict::Verified, "a snapshot of fewer events is true too");
            let (mut full, mut less) = (state(&events), state(&kept));
            full.redact(&r);
            less.redact(&r);
            let joined = verify_lattice_join(&full, &less);
            prop_assert_eq!(joined.is_ok(), kept.len() == events.len());
            if kept.len() < events.len() {
                // The part with the coverage of the whole, and the other way round.
                let mut content = less.content().clone();
                content.coverage = full.coverage().clone();
                let forged = SnapshotPayload::new(&item, ItemState::new(content, full.redacted().clone()), &r);
                // Where nothing is left of the events left out, it is the whole.
                let forged = forged.encode();
                let verdict = verify_compaction(&item, &forged, &all, &r);
                prop_assert!(verdict.is_err() || forged == whole.payload);
                let mut content = full.content().clone();
                content.coverage = less.coverage().clone();
                let forged = SnapshotPayload::new(&item, ItemState::new(content, less.redacted().clone()), &Set::bottom());
                let forged = forged.encode();
                let verdict = verify_compaction(&item, &forged, &all, &r);
                prop_assert!(verdict.is_err() || forged == part.payload);
            }
        }
    }
}
