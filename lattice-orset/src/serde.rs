//! Serde for sets: canonical on the way out, validated on the way in.
//!
//! A grow-only set is a sequence of elements. An observed-remove set is a sequence of agents, each
//! with the runs of its dots that were seen, its live dots with their elements, and its redacted
//! dots. In JSON:
//!
//! ```json
//! [{"agent": "ada", "seen": [[1, 7]], "live": [[3, "milk"], [7, "eggs"]], "redacted": [4]}]
//! ```
//!
//! The sets on `im` have the same form. Nothing here sorts or repairs: equal states have one form, and any other form is refused. The bytes are those
//! of the format, which may have several for one value; [`canonical`](crate::canonical) has one.

use alloc::vec::Vec;

use lattice_core::{CausalContext, Cell, Dot};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use crate::lane::Lane;
use crate::ledger::Packed;
use crate::spans::{Span, Spans};
use crate::{GSet, OrSet};

impl<T: Serialize> Serialize for GSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// Refuses elements that do not strictly increase.
impl<'de, T: Deserialize<'de> + Ord + Clone> Deserialize<'de> for GSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(ascending(deserializer)?.into_iter().collect())
    }
}

/// Elements that strictly increase.
pub(crate) fn ascending<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de> + Ord,
    D: Deserializer<'de>,
{
    let elements: Vec<T> = Vec::deserialize(deserializer)?;
    if elements.is_sorted_by(|a, b| a < b) {
        Ok(elements)
    } else {
        Err(D::Error::custom("set elements do not strictly increase"))
    }
}

/// The dots of one agent, as they are written.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Dots<T, A> {
    agent: A,
    seen: Vec<(u32, u32)>,
    live: Vec<(u32, T)>,
    redacted: Vec<u32>,
}

impl<T: Serialize, A: Serialize + Ord + Clone> Serialize for OrSet<T, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.context(), self.cells().into_iter(), serializer)
    }
}

/// Writes a state from its context and the cells in order of their dots.
pub(crate) fn write<'a, T, A, S>(
    context: &CausalContext<A>,
    cells: impl Iterator<Item = (Dot<&'a A>, Cell<&'a T>)>,
    serializer: S,
) -> Result<S::Ok, S::Error>
where
    T: Serialize + 'a,
    A: Serialize + Ord + 'a,
    S: Serializer,
{
    let mut cells = cells.peekable();
    let narrow = |seq| u32::try_from(seq).map_err(serde::ser::Error::custom);
    let mut agents: Vec<Dots<&T, &A>> = Vec::new();
    for runs in context.runs().chunk_by(|a, b| a.agent == b.agent) {
        let Some(agent) = runs.first().map(|run| &run.agent) else {
            continue;
        };
        let seen = runs
            .iter()
            .map(|run| Ok((narrow(run.first)?, narrow(run.last)?)));
        let (mut live, mut redacted) = (Vec::new(), Vec::new());
        while let Some((dot, cell)) = cells.next_if(|(dot, _)| dot.agent == agent) {
            match cell {
                Cell::Present(element) => live.push((narrow(dot.seq)?, element)),
                Cell::Redacted => redacted.push(narrow(dot.seq)?),
            }
        }
        agents.push(Dots {
            agent,
            seen: seen.collect::<Result<_, S::Error>>()?,
            live,
            redacted,
        });
    }
    serializer.collect_seq(agents)
}

/// Refuses agents, runs and dots that do not strictly increase, runs that touch, agents of whom
/// nothing was seen, and dots that were not seen or are both live and redacted.
impl<'de, T, A> Deserialize<'de> for OrSet<T, A>
where
    T: Deserialize<'de> + Ord + Clone,
    A: Deserialize<'de> + Ord + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let agents: Vec<Dots<T, A>> = Vec::deserialize(deserializer)?;
        if !agents.is_sorted_by(|a, b| a.agent < b.agent) {
            return Err(D::Error::custom("agents do not strictly increase"));
        }
        let (mut lanes, mut entries) = (Vec::new(), Vec::new());
        for (number, agent) in (0..).zip(agents) {
            let lane = lane_of(&agent).map_err(D::Error::custom)?;
            lanes.push((agent.agent, lane));
            let live = agent.live.into_iter();
            entries.extend(live.map(|(seq, element)| (element, Packed::new(number, seq))));
        }
        Ok(Self::from_lanes(lanes, entries))
    }
}

/// The lane of an agent, or why there is none.
fn lane_of<T, A>(agent: &Dots<T, A>) -> Result<Lane, &'static str> {
    if agent.seen.is_empty() {
        return Err("an agent of whom nothing was seen");
    }
    let numbered = agent
        .seen
        .iter()
        .all(|&(first, last)| 1 <= first && first <= last);
    let apart = |a: &(u32, u32), b: &(u32, u32)| a.1.saturating_add(1) < b.0;
    if !numbered || !agent.seen.is_sorted_by(apart) {
        return Err("runs of dots are not sorted and apart");
    }
    let sorted =
        agent.live.is_sorted_by(|a, b| a.0 < b.0) && agent.redacted.is_sorted_by(|a, b| a < b);
    if !sorted {
        return Err("dots do not strictly increase");
    }
    let spans = agent.seen.iter().map(|&(first, last)| Span { first, last });
    let mut lane = Lane {
        seen: Spans::from_ascending(spans),
        ..Lane::default()
    };
    for &(seq, _) in &agent.live {
        lane.live.insert(seq);
    }
    for &seq in &agent.redacted {
        if lane.live.contains(seq) {
            return Err("a dot is live and redacted");
        }
        lane.redacted.insert(seq);
    }
    let seen = |seq| lane.seen.contains(seq);
    if !(lane.live.iter().all(seen) && lane.redacted.iter().all(seen)) {
        return Err("a dot with a cell was not seen");
    }
    Ok(lane)
}
