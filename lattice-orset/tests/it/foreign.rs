//! Both sets among strangers: their law checks, our states.

use std::fmt::Debug;

use lattice_core::{ByLeq, CausalContext, Cell, Dot, JoinSemilattice, laws};
use lattice_orset::{DotStore, GSet, OrSet};

/// Two dots of one agent, each absent, live, redacted or removed.
fn orsets() -> Vec<OrSet<u8, u8>> {
    let about = |seq, cell: Option<Cell<u8>>| {
        let seen: CausalContext<u8> = [Dot::new(7, seq)].into_iter().collect();
        let cells = cell.map(|cell| (Dot::new(7, seq), cell));
        OrSet::from_parts(&seen, cells).unwrap()
    };
    let fates =
        |seq| [Some(Cell::Present(1)), Some(Cell::Redacted), None].map(|cell| about(seq, cell));
    let universe = laws::closure(&[fates(1), fates(3)].concat(), 20).unwrap();
    assert_eq!(universe.len(), 15);
    universe.into_iter().chain([OrSet::new()]).collect()
}

fn gsets() -> Vec<GSet<u8>> {
    let elements = |mask: u8| (0..3).filter(move |bit| mask >> bit & 1 == 1);
    (0..8).map(|mask| elements(mask).collect()).collect()
}

#[cfg(feature = "lattices")]
mod hydro {
    use lattice_core::Bottom;
    use lattices::test::{
        check_atomize_each, check_lattice_default_is_bot, check_lattice_is_bot, check_lattice_ord,
        check_lattice_properties, check_partial_ord_properties,
    };
    use lattices::{Atomize, IsBot, Merge};

    use super::*;

    fn check<L>(states: Vec<L>)
    where
        L: Bottom + Merge<L> + IsBot + Atomize<Atom = L> + Clone + Debug + 'static,
    {
        assert_eq!(states.iter().filter(|state| state.is_bot()).count(), 1);
        check_lattice_properties(&states);
        for a in &states {
            for b in &states {
                let (mut merged, mut joined) = (a.clone(), a.clone());
                assert_eq!(merged.merge(b.clone()), joined.join(b.clone()));
                assert_eq!(merged, joined);
            }
        }
        let ordered: Vec<_> = states.into_iter().map(ByLeq).collect();
        check_lattice_ord(&ordered);
        check_partial_ord_properties(&ordered);
        check_lattice_is_bot(&ordered);
        check_lattice_default_is_bot::<ByLeq<L>>();
        check_atomize_each(&ordered);
    }

    #[test]
    fn all_sets() {
        check(orsets().iter().map(DotStore::from).collect());
        check(orsets());
        check(gsets());
    }

    #[cfg(feature = "im")]
    #[test]
    fn both_sets_on_im() {
        check(super::persistent(orsets()));
        check(
            gsets()
                .into_iter()
                .map(lattice_orset::im::GSet::from_iter)
                .collect(),
        );
    }
}

#[cfg(feature = "crdts")]
mod rust_crdt {
    use crdts::CvRDT;

    use super::*;

    /// What code that is generic over their trait relies on; and their merge is our join.
    fn check<C: CvRDT + JoinSemilattice + Clone + Debug>(states: &[C]) {
        let merged = |a: &C, b: &C| {
            assert!(a.validate_merge(b).is_ok());
            let mut a = a.clone();
            a.merge(b.clone());
            a
        };
        for a in states {
            assert_eq!(merged(a, a), *a);
            for b in states {
                assert_eq!(merged(a, b), merged(b, a));
                assert_eq!(merged(a, b), a.clone().joined(b.clone()));
                for c in states {
                    assert_eq!(merged(&merged(a, b), c), merged(a, &merged(b, c)));
                }
            }
        }
    }

    #[test]
    fn both_sets() {
        check(&orsets());
        check(&gsets());
    }

    #[cfg(feature = "im")]
    #[test]
    fn both_sets_on_im() {
        check(&super::persistent(orsets()));
        check(
            &gsets()
                .into_iter()
                .map(lattice_orset::im::GSet::from_iter)
                .collect::<Vec<_>>(),
        );
    }
}

#[cfg(feature = "im")]
fn persistent(states: Vec<OrSet<u8, u8>>) -> Vec<lattice_orset::im::OrSet<u8, u8>> {
    let persistent = states.into_iter().map(|state| {
        let cells = state.cells().into_iter().map(|(dot, cell)| {
            let cell = cell
                .present()
                .map_or(Cell::Redacted, |element| Cell::Present(**element));
            (Dot::new(*dot.agent, dot.seq), cell)
        });
        lattice_orset::im::OrSet::from_parts(&state.context(), cells).unwrap()
    });
    persistent.collect()
}
