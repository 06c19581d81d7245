//! `CausalContext` beside a plain set of dots.

use std::collections::BTreeSet;

use lattice_core::{CausalContext, Decompose, Dot, JoinSemilattice, Run, VersionVector};
use proptest::collection::vec;
use proptest::prelude::*;

type Model = BTreeSet<Dot<u8>>;

/// Enough dots to have many runs, few enough numbers that runs meet.
fn models() -> impl Strategy<Value = Model> {
    let dots = |agents, len| vec((0..agents, 1_u64..14), 0..len);
    prop_oneof![dots(3_u8, 5), dots(3, 40), dots(40, 200)].prop_map(|dots| {
        dots.into_iter()
            .map(|(agent, seq)| Dot::new(agent, seq))
            .collect()
    })
}

fn context(model: &Model) -> CausalContext<u8> {
    model.iter().copied().collect()
}

fn model(context: &CausalContext<u8>) -> Model {
    context.dots().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn is_the_set_of_its_dots(a in models()) {
        let state = context(&a);
        prop_assert_eq!(&model(&state), &a);
        prop_assert_eq!(CausalContext::from_runs(state.runs().to_vec()), Some(state.clone()));
        for agent in 0..42 {
            for seq in 1..16 {
                prop_assert_eq!(state.contains(&Dot::new(agent, seq)), a.contains(&Dot::new(agent, seq)));
            }
            let last = a.iter().filter(|dot| dot.agent == agent).map(|dot| dot.seq).max();
            prop_assert_eq!(state.last_seq(&agent), last.unwrap_or(0));
            prop_assert_eq!(state.next_dot(agent), Some(Dot::new(agent, last.unwrap_or(0) + 1)));
        }
    }

    #[test]
    fn splits_into_a_vector_and_a_cloud(a in models()) {
        let state = context(&a);
        let vector = state.vector();
        for (agent, head) in &vector {
            prop_assert!((1..=head).all(|seq| a.contains(&Dot::new(*agent, seq))));
            prop_assert!(!a.contains(&Dot::new(*agent, head + 1)));
        }
        for run in state.cloud() {
            prop_assert!(run.first > vector.get(&run.agent) + 1);
        }
        let mut both = CausalContext::from(vector);
        for run in state.cloud() {
            prop_assert!(both.insert_run(run.clone()));
        }
        prop_assert_eq!(both, state);
    }

    #[test]
    fn set_algebra(a in models(), b in models()) {
        let union: Model = a.union(&b).copied().collect();
        let mut joined = context(&a);
        prop_assert_eq!(joined.join(context(&b)), !b.is_subset(&a));
        prop_assert_eq!(joined, context(&union));

        let mut by_ref = context(&a);
        prop_assert_eq!(by_ref.join_ref(&context(&b)), !b.is_subset(&a));
        prop_assert_eq!(by_ref, context(&union));

        prop_assert_eq!(context(&a).leq(&context(&b)), a.is_subset(&b));
        let only: Model = a.difference(&b).copied().collect();
        prop_assert_eq!(context(&a).difference(&context(&b)), context(&only));
        prop_assert_eq!(context(&a).delta_since(&context(&b)), context(&only));
    }

    #[test]
    fn runs_go_in_whole(a in models(), agent in 0_u8..4, first in 0_u64..14, more in 0_u64..6) {
        let run = Run { agent, first, last: first + more };
        let mut expected = a.clone();
        expected.extend((run.first.max(1)..=run.last).map(|seq| Dot::new(agent, seq)));
        let mut state = context(&a);
        prop_assert_eq!(state.insert_run(run), expected.len() > a.len());
        prop_assert_eq!(state, context(&expected));
    }
}

#[test]
fn a_small_delta_joins_a_large_context_and_the_other_way_round() {
    let large: Model = (0..200)
        .flat_map(|agent| [1, 3, 5].map(|seq| Dot::new(agent, seq)))
        .collect();
    let small = Model::from([
        Dot::new(7, 2),
        Dot::new(7, 4),
        Dot::new(201, 1),
        Dot::new(9, 3),
    ]);
    let union: Model = large.union(&small).copied().collect();
    let mut joined = context(&large);
    assert!(joined.join(context(&small)));
    assert_eq!(joined, context(&union));
    assert!(!joined.join(context(&small)));
    assert_eq!(context(&small).joined(context(&large)), joined);
    assert_eq!(
        joined.runs().iter().filter(|run| run.agent == 7).count(),
        1,
        "gaps closed"
    );
}

#[test]
fn the_end_of_the_numbers_is_reached_and_not_passed() {
    let mut state = CausalContext::new();
    assert!(state.insert(Dot::new('a', u64::MAX)));
    assert!(state.insert(Dot::new('a', u64::MAX - 1)));
    assert_eq!(
        state.runs(),
        [Run {
            agent: 'a',
            first: u64::MAX - 1,
            last: u64::MAX
        }]
    );
    assert_eq!(state.next_dot('a'), None);
    assert_eq!(state.next_dot('b'), Some(Dot::new('b', 1)));
    assert!(state.insert_run(Run {
        agent: 'a',
        first: 1,
        last: u64::MAX
    }));
    assert_eq!(state.vector().get(&'a'), u64::MAX);
    assert!(state.difference(&state).is_empty());
    let first = CausalContext::from_iter([Dot::new('a', 1)]);
    let rest = state.difference(&first);
    assert_eq!(
        rest.runs(),
        [Run {
            agent: 'a',
            first: 2,
            last: u64::MAX
        }]
    );
    assert_eq!(rest.joined(first), state);
}

#[test]
fn number_zero_names_no_event() {
    let mut state = CausalContext::new();
    assert!(state.contains(&Dot::new('a', 0)));
    assert!(!state.insert(Dot::new('a', 0)));
    assert!(state.is_empty());
}

#[test]
fn runs_that_break_an_invariant_are_refused() {
    let run = |agent, first, last| Run { agent, first, last };
    let refused = |runs: &[Run<char>]| CausalContext::from_runs(runs.to_vec()).is_none();
    assert!(refused(&[run('a', 0, 3)]), "numbers start at 1");
    assert!(refused(&[run('a', 3, 2)]), "empty");
    assert!(
        refused(&[run('b', 1, 1), run('a', 1, 1)]),
        "unsorted agents"
    );
    assert!(
        refused(&[run('a', 5, 6), run('a', 1, 2)]),
        "unsorted numbers"
    );
    assert!(refused(&[run('a', 1, 3), run('a', 3, 4)]), "overlapping");
    assert!(refused(&[run('a', 1, 3), run('a', 4, 5)]), "touching");
    assert!(!refused(&[run('a', 1, 3), run('a', 5, 5), run('b', 1, 1)]));
}

#[test]
fn a_version_vector_counts_without_gaps() {
    let mut vector = VersionVector::new();
    assert_eq!(vector.increment('a'), Some(Dot::new('a', 1)));
    assert_eq!(vector.increment('a'), Some(Dot::new('a', 2)));
    assert!(!vector.observe('a', 1));
    assert!(!vector.observe('b', 0));
    assert_eq!(vector.len(), 1, "zero is not an entry");
    assert!(vector.observe('b', u64::MAX));
    assert_eq!(vector.increment('b'), None);
    assert!(vector.contains(&Dot::new('a', 2)) && !vector.contains(&Dot::new('a', 3)));
    assert_eq!(VersionVector::from_sorted(vec![('a', 0)]), None);
    assert_eq!(VersionVector::from_sorted(vec![('b', 1), ('a', 1)]), None);
    assert_eq!(
        VersionVector::from_sorted(vec![('a', 2), ('b', u64::MAX)]),
        Some(vector)
    );
}

#[test]
fn a_vector_is_walked_from_both_ends() {
    let vector = VersionVector::from_iter([('c', 3), ('a', 1), ('b', 2)]);
    assert!((&vector).into_iter().eq(vector.iter()));
    let mut heads = vector.iter();
    assert_eq!(heads.next_back(), Some((&'c', 3)));
    assert_eq!(heads.clone().next(), heads.next());
    assert_eq!((heads.len(), heads.next_back()), (1, Some((&'b', 2))));
    assert_eq!((heads.next(), heads.next_back()), (None, None));
    assert!(vector.into_iter().rev().eq([('c', 3), ('b', 2), ('a', 1)]));
}
