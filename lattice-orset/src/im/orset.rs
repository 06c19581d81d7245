//! The observed-remove set on `im::OrdMap`.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use im::OrdMap;
use im::ordmap::DiffItem;
use lattice_core::{Bottom, CausalContext, Cell, Decompose, Dot, JoinSemilattice};

use super::context::Context;
use super::index::Index;
use crate::parts::narrow;
use crate::replica::NewDot;
use crate::{PartsError, gallop};

/// An observed-remove set on persistent maps: the same lattice as [`OrSet`](crate::OrSet).
///
/// A map from dots to cells, the causal context, and an index from elements to their live dots. Under
/// each dot `absent < live(element) < redacted < removed`.
///
/// | operation | cost |
/// |---|---|
/// | `clone` | `O(1)` |
/// | `contains`, `insert`, `remove` | `O(log n)` |
/// | `join` of `d` cells into `n` | `O(d log n)` if `d` is much less than `n`, and the cells here that the other context covers; for versions of one set about the changes between them; else `O(n + d)` |
/// | `delta_since` | as `join`, and the runs of the agents that changed |
/// | `redact` | the live dots |
///
/// A join copies the paths to the cells that change and nothing else; a path is a few nodes of 64
/// entries. Each live element is held twice, in its cell and in the index: let it be cheap to clone.
///
/// ```
/// use lattice_core::JoinSemilattice;
/// use lattice_orset::{Replica, im::OrSet};
///
/// let (mut ada, mut bob) = (Replica::new("ada"), Replica::new("bob"));
/// let mut here = OrSet::new();
/// here.insert(ada.mint()?, "milk");
///
/// let mut there = here.clone();
/// there.remove("milk");
/// here.insert(ada.mint()?, "milk"); // concurrent: bob has not seen this one
/// there.insert(bob.mint()?, "eggs");
///
/// here.join(there);
/// assert!(here.iter().eq(&["eggs", "milk"]));
/// # Ok::<(), lattice_orset::Exhausted>(())
/// ```
#[derive(Clone)]
pub struct OrSet<T, A = u64> {
    // INVARIANT: the context holds every dot with a cell, and the index exactly the live ones.
    cells: OrdMap<Dot<A>, Cell<T>>,
    context: Context<A>,
    index: Index<T, A>,
}

impl<T, A> OrSet<T, A> {
    /// The empty set.
    ///
    /// ```
    /// assert!(lattice_orset::im::OrSet::<u8>::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self {
            cells: OrdMap::new(),
            context: Context::new(),
            index: Index::new(),
        }
    }

    /// How many elements there are. `O(1)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// assert_eq!(set.len(), 1);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// True iff there is no element. `O(1)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// assert!(!set.is_empty());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Ord, A> OrSet<T, A> {
    /// The elements, ascending, each once.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.insert(ada.mint()?, "eggs");
    /// assert!(set.iter().eq(&["eggs", "milk"]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.index.elements()
    }

    /// True iff `element` is in the set. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, String::from("milk"));
    /// assert!(set.contains("milk") && !set.contains("eggs"));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        !self.index.get(element).is_empty()
    }
}

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// The causal context: which dots this set has seen, removed ones included.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::Dot;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.remove("milk");
    /// assert!(set.context().contains(&Dot::new("ada", 1)));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn context(&self) -> CausalContext<A> {
        self.context.to_causal()
    }

    /// The cells under all dots that are not removed, in order of the dots.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::{Cell, Dot};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// assert!(set.cells().eq([(&Dot::new("ada", 1), &Cell::Present("milk"))]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn cells(&self) -> impl Iterator<Item = (&Dot<A>, &Cell<T>)> {
        self.cells.iter()
    }

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
    /// # Ok::<(), PartsError>(())
    /// ```
    pub fn from_parts(
        context: &CausalContext<A>,
        cells: impl IntoIterator<Item = (Dot<A>, Cell<T>)>,
    ) -> Result<Self, PartsError> {
        for run in context.runs() {
            narrow(run.first)?;
            narrow(run.last)?;
        }
        let mut set = Self {
            context: Context::from_causal(context),
            ..Self::new()
        };
        for (dot, cell) in cells {
            narrow(dot.seq)?;
            if !set.context.contains(&dot) {
                return Err(PartsError::NotInContext { seq: dot.seq });
            }
            if set.cells.contains_key(&dot) {
                return Err(PartsError::Twice { seq: dot.seq });
            }
            set.put(dot, Some(cell));
        }
        Ok(set)
    }

    /// The delta that adds `element` under `dot`, in place of the dots observed here. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::JoinSemilattice;
    ///
    /// let set = OrSet::new();
    /// let delta = set.insert_delta(Replica::new("ada").mint()?, "milk");
    /// assert!(set.is_empty() && set.joined(delta).contains("milk"));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn insert_delta(&self, dot: NewDot<A>, element: T) -> Self {
        let dot = Dot::new(dot.agent, u64::from(dot.seq));
        let mut delta = self.remove_delta(&element);
        delta.context.insert(dot.clone());
        delta.put(dot, Some(Cell::Present(element)));
        delta
    }

    /// Adds `element` under `dot` and hands the delta out, for other replicas. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::JoinSemilattice;
    ///
    /// let (mut here, mut there) = (OrSet::new(), OrSet::new());
    /// there.join(here.insert(Replica::new("ada").mint()?, "milk"));
    /// assert_eq!(here, there);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn insert(&mut self, dot: NewDot<A>, element: T) -> Self {
        let delta = self.insert_delta(dot, element);
        self.join(delta.clone());
        delta
    }

    /// The delta that removes `element`: the dots observed here, and nothing else. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::{Bottom, JoinSemilattice};
    ///
    /// let mut set = OrSet::new();
    /// set.insert(Replica::new("ada").mint()?, "milk");
    /// assert!(set.remove_delta("eggs").is_bottom());
    /// let delta = set.remove_delta("milk");
    /// assert!(set.joined(delta).is_empty());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn remove_delta<Q>(&self, element: &Q) -> Self
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut delta = Self::new();
        for dot in self.index.get(element) {
            delta.context.insert(dot.clone());
        }
        delta
    }

    /// Removes `element` and hands the delta out, for other replicas. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// let mut set = OrSet::new();
    /// set.insert(Replica::new("ada").mint()?, "milk");
    /// set.remove("milk");
    /// assert!(!set.contains("milk"));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn remove<Q>(&mut self, element: &Q) -> Self
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let delta = self.remove_delta(element);
        self.join(delta.clone());
        delta
    }

    /// Takes the elements of all live dots that `names` says yes to. True iff there were any. Costs
    /// the live dots. Clones taken before still hold the elements.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::JoinSemilattice;
    ///
    /// let mut set = OrSet::new();
    /// let old = set.insert(Replica::new("ada").mint()?, "secret");
    /// assert!(set.redact(|dot| dot.agent == &"ada"));
    /// assert!(!set.join(old) && !set.contains("secret"));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn redact(&mut self, mut names: impl FnMut(Dot<&A>) -> bool) -> bool {
        let chosen = self
            .cells
            .iter()
            .filter(|(dot, cell)| !cell.is_redacted() && names(Dot::new(&dot.agent, dot.seq)));
        let chosen: Vec<Dot<A>> = chosen.map(|(dot, _)| dot.clone()).collect();
        let any = !chosen.is_empty();
        for dot in chosen {
            self.put(dot, Some(Cell::Redacted));
        }
        any
    }

    /// Sets the cell under a dot, `None` for a removed one, and keeps the index in step.
    fn put(&mut self, dot: Dot<A>, cell: Option<Cell<T>>) {
        let before = match &cell {
            Some(cell) => self.cells.insert(dot.clone(), cell.clone()),
            None => self.cells.remove(&dot),
        };
        if let Some(Cell::Present(element)) = before {
            self.index.remove(&element, &dot);
        }
        if let Some(Cell::Present(element)) = cell {
            self.index.add(element, dot);
        }
    }

    /// The cells whose fate is greater in `other`, with the fate there: what a join changes here.
    fn outdone_by(&self, other: &Self) -> Vec<(Dot<A>, Option<Cell<T>>)> {
        if gallop(other.cells.len(), self.cells.len()) {
            let fresh = other.cells.iter().filter(|(dot, theirs)| {
                self.cells
                    .get(*dot)
                    .map_or_else(|| !self.context.contains(dot), |mine| mine < theirs)
            });
            let fresh = fresh.map(|(dot, theirs)| (dot.clone(), Some(theirs.clone())));
            let removed = self
                .covered_by(&other.context)
                .filter(|(dot, _)| !other.cells.contains_key(*dot))
                .map(|(dot, _)| (dot.clone(), None));
            return fresh.chain(removed).collect();
        }
        let changes = self.cells.diff(&other.cells);
        let changes = changes.filter_map(|change| match change {
            DiffItem::Add(dot, theirs) => {
                (!self.context.contains(dot)).then(|| (dot.clone(), Some(theirs.clone())))
            }
            DiffItem::Update { old, new } => {
                (old.1 < new.1).then(|| (new.0.clone(), Some(new.1.clone())))
            }
            DiffItem::Remove(dot, _) => other.context.contains(dot).then(|| (dot.clone(), None)),
        });
        changes.collect()
    }

    /// The cells here under dots that a context holds.
    fn covered_by<'a>(
        &'a self,
        context: &'a Context<A>,
    ) -> impl Iterator<Item = (&'a Dot<A>, &'a Cell<T>)> {
        context.runs().flat_map(|(agent, run)| {
            let first = Dot::new(agent.clone(), *run.start());
            let last = Dot::new(agent.clone(), *run.end());
            self.cells.range(first..=last)
        })
    }

    /// A state about one dot.
    fn single(dot: Dot<A>, cell: Option<Cell<T>>) -> Self {
        let mut part = Self::new();
        part.context.insert(dot.clone());
        part.put(dot, cell);
        part
    }
}

impl<T: Ord + Clone, A: Ord + Clone> JoinSemilattice for OrSet<T, A> {
    fn join(&mut self, mut other: Self) -> bool {
        if gallop(self.cells.len(), other.cells.len()) {
            // Join is commutative; the much larger state is the one worth keeping.
            core::mem::swap(self, &mut other);
            let grew = !self.leq(&other);
            self.absorb(other);
            return grew;
        }
        self.absorb(other)
    }

    fn leq(&self, other: &Self) -> bool {
        if !self.context.leq(&other.context) {
            return false;
        }
        if gallop(self.cells.len(), other.cells.len()) {
            // What is alive there must be alive here, if it was seen here.
            return other
                .covered_by(&self.context)
                .all(|(dot, theirs)| self.cells.get(dot).is_some_and(|mine| mine <= theirs));
        }
        self.cells.diff(&other.cells).all(|change| match change {
            DiffItem::Add(dot, _) => !self.context.contains(dot),
            DiffItem::Update { old, new } => old.1 <= new.1,
            DiffItem::Remove(..) => true,
        })
    }
}

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    fn absorb(&mut self, other: Self) -> bool {
        let changes = self.outdone_by(&other);
        let mut grew = !changes.is_empty();
        for (dot, cell) in changes {
            self.put(dot, cell);
        }
        grew |= self.context.join(other.context);
        grew
    }
}

impl<T: Ord + Clone, A: Ord + Clone> Bottom for OrSet<T, A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.context.is_empty()
    }
}

/// One part per dot seen.
impl<T: Ord + Clone, A: Ord + Clone> Decompose for OrSet<T, A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        let runs: Vec<_> = self
            .context
            .runs()
            .map(|(agent, run)| (agent.clone(), run))
            .collect();
        let dots = runs
            .into_iter()
            .flat_map(|(agent, run)| run.map(move |seq| Dot::new(agent.clone(), seq)));
        dots.map(move |dot| {
            let cell = self.cells.get(&dot).cloned();
            Self::single(dot, cell)
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        let mut delta = Self {
            context: self.context.difference(&known.context),
            ..Self::new()
        };
        for (dot, cell) in known.outdone_by(self) {
            delta.context.insert(dot.clone());
            delta.put(dot, cell);
        }
        delta
    }
}

impl<T, A> Default for OrSet<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord, A: Ord> PartialEq for OrSet<T, A> {
    fn eq(&self, other: &Self) -> bool {
        // The index follows from the cells.
        self.context == other.context && self.cells == other.cells
    }
}

impl<T: Ord, A: Ord> Eq for OrSet<T, A> {}

impl<T: Ord + fmt::Debug, A: Ord + Clone + fmt::Debug> fmt::Debug for OrSet<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.cells).finish()?;
        f.debug_list().entries(self.context.runs()).finish()
    }
}
