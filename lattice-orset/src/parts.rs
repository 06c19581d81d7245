//! Building states from their parts, checked.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use lattice_core::{CausalContext, Cell, Dot, Run};

use crate::lane::Lane;
use crate::ledger::{Ledger, Packed};
use crate::orset::OrSet;
use crate::spans::{Span, Spans};

/// Parts that make no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartsError<A = u64> {
    /// A sequence number is 0 or above `u32::MAX`.
    OutOfRange {
        /// The dot with that number.
        dot: Dot<A>,
    },
    /// A cell names a dot outside the context.
    NotInContext {
        /// The dot.
        dot: Dot<A>,
    },
    /// Two cells name one dot.
    Twice {
        /// The dot.
        dot: Dot<A>,
    },
}

impl<A: fmt::Debug> fmt::Display for PartsError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { dot } => {
                let Dot { agent, seq } = dot;
                write!(f, "dot {seq} of {agent:?}: numbers are in 1..=4294967295")
            }
            Self::NotInContext { dot } => {
                let Dot { agent, seq } = dot;
                write!(
                    f,
                    "the cell under dot {seq} of {agent:?} is outside the context, which holds every dot that was seen"
                )
            }
            Self::Twice { dot } => {
                let Dot { agent, seq } = dot;
                write!(f, "two cells under dot {seq} of {agent:?}; join them first")
            }
        }
    }
}

impl<A: fmt::Debug> core::error::Error for PartsError<A> {}

/// A sequence number, if it is one of this crate.
fn narrow(seq: u64) -> Option<u32> {
    u32::try_from(seq).ok().filter(|&seq| seq != 0)
}

/// The agent and the number of a dot, checked.
pub(crate) fn numbered<A>(dot: Dot<A>) -> Result<(A, u32), PartsError<A>> {
    match narrow(dot.seq) {
        Some(seq) => Ok((dot.agent, seq)),
        None => Err(PartsError::OutOfRange { dot }),
    }
}

/// The ends of a run, checked.
pub(crate) fn span_of<A: Clone>(run: &Run<A>) -> Result<Span, PartsError<A>> {
    let end = |seq| {
        narrow(seq).ok_or_else(|| PartsError::OutOfRange {
            dot: Dot::new(run.agent.clone(), seq),
        })
    };
    Ok(Span {
        first: end(run.first)?,
        last: end(run.last)?,
    })
}

/// The lanes of a context, with nothing alive yet, in order of the agents.
fn lanes_of<A: Ord + Clone>(context: &CausalContext<A>) -> Result<Vec<(A, Lane)>, PartsError<A>> {
    let mut lanes: Vec<(A, Lane)> = Vec::new();
    for runs in context.runs().chunk_by(|a, b| a.agent == b.agent) {
        let spans: Result<Vec<Span>, PartsError<A>> = runs.iter().map(span_of).collect();
        if let Some(run) = runs.first() {
            lanes.push((
                run.agent.clone(),
                Lane {
                    seen: Spans::from_ascending(spans?),
                    ..Lane::default()
                },
            ));
        }
    }
    Ok(lanes)
}

/// Lanes in order of their agents, and the entries of their live dots.
pub(crate) type Assembled<T, A> = (Vec<(A, Lane)>, Vec<(T, Packed)>);

/// The lanes of a state, in order of the agents, and the live entries in order of their dots. `O(n log n)`.
pub(crate) fn assemble<T, A: Ord + Clone>(
    context: &CausalContext<A>,
    cells: impl IntoIterator<Item = (Dot<A>, Cell<T>)>,
) -> Result<Assembled<T, A>, PartsError<A>> {
    let mut lanes = lanes_of(context)?;
    let mut placed: Vec<(Packed, Cell<T>)> = Vec::new();
    for (dot, cell) in cells {
        let (agent, seq) = numbered(dot)?;
        let at = lanes.binary_search_by(|(known, _)| known.cmp(&agent)).ok();
        let number = at
            .filter(|&at| {
                lanes
                    .get(at)
                    .is_some_and(|(_, lane)| lane.seen.contains(seq))
            })
            .and_then(|at| u32::try_from(at).ok());
        let Some(number) = number else {
            let dot = Dot::new(agent, u64::from(seq));
            return Err(PartsError::NotInContext { dot });
        };
        placed.push((Packed::new(number, seq), cell));
    }
    // Flags come and go at the end of a lane alone.
    placed.sort_by_key(|&(dot, _)| dot);
    let mut entries = Vec::with_capacity(placed.len());
    let mut before = None;
    for (dot, cell) in placed {
        let seq = dot.seq();
        let Some((agent, lane)) = lanes.get_mut(dot.lane()) else {
            continue;
        };
        if before.replace(dot) == Some(dot) {
            let dot = Dot::new(agent.clone(), u64::from(seq));
            return Err(PartsError::Twice { dot });
        }
        match cell {
            Cell::Present(element) => {
                lane.live.insert(seq);
                entries.push((element, dot));
            }
            Cell::Redacted => lane.redacted.insert(seq),
        }
    }
    Ok((lanes, entries))
}

impl<T: Ord + Clone, A: Ord + Clone> OrSet<T, A> {
    /// A state from its context and the cells under its dots, in any order: the inverse of
    /// [`context`](Self::context) and [`cells`](Self::cells). Every value of the type can be built
    /// so. `O(n log n)`.
    ///
    /// This is for reading foreign formats; it mints no dots.
    ///
    /// # Errors
    /// [`PartsError`] if a dot is out of range, not in the context, or named twice.
    ///
    /// ```
    /// use lattice_core::{CausalContext, Cell, Dot};
    /// use lattice_orset::{OrSet, PartsError};
    ///
    /// let seen: CausalContext<&str> = [Dot::new("ada", 1), Dot::new("ada", 2)].into_iter().collect();
    /// let set = OrSet::from_parts(&seen, [(Dot::new("ada", 2), Cell::Present("milk"))])?;
    /// assert!(set.contains("milk"));
    ///
    /// let stray = OrSet::from_parts(&seen, [(Dot::new("bob", 1), Cell::Present("eggs"))]);
    /// assert_eq!(stray, Err(PartsError::NotInContext { dot: Dot::new("bob", 1) }));
    /// # Ok::<(), PartsError<&str>>(())
    /// ```
    pub fn from_parts(
        context: &CausalContext<A>,
        cells: impl IntoIterator<Item = (Dot<A>, Cell<T>)>,
    ) -> Result<Self, PartsError<A>> {
        let (lanes, entries) = assemble(context, cells)?;
        Ok(Self::from_lanes(lanes, entries))
    }

    /// A state from lanes in order of their agents, and the entries of their live dots.
    pub(crate) fn from_lanes(lanes: Vec<(A, Lane)>, mut entries: Vec<(T, Packed)>) -> Self {
        entries.sort_unstable();
        let mut ledger = Ledger::default();
        for (agent, lane) in lanes {
            // INVARIANT: lanes come in order and none is empty, so numbers follow that order.
            ledger.push_lane(&agent, lane);
        }
        Self::assembled(
            Arc::new(ledger),
            entries.into_iter().map(|key| (key, ())).collect(),
        )
    }
}
