//! From and to the set in order of its elements, and from parts.

use alloc::vec::Vec;

use lattice_core::{CausalContext, Cell, Dot};

use super::DotStore;
use super::row::Row;
use crate::OrSet;
use crate::lane::Lane;
use crate::ledger::Packed;
use crate::parts::{PartsError, assemble};

impl<T: Ord + Clone, A: Ord + Clone> DotStore<T, A> {
    /// A state from its context and the cells under its dots, in any order: the inverse of
    /// [`context`](Self::context), [`iter`](Self::iter) and [`redacted_dots`](Self::redacted_dots).
    /// `O(n log n)`; linear if the cells come in order of the dots.
    ///
    /// # Errors
    /// [`PartsError`] if a dot is out of range, not in the context, or named twice.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Cell, Dot};
    /// use lattice_orset::{DotStore, PartsError};
    ///
    /// let seen: CausalContext<&str> = [Dot::new("ada", 1), Dot::new("ada", 2)].into_iter().collect();
    /// let store = DotStore::from_parts(&seen, [(Dot::new("ada", 2), Cell::Present("milk"))])?;
    /// assert!(store.iter().eq([(Dot::new(&"ada", 2), &"milk")]));
    ///
    /// let stray = DotStore::from_parts(&seen, [(Dot::new("bob", 1), Cell::Present("eggs"))]);
    /// assert_eq!(stray, Err(PartsError::NotInContext { dot: Dot::new("bob", 1) }));
    /// # Ok::<(), PartsError<&str>>(())
    /// ```
    pub fn from_parts(
        context: &CausalContext<A>,
        cells: impl IntoIterator<Item = (Dot<A>, Cell<T>)>,
    ) -> Result<Self, PartsError<A>> {
        let (lanes, entries) = assemble(context, cells)?;
        let elements = by_lane(entries, lanes.len());
        let rows = lanes
            .into_iter()
            .zip(elements)
            .map(|((agent, lane), elements)| (agent, Row::new(lane, elements)));
        Ok(Self {
            rows: rows.collect(),
        })
    }
}

/// The elements of each lane, in order of their dots.
fn by_lane<T>(mut entries: Vec<(T, Packed)>, lanes: usize) -> Vec<Vec<T>> {
    entries.sort_unstable_by_key(|&(_, dot)| dot);
    let mut lens = alloc::vec![0_usize; lanes];
    for (_, dot) in &entries {
        if let Some(len) = lens.get_mut(dot.lane()) {
            *len += 1;
        }
    }
    let mut entries = entries.into_iter().map(|(element, _)| element);
    let elements = lens
        .into_iter()
        .map(|len| entries.by_ref().take(len).collect());
    elements.collect()
}

/// The same state in order of its dots. `O(n log n)`.
///
/// ```
/// use lattice_core::Dot;
/// use lattice_orset::{DotStore, OrSet, Replica};
///
/// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
/// set.insert(ada.mint()?, "milk");
/// assert!(DotStore::from(&set).iter().eq([(Dot::new(&"ada", 1), &"milk")]));
/// # Ok::<(), lattice_orset::Exhausted>(())
/// ```
impl<T: Ord + Clone, A: Ord + Clone> From<&OrSet<T, A>> for DotStore<T, A> {
    fn from(set: &OrSet<T, A>) -> Self {
        let ledger = set.ledger();
        let entries = set
            .live_entries()
            .map(|(element, dot)| (element.clone(), dot));
        let mut elements = by_lane(entries.collect(), ledger.len());
        // SUBTLE: a ledger numbers its agents as they came; `iter` goes in order of the agents.
        let rows = ledger.iter().filter_map(|(number, agent, lane)| {
            let elements = core::mem::take(elements.get_mut(number as usize)?);
            Some((agent.clone(), Row::new(lane.clone(), elements)))
        });
        Self {
            rows: rows.collect(),
        }
    }
}

/// The same state in order of its dots. `O(n log n)`.
///
/// ```
/// use lattice_orset::{DotStore, OrSet, Replica};
///
/// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
/// set.insert(ada.mint()?, "milk");
/// assert_eq!(DotStore::from(set).len(), 1);
/// # Ok::<(), lattice_orset::Exhausted>(())
/// ```
impl<T: Ord + Clone, A: Ord + Clone> From<OrSet<T, A>> for DotStore<T, A> {
    fn from(set: OrSet<T, A>) -> Self {
        Self::from(&set)
    }
}

/// The same state in order of its elements, which can be asked for members. `O(n log n)`.
///
/// ```
/// use lattice_core::Dot;
/// use lattice_orset::{DotStore, OrSet};
///
/// let mut store = DotStore::new();
/// store.insert(Dot::new("ada", 1), "milk")?;
/// assert!(OrSet::from(store).contains("milk"));
/// # Ok::<(), lattice_orset::PartsError<&str>>(())
/// ```
impl<T: Ord + Clone, A: Ord + Clone> From<DotStore<T, A>> for OrSet<T, A> {
    fn from(store: DotStore<T, A>) -> Self {
        let mut entries = Vec::with_capacity(store.len());
        let mut lanes: Vec<(A, Lane)> = Vec::with_capacity(store.rows.len());
        for (number, (agent, Row { lane, elements })) in (0..).zip(store.rows) {
            let dots = lane.live.iter().map(|seq| Packed::new(number, seq));
            entries.extend(elements.into_iter().zip(dots));
            lanes.push((agent, lane));
        }
        Self::from_lanes(lanes, entries)
    }
}
