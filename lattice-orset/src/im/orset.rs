//! The observed-remove set on `im::OrdMap`.

mod delta;
mod lattice;
mod mutate;
mod parts;

use core::borrow::Borrow;
use core::fmt;

use im::OrdMap;
use lattice_core::{CausalContext, Cell, Dot};

use super::context::Context;
use super::index::{Elements, Index};

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
/// | `delta_for`, `clear`, `redact` | the cells |
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
    pub fn iter(&self) -> Iter<'_, T, A> {
        Iter(self.index.elements())
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

    /// The live dots with their elements, by element: at least one for each, more where replicas added
    /// the same element concurrently.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::Dot;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.insert(ada.mint()?, "milk"); // replaces the dot it has observed
    /// assert!(set.dots().eq([(&Dot::new("ada", 2), &"milk")]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn dots(&self) -> impl Iterator<Item = (&Dot<A>, &T)> {
        self.index.dots()
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

    /// True iff this set has seen `dot`. `O(log replicas + log gaps)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::Dot;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.remove("milk");
    /// assert!(set.has_seen(&Dot::new("ada", 1)) && !set.has_seen(&Dot::new("ada", 2)));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn has_seen(&self, dot: &Dot<A>) -> bool {
        self.context.contains(dot)
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

    /// The dots that keep their place although their element was redacted, in order. Costs the cells.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::Dot;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "secret");
    /// set.redact(|dot| dot.seq == 1);
    /// assert!(set.redacted_dots().eq([&Dot::new("ada", 1)]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn redacted_dots(&self) -> impl Iterator<Item = &Dot<A>> {
        let cells = self.cells.iter();
        cells.filter_map(|(dot, cell)| cell.is_redacted().then_some(dot))
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
}

impl<T, A> Default for OrSet<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord + fmt::Debug, A: Ord + Clone + fmt::Debug> fmt::Debug for OrSet<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.cells).finish()?;
        f.debug_list().entries(self.context.runs()).finish()
    }
}

/// The elements of an [`OrSet`], ascending, each once.
pub struct Iter<'a, T, A>(Elements<'a, T, A>);

impl<'a, T: Ord, A> Iterator for Iter<'a, T, A> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'a, T: Ord, A> IntoIterator for &'a OrSet<T, A> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, A>;

    fn into_iter(self) -> Iter<'a, T, A> {
        self.iter()
    }
}
