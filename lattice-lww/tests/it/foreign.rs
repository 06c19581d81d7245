//! Registers and maps among strangers: their law checks, our states.

use std::fmt::Debug;

use lattice_core::{ByLeq, Cell, JoinSemilattice, laws};
use lattice_lww::{LwwMap, VersionVector, Write};

use crate::write::{Register, write};

/// Writes with stamps below, above and beside one another; two with one key; one redacted.
fn registers() -> Vec<Register<VersionVector>> {
    let stamp = |a, b| VersionVector::from_iter([("a", a), ("b", b)]);
    let writes = [
        write(stamp(0, 0), 9, 0, 1, 0),
        write(stamp(1, 0), 3, 0, 2, 0),
        write(stamp(0, 1), 5, 1, 3, 0),
        write(stamp(0, 1), 5, 1, 3, 1),
        write(stamp(1, 1), 1, 1, 4, 0),
    ];
    let redacted = Write {
        cell: Cell::Redacted,
        ..writes[1].clone()
    };
    let generators = writes
        .into_iter()
        .chain([redacted])
        .map(Register::from_write);
    let universe = laws::closure(&generators.collect::<Vec<_>>(), 40).expect("a small universe");
    universe.into_iter().chain([Register::new()]).collect()
}

fn maps() -> Vec<LwwMap<u8, u8, VersionVector, u8>> {
    let registers = registers();
    let map = |at: usize| {
        let entries = [(0, registers[at].clone()), (1, registers[at / 2].clone())];
        entries.into_iter().skip(at % 2).collect()
    };
    let mut maps: Vec<LwwMap<_, _, _, _>> = (0..registers.len()).map(map).collect();
    maps.push(LwwMap::new());
    maps.dedup();
    maps
}

#[cfg(feature = "lattices")]
mod hydro {
    use lattice_core::Bottom;
    use lattices::test::{
        check_lattice_default_is_bot, check_lattice_is_bot, check_lattice_ord,
        check_lattice_properties, check_partial_ord_properties,
    };
    use lattices::{IsBot, Merge};

    use super::*;

    fn check<L: Bottom + Merge<L> + IsBot + Clone + Debug>(states: Vec<L>) {
        assert!(states.len() > 8);
        assert!(states.iter().any(IsBot::is_bot));
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
    }

    #[test]
    fn registers_and_maps() {
        check(registers());
        check(maps());
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
    fn registers_and_maps() {
        check(&registers());
        check(&maps());
    }
}
