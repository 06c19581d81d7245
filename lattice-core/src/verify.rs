//! Is this state exactly the join of those deltas?

use core::error::Error;
use core::fmt;

use crate::{Bottom, join_all};

/// Why a claimed state is not the join of the deltas.
///
/// ```
/// use lattice_core::{JoinMismatch, Set, verify_lattice_join};
///
/// let deltas = [Set::singleton(1), Set::singleton(2)];
/// let error = verify_lattice_join(&Set::singleton(1), &deltas).unwrap_err();
/// assert_eq!(error, JoinMismatch::TooSmall { first_missing: 1 });
/// assert_eq!(error.to_string(), "claimed state is too small: it does not hold delta 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JoinMismatch {
    /// A delta is missing from the claimed state.
    TooSmall {
        /// The index of the first delta that the claimed state does not hold.
        first_missing: usize,
    },
    /// The claimed state holds something that is in no delta.
    TooBig,
    /// Something is missing and something is added.
    Unrelated {
        /// The index of the first delta that the claimed state does not hold.
        first_missing: usize,
    },
    /// Each is below the other and yet they differ: the type's order is not one.
    Unequal,
}

impl fmt::Display for JoinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { first_missing } => {
                write!(
                    f,
                    "claimed state is too small: it does not hold delta {first_missing}"
                )
            }
            Self::TooBig => f.write_str("claimed state is too big: it holds more than the deltas"),
            Self::Unrelated { first_missing } => write!(
                f,
                "claimed state does not hold delta {first_missing} and holds more than the deltas"
            ),
            Self::Unequal => {
                f.write_str("claimed state differs from the join, though each is below the other")
            }
        }
    }
}

impl Error for JoinMismatch {}

/// Checks that `claimed` is exactly the join of `deltas`.
///
/// Below is not enough: an empty state is below everything, and a state that lost an event is below
/// the join too. Above is not enough either: a forged state holds what no delta said.
///
/// # Errors
///
/// [`JoinMismatch`], saying on which side the claim is wrong.
///
/// ```
/// use lattice_core::{JoinMismatch, Set, verify_lattice_join};
///
/// let deltas = [Set::from_iter([1, 2]), Set::from_iter([2, 3])];
/// assert_eq!(verify_lattice_join(&Set::from_iter([1, 2, 3]), &deltas), Ok(()));
/// assert_eq!(
///     verify_lattice_join(&Set::from_iter([1, 2]), &deltas),
///     Err(JoinMismatch::TooSmall { first_missing: 1 }),
/// );
/// assert_eq!(
///     verify_lattice_join(&Set::from_iter([1, 2, 3, 4]), &deltas),
///     Err(JoinMismatch::TooBig),
/// );
/// ```
pub fn verify_lattice_join<'a, L: Bottom + Clone + 'a>(
    claimed: &L,
    deltas: impl IntoIterator<Item = &'a L>,
) -> Result<(), JoinMismatch> {
    let mut first_missing = None;
    let expected = join_all(deltas.into_iter().enumerate().map(|(index, delta)| {
        if first_missing.is_none() && !delta.leq(claimed) {
            first_missing = Some(index);
        }
        delta.clone()
    }));
    match (first_missing, claimed.leq(&expected)) {
        (Some(first_missing), true) => Err(JoinMismatch::TooSmall { first_missing }),
        (Some(first_missing), false) => Err(JoinMismatch::Unrelated { first_missing }),
        (None, false) => Err(JoinMismatch::TooBig),
        (None, true) if *claimed != expected => Err(JoinMismatch::Unequal),
        (None, true) => Ok(()),
    }
}
