//! The observed-remove set in order of its dots, for bulk work.

mod convert;
mod join;
mod lattice;
mod row;
mod wire;

use alloc::vec::Vec;
use core::fmt;

use lattice_core::{CausalContext, Dot};

use crate::PartsError;
use crate::parts::numbered;
use row::Row;

/// The lattice of [`OrSet`](crate::OrSet), stored in order of the dots: for replaying logs, merging
/// snapshots, decoding.
///
/// Same states, same order, same join, and conversions both ways that lose nothing: under each dot
/// `absent < live(element) < redacted < removed`, beside the causal context. Only the layout differs.
/// An `OrSet` sorts its entries by element, so a join has to compare elements, and to look up each dot
/// of each. Here the live elements of a replica lie side by side in order of their sequence numbers,
/// and a bitmap says which numbers those are: no dot is stored beside an element, and a join works on
/// 64 dots at a time and touches elements only to drop, add or compare them.
///
/// There is no `contains`: the elements are in no order of their own, so it would read all of them,
/// and a set that is asked for members wants to be an `OrSet`. For the same reason there is no removal
/// by element, and [`insert`](Self::insert) does not replace what it observed: it joins one add of a
/// history that says which dots it replaced. Nothing here mints dots; they come from the
/// [`Replica`](crate::Replica) that wrote the history.
///
/// Bieniusa et al. 2012 (*An Optimized Conflict-free Replicated Set*). The name is that of Almeida et al.
/// 2018, §7, whose dot store has the causal context beside it; here it is inside.
///
/// | operation | cost |
/// |---|---|
/// | `clone` | `O(n)`, nothing is shared |
/// | `contains` | not offered |
/// | `insert`, `remove` of a dot | the newest of its replica: `O(log replicas)`; an older one moves those behind it |
/// | `join` | per replica that both know: `O(n + d)`, the elements of the larger side staying in place unless the other fills its gaps; `O(d log n)` if all that is new are the newest dots; a replica that one side alone knows is moved |
/// | `delta_since`, `join_ref` | `O(n)` a replica, clones what is new |
/// | `iter` | in order of the dots, `O(n)` |
/// | `len` | `O(replicas)` |
/// | from and to `OrSet` | `O(n log n)` |
/// | memory | an element per live dot, two bits per dot, a run of 8 bytes per gap |
///
/// ```
/// use lattice_core::{Dot, JoinSemilattice};
/// use lattice_orset::{DotStore, OrSet, Replica};
///
/// // Deltas as a log holds them.
/// let (mut ada, mut set) = (Replica::new("ada"), OrSet::new());
/// let log = [set.insert(ada.mint()?, "milk"), set.insert(ada.mint()?, "eggs"), set.remove("milk")];
///
/// let mut store = DotStore::new();
/// for delta in log {
///     store.join(DotStore::from(delta));
/// }
/// assert!(store.iter().eq([(Dot::new(&"ada", 2), &"eggs")]));
/// assert_eq!(OrSet::from(store), set);
/// # Ok::<(), lattice_orset::Exhausted>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DotStore<T, A = u64> {
    // INVARIANT: agents ascend, and no row is empty, so that equal states are equal values.
    rows: Vec<(A, Row<T>)>,
}

impl<T, A> DotStore<T, A> {
    /// The empty set.
    ///
    /// ```
    /// assert!(lattice_orset::DotStore::<u8>::new().is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// How many dots are live: at least one per element, more where replicas added the same element
    /// concurrently. `O(replicas)`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::new();
    /// store.insert(Dot::new("ada", 1), "milk")?;
    /// store.insert(Dot::new("bob", 1), "milk")?;
    /// assert_eq!(store.len(), 2);
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn len(&self) -> usize {
        self.rows.iter().map(|(_, row)| row.len()).sum()
    }

    /// True iff no dot is live. `O(replicas)`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::new();
    /// store.insert(Dot::new("ada", 1), "milk")?;
    /// assert!(!store.is_empty());
    /// store.remove(Dot::new("ada", 1))?;
    /// assert!(store.is_empty());
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|(_, row)| row.len() == 0)
    }

    /// The live dots with their elements, in order of the dots. `O(n)`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::new();
    /// store.insert(Dot::new("bob", 1), "eggs")?;
    /// store.insert(Dot::new("ada", 1), "milk")?;
    /// assert!(store.iter().eq([(Dot::new(&"ada", 1), &"milk"), (Dot::new(&"bob", 1), &"eggs")]));
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (Dot<&A>, &T)> {
        self.rows.iter().flat_map(|(agent, row)| {
            row.iter()
                .map(move |(seq, element)| (Dot::new(agent, u64::from(seq)), element))
        })
    }

    /// The dots that keep their place although their element was redacted, in order. `O(n)`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::new();
    /// store.insert(Dot::new("ada", 1), "secret")?;
    /// store.redact(|dot| dot.seq == 1);
    /// assert!(store.redacted_dots().eq([Dot::new(&"ada", 1)]));
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn redacted_dots(&self) -> impl Iterator<Item = Dot<&A>> {
        self.rows.iter().flat_map(|(agent, row)| {
            let redacted = row.lane().redacted.iter();
            redacted.map(move |seq| Dot::new(agent, u64::from(seq)))
        })
    }

    /// Takes the elements of all live dots that `names` says yes to. True iff there were any. The dots
    /// keep their place; see [`OrSet::redact`](crate::OrSet::redact), of which this is the same.
    ///
    /// The elements are dropped at once. Costs the live dots.
    ///
    /// ```
    /// use lattice_core::{Dot, JoinSemilattice};
    /// use lattice_orset::DotStore;
    ///
    /// let mut store = DotStore::new();
    /// store.insert(Dot::new("ada", 1), "secret")?;
    /// let old = store.clone();
    /// assert!(store.redact(|dot| dot.agent == &"ada"));
    /// assert!(!store.join(old) && store.is_empty());
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn redact(&mut self, mut names: impl FnMut(Dot<&A>) -> bool) -> bool {
        let mut any = false;
        for (agent, row) in &mut self.rows {
            any |= row.redact(|seq| names(Dot::new(agent, u64::from(seq))));
        }
        any
    }
}

impl<T, A: Ord> DotStore<T, A> {
    /// True iff this set has seen `dot`. `O(log replicas + log gaps)`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::<&str, _>::new();
    /// store.remove(Dot::new("ada", 1))?;
    /// assert!(store.has_seen(&Dot::new("ada", 1)));
    /// assert!(!store.has_seen(&Dot::new("ada", 2)));
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn has_seen(&self, dot: &Dot<A>) -> bool {
        let row = self.row(&dot.agent);
        u32::try_from(dot.seq).is_ok_and(|seq| row.is_some_and(|row| row.lane().seen.contains(seq)))
    }

    /// Joins one add of a history: `element`, live under `dot`. True iff the set grew.
    ///
    /// It replaces nothing: where the history says that the add replaced dots,
    /// [`remove`](Self::remove) those. Of two elements under one dot, which is corrupt input, the
    /// greater stays.
    ///
    /// The newest dot of its replica goes to the end, in `O(log replicas)`; one that comes late moves
    /// those behind it.
    ///
    /// # Errors
    /// [`PartsError::OutOfRange`] if the sequence number is 0 or above `u32::MAX`.
    ///
    /// ```
    /// use lattice_core::Dot;
    /// use lattice_orset::{DotStore, PartsError};
    ///
    /// let mut store = DotStore::new();
    /// assert!(store.insert(Dot::new("ada", 1), "milk")?);
    /// assert!(!store.insert(Dot::new("ada", 1), "milk")?);
    /// let dot = Dot::new("ada", 0);
    /// assert_eq!(store.insert(dot, "eggs"), Err(PartsError::OutOfRange { dot }));
    /// # Ok::<(), PartsError<&str>>(())
    /// ```
    pub fn insert(&mut self, dot: Dot<A>, element: T) -> Result<bool, PartsError<A>>
    where
        T: Ord,
    {
        let (agent, seq) = numbered(dot)?;
        let row = self.row_mut(agent);
        Ok(row.is_some_and(|row| row.insert(seq, element)))
    }

    /// Joins the removal of one dot. True iff the set grew. Costs what [`insert`](Self::insert) does.
    ///
    /// # Errors
    /// [`PartsError::OutOfRange`] if the sequence number is 0 or above `u32::MAX`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::new();
    /// assert!(store.remove(Dot::new("ada", 1))?);
    /// assert!(!store.insert(Dot::new("ada", 1), "milk")?); // the add comes late
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn remove(&mut self, dot: Dot<A>) -> Result<bool, PartsError<A>> {
        let (agent, seq) = numbered(dot)?;
        Ok(self.row_mut(agent).is_some_and(|row| row.remove(seq)))
    }

    fn find(&self, agent: &A) -> Result<usize, usize> {
        self.rows.binary_search_by(|(known, _)| known.cmp(agent))
    }

    fn row(&self, agent: &A) -> Option<&Row<T>> {
        self.rows.get(self.find(agent).ok()?).map(|(_, row)| row)
    }

    /// The row of an agent, made now if need be; the caller puts a dot in. Always there.
    fn row_mut(&mut self, agent: A) -> Option<&mut Row<T>> {
        let at = match self.find(&agent) {
            Ok(at) => at,
            Err(at) => {
                self.rows.insert(at, (agent, Row::default()));
                at
            }
        };
        self.rows.get_mut(at).map(|(_, row)| row)
    }
}

impl<T, A: Ord + Clone> DotStore<T, A> {
    /// The causal context: which dots this set has seen, removed ones included.
    /// `O(replicas + gaps)`.
    ///
    /// ```
    /// # use lattice_core::Dot;
    /// # use lattice_orset::DotStore;
    /// let mut store = DotStore::new();
    /// store.insert(Dot::new("ada", 1), "milk")?;
    /// store.remove(Dot::new("ada", 1))?;
    /// assert!(store.context().contains(&Dot::new("ada", 1)));
    /// # Ok::<(), lattice_orset::PartsError<&str>>(())
    /// ```
    pub fn context(&self) -> CausalContext<A> {
        let rows = self.rows.iter();
        let runs = rows.flat_map(|(agent, row)| row.lane().seen.runs(agent));
        CausalContext::from_runs(runs.collect()).unwrap_or_default()
    }
}

impl<T, A> Default for DotStore<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug, A: fmt::Debug> fmt::Debug for DotStore<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self
            .iter()
            .map(|(dot, element)| ((dot.agent, dot.seq), element));
        f.debug_map().entries(live).finish()?;
        let lanes = self.rows.iter().map(|(agent, row)| (agent, row.lane()));
        f.debug_list().entries(lanes).finish()
    }
}
