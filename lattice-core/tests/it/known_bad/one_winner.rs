//! "The causally later write wins; of two concurrent ones, the one with the greater wall clock."
//!
//! Whether the tie-break is asked depends on who has met whom: 1 precedes 2, 3 is concurrent to both,
//! and the clocks say 2 < 3 < 1. Then (1 2) 3 = 3, and 1 (2 3) = 1.

use lattice_core::{Antichain, JoinSemilattice, Ranked, laws};

use crate::kit::assert_caught;
use crate::write::Write;

/// One write; `id` is the wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Register(Write);

impl Register {
    fn loses_to(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.0, &other.0);
        mine.precedes(theirs) || (!theirs.precedes(mine) && mine.id < theirs.id)
    }
}

impl JoinSemilattice for Register {
    fn join(&mut self, other: Self) -> bool {
        let loses = self.loses_to(&other);
        if loses {
            *self = other;
        }
        loses
    }

    fn leq(&self, other: &Self) -> bool {
        self == other || self.loses_to(other)
    }
}

fn writes() -> [Write; 3] {
    [
        Write::new((1, 0), 3, 1),
        Write::new((2, 0), 1, 2),
        Write::new((0, 1), 2, 3),
    ]
}

#[test]
fn one_winner_is_not_associative() {
    let registers = writes().map(Register);
    laws::check_idempotent(&registers);
    laws::check_commutative(&registers);
    assert_caught("associative", || laws::check_associative(&registers));
    // Nor is "loses to" an order: it runs in a circle.
    assert_caught("transitive", || laws::check_order(&registers));
}

#[test]
fn the_antichain_is() {
    laws::check_exhaustive(&writes().map(Antichain::singleton), 10).expect("a small universe");
}
