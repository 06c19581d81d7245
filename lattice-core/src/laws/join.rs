//! The laws of `join`.

use core::fmt::Debug;

use super::broken;
use crate::JoinSemilattice;

/// Idempotent: `a ⊔ a = a`, and joining oneself is not growth.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Max, laws};
///
/// laws::check_idempotent(&[Max(1), Max(2)]);
/// ```
#[track_caller]
pub fn check_idempotent<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    for a in states {
        let joined = a.clone().joined(a.clone());
        if joined != *a {
            broken("idempotent", &[("a", &a), ("a ⊔ a", &joined)]);
        }
    }
}

/// Commutative: `a ⊔ b = b ⊔ a`. All pairs.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// laws::check_commutative(&[Set::singleton(1), Set::singleton(2)]);
/// ```
#[track_caller]
pub fn check_commutative<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    for (index, a) in states.iter().enumerate() {
        for b in states.iter().skip(index + 1) {
            let ab = a.clone().joined(b.clone());
            let ba = b.clone().joined(a.clone());
            if ab != ba {
                broken(
                    "commutative",
                    &[("a", &a), ("b", &b), ("a ⊔ b", &ab), ("b ⊔ a", &ba)],
                );
            }
        }
    }
}

/// Associative: `(a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)`. All triples, so the cost is cubic.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// laws::check_associative(&[1, 2, 3].map(Set::singleton));
/// ```
#[track_caller]
pub fn check_associative<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    for a in states {
        for b in states {
            let ab = a.clone().joined(b.clone());
            for c in states {
                let left = ab.clone().joined(c.clone());
                let right = a.clone().joined(b.clone().joined(c.clone()));
                if left != right {
                    broken(
                        "associative",
                        &[
                            ("a", &a),
                            ("b", &b),
                            ("c", &c),
                            ("(a ⊔ b) ⊔ c", &left),
                            ("a ⊔ (b ⊔ c)", &right),
                        ],
                    );
                }
            }
        }
    }
}

/// Join bool: `a.join(b)` answers `!(b <= a)`, and true iff `a` changed. All pairs.
///
/// # Panics
///
/// If the law is broken.
///
/// A wrong answer, and the message it gets:
///
/// ```
/// use lattice_core::{JoinSemilattice, laws};
///
/// /// Says that it grew whenever it was joined.
/// #[derive(Clone, Debug, PartialEq, Eq)]
/// struct Eager(bool);
///
/// impl JoinSemilattice for Eager {
///     fn join(&mut self, other: Self) -> bool {
///         self.0 |= other.0;
///         true
///     }
///     fn leq(&self, other: &Self) -> bool {
///         !self.0 || other.0
///     }
/// }
///
/// let verdict = std::panic::catch_unwind(|| laws::check_join_bool(&[Eager(true)]));
/// let message = *verdict.unwrap_err().downcast::<String>().unwrap();
/// assert!(message.starts_with("law broken: join bool\n  a = Eager(true)"));
/// ```
#[track_caller]
pub fn check_join_bool<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    for a in states {
        for b in states {
            let mut joined = a.clone();
            let answer = joined.join(b.clone());
            if answer == b.leq(a) {
                broken(
                    "join bool",
                    &[
                        ("a", &a),
                        ("b", &b),
                        ("answer", &answer),
                        ("b <= a", &b.leq(a)),
                    ],
                );
            }
            if answer != (joined != *a) {
                broken(
                    "join bool",
                    &[
                        ("a", &a),
                        ("b", &b),
                        ("answer", &answer),
                        ("a ⊔ b", &joined),
                    ],
                );
            }
        }
    }
}

/// Join by reference: `join_ref` ends in the same state with the same answer as `join`. All pairs.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Map, Max, laws};
///
/// laws::check_join_ref(&[Map::new(), Map::singleton(1, Max(1)), Map::singleton(1, Max(2))]);
/// ```
#[track_caller]
pub fn check_join_ref<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    for a in states {
        for b in states {
            let mut by_value = a.clone();
            let mut by_ref = a.clone();
            let answers = (by_value.join(b.clone()), by_ref.join_ref(b));
            if by_value != by_ref || answers.0 != answers.1 {
                broken(
                    "join_ref",
                    &[
                        ("a", &a),
                        ("b", &b),
                        ("join", &(answers.0, by_value)),
                        ("join_ref", &(answers.1, by_ref)),
                    ],
                );
            }
        }
    }
}

/// The join is an upper bound, and the least: `a <= a ⊔ b`, `b <= a ⊔ b`, and whatever is above both
/// is above the join. The order agrees: `a <= b` iff `a ⊔ b = b`. All triples.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Pair, Set, laws};
///
/// // Concurrent first components: the second starts over, or the bound would not be the least.
/// laws::check_least_upper_bound(&[
///     Pair(Set::singleton(1), Set::singleton('a')),
///     Pair(Set::singleton(2), Set::singleton('b')),
///     Pair(Set::from_iter([1, 2]), Set::new()),
/// ]);
/// ```
#[track_caller]
pub fn check_least_upper_bound<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    for a in states {
        for b in states {
            let join = a.clone().joined(b.clone());
            if !a.leq(&join) || !b.leq(&join) {
                broken("upper bound", &[("a", &a), ("b", &b), ("a ⊔ b", &join)]);
            }
            if a.leq(b) != (join == *b) {
                broken(
                    "order agrees with join",
                    &[
                        ("a", &a),
                        ("b", &b),
                        ("a <= b", &a.leq(b)),
                        ("a ⊔ b", &join),
                    ],
                );
            }
            for c in states {
                if a.leq(c) && b.leq(c) && !join.leq(c) {
                    broken(
                        "least upper bound",
                        &[("a", &a), ("b", &b), ("c", &c), ("a ⊔ b", &join)],
                    );
                }
            }
        }
    }
}
