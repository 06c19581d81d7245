//! A delta is cloned out of the state it is taken from.

use lattice_core::{Bottom, Decompose, JoinSemilattice, Set};

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Token(u8);

#[derive(PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
struct Tokens {
    seen: Set<Token>,
}

fn main() {}
