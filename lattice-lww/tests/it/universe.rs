//! Small universes of registers and maps, looked at in full.

use core::fmt::Debug;

use lattice_core::laws::closure;
use lattice_core::{Cell, Decompose, laws};
use lattice_lww::{
    Hlc, Itc, ItcClock, ItcError, Lamport, LwwMap, Stamp, Unstamped, VersionVector, Write,
};

use crate::write::{Register, write};

/// Every write with these stamps, two walls, two hashes, and three cells.
fn writes<S: Stamp>(stamps: &[S]) -> Vec<Write<u8, S, u8>> {
    let mut all = Vec::new();
    for stamp in stamps {
        for wall in [0, u64::MAX] {
            for hash in [1, 2] {
                for cell in [Cell::Present(0), Cell::Present(1), Cell::Redacted] {
                    all.push(Write {
                        cell,
                        ..write(stamp.clone(), wall, 0, hash, 0)
                    });
                }
            }
        }
    }
    all
}

/// All laws on all states that the generators and bottom reach; how many there are.
fn check<L: Decompose + Clone + Debug>(generators: &[L]) -> usize {
    let generators: Vec<L> = [L::bottom()]
        .into_iter()
        .chain(generators.iter().cloned())
        .collect();
    let universe = laws::check_exhaustive(&generators, 300).expect("a small universe");
    laws::check_bottom(&universe);
    laws::check_decompose(&universe);
    laws::check_irreducible(&universe);
    laws::check_delta_since(&universe);
    universe.len()
}

#[test]
fn unstamped_writes_make_a_chain() {
    let generators: Vec<_> = writes(&[Unstamped])
        .into_iter()
        .map(Register::from_write)
        .collect();
    let universe = closure(&generators, 300).expect("a small universe");
    // Joining reaches nothing new: each register is one of the writes.
    assert_eq!(universe.len(), generators.len());
    check(&generators);
}

#[test]
fn lamport_writes_make_a_chain() {
    let generators: Vec<_> = writes(&[Lamport(0), Lamport(7)])
        .into_iter()
        .map(Register::from_write)
        .collect();
    let universe = closure(&generators, 300).expect("a small universe");
    assert_eq!(universe.len(), generators.len());
    check(&generators);
}

/// A diamond of stamps, and under each a write with a wall clock that disagrees: all joins of it.
#[test]
fn a_diamond_of_stamps() {
    let stamps = [(0, 0), (1, 0), (0, 1), (1, 1)]
        .map(|(a, b)| VersionVector::from_iter([("a", a), ("b", b)]));
    let mut generators = Vec::new();
    for (wall, stamp) in [u64::MAX, 5, 9, 1].into_iter().zip(&stamps) {
        for cell in [Cell::Present(0), Cell::Present(1), Cell::Redacted] {
            let hash = u8::try_from(wall % 200).expect("small");
            let write = Write {
                cell,
                ..write(stamp.clone(), wall, 0, hash, 0)
            };
            generators.push(Register::from_write(write));
        }
    }
    check(&generators);
}

/// Three concurrent writes, one of them with two values and a redaction, and one above two of them.
#[test]
fn three_concurrent_writes_and_a_later_one() {
    let stamp =
        |counts: [u64; 3]| -> VersionVector { ["a", "b", "c"].into_iter().zip(counts).collect() };
    let mut generators = vec![
        Register::from_write(write(stamp([1, 0, 0]), 7, 0, 1, 0)),
        Register::from_write(write(stamp([1, 0, 0]), 7, 0, 1, 1)),
        Register::from_write(write(stamp([0, 1, 0]), 7, 0, 2, 0)),
        Register::from_write(write(stamp([0, 0, 1]), 9, 0, 3, 0)),
        Register::from_write(write(stamp([2, 1, 0]), 0, 0, 4, 0)),
        // One event with two stamps.
        Register::from_write(write(stamp([0, 0, 2]), 9, 0, 3, 0)),
    ];
    let mut redacted = generators[0].clone();
    redacted.redact(|_| true);
    generators.push(redacted);
    generators.push(Register::new());
    check(&generators);
}

#[test]
fn hybrid_clocks_make_a_chain() {
    let stamps = [(0, 0), (0, 1), (7, 0)].map(|(wall, count)| Hlc { wall, count });
    let generators: Vec<_> = writes(&stamps)
        .into_iter()
        .map(Register::from_write)
        .collect();
    assert_eq!(check(&generators), generators.len() + 1);
}

/// Three clocks of one seed: two that write beside each other, one that has heard of both.
fn forks() -> Result<[Itc; 4], ItcError> {
    let mut left = ItcClock::seed();
    let (mut right, mut third) = (left.fork()?, left.fork()?);
    left.event()?;
    right.event()?;
    let beside = [left.stamp(), right.stamp()];
    third.observe(&beside[0])?;
    third.observe(&beside[1])?;
    third.event()?;
    left.event()?;
    let [left_first, right_first] = beside;
    Ok([left_first, right_first, third.stamp(), left.stamp()])
}

#[test]
fn forks_of_an_interval_tree_clock() {
    let mut generators = Vec::new();
    for (hash, stamp) in (1..).zip(forks().expect("small trees")) {
        for cell in [Cell::Present(0), Cell::Present(1), Cell::Redacted] {
            let wall = u64::from(9 - hash);
            let write = Write {
                cell,
                ..write(stamp.clone(), wall, 0, hash, 0)
            };
            generators.push(Register::from_write(write));
        }
    }
    // Antichains of left < third, right < third, left < left again, three cells to each write:
    // none; one of four; and the pairs left-right, right-again, third-again.
    assert_eq!(check(&generators), 1 + 4 * 3 + 3 * 9);
}

#[test]
fn maps_of_two_keys() {
    let stamps = [(1, 0), (0, 1)].map(|(a, b)| VersionVector::from_iter([("a", a), ("b", b)]));
    let mut generators = Vec::new();
    for key in ["title", "size"] {
        for (hash, stamp) in (1..).zip(&stamps) {
            for cell in [Cell::Present(0), Cell::Redacted] {
                let write = Write {
                    cell,
                    ..write(stamp.clone(), 5, 0, hash, 0)
                };
                generators.push(LwwMap::from_iter([(key, Register::from_write(write))]));
            }
        }
    }
    // Under each key: each of two writes absent, present or redacted.
    assert_eq!(check(&generators), 9 * 9);
}
