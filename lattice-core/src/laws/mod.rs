//! The law kit: checks on slices of examples, for any lattice.
//!
//! Every `check_*` takes examples and panics at the first broken law, naming the law and the
//! operands. No dependencies, no macros: call them from any test framework, or from none.

mod exhaustive;
mod join;
mod order;
mod parts;
#[cfg(feature = "proptest")]
mod proptest;
#[cfg(feature = "quickcheck")]
mod quickcheck;
mod ranked;
mod transport;

#[cfg(feature = "proptest")]
#[doc(hidden)]
pub use self::proptest::__run_proptest;
#[cfg(feature = "proptest")]
#[doc(hidden)]
pub use ::proptest as __proptest;
#[cfg(feature = "quickcheck")]
#[doc(hidden)]
pub use ::quickcheck as __quickcheck;
pub use exhaustive::{UniverseTooLarge, check_exhaustive, closure};
pub use join::{
    check_associative, check_commutative, check_idempotent, check_join_bool, check_join_ref,
    check_least_upper_bound,
};
pub use order::{check_bottom, check_order};
pub use parts::{check_decompose, check_delta_since, check_irreducible};
pub use ranked::check_ranked;
pub use transport::{check_homomorphism, check_replay, check_round_trip};

use core::fmt::{Debug, Write};

use crate::JoinSemilattice;

/// Fails with the name of the law and the operands that break it.
#[cold]
#[track_caller]
fn broken(law: &str, operands: &[(&str, &dyn Debug)]) -> ! {
    let mut message = format!("law broken: {law}");
    for (name, value) in operands {
        // Writing into a string cannot fail.
        let _ = write!(message, "\n  {name} = {value:?}");
    }
    panic!("{message}");
}

/// All laws of [`JoinSemilattice`] on all pairs and triples of `states`.
///
/// # Panics
///
/// At the first broken law.
///
/// O(n³) for `n` states.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// laws::check_all(&[Set::new(), Set::from_iter([1]), Set::from_iter([1, 2])]);
/// ```
#[track_caller]
pub fn check_all<L: JoinSemilattice + Clone + Debug>(states: &[L]) {
    check_order(states);
    check_idempotent(states);
    check_commutative(states);
    check_join_bool(states);
    check_join_ref(states);
    check_least_upper_bound(states);
    check_associative(states);
}
