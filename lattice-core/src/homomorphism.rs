//! Functions that keep joins.

use crate::JoinSemilattice;

/// A function between lattices that keeps joins: `apply(a ⊔ b) = apply(a) ⊔ apply(b)`.
///
/// Views, projections and redaction masks should be homomorphisms: then it does not matter whether
/// one applies them before or after merging. Implementing the trait is the claim,
/// [`laws::check_homomorphism`](crate::laws::check_homomorphism) the test of it.
///
/// ```
/// use lattice_core::{Homomorphism, JoinSemilattice, Map, Max, Set, laws};
///
/// /// The names in a high-score table.
/// struct Names;
/// impl Homomorphism<Map<&'static str, Max<u32>>> for Names {
///     type Target = Set<&'static str>;
///     fn apply(&self, table: Map<&'static str, Max<u32>>) -> Self::Target {
///         table.into_iter().map(|(name, _)| name).collect()
///     }
/// }
///
/// let tables = [
///     Map::from_iter([("ada", Max(3))]),
///     Map::from_iter([("ada", Max(5)), ("bob", Max(1))]),
/// ];
/// laws::check_homomorphism(&tables, |table| Names.apply(table));
/// ```
pub trait Homomorphism<L: JoinSemilattice> {
    /// The lattice of the images.
    type Target: JoinSemilattice;
    /// The image of `state`.
    fn apply(&self, state: L) -> Self::Target;
}
