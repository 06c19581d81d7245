//! The laws of decompositions and deltas.

use alloc::vec::Vec;
use core::fmt::Debug;

use super::broken;
use crate::{Decompose, join_all};

/// The parts of each state join to it, none is bottom, and none is below the join of the others.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Map, Set, laws};
///
/// laws::check_decompose(&[Map::new(), Map::singleton('a', Set::from_iter([1, 2]))]);
/// ```
#[track_caller]
pub fn check_decompose<L: Decompose + Clone + Debug>(states: &[L]) {
    for whole in states {
        let parts: Vec<L> = whole.clone().decompose().collect();
        let joined = join_all(parts.iter().cloned());
        if joined != *whole {
            broken(
                "decompose",
                &[
                    ("whole", &whole),
                    ("join of parts", &joined),
                    ("parts", &parts),
                ],
            );
        }
        for (index, part) in parts.iter().enumerate() {
            let others = parts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            let others = join_all(others.map(|(_, other)| other.clone()));
            if part.leq(&others) {
                broken(
                    "decompose irredundantly",
                    &[("whole", &whole), ("part", &part), ("others", &others)],
                );
            }
        }
    }
}

/// No part of a decomposition is the join of smaller states.
///
/// Meant for a whole small universe that holds bottom: see [`closure`](super::closure). On a mere
/// sample it proves less, as the smaller states may not be in it.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// let universe = laws::closure(&[Set::new(), Set::singleton(1), Set::singleton(2)], 4)?;
/// laws::check_irreducible(&universe);
/// # Ok::<(), laws::UniverseTooLarge>(())
/// ```
#[track_caller]
pub fn check_irreducible<L: Decompose + Clone + Debug>(universe: &[L]) {
    for whole in universe {
        for part in whole.clone().decompose() {
            let smaller = universe
                .iter()
                .filter(|state| state.leq(&part) && **state != part);
            let joined = join_all(smaller.cloned());
            if joined == part {
                broken(
                    "decompose irreducibly",
                    &[("whole", &whole), ("part", &part)],
                );
            }
        }
    }
}

/// `known ⊔ a.delta_since(known) = known ⊔ a`, the delta is at most `a`, and bottom iff `a <= known`.
/// All pairs.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// laws::check_delta_since(&[Set::new(), Set::from_iter([1, 2]), Set::from_iter([2, 3])]);
/// ```
#[track_caller]
pub fn check_delta_since<L: Decompose + Clone + Debug>(states: &[L]) {
    for a in states {
        for known in states {
            let delta = a.delta_since(known);
            let by_delta = known.clone().joined(delta.clone());
            let by_state = known.clone().joined(a.clone());
            if by_delta != by_state {
                broken(
                    "delta_since",
                    &[
                        ("a", &a),
                        ("known", &known),
                        ("delta", &delta),
                        ("known ⊔ delta", &by_delta),
                        ("known ⊔ a", &by_state),
                    ],
                );
            }
            if !delta.leq(a) || delta.is_bottom() != a.leq(known) {
                broken(
                    "delta_since",
                    &[("a", &a), ("known", &known), ("delta", &delta)],
                );
            }
        }
    }
}
