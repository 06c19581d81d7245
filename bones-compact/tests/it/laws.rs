//! The laws at the level of compaction: any subset compacted at any time, exchanged, compacted
//! again, and still nobody can tell.

use std::collections::BTreeMap;

use bones_compact::{ItemSources, Snapshot, compact_item};
use bones_snapshot::{EventHash, ItemState, ItemView, Order, SnapshotPayload, Stamped};
use lattice_core::{Bottom, Cell, JoinSemilattice, Set};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;

use crate::history::histories;
use crate::support::{by_item, chosen, event, events, line, sources, state};

type Held<S> = BTreeMap<String, ItemSources<Stamped<S>>>;

/// One replica, and beside it what it should know.
#[derive(Clone)]
struct Replica<S: Order> {
    held: Held<S>,
    redactions: Set<EventHash>,
    /// The model: every event that reached this replica.
    known: Vec<Stamped<S>>,
}

impl<S: Order> Replica<S> {
    fn new() -> Self {
        Self {
            held: BTreeMap::new(),
            redactions: Set::bottom(),
            known: vec![],
        }
    }

    fn slot(&mut self, item: &str) -> &mut ItemSources<Stamped<S>> {
        self.held
            .entry(item.to_owned())
            .or_insert_with(|| sources(vec![], vec![]))
    }

    fn take(&mut self, event: &Stamped<S>) {
        self.redactions.join_ref(event.delta().redacted());
        self.slot(&event.event().item_id).events.push(event.clone());
        self.known.push(event.clone());
    }

    fn receive(&mut self, from: &Self) {
        self.redactions.join_ref(&from.redactions);
        self.known.extend(from.known.iter().cloned());
        for (item, held) in &from.held {
            let slot = self.slot(item);
            slot.events.extend(held.events.iter().cloned());
            slot.states.extend(held.states.iter().cloned());
        }
    }

    /// Replaces some of the sources of one item, chosen by the bits of `mask`, by their snapshot.
    fn compact(&mut self, item: usize, mask: u32) {
        let redactions = self.redactions.clone();
        let Some((item, held)) = self.held.iter_mut().nth(item) else {
            return;
        };
        let mut bits = (0..32).cycle().map(|bit| mask >> bit & 1 == 1);
        let mut chosen = sources(vec![], vec![]);
        let mut rest = sources(vec![], vec![]);
        for event in held.events.drain(..) {
            let to = if bits.next() == Some(true) {
                &mut chosen
            } else {
                &mut rest
            };
            to.events.push(event);
        }
        for state in held.states.drain(..) {
            let to = if bits.next() == Some(true) {
                &mut chosen
            } else {
                &mut rest
            };
            to.states.push(state);
        }
        if let Some(snapshot) = compact_item(item, &chosen, &redactions) {
            let payload = SnapshotPayload::<S>::decode(&snapshot.payload).unwrap();
            rest.states.push(payload.into_parts().1);
        }
        *held = rest;
    }

    /// What is shown and what would be written, item by item, from what is held.
    fn shown(&self) -> Vec<(String, Snapshot)> {
        let all = self.held.iter();
        let all = all.filter_map(|(item, held)| {
            let snapshot = compact_item(item, held, &self.redactions)?;
            Some((self.view(item, &held.state(&self.redactions)), snapshot))
        });
        all.collect()
    }

    /// The same from every event that ever came, none of them ever compacted.
    fn expected(&self) -> Vec<(String, Snapshot)> {
        let all = by_item(&self.known).into_iter();
        let all = all.map(|(item, events)| {
            let raw = sources(events, vec![]);
            let view = self.view(&item, &raw.state(&self.redactions));
            (view, compact_item(&item, &raw, &self.redactions).unwrap())
        });
        all.collect()
    }

    fn view(&self, item: &str, state: &ItemState<S>) -> String {
        format!("{:?}", ItemView::new(item, state))
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// The next event, or one that came before, reaches a replica.
    Take {
        replica: usize,
        again: bool,
        pick: usize,
    },
    Compact {
        replica: usize,
        item: usize,
        mask: u32,
    },
    Send {
        from: usize,
        to: usize,
    },
    /// A replica redacts any event of the history, seen or not.
    Redact {
        replica: usize,
        pick: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let replica = 0..3_usize;
    let pick = any::<usize>();
    let step = prop_oneof![
        4 => (replica.clone(), any::<bool>(), pick)
            .prop_map(|(replica, again, pick)| Step::Take { replica, again, pick }),
        3 => (replica.clone(), 0..2_usize, prop_oneof![Just(u32::MAX), any::<u32>()])
            .prop_map(|(replica, item, mask)| Step::Compact { replica, item, mask }),
        1 => (replica.clone(), replica.clone()).prop_map(|(from, to)| Step::Send { from, to }),
        1 => (replica, pick).prop_map(|(replica, pick)| Step::Redact { replica, pick }),
    ];
    prop::collection::vec(step, 1..24)
}

/// L1 to L5 at once: after every step each replica shows what an uncompacted log of everything it
/// was told would show, and in the end, all told, the bytes are those of one compaction of all.
fn nobody_can_tell<S: Order>(lines: &[String], steps: &[Step]) {
    let all = events::<S>(lines);
    let mut coming = all.iter();
    let mut replicas = vec![Replica::<S>::new(); 3];
    for step in steps {
        let touched = match *step {
            Step::Take {
                replica,
                again,
                pick,
            } => {
                let again = if again {
                    all.get(pick % all.len())
                } else {
                    coming.next()
                };
                if let Some(event) = again {
                    replicas[replica].take(event);
                }
                replica
            }
            Step::Compact {
                replica,
                item,
                mask,
            } => {
                replicas[replica].compact(item, mask);
                replica
            }
            Step::Send { from, to } => {
                let message = replicas[from].clone();
                replicas[to].receive(&message);
                to
            }
            Step::Redact { replica, pick } => {
                let hash = all[pick % all.len()].event().hash;
                replicas[replica].redactions.insert(hash);
                replica
            }
        };
        assert_eq!(replicas[touched].shown(), replicas[touched].expected());
    }
    let mut last = replicas[0].clone();
    coming.for_each(|event| last.take(event));
    for other in &replicas[1..] {
        last.receive(other);
    }
    // Those who hear of it in another order end with the same bytes.
    let mut other = replicas[2].clone();
    other.receive(&replicas[1]);
    other.compact(0, u32::MAX);
    other.receive(&last);
    assert_eq!(last.shown(), last.expected());
    assert_eq!(other.shown(), last.shown());
    for item in 0..2 {
        last.compact(item, u32::MAX);
    }
    assert_eq!(last.shown(), other.shown());
}

proptest! {
    #[test]
    fn compaction_is_invisible_at_any_time_in_any_part_under_exchange(
        lines in histories(14),
        steps in steps(),
    ) {
        nobody_can_tell::<Unstamped>(&lines, &steps);
        nobody_can_tell::<Itc>(&lines, &steps);
    }

    /// L2: the states of two overlapping parts join to the state of their union.
    #[test]
    fn states_of_parts_join_to_the_state_of_the_union(
        lines in histories(16),
        a: u32,
        b: u32,
    ) {
        for (_, all) in by_item(&events::<Itc>(&lines)) {
            let part = |mask: u32| -> Vec<Stamped<Itc>> {
                let named = chosen(&all, mask);
                all.iter().filter(|e| named.contains(&e.event().hash)).cloned().collect()
            };
            let joined = state(&part(a)).joined(state(&part(b)));
            prop_assert_eq!(joined, state(&part(a | b)));
        }
    }

    /// L5: red(a join b) = red(a) join red(b), and no join brings redacted content back.
    #[test]
    fn redaction_commutes_with_join_and_holds(lines in histories(16), cut: u32, mask: u32) {
        for (_, all) in by_item(&events::<Itc>(&lines)) {
            let r = chosen(&all, mask);
            let named = chosen(&all, cut);
            let (left, right): (Vec<_>, Vec<_>) =
                all.iter().cloned().partition(|e| named.contains(&e.event().hash));
            let red = |mut state: ItemState<Itc>| {
                state.redact(&r);
                state
            };
            let whole = red(state(&all));
            prop_assert_eq!(&red(state(&left)).joined(red(state(&right))), &whole);
            // What was not redacted yet comes back, and finds the door shut.
            let again = whole.clone().joined(state(&all));
            prop_assert_eq!(&again, &whole);
            for (m, reason) in &again.content().moves {
                let redacted = r.contains(&m.key.0.event_hash) || whole.redacted().contains(&m.key.0.event_hash);
                prop_assert_eq!(reason == &Cell::Redacted, redacted);
            }
        }
    }
}

/// The variant that is known to be bad: what a snapshot claims to cover is dropped.
fn compact_on_a_claim<S: Order>(item: &str, held: &ItemSources<Stamped<S>>) -> Option<Snapshot> {
    let mut kept = held.clone();
    for state in &held.states {
        kept.events
            .retain(|event| !state.coverage().contains(&event.event().hash));
    }
    compact_item(item, &kept, &Set::bottom())
}

/// A snapshot of `some` events that claims to cover `all`.
fn claiming<S: Order>(some: &[Stamped<S>], all: &[Stamped<S>]) -> ItemState<S> {
    let mut content = state(some).content().clone();
    content.coverage = state(all).coverage().clone();
    ItemState::new(content, Set::bottom())
}

#[test]
fn dropping_sources_on_a_claim_alone_loses_data_and_ours_does_not() {
    let lines = [
        line(1, "alice", "item.create", r#"{"title":"real work"}"#),
        line(2, "bob", "item.comment", r#"{"body":"the only copy"}"#),
        line(3, "bob", "item.move", r#"{"state":"done"}"#),
    ];
    let all = events::<Unstamped>(&lines);
    let forged = claiming(&all[..1], &all);
    let held = sources(all.clone(), vec![forged]);
    let read = |snapshot: Snapshot| {
        let payload = SnapshotPayload::<Unstamped>::decode(&snapshot.payload).unwrap();
        ItemView::new("bn-1", payload.state())
    };
    let lost = read(compact_on_a_claim("bn-1", &held).unwrap());
    assert_eq!((lost.comments.len(), lost.phase.as_str()), (0, "open"));
    let ours = read(compact_item("bn-1", &held, &Set::bottom()).unwrap());
    assert_eq!((ours.comments.len(), ours.phase.as_str()), (1, "done"));
    assert_eq!(ours.comments[0].body.as_deref(), Some("the only copy"));
}

proptest! {
    #[test]
    fn a_claim_never_costs_an_event(lines in histories(12), mask: u32) {
        for (item, all) in by_item(&events::<Itc>(&lines)) {
            let named = chosen(&all, mask);
            let some: Vec<_> = all.iter().filter(|e| named.contains(&e.event().hash)).cloned().collect();
            let whole = compact_item(&item, &sources(all.clone(), vec![]), &Set::bottom()).unwrap();
            let held = sources(all.clone(), vec![claiming(&some, &all)]);
            let ours = compact_item(&item, &held, &Set::bottom()).unwrap();
            prop_assert_eq!(&ours, &whole);
            let lost = compact_on_a_claim(&item, &held).unwrap() != whole;
            // The bad variant is right exactly when the claim is.
            prop_assert_eq!(lost, claiming(&some, &all) != state(&all));
        }
    }
}

#[test]
fn a_claim_arriving_first_does_not_keep_the_event_out() {
    let late = event::<Itc>(&line(
        2,
        "bob",
        "item.comment",
        r#"{"body":"the only copy"}"#,
    ));
    let early = event::<Itc>(&line(1, "alice", "item.create", r#"{"title":"work"}"#));
    let both = [early.clone(), late.clone()];
    let mut replica = Replica::<Itc>::new();
    replica
        .slot("bn-1")
        .states
        .push(claiming(&both[..1], &both));
    replica.compact(0, u32::MAX);
    replica.take(&late);
    replica.compact(0, u32::MAX);
    let whole = compact_item("bn-1", &sources(both.to_vec(), vec![]), &Set::bottom());
    let held = &replica.held["bn-1"];
    assert_eq!(compact_item("bn-1", held, &Set::bottom()), whole);
}
