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
    ///
    /// ```
    /// use lattice_core::{Homomorphism, JoinSemilattice, Max, Set};
    ///
    /// /// The greatest member, if any.
    /// struct Greatest;
    /// impl Homomorphism<Set<u8>> for Greatest {
    ///     type Target = Option<Max<u8>>;
    ///     fn apply(&self, set: Set<u8>) -> Self::Target {
    ///         set.into_iter().max().map(Max)
    ///     }
    /// }
    ///
    /// let (a, b) = (Set::from_iter([1, 5]), Set::from_iter([3]));
    /// let before = Greatest.apply(a.clone()).joined(Greatest.apply(b.clone()));
    /// assert_eq!(Greatest.apply(a.joined(b)), before);
    /// ```
    fn apply(&self, state: L) -> Self::Target;
}
