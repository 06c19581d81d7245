//! Nothing grows with the square of a history: counted, not timed.
//!
//! Comparisons of stamps are counted by the stamps themselves. Under partial stamps every comparison
//! of two writes asks their stamps first, so writes are counted. Under total ones those that ask which
//! write comes first in time are, and those that ask whether a remove observed an add are not: they
//! look at clocks alone. What is ordered by hash or by text is never counted, nor is moving.

use std::cell::Cell;
use std::cmp::Ordering;

use bones_snapshot::{
    Event, ItemState, ItemView, Order, SnapshotPayload, StampTextError, Stamped, parse_line,
    write_line,
};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::{Stamp, StampError};

use crate::events::{ITEM, redaction};

thread_local! {
    static COMPARED: Cell<usize> = const { Cell::new(0) };
}

/// How many comparisons `work` makes.
fn count<T>(work: impl FnOnce() -> T) -> usize {
    COMPARED.set(0);
    work();
    COMPARED.get()
}

/// A vector of counters, `-` for none, that counts how often it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Counting<const CAUSAL: bool>(Vec<u32>);

impl<const CAUSAL: bool> Stamp for Counting<CAUSAL> {
    const ID: &'static str = "counting";
    const CAUSAL: bool = CAUSAL;

    fn leq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0.iter().zip(&other.0).all(|(a, b)| a <= b)
    }

    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        COMPARED.set(COMPARED.get() + 1);
        let below = self.0.iter().zip(&other.0).all(|(a, b)| a <= b);
        let above = self.0.iter().zip(&other.0).all(|(a, b)| a >= b);
        match (below, above) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.0.iter().flat_map(|counter| counter.to_be_bytes()));
    }

    fn decode(bytes: &[u8]) -> Result<Self, StampError> {
        let (counters, _) = bytes.as_chunks();
        Ok(Self(
            counters.iter().map(|c| u32::from_be_bytes(*c)).collect(),
        ))
    }
}

impl<const CAUSAL: bool> Order for Counting<CAUSAL> {
    const CODE: u8 = if CAUSAL { 99 } else { 98 };
    const WORD: &'static str = "counting";

    fn of_event(event: &Event) -> Result<Self, StampTextError> {
        let counters = event.stamp_text.split('.').filter(|_| CAUSAL);
        Ok(Self(counters.map(|c| c.parse().unwrap()).collect()))
    }

    fn of_register(_: Option<&str>) -> Option<Self> {
        None
    }
}

/// When an event was written, by its number: clock and stamp.
type Clock = fn(usize) -> (i64, String);

fn micros(at: usize) -> i64 {
    i64::try_from(at).unwrap()
}

/// One agent after another, each having seen all before.
fn chain(at: usize) -> (i64, String) {
    (micros(at) + 1, format!("{}.0", at + 1))
}

/// Wall clocks run against the stamps.
fn backwards(at: usize) -> (i64, String) {
    (1_000_000 - micros(at), format!("{}.0", at + 1))
}

/// Two agents that never hear of each other.
fn apart(at: usize) -> (i64, String) {
    let stamp = if at.is_multiple_of(2) {
        format!("{}.0", at + 1)
    } else {
        format!("0.{at}")
    };
    (micros(at) + 1, stamp)
}

/// What the events of a history do, by their number and how many there are.
type Deed = fn(usize, usize) -> (&'static str, String);

/// One label, coming and going.
fn churn(at: usize, _: usize) -> (&'static str, String) {
    let action = if at.is_multiple_of(2) {
        "add"
    } else {
        "remove"
    };
    ("item.update", label(action, "l"))
}

/// Many labels, then each of them removed.
fn come_and_go(at: usize, of: usize) -> (&'static str, String) {
    let (action, label_at) = if at < of / 2 {
        ("add", at)
    } else {
        ("remove", at - of / 2)
    };
    ("item.update", label(action, &format!("l{label_at}")))
}

/// Labels, every tenth time all of them replaced.
fn replace(at: usize, _: usize) -> (&'static str, String) {
    if at % 10 == 9 {
        return (
            "item.update",
            r#"{"field":"labels","value":["x","y"]}"#.into(),
        );
    }
    ("item.update", label("add", &format!("l{at}")))
}

fn label(action: &str, label: &str) -> String {
    format!(r#"{{"field":"labels","value":{{"action":"{action}","label":"{label}"}}}}"#)
}

/// Links to many items, then each of them removed whatever its type.
fn links(at: usize, of: usize) -> (&'static str, String) {
    if at < of / 2 {
        return (
            "item.link",
            format!(r#"{{"link_type":"blocks","target":"bn-x{at}"}}"#),
        );
    }
    (
        "item.unlink",
        format!(r#"{{"target":"bn-x{}"}}"#, at - of / 2),
    )
}

/// Links of many types to one item, then each of them removed.
fn link_types(at: usize, of: usize) -> (&'static str, String) {
    let (kind, number) = if at < of / 2 {
        ("item.link", at)
    } else {
        ("item.unlink", at - of / 2)
    };
    (
        kind,
        format!(r#"{{"link_type":"t{number}","target":"bn-x"}}"#),
    )
}

fn comments(at: usize, _: usize) -> (&'static str, String) {
    ("item.comment", format!(r#"{{"body":"{at}"}}"#))
}

fn moves(at: usize, _: usize) -> (&'static str, String) {
    let state = ["open", "doing", "done"][at % 3];
    ("item.move", format!(r#"{{"state":"{state}"}}"#))
}

fn titles(at: usize, _: usize) -> (&'static str, String) {
    (
        "item.update",
        format!(r#"{{"field":"title","value":"{at}"}}"#),
    )
}

fn creates(at: usize, _: usize) -> (&'static str, String) {
    (
        "item.create",
        format!(r#"{{"labels":["a","b"],"title":"{at}"}}"#),
    )
}

const DEEDS: [(&str, Deed); 9] = [
    ("one label, coming and going", churn),
    ("many labels, coming and going", come_and_go),
    ("label arrays", replace),
    ("links", links),
    ("types of links", link_types),
    ("comments", comments),
    ("moves", moves),
    ("titles", titles),
    ("creates", creates),
];

const CLOCKS: [(&str, Clock); 3] = [
    ("a chain", chain),
    ("a chain whose clocks run backwards", backwards),
    ("two chains", apart),
];

fn history<S: Order>(deed: Deed, clock: Clock, of: usize) -> Vec<Stamped<S>> {
    let event = |at| {
        let (kind, data) = deed(at, of);
        let (wall, stamp) = clock(at);
        let line = write_line(wall, "a", &stamp, &[], kind, ITEM, &data);
        Stamped::new(parse_line(line.as_bytes()).unwrap().unwrap()).unwrap()
    };
    (0..of).map(event).collect()
}

/// Asserts that twice the events take no more than 2.3 times the comparisons: what sorting takes.
#[track_caller]
fn doubles(what: &str, work: impl Fn(usize) -> usize) {
    let (small, large) = (work(1_000), work(2_000));
    assert!(
        large * 10 <= small * 23 + 1_000,
        "{what}: {small} comparisons for 1000 events, {large} for 2000",
    );
}

/// Every way that leads from events to a state, to bytes, back, and to what is shown.
fn everything_doubles<S: Order>(order: &str) {
    for (clocks, clock) in CLOCKS {
        for (deeds, deed) in DEEDS {
            let what = |way: &str| format!("{way} of {deeds} in {clocks}, {order}");
            let state = |of| ItemState::fold(&history::<S>(deed, clock, of));
            doubles(&what("fold"), |of| {
                let events = history::<S>(deed, clock, of);
                count(|| ItemState::fold(&events))
            });
            doubles(&what("join of deltas"), |of| {
                let events = history::<S>(deed, clock, of);
                count(|| ItemState::join_all(events.iter().map(Stamped::delta)))
            });
            // A clear that comes alone is compared with every element, whichever way sets are kept:
            // that is for folds and joins of many states to avoid.
            if deeds != "label arrays" {
                doubles(&what("one join after another"), |of| {
                    let events = history::<S>(deed, clock, of);
                    count(|| {
                        let mut state = ItemState::join_all([]);
                        for event in &events {
                            state.join(event.delta());
                        }
                    })
                });
            }
            doubles(&what("join of halves"), |of| {
                let events = history::<S>(deed, clock, of);
                let (a, b) = events.split_at(of / 2);
                let (mut a, b) = (ItemState::fold(a), ItemState::fold(b));
                count(|| a.join(b))
            });
            doubles(&what("encoding"), |of| {
                let state = state(of);
                count(|| state.encode(ITEM))
            });
            doubles(&what("decoding"), |of| {
                let bytes = state(of).encode(ITEM);
                count(|| SnapshotPayload::<S>::decode(&bytes).unwrap())
            });
            doubles(&what("lifecycle"), |of| {
                let state = state(of);
                count(|| state.lifecycle())
            });
            doubles(&what("view"), |of| {
                let state = state(of);
                count(|| ItemView::new(ITEM, &state))
            });
        }
    }
}

#[test]
fn everything_doubles_with_total_stamps() {
    everything_doubles::<Counting<false>>("total");
}

#[test]
fn everything_doubles_with_partial_stamps() {
    everything_doubles::<Counting<true>>("partial");
}

/// A chain of moves takes one comparison each to order, also when the clocks say the reverse.
#[test]
fn the_order_of_moves_is_found_along_chains() {
    for (clocks, clock, each) in [("a chain", chain as Clock, 1), ("two chains", apart, 5)] {
        let state = ItemState::fold(&history::<Counting<true>>(moves, clock, 2_000));
        let compared = count(|| state.lifecycle());
        assert!(compared <= each * 2_000, "{clocks}: {compared}");
    }
    let state = ItemState::fold(&history::<Counting<true>>(moves, backwards, 2_000));
    let compared = count(|| state.lifecycle());
    assert!(compared <= 4 * 2_000, "backwards: {compared}");
    let first = state.lifecycle_steps()[0].0.key.0.stamp.clone();
    assert_eq!(first, Counting(vec![1, 0]), "stamps come before clocks");
}

/// Half of the comments redacted, each by an event.
#[test]
fn redactions_double() {
    doubles("redactions", |of| {
        let comments = history::<Counting<true>>(comments, chain, of / 2);
        let redact = |(at, comment): (usize, &Stamped<Counting<true>>)| {
            let mut event = redaction(micros(at) + 1, "a", &comment.event().hash);
            event.stamp_text = "0.1".into();
            Stamped::new(event).unwrap()
        };
        let redactions: Vec<_> = comments.iter().enumerate().map(redact).collect();
        count(|| {
            let mut state = ItemState::fold(comments.iter().chain(&redactions));
            let all: Set<_> = comments.iter().map(|c| c.event().hash).collect();
            assert_eq!(state.redacted(), &all);
            state.redact(&all);
            state.encode(ITEM)
        })
    });
}
