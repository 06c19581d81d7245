//! How far each agent's events are known, without gaps.

use alloc::vec::Vec;

use crate::{Bottom, Decompose, Dot, JoinSemilattice, Map, Max, map};

/// For each agent, the number of its events that are known: all from the first to that one.
///
/// Join is the pointwise maximum (Fidge 1988, Mattern 1989). For knowledge with gaps see
/// [`CausalContext`](crate::CausalContext).
///
/// # Invariants
///
/// No entry is 0: an agent nobody has heard of is absent, so equal knowledge is equal.
///
/// ```
/// use lattice_core::{JoinSemilattice, VersionVector};
///
/// let mut here = VersionVector::from_iter([("ada", 3), ("bob", 1)]);
/// let there = VersionVector::from_iter([("ada", 2), ("cyd", 4)]);
/// assert!(!here.leq(&there) && !there.leq(&here)); // concurrent
/// here.join(there);
/// assert_eq!(here.get(&"ada"), 3);
/// assert_eq!(here.get(&"cyd"), 4);
/// assert_eq!(here.get(&"dan"), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionVector<A> {
    // INVARIANT: no value is 0.
    heads: Map<A, Max<u64>>,
}

impl<A> VersionVector<A> {
    /// The vector that knows nothing.
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// const NOTHING: VersionVector<u64> = VersionVector::new();
    /// assert!(NOTHING.is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { heads: Map::new() }
    }

    /// The number of agents heard of.
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// assert_eq!(VersionVector::from_iter([("ada", 3), ("bob", 1), ("cyd", 0)]).len(), 2);
    /// ```
    pub const fn len(&self) -> usize {
        self.heads.len()
    }

    /// True iff nothing is known.
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// let mut seen = VersionVector::new();
    /// assert!(seen.is_empty());
    /// seen.observe("ada", 1);
    /// assert!(!seen.is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Agents and the last known number of each (never 0), in order of the agents.
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// let seen = VersionVector::from_iter([("bob", 1), ("ada", 3)]);
    /// assert!(seen.iter().eq([(&"ada", 3), (&"bob", 1)]));
    /// ```
    pub fn iter(&self) -> Iter<'_, A> {
        Iter {
            heads: self.heads.iter(),
        }
    }
}

impl<A: Ord> VersionVector<A> {
    /// Takes entries whose agents strictly increase and whose numbers are not 0; else `None`.
    ///
    /// O(n).
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// assert!(VersionVector::from_sorted(vec![("ada", 3), ("bob", 1)]).is_some());
    /// assert!(VersionVector::from_sorted(vec![("bob", 1), ("ada", 3)]).is_none());
    /// assert!(VersionVector::from_sorted(vec![("ada", 0)]).is_none());
    /// ```
    pub fn from_sorted(entries: Vec<(A, u64)>) -> Option<Self> {
        if entries.iter().any(|(_, seq)| *seq == 0) {
            return None;
        }
        let entries = entries
            .into_iter()
            .map(|(agent, seq)| (agent, Max(seq)))
            .collect();
        Map::from_sorted(entries).map(|heads| Self { heads })
    }

    /// The last known number of `agent`, 0 if never heard of.
    ///
    /// O(log n).
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// let seen = VersionVector::from_iter([("ada", 3)]);
    /// assert_eq!((seen.get(&"ada"), seen.get(&"bob")), (3, 0));
    /// ```
    pub fn get(&self, agent: &A) -> u64 {
        self.heads.get(agent).map_or(0, |head| head.0)
    }

    /// True iff the event is known.
    ///
    /// O(log n).
    ///
    /// ```
    /// use lattice_core::{Dot, VersionVector};
    ///
    /// let seen = VersionVector::from_iter([("ada", 3)]);
    /// assert!(seen.contains(&Dot::new("ada", 3)));
    /// assert!(!seen.contains(&Dot::new("ada", 4)));
    /// ```
    pub fn contains(&self, dot: &Dot<A>) -> bool {
        dot.seq <= self.get(&dot.agent)
    }

    /// Learns of all events of `agent` up to `seq`. True iff any of them was new.
    ///
    /// O(log n) where the agent is known, else O(n) for the move.
    ///
    /// ```
    /// use lattice_core::VersionVector;
    ///
    /// let mut seen = VersionVector::new();
    /// assert!(seen.observe("ada", 3));
    /// assert!(!seen.observe("ada", 2));
    /// assert!(!seen.observe("bob", 0));
    /// assert_eq!(seen.len(), 1);
    /// ```
    pub fn observe(&mut self, agent: A, seq: u64) -> bool {
        seq > 0 && self.heads.join_entry(agent, Max(seq))
    }

    /// Counts one more event of `agent` and names it; `None`, and no change, after `u64::MAX` events.
    ///
    /// Costs what [`observe`](Self::observe) costs.
    ///
    /// ```
    /// use lattice_core::{Dot, VersionVector};
    ///
    /// let mut counter = VersionVector::new();
    /// assert_eq!(counter.increment("ada"), Some(Dot::new("ada", 1)));
    /// assert_eq!(counter.increment("ada"), Some(Dot::new("ada", 2)));
    ///
    /// counter.observe("bob", u64::MAX);
    /// assert_eq!(counter.increment("bob"), None);
    /// ```
    pub fn increment(&mut self, agent: A) -> Option<Dot<A>>
    where
        A: Clone,
    {
        let seq = self.get(&agent).checked_add(1)?;
        let dot = Dot::new(agent.clone(), seq);
        self.observe(agent, seq);
        Some(dot)
    }
}

impl<A: Ord> JoinSemilattice for VersionVector<A> {
    fn join(&mut self, other: Self) -> bool {
        self.heads.join(other.heads)
    }

    fn leq(&self, other: &Self) -> bool {
        self.heads.leq(&other.heads)
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<A: Ord> Bottom for VersionVector<A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<A: Ord + Clone> Decompose for VersionVector<A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.heads.decompose().map(|heads| Self { heads })
    }

    fn delta_since(&self, known: &Self) -> Self {
        Self {
            heads: self.heads.delta_since(&known.heads),
        }
    }
}

impl<A> Default for VersionVector<A> {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes the greatest number per agent; zeros say nothing.
impl<A: Ord> FromIterator<(A, u64)> for VersionVector<A> {
    fn from_iter<I: IntoIterator<Item = (A, u64)>>(entries: I) -> Self {
        let known = entries.into_iter().filter(|(_, seq)| *seq > 0);
        Self {
            heads: known.map(|(agent, seq)| (agent, Max(seq))).collect(),
        }
    }
}

/// Takes the greatest number per agent; zeros say nothing.
///
/// ```
/// use lattice_core::VersionVector;
///
/// let mut known = VersionVector::from_iter([("ada", 3)]);
/// known.extend([("ada", 2), ("bob", 1)]);
/// assert_eq!(known, VersionVector::from_iter([("ada", 3), ("bob", 1)]));
/// ```
impl<A: Ord> Extend<(A, u64)> for VersionVector<A> {
    fn extend<I: IntoIterator<Item = (A, u64)>>(&mut self, entries: I) {
        self.join(entries.into_iter().collect());
    }
}

impl<'a, A> IntoIterator for &'a VersionVector<A> {
    type Item = (&'a A, u64);
    type IntoIter = Iter<'a, A>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Agents and the last known number of each, borrowed, in order of the agents.
///
/// ```
/// use lattice_core::{VersionVector, version_vector};
///
/// /// How many events are known.
/// fn total(heads: version_vector::Iter<'_, &str>) -> u64 {
///     heads.map(|(_, head)| head).sum()
/// }
///
/// let known = VersionVector::from_iter([("bob", 1), ("ada", 3)]);
/// assert_eq!(total(known.iter()), 4);
/// for (agent, head) in &known {
///     assert_eq!(known.get(agent), head);
/// }
/// ```
#[derive(Debug)]
pub struct Iter<'a, A> {
    heads: map::Iter<'a, A, Max<u64>>,
}

impl<A> Clone for Iter<'_, A> {
    fn clone(&self) -> Self {
        Self {
            heads: self.heads.clone(),
        }
    }
}

impl<'a, A> Iterator for Iter<'a, A> {
    type Item = (&'a A, u64);

    fn next(&mut self) -> Option<Self::Item> {
        self.heads.next().map(|(agent, head)| (agent, head.0))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.heads.size_hint()
    }
}

impl<A> DoubleEndedIterator for Iter<'_, A> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.heads.next_back().map(|(agent, head)| (agent, head.0))
    }
}

impl<A> ExactSizeIterator for Iter<'_, A> {}

impl<A> IntoIterator for VersionVector<A> {
    type Item = (A, u64);
    type IntoIter = IntoIter<A>;

    fn into_iter(self) -> Self::IntoIter {
        IntoIter {
            heads: self.heads.into_iter(),
        }
    }
}

/// Agents and the last known number of each, in order of the agents.
///
/// ```
/// use lattice_core::VersionVector;
///
/// let mut heads = VersionVector::from_iter([("bob", 1), ("ada", 3)]).into_iter();
/// assert_eq!(heads.next(), Some(("ada", 3)));
/// assert_eq!(heads.len(), 1);
/// ```
#[derive(Debug)]
pub struct IntoIter<A> {
    heads: alloc::vec::IntoIter<(A, Max<u64>)>,
}

impl<A> Iterator for IntoIter<A> {
    type Item = (A, u64);

    fn next(&mut self) -> Option<Self::Item> {
        self.heads.next().map(|(agent, head)| (agent, head.0))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.heads.size_hint()
    }
}

impl<A> DoubleEndedIterator for IntoIter<A> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.heads.next_back().map(|(agent, head)| (agent, head.0))
    }
}

impl<A> ExactSizeIterator for IntoIter<A> {}
