//! "Keep the concurrent writes, but at most two, the latest by wall clock, so that nobody can flood us."
//!
//! What the cap drops may be what remains when the others are overwritten later.

use lattice_core::{Antichain, JoinSemilattice, laws};

use crate::kit::assert_caught;
use crate::write::Write;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Capped(Antichain<Write>);

impl JoinSemilattice for Capped {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.0.join(other.0);
        let mut latest: Vec<Write> = self.0.iter().cloned().collect();
        latest.sort_by_key(|write| core::cmp::Reverse(write.id)); // the wall clock
        self.0 = latest.into_iter().take(2).collect();
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }
}

fn states() -> [Antichain<Write>; 3] {
    let [x, y, z] = [
        Write::new((2, 0), 1, 0),
        Write::new((1, 1), 2, 0),
        Write::new((0, 2), 3, 0),
    ];
    let above_y_and_z = Write::new((1, 2), 0, 0);
    [
        Antichain::singleton(x),
        [y, z].into_iter().collect(),
        Antichain::singleton(above_y_and_z),
    ]
}

#[test]
fn a_cap_is_not_associative() {
    let capped = states().map(Capped);
    laws::check_idempotent(&capped);
    laws::check_commutative(&capped);
    assert_caught("associative", || laws::check_associative(&capped));
    assert_caught("upper bound", || laws::check_least_upper_bound(&capped));
}

#[test]
fn without_the_cap_it_is() {
    laws::check_exhaustive(&states(), 10).expect("a small universe");
}
