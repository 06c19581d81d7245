//! Mutators, each with its delta.

use alloc::vec::Vec;
use core::borrow::Borrow;

use lattice_core::{Cell, Dot, JoinSemilattice};

use super::OrSet;
use crate::replica::NewDot;

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
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

    /// The delta that adds many elements at once, each under its own dot. `O(d log n)`.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::JoinSemilattice;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// let list = [(ada.mint()?, "milk"), (ada.mint()?, "eggs")];
    /// set.join(set.insert_all_delta(list));
    /// assert_eq!(set.len(), 2);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn insert_all_delta(&self, elements: impl IntoIterator<Item = (NewDot<A>, T)>) -> Self {
        let mut delta = Self::new();
        for (dot, element) in elements {
            delta.join(self.insert_delta(dot, element));
        }
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

    /// The delta that removes every element observed here. Costs the live dots.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// use lattice_core::JoinSemilattice;
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// let clear = set.clear_delta();
    /// set.insert(ada.mint()?, "eggs");
    /// set.join(clear);
    /// assert!(set.iter().eq(&["eggs"]));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn clear_delta(&self) -> Self {
        let mut delta = Self::new();
        for (dot, _) in self.cells.iter().filter(|(_, cell)| !cell.is_redacted()) {
            delta.context.insert(dot.clone());
        }
        delta
    }

    /// Removes every element and hands the delta out, for other replicas. Costs the cells.
    ///
    /// ```
    /// # use lattice_orset::{Replica, im::OrSet};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.clear();
    /// assert!(set.is_empty());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn clear(&mut self) -> Self {
        let delta = self.clear_delta();
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
}
