//! One register merged into another, with totally ordered stamps.

use lattice_core::JoinSemilattice;
use lattice_lww::{Lamport, LwwRegister};

use crate::lww::{Marker, sides, write};
use crate::measure::{Contender, Goal, Role};

type Register = LwwRegister<u64, Lamport, [u8; 16]>;

/// Ours and the hand-written one, over `n` pairs.
pub fn contenders(n: usize, seed: u64) -> Vec<Contender> {
    // The two sides of different seeds share no key; here only markers and values count.
    let (a, b) = (sides(n, seed).0, sides(n, seed + 1).0);
    let ours: Vec<(Register, Register)> = a
        .iter()
        .zip(&b)
        .map(|(a, b)| (write(*a).into(), write(*b).into()))
        .collect();
    let by_hand: Vec<((Marker, u64), (Marker, u64))> = a
        .iter()
        .zip(&b)
        .map(|(a, b)| ((a.1, a.2), (b.1, b.2)))
        .collect();
    vec![
        Contender::new(Role::Own, "lattice-lww LwwRegister", ours, |pairs| {
            let mut grew = 0_usize;
            let merged: Vec<Register> = pairs
                .into_iter()
                .map(|(mut a, b)| {
                    grew += usize::from(a.join(b));
                    a
                })
                .collect();
            (merged, grew)
        })
        .goal(Goal::Time("compare and copy, by hand", 2.0)),
        Contender::new(Role::Floor, "compare and copy, by hand", by_hand, |pairs| {
            let mut grew = 0_usize;
            let merged: Vec<(Marker, u64)> = pairs
                .into_iter()
                .map(|(mut a, b)| {
                    if b.0 > a.0 {
                        a = b;
                        grew += 1;
                    }
                    a
                })
                .collect();
            (merged, grew)
        }),
    ]
}
