//! The observed-remove set.

mod delta;
mod dots;
mod join;
mod lattice;
mod mutate;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use lattice_core::{CausalContext, ChunkedMap, Dot, chunked};

use crate::ledger::{Ledger, Packed};

/// An observed-remove set without tombstones.
///
/// The state is (E: dot -> cell(element), C: causal context). Under each dot the order is
/// `absent < live(element) < redacted < removed`, and the set is the pointwise product, so the laws
/// of a join-semilattice hold for **all** states, those with one dot under two elements included:
///
/// ```text
/// E'' = (E n E', cells joined) u (E \ C') u (E' \ C)        C'' = C u C'
/// ```
///
/// An insertion carries its new dot and the dots it replaces; a removal carries the dots that were
/// observed, and no element. Both are deltas: small states of this same type. An add that a remove
/// did not observe survives it.
///
/// Dots come from a [`Replica`](crate::Replica) only.
///
/// Bieniusa et al. 2012 (*An Optimized Conflict-free Replicated Set*); Almeida et al. 2018, §7.
///
/// | operation | cost |
/// |---|---|
/// | `clone` | `O(1)` |
/// | `contains` | `O(log n)` |
/// | `insert`, `remove` | `O(log n)` |
/// | `join` of `d` dots into `n` | `O(min(d log n, n + d))` |
/// | `iter` | ascending, `O(n)` |
/// | memory | an element and 8 bytes per live dot, about a bit per replica and block of dots, a run of 8 bytes per gap |
///
/// ```
/// use lattice_core::JoinSemilattice;
/// use lattice_orset::{OrSet, Replica};
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
    /// Which dots are known, live and redacted: the truth.
    ledger: Arc<Ledger<A>>,
    /// The elements of the live dots, by element and dot.
    // INVARIANT: each live dot has exactly one entry here. Entries of dots that are not live may
    // linger (a removal names dots, not elements, so finding them costs a sweep); they are at most
    // a quarter of all, are never seen outside, and none of them is the text of a redacted dot.
    entries: ChunkedMap<(T, Packed)>,
}

impl<T, A> OrSet<T, A> {
    /// The empty set.
    ///
    /// ```
    /// assert!(lattice_orset::OrSet::<u8>::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self {
            ledger: Arc::default(),
            entries: ChunkedMap::new(),
        }
    }

    /// True iff there is no element. `O(1)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// assert!(!set.is_empty());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.live_dots() == 0
    }

    /// How many dots are live: at least one per element, more where replicas added the same element
    /// concurrently. `O(1)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.insert(ada.mint()?, "milk"); // replaces the dot it has observed
    /// assert_eq!(set.live_dots(), 1);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn live_dots(&self) -> usize {
        self.ledger.live()
    }

    pub(crate) fn assembled(ledger: Arc<Ledger<A>>, entries: ChunkedMap<(T, Packed)>) -> Self {
        Self { ledger, entries }
    }

    pub(crate) fn ledger(&self) -> &Ledger<A> {
        &self.ledger
    }

    /// The live entries, by element and dot.
    pub(crate) fn live_entries(&self) -> impl Iterator<Item = (&T, Packed)> {
        self.entries
            .iter()
            .map(|((element, dot), ())| (element, *dot))
            .filter(|&(_, dot)| self.ledger.is_live(dot))
    }
}

impl<T: Ord, A> OrSet<T, A> {
    /// How many elements there are. `O(n)`; [`live_dots`](Self::live_dots) is `O(1)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.insert(ada.mint()?, "eggs");
    /// assert_eq!(set.len(), 2);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The elements, ascending, each once.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.insert(ada.mint()?, "eggs");
    /// assert!(set.iter().eq(&["eggs", "milk"]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn iter(&self) -> Iter<'_, T, A> {
        Iter {
            entries: self.entries.iter(),
            ledger: &self.ledger,
            last: None,
        }
    }

    /// True iff `element` is in the set. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
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
        self.entries_of(element).any(|dot| self.ledger.is_live(dot))
    }

    /// True iff there is an entry of `element` under `dot`, lingering or not. O(log n).
    fn has_entry(&self, element: &T, dot: Packed) -> bool {
        let at_or_after = self
            .entries
            .lower_bound_by(|(known, at)| known.cmp(element).then(at.cmp(&dot)));
        at_or_after.is_some_and(|((known, at), ())| known == element && *at == dot)
    }

    /// The dots of all entries of one element, lingering ones too. `O(log n)` each.
    fn entries_of<'a, Q>(&'a self, element: &'a Q) -> impl Iterator<Item = Packed> + 'a
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut from = Some(Packed::MIN);
        core::iter::from_fn(move || {
            let low = from?;
            let ((known, dot), ()) = self
                .entries
                .lower_bound_by(|(known, dot)| known.borrow().cmp(element).then(dot.cmp(&low)))?;
            from = dot.next();
            (known.borrow() == element).then_some(*dot)
        })
    }
}

impl<T, A: Ord + Clone> OrSet<T, A> {
    /// The causal context: which dots this set has seen, removed ones included. A peer that gets it
    /// can answer with [`delta_for`](Self::delta_for). `O(replicas + gaps)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// use lattice_core::Dot;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.remove("milk");
    /// assert!(set.context().contains(&Dot::new("ada", 1)));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn context(&self) -> CausalContext<A> {
        let runs: Vec<_> = self
            .ledger
            .iter()
            .flat_map(|(_, agent, lane)| lane.seen.runs(agent))
            .collect();
        CausalContext::from_runs(runs).unwrap_or_default()
    }

    /// True iff this set has seen `dot`. `O(log replicas + log gaps)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// use lattice_core::Dot;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// assert!(set.has_seen(&Dot::new("ada", 1)));
    /// assert!(!set.has_seen(&Dot::new("ada", 2)));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn has_seen(&self, dot: &Dot<A>) -> bool {
        u32::try_from(dot.seq).is_ok_and(|seq| {
            self.ledger
                .get(&dot.agent)
                .is_some_and(|(_, lane)| lane.seen.contains(seq))
        })
    }
}

impl<T, A> Default for OrSet<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord + fmt::Debug, A: fmt::Debug> fmt::Debug for OrSet<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.live_entries().map(|(element, dot)| {
                (
                    self.ledger.agent(dot.lane()).map(|a| (a, dot.seq())),
                    element,
                )
            }))
            .finish()?;
        f.debug_list()
            .entries(self.ledger.iter().map(|(_, agent, lane)| (agent, lane)))
            .finish()
    }
}

/// The elements of an [`OrSet`], ascending, each once.
pub struct Iter<'a, T, A> {
    entries: chunked::Iter<'a, (T, Packed), ()>,
    ledger: &'a Ledger<A>,
    last: Option<&'a T>,
}

impl<T, A> Clone for Iter<'_, T, A> {
    fn clone(&self) -> Self {
        Self {
            entries: self.entries.clone(),
            ledger: self.ledger,
            last: self.last,
        }
    }
}

impl<T: Ord + fmt::Debug, A> fmt::Debug for Iter<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, T: Ord, A> Iterator for Iter<'a, T, A> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            let ((element, dot), ()) = self.entries.next()?;
            if self.ledger.is_live(*dot) && self.last != Some(element) {
                self.last = Some(element);
                return Some(element);
            }
        }
    }
}

impl<T: Ord, A> core::iter::FusedIterator for Iter<'_, T, A> {}

impl<'a, T: Ord, A> IntoIterator for &'a OrSet<T, A> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, A>;

    fn into_iter(self) -> Iter<'a, T, A> {
        self.iter()
    }
}
