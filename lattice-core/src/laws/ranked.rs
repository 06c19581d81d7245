//! The laws of antichain elements.

use core::cmp::Ordering;
use core::fmt::Debug;

use super::broken;
use crate::Ranked;

/// The laws of [`Ranked`] on all triples of `elements`.
///
/// # Panics
///
/// If a law is broken.
///
/// O(n³) for `n` elements.
///
/// ```
/// use lattice_core::{Cell, Dot, laws};
///
/// let dots = [Dot::new("ada", 1), Dot::new("ada", 2), Dot::new("bob", 1)];
/// let cells = [Cell::Present(1), Cell::Present(2), Cell::Redacted];
/// let writes: Vec<_> = dots.iter().flat_map(|dot| cells.map(|cell| (*dot, cell))).collect();
/// laws::check_ranked(&writes);
/// ```
#[track_caller]
pub fn check_ranked<T: Ranked + Clone + Debug>(elements: &[T]) {
    for a in elements {
        if a.precedes(a) {
            broken("precedes is irreflexive", &[("a", &a)]);
        }
        for b in elements {
            let cmp = a.canonical_cmp(b);
            if (cmp == Ordering::Equal) != a.same_identity(b) || cmp != b.canonical_cmp(a).reverse()
            {
                broken(
                    "canonical_cmp is total on identities",
                    &[("a", &a), ("b", &b), ("cmp", &cmp)],
                );
            }
            if a.same_identity(b) {
                check_payloads(a, b);
            } else if a == b {
                broken("equal elements have one identity", &[("a", &a), ("b", &b)]);
            }
            for c in elements {
                check_triple(a, b, c);
            }
        }
    }
}

#[track_caller]
fn check_triple<T: Ranked + Debug>(a: &T, b: &T, c: &T) {
    if a.precedes(b) && b.precedes(c) && !a.precedes(c) {
        broken("precedes is transitive", &[("a", &a), ("b", &b), ("c", &c)]);
    }
    if a.same_identity(b) && (a.precedes(c) != b.precedes(c) || c.precedes(a) != c.precedes(b)) {
        broken(
            "precedes sees identities only",
            &[("a", &a), ("b", &b), ("c", &c)],
        );
    }
    if a.canonical_cmp(b).is_le() && b.canonical_cmp(c).is_le() && a.canonical_cmp(c).is_gt() {
        broken(
            "canonical_cmp is transitive",
            &[("a", &a), ("b", &b), ("c", &c)],
        );
    }
}

#[track_caller]
fn check_payloads<T: Ranked + Clone + Debug>(a: &T, b: &T) {
    if a.precedes(b) {
        broken("precedes sees identities only", &[("a", &a), ("b", &b)]);
    }
    let mut joined = a.clone();
    let grew = joined.absorb(b.clone());
    if grew == b.payload_leq(a) || grew != (joined != *a) {
        broken(
            "absorb bool",
            &[("a", &a), ("b", &b), ("grew", &grew), ("a ⊔ b", &joined)],
        );
    }
    if !joined.same_identity(a) || !a.payload_leq(&joined) || !b.payload_leq(&joined) {
        broken(
            "absorb is an upper bound",
            &[("a", &a), ("b", &b), ("a ⊔ b", &joined)],
        );
    }
    let mut other_way = b.clone();
    other_way.absorb(a.clone());
    if joined != other_way {
        broken(
            "absorb is commutative",
            &[
                ("a", &a),
                ("b", &b),
                ("a ⊔ b", &joined),
                ("b ⊔ a", &other_way),
            ],
        );
    }
    if (a.payload_leq(b) && b.payload_leq(a)) != (a == b) {
        broken("payload_leq is antisymmetric", &[("a", &a), ("b", &b)]);
    }
}
