//! Small universes, looked at in full.
//!
//! Random testing finds what is common; a mistake in a join often needs three states that stand to
//! each other just so. A handful of generators closed under join has a few dozen states, and all
//! triples of them take milliseconds.

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::check_all;
use crate::JoinSemilattice;

/// The generators reach more states than the limit.
///
/// ```
/// use lattice_core::{Max, laws};
///
/// let error = laws::closure(&[Max(1), Max(2), Max(3)], 2).unwrap_err();
/// assert_eq!(error.limit, 2);
/// assert_eq!(error.to_string(), "generators reach more than 2 states");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UniverseTooLarge {
    /// The limit that was passed.
    pub limit: usize,
}

impl fmt::Display for UniverseTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generators reach more than {} states", self.limit)
    }
}

impl Error for UniverseTooLarge {}

/// Every state that joins of the generators can reach, each once, in order of discovery.
///
/// For a lattice these are the joins of all non-empty subsets, so `n` generators reach at most
/// 2^n - 1 states. Joins are tried on both sides, so that a join that depends on sides or order shows
/// all it can do. O(states² · generators) comparisons.
///
/// # Errors
///
/// [`UniverseTooLarge`] if there are more than `limit` states.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// let generators = [0, 1, 2].map(Set::singleton);
/// assert_eq!(laws::closure(&generators, 100)?.len(), 7);
/// assert!(laws::closure(&generators, 6).is_err());
/// # Ok::<(), laws::UniverseTooLarge>(())
/// ```
pub fn closure<L: JoinSemilattice + Clone>(
    generators: &[L],
    limit: usize,
) -> Result<Vec<L>, UniverseTooLarge> {
    let mut universe: Vec<L> = Vec::new();
    let discover = |universe: &mut Vec<L>, state: L| {
        if !universe.contains(&state) {
            universe.push(state);
        }
        if universe.len() > limit {
            Err(UniverseTooLarge { limit })
        } else {
            Ok(())
        }
    };
    for generator in generators {
        discover(&mut universe, generator.clone())?;
    }
    let mut at = 0;
    while let Some(state) = universe.get(at).cloned() {
        for generator in generators {
            discover(&mut universe, state.clone().joined(generator.clone()))?;
            discover(&mut universe, generator.clone().joined(state.clone()))?;
        }
        at += 1;
    }
    Ok(universe)
}

/// [`check_all`] on every state the generators can reach; returns them for further checks.
///
/// # Errors
///
/// [`UniverseTooLarge`] if there are more than `limit` states. The cost is cubic in their number.
///
/// # Panics
///
/// At the first broken law.
///
/// ```
/// use lattice_core::{Set, laws};
///
/// let universe = laws::check_exhaustive(&[0, 1, 2].map(Set::singleton), 100)?;
/// assert_eq!(universe.len(), 7);
/// laws::check_delta_since(&universe);
/// # Ok::<(), laws::UniverseTooLarge>(())
/// ```
#[track_caller]
pub fn check_exhaustive<L: JoinSemilattice + Clone + fmt::Debug>(
    generators: &[L],
    limit: usize,
) -> Result<Vec<L>, UniverseTooLarge> {
    let universe = closure(generators, limit)?;
    check_all(&universe);
    Ok(universe)
}
