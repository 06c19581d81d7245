//! Delta mutators.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::Borrow;

use lattice_core::JoinSemilattice;

use super::OrSet;
use crate::lane::Lane;
use lattice_core::ChunkedMap;

use crate::ledger::{Ledger, Packed};
use crate::replica::NewDot;
use crate::spans::{Span, Spans};

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// The delta that adds `element` under `dot`, in place of the dots observed here. `O(log n)`.
    ///
    /// A dot that was seen before adds nothing: whoever knows it knows what became of it. That happens only to a handle
    /// older than the set, such as one from a backup; [resume](crate::Suspended::resume) it against
    /// what the set knows *after* it heard from the others, or take a new id.
    ///
    /// ```
    /// use lattice_core::JoinSemilattice;
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let mut ada = Replica::new("ada");
    /// let set = OrSet::new();
    /// let delta = set.insert_delta(ada.mint()?, "milk");
    /// assert!(set.is_empty());
    /// assert!(set.joined(delta).contains("milk"));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn insert_delta(&self, dot: NewDot<A>, element: T) -> Self {
        let mut ledger = self.observed(&element);
        let NewDot { agent, seq } = dot;
        let dot = ledger.see(&agent, seq, true);
        Self {
            ledger: Arc::new(ledger),
            entries: ChunkedMap::from_iter([((element, dot), ())]),
        }
    }

    /// Adds `element` under `dot` and hands the delta out, for other replicas. `O(log n)`.
    ///
    /// ```
    /// use lattice_core::JoinSemilattice;
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut here, mut there) = (OrSet::new(), OrSet::new());
    /// there.join(here.insert(Replica::new("ada").mint()?, "milk"));
    /// assert_eq!(here, there);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn insert(&mut self, dot: NewDot<A>, element: T) -> Self {
        let delta = self.insert_delta(dot, element);
        self.join_ref(&delta);
        delta
    }

    /// The delta that adds many elements at once, each under its own dot. `O(d log n)`.
    ///
    /// ```
    /// use lattice_core::JoinSemilattice;
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// let list = [(ada.mint()?, "milk"), (ada.mint()?, "eggs")];
    /// set.join(set.insert_all_delta(list));
    /// assert_eq!(set.len(), 2);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[must_use = "a delta changes nothing until it is joined"]
    pub fn insert_all_delta(&self, elements: impl IntoIterator<Item = (NewDot<A>, T)>) -> Self {
        let mut ledger = Ledger::default();
        let (mut dots, mut entries) = (Vec::new(), Vec::new());
        for (NewDot { agent, seq }, element) in elements {
            for (agent, seq) in self.dots_of(&element) {
                dots.push((Packed::new(ledger.intern(agent), seq), false));
            }
            let dot = Packed::new(ledger.intern(&agent), seq);
            dots.push((dot, true));
            entries.push(((element, dot), ()));
        }
        ledger.see_all(dots);
        if entries.len() > ledger.live() {
            // A dot that came twice carries the greater element, as where two such adds are joined.
            entries.sort_unstable_by(|((a, one), ()), ((b, other), ())| {
                one.cmp(other).then_with(|| b.cmp(a))
            });
            entries.dedup_by_key(|((_, dot), ())| *dot);
        }
        entries.sort_unstable();
        // SUBTLE: of one element listed twice both dots stay. Neither observed the other.
        Self {
            ledger: Arc::new(ledger),
            entries: entries.into_iter().collect(),
        }
    }

    /// The delta that removes `element`: the dots observed here, and nothing else. Empty if the set
    /// does not hold it. `O(log n)`.
    ///
    /// ```
    /// use lattice_core::{Bottom, ChunkedMap, JoinSemilattice};
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
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
        Self {
            ledger: Arc::new(self.observed(element)),
            entries: ChunkedMap::new(),
        }
    }

    /// Removes `element` and hands the delta out, for other replicas. `O(log n)`.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
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
        if !delta.ledger.is_empty() {
            Arc::make_mut(&mut self.ledger).join(&delta.ledger);
            self.purge(element);
        }
        delta
    }

    /// The delta that removes every element observed here. Costs the live dots.
    ///
    /// ```
    /// use lattice_core::JoinSemilattice;
    /// use lattice_orset::{OrSet, Replica};
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
        let mut ledger = Ledger::default();
        for (agent, lane) in self.ledger.numbered() {
            let live = lane.live.iter().map(|seq| Span {
                first: seq,
                last: seq,
            });
            ledger.push_lane(
                agent,
                Lane {
                    seen: Spans::from_ascending(live),
                    ..Lane::default()
                },
            );
        }
        Self {
            ledger: Arc::new(ledger),
            entries: ChunkedMap::new(),
        }
    }

    /// Removes every element and hands the delta out, for other replicas.
    ///
    /// ```
    /// # use lattice_orset::{OrSet, Replica};
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new("ada"));
    /// set.insert(ada.mint()?, "milk");
    /// set.clear();
    /// assert!(set.is_empty());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    #[allow(clippy::return_self_not_must_use)] // those who ship whole states have no use for it
    pub fn clear(&mut self) -> Self {
        let delta = self.clear_delta();
        self.join_ref(&delta);
        delta
    }

    /// A context of the live dots of one element.
    fn observed<Q>(&self, element: &Q) -> Ledger<A>
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut ledger = Ledger::default();
        for (agent, seq) in self.dots_of(element) {
            ledger.see(agent, seq, false);
        }
        ledger
    }

    /// The live dots of one element.
    fn dots_of<'a, Q>(&'a self, element: &'a Q) -> impl Iterator<Item = (&'a A, u32)>
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let dots = self.entries_of(element);
        dots.filter(|&dot| self.ledger.is_live(dot))
            .filter_map(|dot| Some((self.ledger.agent(dot.lane())?, dot.seq())))
    }

    /// Drops the lingering entries of one element.
    pub(super) fn purge<Q>(&mut self, element: &Q)
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let dead: Vec<Packed> = self
            .entries_of(element)
            .filter(|&dot| !self.ledger.is_live(dot))
            .collect();
        for gone in dead {
            self.entries
                .remove_by(|(known, dot)| known.borrow().cmp(element).then(dot.cmp(&gone)));
        }
    }
}
