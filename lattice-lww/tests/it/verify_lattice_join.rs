//! `verify_lattice_join` accepts the join of the writes and no forgery. Ten thousand histories.

use core::fmt::Debug;

use lattice_core::{Decompose, JoinMismatch, join_all, verify_lattice_join};
use lattice_lww::LwwMap;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{
    Register, any_map, any_register, any_write, itc, lamport, unstamped, version_vector,
};

/// The truth in any order and with repetition; then each forgery that leaves out a write or adds one.
fn check<L: Decompose + Clone + Debug>(deltas: &[L], foreign: &L) {
    let join = join_all(deltas.iter().cloned());
    assert_eq!(verify_lattice_join(&join, deltas), Ok(()));
    assert_eq!(
        verify_lattice_join(&join, deltas.iter().rev().chain(deltas)),
        Ok(())
    );
    assert_eq!(
        verify_lattice_join(&L::bottom(), deltas).is_ok(),
        join.is_bottom()
    );

    let added = join.clone().joined(foreign.clone());
    let expected = if added == join {
        Ok(())
    } else {
        Err(JoinMismatch::TooBig)
    };
    assert_eq!(verify_lattice_join(&added, deltas), expected);

    let parts: Vec<L> = join.clone().decompose().collect();
    for left_out in 0..parts.len() {
        let others = parts
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != left_out);
        let claimed = join_all(others.map(|(_, part)| part.clone()));
        let verdict = verify_lattice_join(&claimed, deltas);
        assert!(
            matches!(verdict, Err(JoinMismatch::TooSmall { .. })),
            "{verdict:?}"
        );
    }
}

/// Each part of a write changed, in turn: none may pass for the write.
fn forgeries<S: lattice_lww::Stamp>(register: &Register<S>) -> Vec<Register<S>> {
    let mut forged = Vec::new();
    for (index, write) in register.writes().enumerate() {
        let mut changed = vec![write.clone(); 5];
        changed[0].key.wall_ts ^= 1;
        changed[1].key.agent_id ^= 1;
        changed[2].key.event_hash.0[31] ^= 1;
        changed[3].cell = lattice_core::Cell::Present(99);
        changed[4].cell = lattice_core::Cell::Redacted;
        let others = register.writes().enumerate().filter(|(at, _)| *at != index);
        let others: Vec<_> = others.map(|(_, write)| write.clone()).collect();
        for change in changed.into_iter().filter(|change| change != write) {
            forged.push(others.iter().cloned().chain([change]).collect());
        }
    }
    forged
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn of_unstamped_registers(
        deltas in vec(any_register(unstamped()), 0..5),
        foreign in any_register(unstamped()),
    ) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_lamport_registers(
        deltas in vec(any_register(lamport()), 0..5),
        foreign in any_register(lamport()),
    ) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_version_vector_registers(
        deltas in vec(any_register(version_vector()), 0..5),
        foreign in any_register(version_vector()),
    ) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_itc_registers(deltas in vec(any_register(itc()), 0..4), foreign in any_register(itc())) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_maps(deltas in vec(any_map(version_vector()), 0..4), foreign in any_map(version_vector())) {
        check::<LwwMap<_, _, _, _>>(&deltas, &foreign);
    }

    #[test]
    fn refuses_a_write_with_any_part_changed(
        writes in vec(any_write(version_vector()), 1..5),
    ) {
        let deltas: Vec<_> = writes.into_iter().map(Register::from_write).collect();
        let join = join_all(deltas.iter().cloned());
        for forged in forgeries(&join) {
            // A changed write may be below another that is held, and then it is simply missing.
            prop_assert_eq!(verify_lattice_join(&forged, &deltas).is_ok(), forged == join);
            prop_assert_ne!(&forged, &join);
        }
    }
}
