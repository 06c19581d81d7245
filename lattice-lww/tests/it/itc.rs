//! Interval tree clocks against what they are for: causality, and functions on the unit interval.

use std::collections::BTreeSet;

use lattice_lww::{Itc, ItcClock, ItcError, Stamp};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::itc;

/// Clocks beside the sets of events they ought to know.
fn check_causality(steps: &[(usize, usize, u8)]) {
    let mut clocks = vec![ItcClock::seed()];
    let mut known = vec![BTreeSet::new()];
    for (event, &(a, b, step)) in steps.iter().enumerate() {
        let (a, b) = (a % clocks.len(), b % clocks.len());
        match step {
            0 if clocks.len() < 6 => {
                let fork = clocks[a].fork().expect("few forks");
                clocks.push(fork);
                known.push(known[a].clone());
            }
            1 if a != b => {
                let (retired, events) = (clocks[b].clone(), known[b].clone());
                clocks[a].join(retired).expect("disjoint ids");
                known[a].extend(events);
                clocks.remove(b);
                known.remove(b);
            }
            2 => {
                let (heard, events) = (clocks[b].peek(), known[b].clone());
                clocks[a].join(heard).expect("a message has no id");
                known[a].extend(events);
            }
            3 => {
                let (heard, events) = (clocks[b].stamp(), known[b].clone());
                clocks[a].observe(&heard).expect("small trees");
                known[a].extend(events);
            }
            _ => {
                clocks[a].event().expect("the clock owns a part");
                known[a].insert(event);
            }
        }
        for (x, x_known) in clocks.iter().zip(&known) {
            for (y, y_known) in clocks.iter().zip(&known) {
                let is_below = x_known.is_subset(y_known);
                assert_eq!(x.leq(y), is_below, "{x:?} {y:?}");
                assert_eq!(x.stamp().leq(&y.stamp()), is_below, "{x:?} {y:?}");
            }
        }
    }
}

/// A tree in the paper's notation.
enum Tree {
    Leaf(u64),
    Branch(u64, Box<(Tree, Tree)>),
}

impl Tree {
    fn parse(text: &mut &str) -> Self {
        let number = |text: &mut &str| {
            let end = text
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len());
            let (digits, rest) = text.split_at(end);
            *text = rest;
            digits.parse().expect("a number")
        };
        let expect =
            |text: &mut &str, what: &str| *text = text.strip_prefix(what).expect("notation");
        if !text.starts_with('(') {
            return Self::Leaf(number(text));
        }
        expect(text, "(");
        let value = number(text);
        expect(text, ", ");
        let left = Self::parse(text);
        expect(text, ", ");
        let right = Self::parse(text);
        expect(text, ")");
        Self::Branch(value, Box::new((left, right)))
    }

    fn of(stamp: &Itc) -> Self {
        Self::parse(&mut format!("{stamp:?}").as_str())
    }

    /// The counters in each of 2^depth equal parts of the interval.
    fn spread(&self, depth: u32, above: u64, out: &mut Vec<u64>) {
        match self {
            Self::Leaf(value) => out.extend(std::iter::repeat_n(above + value, 1 << depth)),
            Self::Branch(value, halves) => {
                assert!(depth > 0, "deeper than these tests make them");
                halves.0.spread(depth - 1, above + value, out);
                halves.1.spread(depth - 1, above + value, out);
            }
        }
    }
}

fn counters(stamp: &Itc) -> Vec<u64> {
    let mut out = Vec::new();
    Tree::of(stamp).spread(12, 0, &mut out);
    out
}

proptest! {
    #[test]
    fn leq_is_knowing_every_event(steps in vec((0_usize..6, 0_usize..6, 0_u8..8), 0..40)) {
        check_causality(&steps);
    }

    #[test]
    fn leq_is_pointwise(a in itc(), b in itc()) {
        let (x, y) = (counters(&a), counters(&b));
        prop_assert_eq!(a.leq(&b), x.iter().zip(&y).all(|(x, y)| x <= y));
        prop_assert_eq!(a == b, x == y, "one normal form for each function");
    }

    #[test]
    fn observing_is_the_pointwise_maximum(a in itc(), b in itc()) {
        let mut clock = ItcClock::seed();
        clock.observe(&a).expect("small");
        clock.observe(&b).expect("small");
        let most: Vec<_> = counters(&a).into_iter().zip(counters(&b)).map(|(x, y)| x.max(y)).collect();
        prop_assert_eq!(counters(&clock.stamp()), most);
    }

    /// An event grows the stamp in the part that is owned, and nowhere else.
    #[test]
    fn an_event_stays_at_home(steps in vec((0_usize..6, 0_usize..6, 0_u8..8), 0..30)) {
        let mut clocks = crate::write::run(&steps);
        for at in 0..clocks.len() {
            let before = counters(&clocks[at].stamp());
            clocks[at].event().expect("an id");
            let after = counters(&clocks[at].stamp());
            prop_assert!(before.iter().zip(&after).all(|(b, a)| b <= a) && before != after);
            let grown: Vec<_> = (0..before.len()).filter(|&cell| before[cell] < after[cell]).collect();
            for other in (0..clocks.len()).filter(|&other| other != at) {
                let before = counters(&clocks[other].stamp());
                let mut copy = clocks[other].clone();
                copy.event().expect("an id");
                let theirs = counters(&copy.stamp());
                prop_assert!(grown.iter().all(|&cell| before[cell] == theirs[cell]), "parts overlap");
            }
        }
    }
}

#[test]
fn the_example_of_the_paper() {
    // Figure 4 of Almeida et al. 2008: fork, events, a second fork, a join, a message.
    let mut a = ItcClock::seed();
    let mut b = a.fork().expect("room");
    a.event().expect("an id");
    b.event().expect("an id");
    assert_eq!(
        format!("{a:?} {b:?}"),
        "((1, 0), (0, 1, 0)) ((0, 1), (0, 0, 1))"
    );
    let mut c = a.fork().expect("room");
    b.event().expect("an id");
    a.event().expect("an id");
    assert_eq!(format!("{a:?}"), "(((1, 0), 0), (0, (1, 1, 0), 0))");
    assert_eq!(format!("{c:?}"), "(((0, 1), 0), (0, 1, 0))");
    c.join(b).expect("disjoint");
    assert_eq!(format!("{c:?}"), "(((0, 1), 1), (1, 0, 1))");
    let d = c.fork().expect("room");
    a.join(c).expect("disjoint");
    assert_eq!(format!("{a:?}"), "((1, 0), (1, (0, 1, 0), 1))");
    a.event().expect("an id");
    assert_eq!(format!("{a:?}"), "((1, 0), 2)");
    assert!(d.leq(&a) && !a.leq(&d));
}

#[test]
fn a_clock_without_an_id_records_nothing() {
    let mut peek = ItcClock::seed().peek();
    assert!(peek.is_anonymous());
    assert_eq!(peek.event(), Err(ItcError::Anonymous));
    let fork = peek.fork().expect("nothing, twice");
    assert!(peek.is_anonymous() && fork.is_anonymous());
}

#[test]
fn a_copied_id_is_found_out_when_the_copies_meet() {
    let mut clock = ItcClock::seed();
    let mut other = clock.fork().expect("room");
    let copy = other.clone();
    other.join(clock.clone()).expect("disjoint");
    let before = other.clone();
    assert_eq!(other.join(copy), Err(ItcError::Overlap));
    assert_eq!(other, before, "unchanged");
    assert_eq!(clock.join(before), Err(ItcError::Overlap));
}

#[test]
fn forks_end_before_trees_grow_too_deep() {
    let mut clock = ItcClock::seed();
    let mut forks = 0;
    let refused = loop {
        match clock.fork() {
            Ok(_) => forks += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((forks, refused), (128, ItcError::TooDeep { limit: 128 }));
    // What there is works, and reads back.
    clock.event().expect("an id");
    assert_eq!(ItcClock::from_text(&clock.to_text_v3()), Ok(clock.clone()));
    assert_eq!(ItcClock::from_text(&clock.to_text_v1()), Ok(clock.clone()));
    assert_eq!(clock.fork().map(|_| ()), Err(refused));
}

#[test]
fn a_full_counter_ends_the_clock_rather_than_wrap() {
    // All of the interval, at the greatest counter.
    let text = "itc:v1:01024001000aff".to_owned() + &"ff".repeat(8) + "01";
    let mut clock = ItcClock::from_text(&text).expect("a legal clock");
    assert_eq!(format!("{clock:?}"), format!("(1, {})", u64::MAX));
    assert_eq!(clock.event(), Err(ItcError::CounterExhausted));
    assert_eq!(clock.to_text_v1(), text);

    // Joined with itself and compared, nothing overflows.
    let stamp = clock.stamp();
    clock.observe(&stamp).expect("the same");
    assert_eq!(clock.stamp(), stamp);
    assert!(Itc::default().precedes(&stamp));
}
