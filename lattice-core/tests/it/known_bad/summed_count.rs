//! "A snapshot says how many events it stands for; merging two adds the numbers."
//!
//! Events that are in both are counted twice. What is counted is a set: join the set, and ask for its
//! size.

use lattice_core::{JoinSemilattice, Set, laws};

use crate::kit::assert_caught;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Audit {
    events: u32,
}

impl JoinSemilattice for Audit {
    fn join(&mut self, other: Self) -> bool {
        self.events += other.events;
        other.events > 0
    }

    fn leq(&self, other: &Self) -> bool {
        self.events <= other.events
    }
}

#[test]
fn a_sum_is_not_idempotent() {
    let audits = [0, 1, 2].map(|events| Audit { events });
    laws::check_commutative(&audits);
    laws::check_associative(&audits);
    assert_caught("idempotent", || laws::check_idempotent(&audits));
}

#[test]
fn the_size_of_a_joined_set_is_exact() {
    let (ours, theirs) = (Set::from_iter([1, 2]), Set::from_iter([2, 3]));
    laws::check_all(&[ours.clone(), theirs.clone()]);
    assert_eq!(ours.joined(theirs).len(), 3);
}
