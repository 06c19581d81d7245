//! A causal context whose clones share the agents that did not change.

use alloc::sync::Arc;
use core::hash::{Hash, Hasher};
use core::ops::RangeInclusive;

use im::OrdMap;
use im::ordmap::DiffItem;
use lattice_core::{CausalContext, Dot, JoinSemilattice, Run};

use crate::gallop;

/// The numbers seen of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen(Arc<CausalContext<()>>);

impl Seen {
    fn runs(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        self.0.runs().iter().map(|run| run.first..=run.last)
    }

    fn insert(&mut self, run: RangeInclusive<u64>) -> bool {
        let (first, last) = run.into_inner();
        let known = self.0.runs();
        let at = known.partition_point(|known| known.last < first);
        let meets = known.get(at);
        // SUBTLE: `make_mut` copies what is shared, so what is known must not get that far.
        if meets.is_some_and(|known| known.first <= first && last <= known.last) {
            return false;
        }
        let agent = ();
        Arc::make_mut(&mut self.0).insert_run(Run { agent, first, last })
    }
}

impl JoinSemilattice for Seen {
    fn join(&mut self, other: Self) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return false;
        }
        if gallop(other.0.runs().len(), self.0.runs().len()) {
            return other
                .runs()
                .fold(false, |grew, run| grew | self.insert(run));
        }
        if other.0.leq(&self.0) {
            return false;
        }
        if self.0.leq(&other.0) {
            *self = other;
        } else {
            Arc::make_mut(&mut self.0).join_ref(&other.0);
        }
        true
    }

    fn leq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.leq(&other.0)
    }
}

/// Which dots are known, agent by agent.
// INVARIANT: no agent stands here of whom nothing was seen.
#[derive(Clone)]
pub(super) struct Context<A>(OrdMap<A, Seen>);

impl<A> Context<A> {
    pub(super) fn new() -> Self {
        Self(OrdMap::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<A: Ord> PartialEq for Context<A> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<A: Ord + Hash> Hash for Context<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<A: Ord + Clone> Context<A> {
    pub(super) fn contains(&self, dot: &Dot<A>) -> bool {
        // A causal context holds number 0, which names no event; a set has not seen it.
        dot.seq != 0
            && self
                .0
                .get(&dot.agent)
                .is_some_and(|seen| seen.0.contains(&Dot::new((), dot.seq)))
    }

    pub(super) fn insert(&mut self, dot: Dot<A>) {
        self.insert_run(dot.agent, dot.seq..=dot.seq);
    }

    fn insert_run(&mut self, agent: A, run: RangeInclusive<u64>) {
        if let Some(seen) = self.0.get_mut(&agent) {
            seen.insert(run);
            return;
        }
        let mut seen = Seen::default();
        if seen.insert(run) {
            self.0.insert(agent, seen);
        }
    }

    /// All runs, by agent and number.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&A, RangeInclusive<u64>)> {
        self.0
            .iter()
            .flat_map(|(agent, seen)| seen.runs().map(move |run| (agent, run)))
    }

    /// Copies the paths to the agents of whom `other` knows more, and their runs.
    pub(super) fn join(&mut self, other: Self) -> bool {
        self.0.join(other.0)
    }

    pub(super) fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }

    /// What is seen here and not there. Agents that both share are passed over.
    pub(super) fn difference(&self, known: &Self) -> Self {
        let news = known.0.diff(&self.0).filter_map(|change| match change {
            DiffItem::Add(agent, seen) => Some((agent.clone(), seen.clone())),
            DiffItem::Update { old, new } => {
                let rest = new.1.0.difference(&old.1.0);
                (!rest.is_empty()).then(|| (new.0.clone(), Seen(Arc::new(rest))))
            }
            DiffItem::Remove(..) => None,
        });
        Self(news.collect())
    }

    pub(super) fn to_causal(&self) -> CausalContext<A> {
        let runs = self.runs().map(|(agent, run)| Run {
            agent: agent.clone(),
            first: *run.start(),
            last: *run.end(),
        });
        CausalContext::from_runs(runs.collect()).unwrap_or_default()
    }

    pub(super) fn from_causal(context: &CausalContext<A>) -> Self {
        let mut seen = Self::new();
        for run in context.runs() {
            seen.insert_run(run.agent.clone(), run.first..=run.last);
        }
        seen
    }
}
