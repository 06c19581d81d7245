//! Small universes, looked at in full: every subset of an alphabet of operations, joined in every
//! order, under both orders of writes.

use bones_snapshot::{
    AgentId, Content, Element, EventHash, ItemState, ItemView, Key, ObservedSet, Register, Text,
};
use lattice_core::{Bottom, Cell, JoinSemilattice, Set, laws};
use lattice_lww::{Itc, ItcClock, Stamp, Unstamped, Write, WriteKey};

use crate::events::TRIANGLE;

fn key<S>(stamp: S, wall_ts: u64, agent: &str, hash: u8) -> Key<S> {
    WriteKey {
        stamp,
        wall_ts,
        agent_id: AgentId::from(agent),
        event_hash: EventHash([hash; 32]),
    }
}

/// A chain; the second and third differ by agent only.
fn wall_keys() -> Vec<Key<Unstamped>> {
    vec![
        key(Unstamped, 0, "b", 3),
        key(Unstamped, 2, "a", 2),
        key(Unstamped, 2, "b", 1),
    ]
}

/// The triangle: 1 before 0 although its wall clock is later, 2 concurrent to both and between
/// them by wall clock; and a second write with the stamp of 0.
fn itc_keys() -> Vec<Key<Itc>> {
    let stamp = |index: usize| ItcClock::from_text(TRIANGLE[index]).unwrap().stamp();
    vec![
        key(stamp(0), 100, "alice", 1),
        key(stamp(1), 300, "alice", 2),
        key(stamp(2), 200, "bob", 3),
        key(stamp(0), 150, "alice", 4),
    ]
}

/// One operation on a set of texts.
#[derive(Debug, Clone)]
enum Op<S: Stamp> {
    Add(&'static str, Key<S>),
    /// An add whose text was redacted.
    Redacted(&'static str, Key<S>),
    Remove(&'static str, Key<S>),
    Clear(Key<S>),
}

impl<S: Stamp> Op<S> {
    fn state(&self) -> ObservedSet<Text, S> {
        match self {
            Self::Add(text, key) => ObservedSet::added(Text::from(*text), key.clone()),
            Self::Redacted(text, key) => {
                let mut set = ObservedSet::added(Text::from(*text), key.clone());
                assert!(set.redact(&|_| true));
                set
            }
            Self::Remove(text, key) => ObservedSet::removed(Text::from(*text).id(), key.clone()),
            Self::Clear(key) => ObservedSet::cleared(key.clone()),
        }
    }
}

/// The definition: some add of the text that no later add of it outdoes, that no remove of it and
/// no clear observes, and that is not redacted.
fn shown<S: Stamp>(ops: &[&Op<S>]) -> Vec<&'static str> {
    let add = |op: &Op<S>| match op {
        Op::Add(text, key) | Op::Redacted(text, key) => Some((*text, key.clone())),
        _ => None,
    };
    let is_shown = |text: &str, key: &Key<S>| {
        ops.iter().all(|op| match op {
            Op::Redacted(t, k) if k == key => *t != text,
            Op::Add(t, k) | Op::Redacted(t, k) => *t != text || !key.precedes(k),
            Op::Remove(t, k) => *t != text || !k.observes(key),
            Op::Clear(k) => !k.observes(key),
        })
    };
    let mut texts: Vec<_> = ops
        .iter()
        .filter_map(|op| add(op))
        .filter(|(text, key)| is_shown(text, key))
        .map(|(text, _)| text)
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Adds and removes of each text and a clear, under each key; the first add of the first text also
/// redacted.
fn alphabet<S: Stamp>(texts: &[&'static str], keys: &[Key<S>]) -> Vec<Op<S>> {
    let mut ops = vec![Op::Redacted(texts[0], keys[0].clone())];
    for key in keys {
        for text in texts {
            ops.extend([Op::Add(text, key.clone()), Op::Remove(text, key.clone())]);
        }
        ops.push(Op::Clear(key.clone()));
    }
    ops
}

/// Joins of all subsets, by mask. Each is reached from every subset that lacks one element, so by
/// induction in every order.
fn subsets<L: Bottom + Clone + std::fmt::Debug>(generators: &[L]) -> Vec<L> {
    let mut states = vec![L::bottom()];
    for mask in 1..1_usize << generators.len() {
        let without = |index: usize| {
            let rest = states[mask & !(1 << index)].clone();
            rest.joined(generators[index].clone())
        };
        let mut members = (0..generators.len()).filter(|index| mask >> index & 1 == 1);
        let state = without(members.next().unwrap());
        for index in members {
            assert_eq!(without(index), state, "order of joining {mask:b}");
        }
        states.push(state);
    }
    states
}

/// The masks of distinct states.
fn distinct<L: PartialEq>(states: &[L]) -> Vec<usize> {
    let mut masks: Vec<usize> = Vec::new();
    for mask in 0..states.len() {
        if !masks.iter().any(|m| states[*m] == states[mask]) {
            masks.push(mask);
        }
    }
    masks
}

/// The join of any two distinct states is the state of the union of their generators. As every
/// state is the join of a subset, this is associativity, commutativity and idempotence on all of
/// them, for the price of pairs.
fn unions<L: JoinSemilattice + Clone + std::fmt::Debug>(states: &[L], masks: &[usize]) {
    for a in masks {
        for b in masks {
            let joined = states[*a].clone().joined(states[*b].clone());
            assert_eq!(joined, states[a | b], "{a:b} and {b:b}");
        }
    }
}

/// Returns the number of distinct states.
fn sets_over<S: Stamp + std::fmt::Debug>(texts: &[&'static str], keys: &[Key<S>]) -> usize {
    let ops = alphabet(texts, keys);
    let generators: Vec<_> = ops.iter().map(Op::state).collect();
    let states = subsets(&generators);
    for (mask, state) in states.iter().enumerate() {
        let chosen: Vec<_> = (0..ops.len())
            .filter(|index| mask >> index & 1 == 1)
            .map(|index| &ops[index])
            .collect();
        let elements: Vec<&str> = state.elements().into_iter().map(|text| &**text).collect();
        assert_eq!(elements, shown(&chosen), "{chosen:?}");
    }
    let masks = distinct(&states);
    unions(&states, &masks);
    let universe: Vec<_> = masks.iter().map(|mask| states[*mask].clone()).collect();
    for state in &universe {
        let (adds, removes, clears) = (state.adds(), state.removes(), state.clears());
        let again =
            ObservedSet::from_canonical(adds.clone(), removes.clone(), clears.clone()).unwrap();
        assert_eq!(&again, state, "the normal form is accepted");
    }
    laws::check_bottom(&universe);
    laws::check_commutative(&universe);
    laws::check_join_bool(&universe);
    laws::check_join_ref(&universe);
    laws::check_homomorphism(&universe, |mut set: ObservedSet<Text, S>| {
        set.redact(&|hash| *hash == keys[0].event_hash);
        set
    });
    if universe.len() <= 40 {
        laws::check_all(&universe);
    }
    universe.len()
}

#[test]
fn one_text_under_three_wall_keys() {
    assert_eq!(sets_over(&["x"], &wall_keys()), 32);
}

#[test]
fn two_texts_under_two_wall_keys() {
    assert_eq!(sets_over(&["x", "y"], &wall_keys()[..2]), 114);
}

#[test]
fn one_text_under_the_triangle() {
    assert_eq!(sets_over(&["x"], &itc_keys()[..3]), 126);
}

#[test]
fn one_text_under_equal_and_concurrent_stamps() {
    assert_eq!(sets_over(&["x"], &itc_keys()[1..]), 108);
}

#[test]
fn two_texts_under_concurrent_stamps() {
    assert_eq!(sets_over(&["x", "y"], &itc_keys()[1..3]), 600);
}

fn title<S: Stamp>(key: &Key<S>, value: &str) -> ItemState<S> {
    let mut content = Content::bottom();
    content.title = Register::from_write(Write {
        key: key.clone(),
        cell: Cell::Present(Text::from(value)),
    });
    ItemState::new(content, Set::new())
}

/// Titles under each key, two of them under the first (a forgery), and the redaction of the first.
fn registers_over<S: Stamp + std::fmt::Debug>(keys: &[Key<S>]) {
    const NAMES: [&str; 4] = ["k", "l", "m", "n"];
    let mut generators: Vec<_> = keys
        .iter()
        .zip(NAMES)
        .map(|(k, name)| title(k, name))
        .collect();
    generators.push(title(&keys[0], "forged"));
    let redacted = Set::singleton(keys[0].event_hash);
    generators.push(ItemState::new(Content::bottom(), redacted));
    let states = subsets(&generators);
    for (mask, state) in states.iter().enumerate() {
        let has = |index: usize| mask >> index & 1 == 1;
        let written: Vec<usize> = (0..keys.len())
            .filter(|index| has(*index) || (*index == 0 && has(keys.len())))
            .collect();
        let kept = |index: usize| written.iter().all(|w| !keys[index].precedes(&keys[*w]));
        let winner = written
            .iter()
            .filter(|index| kept(**index))
            .max_by(|a, b| keys[**a].read_cmp(&keys[**b]));
        let expected = match winner {
            None => Some(""),
            Some(0) if has(keys.len() + 1) => None,
            Some(0) if has(0) => Some(NAMES[0]),
            Some(0) => Some("forged"),
            Some(index) => Some(NAMES[*index]),
        };
        let shown = ItemView::new("bn-1", state).title;
        assert_eq!(shown.as_deref(), expected, "{mask:b}");
    }
    let masks = distinct(&states);
    unions(&states, &masks);
    let universe: Vec<_> = masks.iter().map(|mask| states[*mask].clone()).collect();
    laws::check_all(&universe);
    laws::check_bottom(&universe);
    let all: Set<EventHash> = keys.iter().map(|key| key.event_hash).collect();
    laws::check_homomorphism(&universe, |mut state: ItemState<S>| {
        state.redact(&all);
        state
    });
}

#[test]
fn registers_under_wall_keys() {
    registers_over(&wall_keys());
}

#[test]
fn registers_under_the_triangle_and_an_equal_stamp() {
    registers_over(&itc_keys());
}

/// The register that other systems fold to three different winners has one.
#[test]
fn the_triangle_has_one_winner_in_all_orders() {
    let keys = itc_keys();
    assert!(
        keys[1].precedes(&keys[0]),
        "causally later, though the wall clock is earlier"
    );
    let writes: Vec<_> = keys[..3]
        .iter()
        .map(|key| title(key, &key.wall_ts.to_string()))
        .collect();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut left = ItemState::bottom();
        let mut right = ItemState::bottom();
        for index in order {
            left.join(writes[index].clone());
            right = writes[index].clone().joined(right);
        }
        assert_eq!(left, right);
        let shown = ItemView::new("bn-1", &left).title;
        assert_eq!(shown.as_deref(), Some("200"), "{order:?}");
    }
}
