//! The agents and keys that a payload refers to.

use std::collections::BTreeMap;

use lattice_core::{Ranked, Set};

use crate::delta::Order;
use crate::event::AgentId;
use crate::hash::{EventHash, prefix};
use crate::observed::Key;
use crate::state::ItemState;

/// The agents and keys of a state, each once, in order; and for each write the place of its key.
pub(super) struct Tables<'a, S: Order> {
    pub(super) coverage: &'a Set<EventHash>,
    pub(super) agents: Vec<&'a AgentId>,
    /// By key, the place of its agent.
    agent_of: Vec<usize>,
    pub(super) keys: Vec<&'a Key<S>>,
    /// By write, in the order of [`ItemState::for_each_key`].
    pub(super) places: Vec<usize>,
}

impl<'a, S: Order> Tables<'a, S> {
    pub(super) fn of(state: &'a ItemState<S>) -> Self {
        // Most events write one key.
        let mut order: Vec<(u64, usize, &Key<S>)> = Vec::with_capacity(state.coverage().len());
        state.for_each_key(|key| order.push((prefix(&key.event_hash), order.len(), key)));
        // Hashes tell keys apart within their first bytes, so that few keys are looked at in full.
        order.sort_unstable_by(|(a, _, x), (b, _, y)| a.cmp(b).then_with(|| x.canonical_cmp(y)));
        let mut keys: Vec<&Key<S>> = Vec::with_capacity(order.len());
        let mut places = vec![0; order.len()];
        for (_, write, key) in order {
            if keys.last() != Some(&key) {
                keys.push(key);
            }
            if let Some(place) = places.get_mut(write) {
                *place = keys.len().saturating_sub(1);
            }
        }
        let (agents, agent_of) = agents(&keys);
        Self {
            coverage: state.coverage(),
            agents,
            agent_of,
            keys,
            places,
        }
    }

    /// The keys in order, each with the place of its agent, and with that of its event in the
    /// coverage, if it is covered.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&'a Key<S>, usize, Option<usize>)> {
        let coverage = self.coverage.as_slice();
        let mut at = 0;
        self.keys
            .iter()
            .zip(&self.agent_of)
            .map(move |(key, agent)| {
                let hash = &key.event_hash;
                let first = prefix(hash);
                // Both increase: one walk over the coverage, which is written in full anyway.
                while coverage
                    .get(at)
                    .is_some_and(|held| prefix(held) < first || held < hash)
                {
                    at = at.saturating_add(1);
                }
                let covered = coverage.get(at).filter(|held| *held == hash).map(|_| at);
                (*key, *agent, covered)
            })
    }
}

/// So many agents are looked through one by one: an item has few, and their keys come in no order.
const FEW: usize = 32;

/// The agents of the keys, each once, in order; and the place of the agent of each key.
fn agents<'a, S: Order>(keys: &[&'a Key<S>]) -> (Vec<&'a AgentId>, Vec<usize>) {
    // Numbered as they come, so that each key is looked up once; then by their order.
    let mut few: Vec<&AgentId> = Vec::new();
    let mut many: BTreeMap<&AgentId, usize> = BTreeMap::new();
    let mut agent_of: Vec<usize> = Vec::with_capacity(keys.len());
    for key in keys {
        let agent = &key.agent_id;
        let known = few.iter().position(|known| *known == agent);
        agent_of.push(known.unwrap_or_else(|| {
            let next = few.len().saturating_add(many.len());
            if next < FEW {
                few.push(agent);
                next
            } else {
                *many.entry(agent).or_insert(next)
            }
        }));
    }
    let numbered = few.into_iter().zip(0..).chain(many);
    let mut ordered: Vec<(&AgentId, usize)> = numbered.collect();
    ordered.sort_unstable();
    let mut places = vec![0; ordered.len()];
    for (place, (_, number)) in ordered.iter().enumerate() {
        if let Some(slot) = places.get_mut(*number) {
            *slot = place;
        }
    }
    for agent in &mut agent_of {
        *agent = places.get(*agent).copied().unwrap_or_default();
    }
    (
        ordered.into_iter().map(|(agent, _)| agent).collect(),
        agent_of,
    )
}
