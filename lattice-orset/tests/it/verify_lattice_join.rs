//! Verification of a claimed join of sets, 10,000 cases a property.

use lattice_core::{
    Bottom, Decompose, JoinMismatch, JoinSemilattice, join_all, verify_lattice_join,
};
use lattice_orset::{GSet, OrSet};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::naive::Naive;
use crate::states::adversarial;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn accepts_the_join_and_nothing_else(
        deltas in vec(adversarial(), 0..5),
        forged in adversarial(),
        dropped in any::<Index>(),
    ) {
        let deltas: Vec<OrSet<u8, u8>> = deltas.iter().map(Naive::to_orset).collect();
        let forged = forged.to_orset();
        let true_join: OrSet<u8, u8> = join_all(deltas.iter().cloned());
        prop_assert_eq!(verify_lattice_join(&true_join, &deltas), Ok(()));

        // In any order, and with repetitions.
        let shuffled: Vec<_> = deltas.iter().rev().chain(&deltas).collect();
        prop_assert_eq!(verify_lattice_join(&true_join, shuffled), Ok(()));

        let verdict = verify_lattice_join(&forged, &deltas);
        prop_assert_eq!(verdict.is_ok(), forged == true_join);

        let more = true_join.clone().joined(forged.clone());
        let expected = if forged.leq(&true_join) { Ok(()) } else { Err(JoinMismatch::TooBig) };
        prop_assert_eq!(verify_lattice_join(&more, &deltas), expected);

        let parts: Vec<_> = true_join.clone().decompose().collect();
        if !parts.is_empty() {
            let gone = dropped.index(parts.len());
            let rest = parts.into_iter().enumerate().filter(|&(at, _)| at != gone).map(|(_, part)| part);
            let less: OrSet<u8, u8> = join_all(rest);
            let too_small = matches!(verify_lattice_join(&less, &deltas), Err(JoinMismatch::TooSmall { .. }));
            prop_assert!(too_small);
            let empty = matches!(verify_lattice_join(&OrSet::bottom(), &deltas), Err(JoinMismatch::TooSmall { .. }));
            prop_assert!(empty);
        }
    }

    #[test]
    fn of_grow_only_sets(deltas in vec(vec(0..20_u8, 0..5), 0..5), forged in vec(0..20_u8, 0..8)) {
        let deltas: Vec<GSet<u8>> = deltas.into_iter().map(GSet::from_iter).collect();
        let forged = GSet::from_iter(forged);
        let true_join: GSet<u8> = join_all(deltas.iter().cloned());
        prop_assert_eq!(verify_lattice_join(&true_join, &deltas), Ok(()));
        prop_assert_eq!(verify_lattice_join(&forged, &deltas).is_ok(), forged == true_join);
    }
}
