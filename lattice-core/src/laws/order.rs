//! The laws of `leq` and of bottom.

use core::fmt::Debug;

use super::broken;
use crate::{Bottom, JoinSemilattice};

/// `leq` is a partial order: reflexive, antisymmetric (up to `==`), transitive. All triples.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Min, laws};
///
/// laws::check_order(&[Min(1), Min(2), Min(3)]);
/// ```
#[track_caller]
pub fn check_order<L: JoinSemilattice + Debug>(states: &[L]) {
    for a in states {
        if !a.leq(a) {
            broken("reflexive", &[("a", &a)]);
        }
        for b in states {
            if (a.leq(b) && b.leq(a)) != (a == b) {
                broken("antisymmetric", &[("a", &a), ("b", &b)]);
            }
            if !a.leq(b) {
                continue;
            }
            for c in states {
                if b.leq(c) && !a.leq(c) {
                    broken("transitive", &[("a", &a), ("b", &b), ("c", &c)]);
                }
            }
        }
    }
}

/// Bottom is below all, is the only state that `is_bottom`, and joins without effect.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Max, laws};
///
/// laws::check_bottom(&[None, Some(Max(0)), Some(Max(1))]);
/// ```
#[track_caller]
pub fn check_bottom<L: Bottom + Clone + Debug>(states: &[L]) {
    let bottom = L::bottom();
    if !bottom.is_bottom() {
        broken("bottom", &[("bottom", &bottom)]);
    }
    for a in states {
        if !bottom.leq(a) || a.is_bottom() != (*a == bottom) {
            broken("bottom", &[("a", &a), ("bottom", &bottom)]);
        }
        let joined = L::bottom().joined(a.clone());
        if joined != *a {
            broken("bottom", &[("a", &a), ("bottom ⊔ a", &joined)]);
        }
    }
}
