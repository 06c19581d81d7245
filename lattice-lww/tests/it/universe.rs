//! Small universes of registers, looked at in full.

use lattice_core::laws::{check_decompose, check_delta_since, closure};
use lattice_core::{Cell, laws};
use lattice_lww::{Lamport, Stamp, Unstamped, VersionVector, Write};

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

fn check<S: Stamp + std::fmt::Debug>(generators: &[Register<S>]) {
    let universe = closure(generators, 300).expect("a small universe");
    laws::check_all(&universe);
    check_decompose(&universe);
    check_delta_since(&universe);
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
