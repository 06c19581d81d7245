//! Building states from their parts, checked.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use lattice_core::{CausalContext, Cell, Dot};

use crate::lane::Lane;
use crate::ledger::{Ledger, Packed};
use crate::orset::OrSet;
use crate::spans::{Span, Spans};

/// Parts that make no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartsError {
    /// A sequence number is 0 or above `u32::MAX`.
    OutOfRange {
        /// The number.
        seq: u64,
    },
    /// An entry names a dot outside the context.
    NotInContext {
        /// Its sequence number.
        seq: u64,
    },
    /// Two entries name one dot.
    Twice {
        /// Its sequence number.
        seq: u64,
    },
}

impl fmt::Display for PartsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { seq } => write!(f, "sequence number {seq} is not in 1..=4294967295"),
            Self::NotInContext { seq } => write!(f, "entry under dot {seq} is outside the context"),
            Self::Twice { seq } => write!(f, "two entries under dot {seq}"),
        }
    }
}

impl core::error::Error for PartsError {}

/// Checks a sequence number.
pub(crate) fn narrow(seq: u64) -> Result<u32, PartsError> {
    u32::try_from(seq)
        .ok()
        .filter(|&seq| seq != 0)
        .ok_or(PartsError::OutOfRange { seq })
}

/// The lanes of a context, with nothing alive yet, in order of the agents.
fn lanes_of<A: Ord + Clone>(context: &CausalContext<A>) -> Result<Vec<(A, Lane)>, PartsError> {
    let mut lanes: Vec<(A, Lane)> = Vec::new();
    for runs in context.runs().chunk_by(|a, b| a.agent == b.agent) {
        let spans: Result<Vec<Span>, PartsError> = runs
            .iter()
            .map(|run| {
                Ok(Span {
                    first: narrow(run.first)?,
                    last: narrow(run.last)?,
                })
            })
            .collect();
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
) -> Result<Assembled<T, A>, PartsError> {
    let mut lanes = lanes_of(context)?;
    let mut placed: Vec<(Packed, Cell<T>)> = Vec::new();
    for (dot, cell) in cells {
        let seq = narrow(dot.seq)?;
        let missing = PartsError::NotInContext { seq: dot.seq };
        let at = lanes
            .binary_search_by(|(agent, _)| agent.cmp(&dot.agent))
            .map_err(|_| missing)?;
        let (_, lane) = lanes.get(at).ok_or(missing)?;
        if !lane.seen.contains(seq) {
            return Err(missing);
        }
        let number = u32::try_from(at).map_err(|_| PartsError::OutOfRange { seq: dot.seq })?;
        placed.push((Packed::new(number, seq), cell));
    }
    // Flags come and go at the end of a lane alone.
    placed.sort_by_key(|&(dot, _)| dot);
    let mut entries = Vec::with_capacity(placed.len());
    let mut before = None;
    for (dot, cell) in placed {
        let seq = dot.seq();
        if before.replace(dot) == Some(dot) {
            return Err(PartsError::Twice {
                seq: u64::from(seq),
            });
        }
        let Some((_, lane)) = lanes.get_mut(dot.lane()) else {
            continue;
        };
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
    /// assert_eq!(stray, Err(PartsError::NotInContext { seq: 1 }));
    /// # Ok::<(), PartsError>(())
    /// ```
    pub fn from_parts(
        context: &CausalContext<A>,
        cells: impl IntoIterator<Item = (Dot<A>, Cell<T>)>,
    ) -> Result<Self, PartsError> {
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
