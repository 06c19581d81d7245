//! `Antichain` beside the definition: the union, without what is preceded.

use lattice_core::{Antichain, Cell, JoinSemilattice, Ranked};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{Write, any_write};

/// All writes, those of one identity joined, those preceded by another dropped, sorted.
fn naive(writes: &[Write]) -> Vec<Write> {
    let mut merged: Vec<Write> = Vec::new();
    for write in writes {
        match merged.iter_mut().find(|other| other.same_identity(write)) {
            Some(other) => {
                other.absorb(write.clone());
            }
            None => merged.push(write.clone()),
        }
    }
    let all = merged.clone();
    merged.retain(|write| !all.iter().any(|other| write.precedes(other)));
    merged.sort_by(Write::canonical_cmp);
    merged
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn join_is_the_maximal_elements_of_the_union(a in vec(any_write(), 0..8), b in vec(any_write(), 0..8)) {
        let ours: Antichain<Write> = a.iter().cloned().collect();
        let theirs: Antichain<Write> = b.iter().cloned().collect();
        let expected = naive(&[a, b].concat());
        prop_assert_eq!(ours.clone().joined(theirs).into_vec(), expected.clone());
        prop_assert_eq!(Antichain::from_canonical(expected.clone()).map(Antichain::into_vec), Some(expected));
    }

    #[test]
    fn only_sorted_antichains_are_taken(writes in vec(any_write(), 0..4)) {
        let taken = Antichain::from_canonical(writes.clone());
        prop_assert_eq!(taken.is_some(), naive(&writes) == writes);
    }

    #[test]
    fn redaction_commutes_with_join(a in vec(any_write(), 0..6), b in vec(any_write(), 0..6), gone in 0_u8..2) {
        let redacted = |mut state: Antichain<Write>| {
            state.for_each_mut(|write| {
                if write.id == gone {
                    write.value.redact();
                }
            });
            state
        };
        let ours: Antichain<Write> = a.into_iter().collect();
        let theirs: Antichain<Write> = b.into_iter().collect();
        let before = redacted(ours.clone()).joined(redacted(theirs.clone()));
        prop_assert_eq!(redacted(ours.joined(theirs)), before);
    }
}

#[test]
fn views() {
    let (low, high) = (Write::new((0, 1), 0, 7), Write::new((1, 0), 0, 8));
    let mut state = Antichain::new();
    assert!(state.is_empty() && state.as_single().is_none() && state.as_slice().is_empty());
    assert!(state.insert(high.clone()));
    assert_eq!(state.as_single(), Some(&high));
    assert!(!state.insert(high.clone()));
    assert!(state.insert(low.clone()), "concurrent");
    assert_eq!(state.as_slice(), [low.clone(), high.clone()]);
    assert_eq!((state.len(), state.as_single()), (2, None));
    assert!(state.insert(Write::new((2, 2), 0, 9)));
    assert_eq!(
        state.as_single(),
        Some(&Write::new((2, 2), 0, 9)),
        "one again, and inline"
    );
    assert!(!state.insert(low));
}

#[test]
fn one_identity_with_two_values_keeps_the_greater() {
    let mut state = Antichain::singleton(Write::new((1, 1), 0, 3));
    assert!(state.insert(Write::new((1, 1), 0, 5)));
    assert!(!state.insert(Write::new((1, 1), 0, 4)));
    assert_eq!(
        state.as_single().map(|write| write.value),
        Some(Cell::Present(5))
    );
}
