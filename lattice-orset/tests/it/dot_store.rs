//! The dot-sorted form: the same lattice, held against the element-sorted one and the oracle.

use lattice_core::{Bottom, CausalContext, Cell, Decompose, Dot, JoinSemilattice, laws};
use lattice_orset::{DotStore, OrSet, PartsError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::naive::{Fate, Naive};
use crate::states::{adversarial, large, small};

/// Elements that must be dropped take another way than those that need not.
fn spelled(naive: &Naive<u8, u8>) -> Naive<String, u8> {
    let dots = naive.dots.iter().map(|(dot, fate)| {
        let fate = match fate {
            Fate::Live(element) => Fate::Live(element.to_string()),
            Fate::Redacted => Fate::Redacted,
            Fate::Removed => Fate::Removed,
        };
        (*dot, fate)
    });
    Naive {
        dots: dots.collect(),
    }
}

fn to_store<T, A>(naive: &Naive<T, A>) -> DotStore<T, A>
where
    T: Ord + Clone + std::fmt::Debug,
    A: Ord + Clone + std::fmt::Debug,
{
    DotStore::from_parts(&naive.context(), naive.cells()).unwrap()
}

/// Every way to look at `store` must show what the oracle holds.
#[track_caller]
fn assert_shows<T, A>(naive: &Naive<T, A>, store: &DotStore<T, A>)
where
    T: Ord + Clone + std::fmt::Debug,
    A: Ord + Clone + std::fmt::Debug,
{
    assert_eq!(store.context(), naive.context(), "context");
    let mut cells: Vec<_> = store
        .iter()
        .map(|(dot, element)| (dot, Cell::Present(element.clone())))
        .collect();
    assert!(cells.is_sorted(), "{store:?}");
    assert_eq!(store.len(), cells.len(), "len");
    assert_eq!(store.is_empty(), cells.is_empty(), "is_empty");
    cells.extend(store.redacted_dots().map(|dot| (dot, Cell::Redacted)));
    cells.sort();
    let cells: Vec<_> = cells
        .into_iter()
        .map(|(dot, cell)| (Dot::new(dot.agent.clone(), dot.seq), cell))
        .collect();
    assert_eq!(cells, naive.cells(), "cells");
    for dot in naive.dots.keys() {
        assert!(store.has_seen(dot), "has_seen {dot:?}");
    }
    assert_eq!(*store, to_store(naive), "rebuilt");
    assert_eq!(store.is_bottom(), naive.dots.is_empty(), "is_bottom");
}

/// Join, order and least delta, and the way to the other form and back, are those of the definition.
fn agree_with_the_oracle<T, A>(left: &Naive<T, A>, right: &Naive<T, A>)
where
    T: Ord + Clone + std::fmt::Debug,
    A: Ord + Clone + std::fmt::Debug,
{
    let (a, b) = (to_store(left), to_store(right));
    assert_eq!(a.leq(&b), left.leq(right), "leq");
    assert_eq!(a == b, left == right, "eq");
    assert_shows(&left.delta_since(right), &a.delta_since(&b));

    let mut oracle = left.clone();
    let grew = oracle.join(right);
    let (mut moved, mut borrowed) = (a.clone(), a.clone());
    assert_eq!(moved.join(b.clone()), grew, "{a:?} joined {b:?}");
    assert_shows(&oracle, &moved);
    assert_eq!(
        borrowed.join_ref(&b),
        grew,
        "{a:?} joined {b:?} by reference"
    );
    assert_shows(&oracle, &borrowed);

    let mut sorted = left.to_orset();
    assert_eq!(sorted.join(right.to_orset()), grew);
    assert_eq!(DotStore::from(&sorted), moved);
    assert_eq!(DotStore::from(sorted.clone()), moved);
    let back = OrSet::from(moved);
    assert_eq!(back, sorted);
    oracle.assert_is(&back);
}

lattice_core::semilattice_laws!(
    of_small_states,
    adversarial().prop_map(|naive| to_store(&naive))
);
lattice_core::semilattice_laws!(
    of_elements_with_drop,
    adversarial().prop_map(|naive| to_store(&spelled(&naive)))
);

proptest! {
    #[test]
    fn parts_and_deltas(states in vec(adversarial(), 1..4)) {
        let states: Vec<_> = states.iter().map(to_store).collect();
        laws::check_bottom(&states);
        laws::check_decompose(&states);
        laws::check_delta_since(&states);
    }

    #[test]
    fn conversion_is_an_isomorphism(states in vec(adversarial(), 1..4)) {
        let states: Vec<_> = states.iter().map(Naive::to_orset).collect();
        laws::check_homomorphism(&states, DotStore::from);
        for set in states {
            prop_assert_eq!(OrSet::from(DotStore::from(&set)), set);
        }
    }

    #[test]
    fn redaction_is_a_homomorphism(states in vec(adversarial(), 1..4), seq in 1..6_u64) {
        let states: Vec<_> = states.iter().map(to_store).collect();
        laws::check_homomorphism(&states, |mut store: DotStore<u8, u8>| {
            store.redact(|dot| dot.seq == seq);
            store
        });
    }

    #[test]
    fn redaction_is_that_of_the_oracle(state in adversarial(), seq in 1..6_u64) {
        let (mut store, mut set, mut oracle) = (to_store(&state), state.to_orset(), state);
        oracle.redact(|dot| dot.seq == seq);
        prop_assert_eq!(store.redact(|dot| dot.seq == seq), set.redact(|dot| dot.seq == seq));
        assert_shows(&oracle, &store);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_two_states_join_as_defined(left in adversarial(), right in adversarial()) {
        agree_with_the_oracle(&left, &right);
        agree_with_the_oracle(&spelled(&left), &spelled(&right));
    }

    /// A log replayed dot by dot, in any order.
    #[test]
    fn a_log_replays(state in adversarial(), order in vec(any::<prop::sample::Index>(), 24), again in adversarial()) {
        let mut events: Vec<_> = state.dots.into_iter().chain(again.dots).collect();
        events.retain(|(_, fate)| *fate != Fate::Redacted);
        for (at, other) in order.iter().enumerate().take(events.len()) {
            let other = other.index(events.len());
            events.swap(at, other);
        }
        let (mut store, mut oracle) = (DotStore::new(), Naive::new());
        for (dot, fate) in events {
            let grew = match fate {
                Fate::Live(element) => store.insert(dot, element),
                _ => store.remove(dot),
            };
            let delta = Naive { dots: [(dot, fate)].into() };
            prop_assert_eq!(grew, Ok(oracle.join(&delta)));
        }
        assert_shows(&oracle, &store);
    }

    /// Adds and removals that meet redacted dots.
    #[test]
    fn single_dots_join_any_state(state in adversarial(), event in adversarial()) {
        for (dot, fate) in event.dots {
            let (mut store, mut oracle) = (to_store(&state), state.clone());
            let grew = match &fate {
                Fate::Live(element) => store.insert(dot, *element),
                Fate::Removed => store.remove(dot),
                Fate::Redacted => continue,
            };
            prop_assert_eq!(grew, Ok(oracle.join(&Naive { dots: [(dot, fate)].into() })));
            assert_shows(&oracle, &store);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_small_delta_joins_a_large_state_as_defined(left in large(), right in small()) {
        agree_with_the_oracle(&left, &right);
        agree_with_the_oracle(&right, &left);
    }

    #[test]
    fn large_states_join_as_defined(left in large(), right in large()) {
        agree_with_the_oracle(&left, &right);
    }

    /// Two sides of one history, where each replica's dots arrive in order: nothing interleaves.
    #[test]
    fn sides_of_one_history_join_as_defined(
        all in large(),
        seen in [vec(0..300_u64, 4), vec(0..300_u64, 4)],
        removed in [vec((0..4_u8, 0..300_u64), 0..60), vec((0..4_u8, 0..300_u64), 0..60)],
    ) {
        let [left, right] = [0, 1].map(|side| {
            let dots = all.dots.iter().filter(|(dot, _)| dot.seq <= seen[side][usize::from(dot.agent)]);
            let dots = dots.map(|(dot, fate)| {
                let gone = removed[side].contains(&(dot.agent, dot.seq));
                (*dot, if gone { Fate::Removed } else { fate.clone() })
            });
            Naive { dots: dots.collect() }
        });
        agree_with_the_oracle(&left, &right);
    }
}

/// Two dots of two agents, two elements: every state there is.
#[test]
fn small_universe() {
    let fates = [
        None,
        Some(Fate::Live(0_u8)),
        Some(Fate::Live(1)),
        Some(Fate::Redacted),
        Some(Fate::Removed),
    ];
    let mut states = Vec::new();
    for first in &fates {
        for second in &fates {
            let dots = [(Dot::new(0_u8, 1), first), (Dot::new(1, 1), second)];
            let dots = dots
                .into_iter()
                .filter_map(|(dot, fate)| Some((dot, fate.clone()?)));
            states.push(to_store(&Naive {
                dots: dots.collect(),
            }));
        }
    }
    assert_eq!(states.len(), 25);
    laws::check_all(&states);
    laws::check_bottom(&states);
    laws::check_decompose(&states);
    laws::check_delta_since(&states);
}

/// Corrupt input: both sides hold another element under one dot. The greater stays, and both sides
/// know that they learned something, or did not.
#[test]
fn the_greater_of_two_elements_under_one_dot_stays() {
    let seen: CausalContext<u8> = [Dot::new(1, 1), Dot::new(1, 2)].into_iter().collect();
    let with = |first: &str, second: &str| {
        let cells = [first, second].map(|element| Cell::Present(element.to_owned()));
        DotStore::from_parts(&seen, (1..).map(|seq| Dot::new(1, seq)).zip(cells)).unwrap()
    };
    let (low, high) = (with("a", "b"), with("c", "b"));
    assert!(low.leq(&high) && !high.leq(&low));
    assert!(low.clone().join(high.clone()));
    assert!(!high.clone().join(low.clone()));
    assert_eq!(low.clone().joined(high.clone()), high);
    assert_eq!(high.delta_since(&low).len(), 1);
    assert!(low.delta_since(&high).is_bottom());

    let crossed = (with("a", "d"), with("c", "b"));
    assert_eq!(crossed.0.joined(crossed.1), with("c", "d"));

    let mut store = low;
    assert_eq!(store.insert(Dot::new(1, 1), "c".to_owned()), Ok(true));
    assert_eq!(store.insert(Dot::new(1, 1), "a".to_owned()), Ok(false));
    assert_eq!(store, high);
}

/// The larger side is kept, also when it is the one that is joined in: a greater element there is
/// news, a lesser one is not.
#[test]
fn a_greater_element_of_the_larger_side_is_news() {
    let seen: CausalContext<u8> = [Dot::new(1, 1), Dot::new(1, 2)].into_iter().collect();
    let with = |cells: &[u8]| {
        let cells = (1..).zip(cells.iter().map(|&element| Cell::Present(element)));
        DotStore::from_parts(&seen, cells.map(|(seq, cell)| (Dot::new(1, seq), cell))).unwrap()
    };
    let mut small = with(&[5]); // and the second dot is removed
    assert!(!small.join(with(&[4, 9])));
    assert!(small.join(with(&[6, 9])));
    assert_eq!(small, with(&[6]));
}

/// The last number there is ends a block, and nothing comes behind it.
#[test]
fn the_last_dot_of_a_replica() {
    let last = u64::from(u32::MAX);
    let mut store = DotStore::new();
    assert_eq!(store.insert(Dot::new(1_u8, last), 7), Ok(true));
    assert!(!store.clone().join(store.clone()));
    let mut other = store.clone();
    assert_eq!(other.insert(Dot::new(1, last - 1), 6), Ok(true));
    assert!(store.join(other));
    assert!(
        store
            .iter()
            .map(|(dot, element)| (dot.seq, *element))
            .eq([(last - 1, 6), (last, 7)])
    );
    let out_of_range = |seq| PartsError::OutOfRange {
        dot: Dot::new(1, seq),
    };
    let over = out_of_range(last + 1);
    assert_eq!(store.insert(Dot::new(1, last + 1), 8), Err(over));
    assert_eq!(store.remove(Dot::new(1, last + 1)), Err(over));
    assert_eq!(store.remove(Dot::new(1, 0)), Err(out_of_range(0)));
    assert!(!store.has_seen(&Dot::new(1, last + 1)));
}

/// Parts are checked as those of the other form are.
#[test]
fn parts_that_make_no_state() {
    let seen: CausalContext<u8> = [Dot::new(1, 1)].into_iter().collect();
    let cells = |cells: &[(u8, u64, u8)]| -> Vec<_> {
        let cells = cells
            .iter()
            .map(|&(agent, seq, element)| (Dot::new(agent, seq), Cell::Present(element)));
        cells.collect()
    };
    for (bad, message) in [
        (
            cells(&[(1, 1, 5), (1, 1, 5)]),
            "two cells under dot 1 of 1; join them first",
        ),
        (
            cells(&[(1, 2, 5)]),
            "the cell under dot 2 of 1 is outside the context, which holds every dot that was seen",
        ),
        (
            cells(&[(2, 1, 5)]),
            "the cell under dot 1 of 2 is outside the context, which holds every dot that was seen",
        ),
        (
            cells(&[(1, 0, 5)]),
            "dot 0 of 1: numbers are in 1..=4294967295",
        ),
    ] {
        let refused = DotStore::from_parts(&seen, bad.clone()).unwrap_err();
        assert_eq!(refused.to_string(), message);
        assert_eq!(refused, OrSet::from_parts(&seen, bad).unwrap_err());
    }
}

/// Joining by reference brings over what is new and leaves the rest alone.
#[test]
fn joining_by_reference_clones_what_is_new() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CLONES: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Counted(u8);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::Relaxed);
            Self(self.0)
        }
    }
    let mut here = DotStore::new();
    for seq in 1..=100_u8 {
        here.insert(Dot::new(1_u8, seq.into()), Counted(seq))
            .unwrap();
    }
    let mut there = here.clone();
    there.insert(Dot::new(1, 101), Counted(101)).unwrap();
    CLONES.store(0, Ordering::Relaxed);
    assert!(here.join_ref(&there));
    assert_eq!(CLONES.load(Ordering::Relaxed), 1);
    assert_eq!(here, there);
}

proptest! {
    #[test]
    fn its_bytes_are_those_of_the_set(naive in adversarial()) {
        let (store, set) = (to_store(&naive), OrSet::from(to_store(&naive)));
        let bytes = store.encode();
        prop_assert_eq!(&bytes, &set.encode());
        let read = DotStore::decode(&bytes, lattice_orset::canonical::Limits::DEFAULT);
        prop_assert_eq!(read, Ok(store));
        if let Some((_, cut)) = bytes.split_last() {
            let read = DotStore::<u8, u8>::decode(cut, lattice_orset::canonical::Limits::DEFAULT);
            prop_assert!(read.is_err());
        }
    }
}

#[cfg(feature = "serde")]
proptest! {
    #[test]
    fn its_json_is_that_of_the_set(naive in adversarial()) {
        let (store, set) = (to_store(&naive), OrSet::from(to_store(&naive)));
        let json = serde_json::to_string(&store).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string(&set).unwrap());
        prop_assert_eq!(serde_json::from_str::<DotStore<u8, u8>>(&json).unwrap(), store);
    }
}
