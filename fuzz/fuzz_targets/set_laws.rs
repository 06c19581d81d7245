//! Sets on several replicas, by any sequence of operations, with deltas late, doubled, reordered or
//! lost: a naive model and the laws are the oracle. No clock, no randomness.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::Arbitrary;
use lattice_core::{Cell, Decompose, Dot, JoinSemilattice, laws};
use lattice_orset::canonical::Limits;
use lattice_orset::{GSet, OrSet, Replica};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Step {
    Insert(u8),
    Remove(u8),
    Clear,
    Redact { agent: u8, seq: u8 },
    Deliver(u8),
    Gossip(u8),
    Pull(u8),
    Since(u8),
}

/// What is known of a dot; the derived order is that of the lattice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Live(u8),
    Redacted,
    Removed,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model(BTreeMap<Dot<u8>, Fate>);

impl Model {
    fn join(&mut self, other: &Self) {
        for (dot, fate) in &other.0 {
            let mine = self.0.entry(*dot).or_insert_with(|| fate.clone());
            *mine = mine.clone().max(fate.clone());
        }
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.iter().all(|(dot, fate)| other.0.get(dot).is_some_and(|theirs| fate <= theirs))
    }

    /// The delta that removes what `names` says yes to.
    fn removal(&self, names: impl Fn(u8) -> bool) -> Self {
        let named = self.0.iter().filter(|(_, fate)| matches!(fate, Fate::Live(element) if names(*element)));
        Self(named.map(|(dot, _)| (*dot, Fate::Removed)).collect())
    }

    fn assert_is(&self, set: &OrSet<u8, u8>) {
        let seen: Vec<_> = set.context().dots().collect();
        assert!(seen.iter().eq(self.0.keys()), "context");
        let cells = self.0.iter().filter_map(|(dot, fate)| match fate {
            Fate::Live(element) => Some((*dot, Cell::Present(*element))),
            Fate::Redacted => Some((*dot, Cell::Redacted)),
            Fate::Removed => None,
        });
        let held = set.cells();
        let held = held.iter().map(|(dot, cell)| (Dot::new(*dot.agent, dot.seq), match cell {
            Cell::Present(element) => Cell::Present(**element),
            Cell::Redacted => Cell::Redacted,
        }));
        assert!(held.eq(cells), "cells");
        let elements: BTreeSet<u8> = self.0.values().filter_map(|fate| match fate {
            Fate::Live(element) => Some(*element),
            _ => None,
        }).collect();
        assert!(set.iter().eq(&elements), "elements");
        assert!(elements.iter().all(|element| set.contains(element)), "contains");
    }
}

struct Node {
    replica: Replica<u8>,
    set: OrSet<u8, u8>,
    model: Model,
    grown: GSet<u8>,
    elements: BTreeSet<u8>,
}

fn step(nodes: &mut [Node], sent: &mut Vec<(OrSet<u8, u8>, Model)>, at: usize, step: Step) {
    let other = |choice: u8| usize::from(choice) % 3;
    let peer = |nodes: &[Node], choice| {
        let node = &nodes[other(choice)];
        (node.set.clone(), node.model.clone(), node.grown.clone(), node.elements.clone())
    };
    let known = (nodes[at].set.clone(), nodes[at].model.clone());
    let (delta, model) = match step {
        Step::Insert(element) => {
            let element = element % 6;
            let node = &mut nodes[at];
            let fresh = node.elements.insert(element);
            assert_eq!(node.grown.insert(element).len(), usize::from(fresh));
            let dot = node.replica.mint().expect("few dots");
            let mut model = node.model.removal(|known| known == element);
            model.0.insert(Dot::new(*dot.dot().agent, dot.dot().seq), Fate::Live(element));
            (node.set.insert(dot, element), model)
        }
        Step::Remove(element) => {
            let node = &mut nodes[at];
            (node.set.remove(&(element % 6)), node.model.removal(|known| known == element % 6))
        }
        Step::Clear => (nodes[at].set.clear(), nodes[at].model.removal(|_| true)),
        Step::Redact { agent, seq } => {
            let (agent, seq) = (agent % 3, u64::from(seq % 8));
            let node = &mut nodes[at];
            node.set.redact(|dot| *dot.agent == agent && dot.seq == seq);
            if let Some(fate @ Fate::Live(_)) = node.model.0.get_mut(&Dot::new(agent, seq)) {
                *fate = Fate::Redacted;
            }
            return;
        }
        Step::Deliver(message) => {
            let Some((delta, model)) = sent.get(usize::from(message) % sent.len().max(1)).cloned() else { return };
            let grew = nodes[at].set.join_ref(&delta);
            assert_eq!(grew, !model.leq(&known.1), "join answers");
            nodes[at].model.join(&model);
            return;
        }
        Step::Gossip(from) => {
            let (set, model, grown, elements) = peer(nodes, from);
            let node = &mut nodes[at];
            assert_eq!(node.set.join(set), !model.leq(&known.1), "join answers");
            assert_eq!(node.grown.join(grown), !elements.is_subset(&node.elements), "join answers");
            node.elements.extend(elements);
            node.model.join(&model);
            return;
        }
        Step::Pull(from) => {
            let (set, model, grown, elements) = peer(nodes, from);
            let node = &mut nodes[at];
            node.set.join(set.delta_for(&known.0.context()));
            node.grown.join(grown.delta_since(&node.grown));
            node.elements.extend(elements);
            node.model.join(&model);
            return;
        }
        Step::Since(from) => {
            let (set, model, ..) = peer(nodes, from);
            let delta = set.delta_since(&known.0);
            assert_eq!(delta.leq(&known.0), model.leq(&known.1), "nothing new, nothing sent");
            nodes[at].set.join(delta);
            nodes[at].model.join(&model);
            return;
        }
    };
    model.assert_is(&delta);
    nodes[at].model.join(&model);
    sent.push((delta, model));
}

fuzz_target!(|steps: Vec<(u8, Step)>| {
    let mut nodes: Vec<Node> = (0..3)
        .map(|agent| Node {
            replica: Replica::new(agent),
            set: OrSet::new(),
            model: Model::default(),
            grown: GSet::new(),
            elements: BTreeSet::new(),
        })
        .collect();
    let mut sent = Vec::new();
    for &(at, next) in steps.iter().take(48) {
        let at = usize::from(at) % 3;
        step(&mut nodes, &mut sent, at, next);
        nodes[at].model.assert_is(&nodes[at].set);
        assert!(nodes[at].grown.iter().eq(&nodes[at].elements));
    }
    let mut states: Vec<_> = nodes.iter().map(|node| node.set.clone()).collect();
    for state in &states {
        assert_eq!(OrSet::decode(&state.encode(), Limits::DEFAULT).as_ref(), Ok(state));
    }
    states.extend(sent.into_iter().take(2).map(|(delta, _)| delta));
    laws::check_all(&states);
    laws::check_delta_since(&states);
    let grown: Vec<_> = nodes.into_iter().map(|node| node.grown).collect();
    laws::check_all(&grown);
    laws::check_delta_since(&grown);
});
