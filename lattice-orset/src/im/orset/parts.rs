//! States from their parts, and from the other implementation.

use lattice_core::{CausalContext, Cell, Dot};

use super::OrSet;
use crate::PartsError;
use crate::im::context::Context;
use crate::parts::{numbered, span_of};

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// A state from its context and the cells under its dots, in any order: the inverse of
    /// [`context`](Self::context) and [`cells`](Self::cells). `O(n log n)`.
    ///
    /// # Errors
    /// [`PartsError`] if a dot is out of range, not in the context, or named twice.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Cell, Dot};
    /// use lattice_orset::{PartsError, im::OrSet};
    ///
    /// let seen: CausalContext<&str> = [Dot::new("ada", 1)].into_iter().collect();
    /// let set = OrSet::from_parts(&seen, [(Dot::new("ada", 1), Cell::Present("milk"))])?;
    /// assert!(set.contains("milk"));
    /// # Ok::<(), PartsError<&str>>(())
    /// ```
    pub fn from_parts(
        context: &CausalContext<A>,
        cells: impl IntoIterator<Item = (Dot<A>, Cell<T>)>,
    ) -> Result<Self, PartsError<A>> {
        for run in context.runs() {
            span_of(run)?;
        }
        let mut set = Self {
            context: Context::from_causal(context),
            ..Self::new()
        };
        for (dot, cell) in cells {
            let (agent, seq) = numbered(dot)?;
            let dot = Dot::new(agent, u64::from(seq));
            if !set.context.contains(&dot) {
                return Err(PartsError::NotInContext { dot });
            }
            if set.cells.contains_key(&dot) {
                return Err(PartsError::Twice { dot });
            }
            set.put(dot, Some(cell));
        }
        Ok(set)
    }
}

/// The same state on persistent maps. `O(n log n)`.
impl<T: Ord + Clone, A: Ord + Clone> From<&crate::OrSet<T, A>> for OrSet<T, A> {
    fn from(set: &crate::OrSet<T, A>) -> Self {
        let mut same = Self {
            context: Context::from_causal(&set.context()),
            ..Self::new()
        };
        for (dot, element) in set.dots() {
            let dot = Dot::new(dot.agent.clone(), dot.seq);
            same.put(dot, Some(Cell::Present(element.clone())));
        }
        for dot in set.redacted_dots() {
            let dot = Dot::new(dot.agent.clone(), dot.seq);
            same.put(dot, Some(Cell::Redacted));
        }
        same
    }
}

/// The same state in flat chunks. `O(n log n)`.
///
/// ```
/// # use lattice_orset::{OrSet, Replica, im};
/// let (mut set, mut ada) = (im::OrSet::new(), Replica::new("ada"));
/// set.insert(ada.mint()?, "milk");
/// let chunked = OrSet::from(&set);
/// assert!(chunked.contains("milk"));
/// assert_eq!(im::OrSet::from(&chunked), set);
/// # Ok::<(), lattice_orset::Exhausted>(())
/// ```
impl<T: Ord + Clone, A: Ord + Clone> From<&OrSet<T, A>> for crate::OrSet<T, A> {
    fn from(set: &OrSet<T, A>) -> Self {
        let cells = set.cells().map(|(dot, cell)| (dot.clone(), cell.clone()));
        // INVARIANT: what stands in a set are the parts of one.
        Self::from_parts(&set.context(), cells).unwrap_or_default()
    }
}
