//! `verify_lattice_join` accepts the join of the deltas and nothing else.

use core::fmt::Debug;

use lattice_core::{
    Antichain, CausalContext, Cell, Decompose, Dot, JoinMismatch, JoinSemilattice, Map, Max, Set,
    join_all, laws, verify_lattice_join,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{Write, any_write};

/// Ten thousand histories per lattice: the truth in any order and with repetition; then every forgery
/// that leaves out one part, adds one, or does both.
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
        let first_missing = deltas
            .iter()
            .position(|delta| !delta.leq(&claimed))
            .expect("a part came from a delta");
        assert_eq!(
            verify_lattice_join(&claimed, deltas),
            Err(JoinMismatch::TooSmall { first_missing })
        );

        let forged = claimed.joined(foreign.clone());
        let verdict = verify_lattice_join(&forged, deltas);
        assert_eq!(verdict.is_ok(), forged == join);
        if let Err(JoinMismatch::Unrelated { first_missing }) = verdict {
            assert!(!deltas[first_missing].leq(&forged) && !forged.leq(&join));
        }
    }
}

/// Sets of small numbers, maps to cells, contexts and antichains: four lattices of different make.
fn numbers() -> impl Strategy<Value = Set<u8>> {
    vec(0_u8..12, 0..5).prop_map(Set::from_iter)
}

fn cells() -> impl Strategy<Value = Map<u8, Cell<u8>>> {
    let cell = prop_oneof![4 => (0_u8..4).prop_map(Cell::Present), 1 => Just(Cell::Redacted)];
    vec((0_u8..6, cell), 0..4).prop_map(Map::from_iter)
}

fn contexts() -> impl Strategy<Value = CausalContext<u8>> {
    let dot = (0_u8..3, 1_u64..8).prop_map(|(agent, seq)| Dot::new(agent, seq));
    vec(dot, 0..5).prop_map(CausalContext::from_iter)
}

fn siblings() -> impl Strategy<Value = Antichain<Write>> {
    vec(any_write(), 0..3).prop_map(Antichain::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn of_sets(deltas in vec(numbers(), 0..6), foreign in numbers()) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_maps(deltas in vec(cells(), 0..6), foreign in cells()) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_contexts(deltas in vec(contexts(), 0..6), foreign in contexts()) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_antichains(deltas in vec(siblings(), 0..6), foreign in siblings()) {
        check(&deltas, &foreign);
    }

    #[test]
    fn of_products(
        deltas in vec((numbers(), cells(), any::<Option<u8>>()), 0..5),
        foreign in (numbers(), cells(), any::<Option<u8>>()),
    ) {
        let product = |(set, map, max): (_, _, Option<u8>)| (set, map, max.map(Max));
        let deltas: Vec<_> = deltas.into_iter().map(product).collect();
        check(&deltas, &product(foreign));
    }

    /// Histories that share a past: the states replicas really meet in.
    #[test]
    fn of_one_history(deltas in vec(siblings(), 1..8), cut in any::<prop::sample::Index>()) {
        let (known, rest) = deltas.split_at(cut.index(deltas.len()));
        let (here, all) = (join_all(known.iter().cloned()), join_all(deltas.iter().cloned()));
        prop_assert_eq!(verify_lattice_join(&all, rest.iter().chain([&here])), Ok(()));
        prop_assert_eq!(verify_lattice_join(&here, &deltas).is_ok(), here == all);
        laws::check_delta_since(&[here, all]);
    }
}

#[test]
fn messages_say_which_side_is_wrong() {
    let deltas = [Set::from_iter([1]), Set::from_iter([2])];
    let refused = |claimed: &[u8]| {
        let claimed = claimed.iter().copied().collect();
        verify_lattice_join(&claimed, &deltas)
            .expect_err("must be refused")
            .to_string()
    };
    assert_eq!(
        refused(&[1]),
        "claimed state is too small: it does not hold delta 1"
    );
    assert_eq!(
        refused(&[]),
        "claimed state is too small: it does not hold delta 0"
    );
    assert_eq!(
        refused(&[1, 2, 3]),
        "claimed state is too big: it holds more than the deltas"
    );
    assert_eq!(
        refused(&[1, 3]),
        "claimed state does not hold delta 1 and holds more than the deltas"
    );
}

/// An order that is not antisymmetric must not pass for equality.
#[test]
fn below_both_ways_is_not_yet_equal() {
    use lattice_core::Bottom;

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Modulo(u8);
    impl JoinSemilattice for Modulo {
        fn join(&mut self, other: Self) -> bool {
            let grew = other.0 > self.0;
            self.0 = self.0.max(other.0);
            grew
        }
        fn leq(&self, other: &Self) -> bool {
            self.0 / 2 <= other.0 / 2
        }
    }
    impl Bottom for Modulo {
        fn bottom() -> Self {
            Self(0)
        }
        fn is_bottom(&self) -> bool {
            self.0 == 0
        }
    }
    let verdict = verify_lattice_join(&Modulo(3), &[Modulo(2)]);
    assert_eq!(verdict, Err(JoinMismatch::Unequal));
    assert_eq!(
        JoinMismatch::Unequal.to_string(),
        "claimed state differs from the join, though each is below the other",
    );
}
