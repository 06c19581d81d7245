//! The laws of what carries states from one form to another: bytes, views, event logs.

use alloc::vec::Vec;
use core::fmt::Debug;

use super::broken;
use crate::{Bottom, JoinSemilattice};

/// Round trip: `decode(encode(a))` is `a`, and equal states encode equally.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// let states = [Set::new(), Set::from_iter([1_u8, 2])];
/// laws::check_round_trip(
///     &states,
///     |set| set.as_slice().to_vec(),
///     |bytes| Set::from_sorted(bytes.clone()).ok_or("not sorted"),
/// );
/// ```
#[track_caller]
pub fn check_round_trip<L: Eq + Debug, B: Eq + Debug, E: Debug>(
    states: &[L],
    encode: impl Fn(&L) -> B,
    decode: impl Fn(&B) -> Result<L, E>,
) {
    for a in states {
        let bytes = encode(a);
        let back = decode(&bytes);
        match &back {
            Ok(back) if back == a => {}
            _ => broken(
                "round trip",
                &[("a", &a), ("encoded", &bytes), ("decoded", &back)],
            ),
        }
        for b in states {
            if (a == b) != (encode(b) == bytes) {
                broken(
                    "canonical encoding",
                    &[
                        ("a", &a),
                        ("b", &b),
                        ("a encoded", &bytes),
                        ("b encoded", &encode(b)),
                    ],
                );
            }
        }
    }
}

/// Homomorphism: `map(a ⊔ b) = map(a) ⊔ map(b)`. All pairs.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Max, Set, laws};
///
/// let states = [Set::new(), Set::from_iter([1, 5]), Set::from_iter([3])];
/// laws::check_homomorphism(&states, |set| set.into_iter().max().map(Max));
///
/// // The size is none: the join of two sets is not as large as the larger of them.
/// let size = || laws::check_homomorphism(&states, |set| Max(set.len()));
/// assert!(std::panic::catch_unwind(size).is_err());
/// ```
#[track_caller]
pub fn check_homomorphism<L, M>(states: &[L], map: impl Fn(L) -> M)
where
    L: JoinSemilattice + Clone + Debug,
    M: JoinSemilattice + Debug,
{
    for a in states {
        for b in states {
            let after = map(a.clone().joined(b.clone()));
            let before = map(a.clone()).joined(map(b.clone()));
            if after != before {
                broken(
                    "homomorphism",
                    &[
                        ("a", &a),
                        ("b", &b),
                        ("map(a ⊔ b)", &after),
                        ("map(a) ⊔ map(b)", &before),
                    ],
                );
            }
        }
    }
}

/// Replay: the state of an event log depends on the set of events only, and the state of a union is
/// the join of the states.
///
/// `state` folds a sequence of events. Tries the sequence reversed, doubled, with each pair of
/// neighbours exchanged, and cut in two at every place.
///
/// # Panics
///
/// If the law is broken.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// laws::check_replay(&[3, 1, 2], |events| events.iter().copied().collect::<Set<_>>());
/// ```
#[track_caller]
pub fn check_replay<E, L>(events: &[E], state: impl Fn(&[E]) -> L)
where
    E: Clone + Debug,
    L: Bottom + Debug,
{
    let whole = state(events);
    let check = |law: &str, other: Vec<E>| {
        let replayed = state(&other);
        if replayed != whole {
            broken(
                law,
                &[
                    ("events", &events),
                    ("state", &whole),
                    ("replayed as", &other),
                    ("state", &replayed),
                ],
            );
        }
    };
    check(
        "replay in any order",
        events.iter().rev().cloned().collect(),
    );
    check("replay with repetition", [events, events].concat());
    for cut in 0..=events.len() {
        let (left, right) = events.split_at(cut);
        check("replay in any order", [right, left].concat());
        let joined = state(left).joined(state(right));
        if joined != whole {
            broken(
                "replay of a union is the join",
                &[
                    ("left", &left),
                    ("right", &right),
                    ("joined", &joined),
                    ("state", &whole),
                ],
            );
        }
    }
    for at in 1..events.len() {
        let mut swapped = events.to_vec();
        swapped.swap(at - 1, at);
        check("replay in any order", swapped);
    }
}
