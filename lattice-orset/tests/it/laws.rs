//! The laws of the lattice, over everything that can be decoded.

use lattice_core::{CausalContext, Cell, Dot, laws};
use lattice_orset::{GSet, OrSet};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::naive::{Fate, Naive};
use crate::states::adversarial;

lattice_core::semilattice_laws!(orset, adversarial().prop_map(|naive| naive.to_orset()));
lattice_core::semilattice_laws!(gset, vec(0..9_u8, 0..6).prop_map(GSet::from_iter));

proptest! {
    #[test]
    fn parts_and_deltas(states in vec(adversarial(), 1..4)) {
        let states: Vec<_> = states.iter().map(Naive::to_orset).collect();
        laws::check_bottom(&states);
        laws::check_decompose(&states);
        laws::check_delta_since(&states);
    }

    #[test]
    fn parts_and_deltas_of_grow_only_sets(states in vec(vec(0..9_u8, 0..6), 1..4)) {
        let states: Vec<_> = states.into_iter().map(GSet::from_iter).collect();
        laws::check_bottom(&states);
        laws::check_decompose(&states);
        laws::check_delta_since(&states);
    }

    /// Redaction is a homomorphism on states.
    #[test]
    fn redaction_is_a_homomorphism(states in vec(adversarial(), 1..4), seq in 1..6_u64) {
        let states: Vec<_> = states.iter().map(Naive::to_orset).collect();
        laws::check_homomorphism(&states, |mut set: OrSet<u8, u8>| {
            set.redact(|dot| dot.seq == seq);
            set
        });
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
                .filter_map(|(dot, fate)| Some((dot, fate.clone()?)))
                .collect();
            states.push(Naive { dots }.to_orset());
        }
    }
    assert_eq!(states.len(), 25);
    laws::check_all(&states);
    laws::check_bottom(&states);
    laws::check_decompose(&states);
    laws::check_delta_since(&states);
}

/// Three dots of one agent around the edge of a block.
#[test]
fn small_universe_on_the_edge_of_a_block() {
    let seqs = [63, 64, 65];
    let generators: Vec<OrSet<u8, u8>> = seqs
        .into_iter()
        .flat_map(|seq| {
            let seen: CausalContext<u8> = [Dot::new(7, seq)].into_iter().collect();
            let with = |cells: Vec<Cell<u8>>| {
                OrSet::from_parts(
                    &seen,
                    cells.into_iter().map(|cell| (Dot::new(7, seq), cell)),
                )
                .unwrap()
            };
            [with(vec![Cell::Present(1)]), with(vec![])]
        })
        .collect();
    let universe = laws::check_exhaustive(&generators, 30).unwrap();
    assert_eq!(universe.len(), 26);
    laws::check_delta_since(&universe);
}
