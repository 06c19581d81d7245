//! Exactly which events are known, gaps included.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::{Bottom, Decompose, Dot, JoinSemilattice, VersionVector};

/// A set of [`Dot`]s: exactly which events are known.
///
/// What arrives in order is a version vector; what arrives early is a cloud of dots beside it, until
/// the gap closes (Almeida et al. 2018, section 7). Both are held as one sorted list of *runs*, an
/// agent with a first and a last number: the runs that start at 1 are the vector, the others the
/// cloud, and closing a gap is two runs becoming one. Exact at all times: "the greatest number seen"
/// would claim the events in the gaps, and whatever they added would be taken for removed.
///
/// # Invariants
///
/// Runs are sorted by agent and first number; `1 <= first <= last`; two runs of one agent neither
/// overlap nor touch. So equal sets are equal values.
///
/// # Cost
///
/// With `r` runs (agents plus gaps): `contains`, `next_dot` O(log r); `insert` O(log r) plus the move;
/// `join`, `leq`, `difference` O(r + s). Never by the number of dots.
///
/// ```
/// use lattice_core::{CausalContext, Dot};
///
/// let mut seen = CausalContext::new();
/// seen.insert(Dot::new("ada", 1));
/// seen.insert(Dot::new("ada", 3)); // 2 is still on its way
/// assert!(!seen.contains(&Dot::new("ada", 2)));
/// assert_eq!(seen.vector().get(&"ada"), 1);
/// assert_eq!(seen.next_dot("ada"), Some(Dot::new("ada", 4)));
///
/// seen.insert(Dot::new("ada", 2));
/// assert_eq!(seen.vector().get(&"ada"), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CausalContext<A> {
    runs: Vec<Run<A>>,
}

/// The events `first..=last` of one agent.
///
/// ```
/// use lattice_core::{CausalContext, Dot, Run};
///
/// let seen: CausalContext<_> = (4..=6).map(|seq| Dot::new("ada", seq)).collect();
/// assert_eq!(seen.runs(), [Run { agent: "ada", first: 4, last: 6 }]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Run<A> {
    /// Whose events.
    pub agent: A,
    /// The first number, at least 1.
    pub first: u64,
    /// The last number, at least `first`.
    pub last: u64,
}

impl<A: Ord> Run<A> {
    /// True iff `next`, which starts no earlier, overlaps or touches `self`.
    fn meets(&self, next: &Self) -> bool {
        self.agent == next.agent && next.first <= self.last.saturating_add(1)
    }

    fn cmp_start(&self, other: &Self) -> Ordering {
        self.agent
            .cmp(&other.agent)
            .then(self.first.cmp(&other.first))
    }
}

impl<A> CausalContext<A> {
    /// The context that knows nothing.
    ///
    /// ```
    /// use lattice_core::CausalContext;
    ///
    /// const NOTHING: CausalContext<u64> = CausalContext::new();
    /// assert!(NOTHING.is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// True iff nothing is known.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot};
    ///
    /// let mut seen = CausalContext::new();
    /// assert!(seen.is_empty());
    /// seen.insert(Dot::new("ada", 1));
    /// assert!(!seen.is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The runs, sorted by agent and number.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot, Run};
    ///
    /// let seen = CausalContext::from_iter([1, 2, 4].map(|seq| Dot::new("ada", seq)));
    /// let run = |first, last| Run { agent: "ada", first, last };
    /// assert_eq!(seen.runs(), [run(1, 2), run(4, 4)]);
    /// ```
    pub fn runs(&self) -> &[Run<A>] {
        &self.runs
    }
}

impl<A: Ord> CausalContext<A> {
    /// Takes runs as [`runs`](Self::runs) gives them; `None` if they break an invariant.
    ///
    /// O(r).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Run};
    ///
    /// let run = |first, last| Run { agent: "ada", first, last };
    /// let seen = CausalContext::from_runs(vec![run(1, 3), run(7, 8)]).unwrap();
    /// assert!(seen.holds(&"ada", 7));
    ///
    /// assert!(CausalContext::from_runs(vec![run(7, 8), run(1, 3)]).is_none()); // unsorted
    /// assert!(CausalContext::from_runs(vec![run(1, 3), run(4, 8)]).is_none()); // these are one run
    /// assert!(CausalContext::from_runs(vec![run(0, 3)]).is_none()); // numbers start at 1
    /// ```
    pub fn from_runs(runs: Vec<Run<A>>) -> Option<Self> {
        let valid = runs
            .iter()
            .all(|run| 1 <= run.first && run.first <= run.last)
            && runs.is_sorted_by(|a, b| a.cmp_start(b) == Ordering::Less && !a.meets(b));
        valid.then_some(Self { runs })
    }

    /// True iff the event is known.
    ///
    /// O(log r).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot};
    ///
    /// let seen = CausalContext::from_iter([Dot::new("ada", 2)]);
    /// assert!(seen.contains(&Dot::new("ada", 2)));
    /// assert!(!seen.contains(&Dot::new("ada", 1)));
    /// ```
    pub fn contains(&self, dot: &Dot<A>) -> bool {
        self.holds(&dot.agent, dot.seq)
    }

    /// True iff the `seq`-th event of `agent` is known.
    ///
    /// [`contains`](Self::contains) for those who have no dot to borrow. O(log r).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot};
    ///
    /// let seen = CausalContext::from_iter([Dot::new("ada", 2)]);
    /// assert!(seen.holds(&"ada", 2));
    /// assert!(!seen.holds(&"bob", 2));
    /// assert!(seen.holds(&"bob", 0)); // names no event
    /// ```
    pub fn holds(&self, agent: &A, seq: u64) -> bool {
        seq == 0
            || self
                .last_run_from(agent, seq)
                .is_some_and(|run| seq <= run.last)
    }

    /// The greatest number known of `agent`, 0 if none. There may be gaps below it.
    ///
    /// O(log r).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot};
    ///
    /// let seen = CausalContext::from_iter([Dot::new("ada", 1), Dot::new("ada", 9)]);
    /// assert_eq!(seen.last_seq(&"ada"), 9);
    /// assert_eq!(seen.last_seq(&"bob"), 0);
    /// ```
    pub fn last_seq(&self, agent: &A) -> u64 {
        self.last_run_from(agent, u64::MAX)
            .map_or(0, |run| run.last)
    }

    /// The dot after every known one of `agent`; `None` after `u64::MAX`.
    ///
    /// Whoever mints it must be the only one who mints for `agent`, and must insert it.
    ///
    /// O(log r).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot};
    ///
    /// let mut seen = CausalContext::from_iter([Dot::new("ada", 1)]);
    /// let dot = seen.next_dot("ada").unwrap();
    /// assert_eq!(dot, Dot::new("ada", 2));
    /// assert!(seen.insert(dot));
    ///
    /// let full = CausalContext::from_iter([Dot::new("ada", u64::MAX)]);
    /// assert_eq!(full.next_dot("ada"), None);
    /// ```
    pub fn next_dot(&self, agent: A) -> Option<Dot<A>> {
        let seq = self.last_seq(&agent).checked_add(1)?;
        Some(Dot::new(agent, seq))
    }

    /// Learns of one event. True iff it was new.
    ///
    /// O(log r), and a move of the runs behind it where a run begins, ends or vanishes.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot};
    ///
    /// let mut seen = CausalContext::new();
    /// assert!(seen.insert(Dot::new("ada", 1)));
    /// assert!(!seen.insert(Dot::new("ada", 1)));
    /// ```
    pub fn insert(&mut self, dot: Dot<A>) -> bool {
        self.insert_run(Run {
            agent: dot.agent,
            first: dot.seq,
            last: dot.seq,
        })
    }

    /// Learns of a run of events. True iff any of them was new. Numbers from 1; an empty run says
    /// nothing.
    ///
    /// O(log r), and a move of the runs behind it.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Run};
    ///
    /// let mut seen = CausalContext::new();
    /// assert!(seen.insert_run(Run { agent: "ada", first: 1, last: 5 }));
    /// assert!(seen.insert_run(Run { agent: "ada", first: 4, last: 9 }));
    /// assert!(!seen.insert_run(Run { agent: "ada", first: 2, last: 8 }));
    /// assert_eq!(seen.runs(), [Run { agent: "ada", first: 1, last: 9 }]);
    /// ```
    pub fn insert_run(&mut self, mut run: Run<A>) -> bool {
        run.first = run.first.max(1);
        if run.last < run.first || self.covers(&run) {
            return false;
        }
        // INVARIANT: the runs that overlap or touch the new one are neighbours; they become one.
        let low = self
            .runs
            .partition_point(|old| match old.agent.cmp(&run.agent) {
                Ordering::Equal => old.last.saturating_add(1) < run.first,
                unequal => unequal == Ordering::Less,
            });
        let high = self
            .runs
            .partition_point(|old| match old.agent.cmp(&run.agent) {
                Ordering::Equal => old.first <= run.last.saturating_add(1),
                unequal => unequal == Ordering::Less,
            });
        for old in self.runs.get(low..high).unwrap_or_default() {
            run.first = run.first.min(old.first);
            run.last = run.last.max(old.last);
        }
        self.runs.splice(low..high, [run]);
        true
    }

    /// The part without gaps: for each agent, how many of its first events are known.
    ///
    /// O(r).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot, VersionVector};
    ///
    /// let seen = CausalContext::from_iter([1, 2, 4].map(|seq| Dot::new("ada", seq)));
    /// assert_eq!(seen.vector(), VersionVector::from_iter([("ada", 2)]));
    /// ```
    #[must_use]
    pub fn vector(&self) -> VersionVector<A>
    where
        A: Clone,
    {
        let vector = self.runs.iter().filter(|run| run.first == 1);
        vector.map(|run| (run.agent.clone(), run.last)).collect()
    }

    /// The runs beyond a gap.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot, Run};
    ///
    /// let seen = CausalContext::from_iter([1, 2, 4].map(|seq| Dot::new("ada", seq)));
    /// let cloud: Vec<_> = seen.cloud().collect();
    /// assert_eq!(cloud, [&Run { agent: "ada", first: 4, last: 4 }]);
    /// ```
    pub fn cloud(&self) -> impl Iterator<Item = &Run<A>> {
        self.runs.iter().filter(|run| run.first > 1)
    }

    /// Every known dot, in order. There may be 2^64 of them to an agent: take what is needed.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Dot, Run};
    ///
    /// let mut seen = CausalContext::new();
    /// seen.insert_run(Run { agent: "ada", first: 3, last: u64::MAX });
    /// let first: Vec<_> = seen.dots().take(2).collect();
    /// assert_eq!(first, [Dot::new("ada", 3), Dot::new("ada", 4)]);
    /// ```
    pub fn dots(&self) -> impl Iterator<Item = Dot<A>>
    where
        A: Clone,
    {
        self.runs
            .iter()
            .flat_map(|run| (run.first..=run.last).map(|seq| Dot::new(run.agent.clone(), seq)))
    }

    /// The events known here and not in `other`.
    ///
    /// O(r + s).
    ///
    /// ```
    /// use lattice_core::{CausalContext, Run};
    ///
    /// let run = |first, last| Run { agent: "ada", first, last };
    /// let here = CausalContext::from_runs(vec![run(1, 9)]).unwrap();
    /// let there = CausalContext::from_runs(vec![run(1, 2), run(5, 6)]).unwrap();
    /// assert_eq!(here.difference(&there).runs(), [run(3, 4), run(7, 9)]);
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self
    where
        A: Clone,
    {
        let mut runs = Vec::new();
        let mut theirs = other.runs.iter().peekable();
        for mine in &self.runs {
            let mut first = mine.first;
            let mut rest = true;
            while let Some(hole) = theirs.peek() {
                match hole.agent.cmp(&mine.agent) {
                    Ordering::Greater => break,
                    Ordering::Equal if hole.first > mine.last => break,
                    Ordering::Equal if hole.last >= first => {
                        if first < hole.first {
                            runs.push(Run {
                                agent: mine.agent.clone(),
                                first,
                                last: hole.first - 1,
                            });
                        }
                        if hole.last >= mine.last {
                            rest = false; // SUBTLE: the hole may reach into the next run as well
                            break;
                        }
                        first = hole.last + 1;
                    }
                    _ => {}
                }
                theirs.next();
            }
            if rest {
                runs.push(Run {
                    agent: mine.agent.clone(),
                    first,
                    last: mine.last,
                });
            }
        }
        Self { runs }
    }

    /// The last run of `agent` that starts at or before `seq`.
    fn last_run_from(&self, agent: &A, seq: u64) -> Option<&Run<A>> {
        let after = self.runs.partition_point(|run| {
            run.agent.cmp(agent).then(run.first.cmp(&seq)) != Ordering::Greater
        });
        self.runs
            .get(after.checked_sub(1)?)
            .filter(|run| run.agent == *agent)
    }

    fn covers(&self, run: &Run<A>) -> bool {
        self.last_run_from(&run.agent, run.first)
            .is_some_and(|mine| run.last <= mine.last)
    }
}

impl<A: Ord> JoinSemilattice for CausalContext<A> {
    fn join(&mut self, other: Self) -> bool {
        if other.runs.len() <= self.runs.len() / 16 {
            return other
                .runs
                .into_iter()
                .fold(false, |grew, run| grew | self.insert_run(run));
        }
        if other.leq(self) {
            return false;
        }
        let mut merged: Vec<Run<A>> = Vec::with_capacity(self.runs.len() + other.runs.len());
        let mut ours = core::mem::take(&mut self.runs).into_iter().peekable();
        let mut theirs = other.runs.into_iter().peekable();
        loop {
            let ours_first = match (ours.peek(), theirs.peek()) {
                (Some(mine), Some(their)) => mine.cmp_start(their) == Ordering::Less,
                (mine, _) => mine.is_some(),
            };
            let Some(run) = (if ours_first {
                ours.next()
            } else {
                theirs.next()
            }) else {
                break;
            };
            match merged.last_mut() {
                Some(last) if last.meets(&run) => last.last = last.last.max(run.last),
                _ => merged.push(run),
            }
        }
        self.runs = merged;
        true
    }

    fn leq(&self, other: &Self) -> bool {
        self.runs.iter().all(|run| other.covers(run))
    }

    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        !other.leq(self) && self.join(other.clone())
    }
}

impl<A: Ord> Bottom for CausalContext<A> {
    fn bottom() -> Self {
        Self::new()
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

/// One part per dot.
impl<A: Ord + Clone> Decompose for CausalContext<A> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.runs.into_iter().flat_map(|run| {
            (run.first..=run.last).map(move |seq| Self {
                runs: alloc::vec![Run {
                    agent: run.agent.clone(),
                    first: seq,
                    last: seq
                }],
            })
        })
    }

    fn delta_since(&self, known: &Self) -> Self {
        self.difference(known)
    }
}

impl<A> Default for CausalContext<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Ord> From<VersionVector<A>> for CausalContext<A> {
    fn from(vector: VersionVector<A>) -> Self {
        let run = |(agent, last)| Run {
            agent,
            first: 1,
            last,
        };
        Self {
            runs: vector.into_iter().map(run).collect(),
        }
    }
}

impl<A: Ord> FromIterator<Dot<A>> for CausalContext<A> {
    fn from_iter<I: IntoIterator<Item = Dot<A>>>(dots: I) -> Self {
        let mut dots: Vec<_> = dots.into_iter().collect();
        dots.sort();
        let mut context = Self::new();
        for dot in dots {
            context.insert(dot);
        }
        context
    }
}

/// ```
/// use lattice_core::{CausalContext, Dot};
///
/// let mut seen = CausalContext::from_iter([Dot::new("ada", 2)]);
/// seen.extend([Dot::new("ada", 1), Dot::new("bob", 1)]);
/// assert_eq!(seen.runs().len(), 2);
/// ```
impl<A: Ord> Extend<Dot<A>> for CausalContext<A> {
    fn extend<I: IntoIterator<Item = Dot<A>>>(&mut self, dots: I) {
        self.join(dots.into_iter().collect());
    }
}
