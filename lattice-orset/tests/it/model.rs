//! Runs of several replicas against the oracle.

use lattice_core::{Decompose, Dot, JoinSemilattice};
use lattice_orset::{OrSet, Replica};
use proptest::prelude::*;

use crate::naive::Naive;
use crate::states::{Step, adversarial, large, small, steps};

struct Node {
    replica: Replica<u64>,
    set: OrSet<u8, u64>,
    oracle: Naive<u8, u64>,
}

/// Replicas with an oracle each, and every delta ever sent.
struct Net {
    nodes: Vec<Node>,
    sent: Vec<(OrSet<u8, u64>, Naive<u8, u64>)>,
}

impl Net {
    fn new(replicas: u64) -> Self {
        let node = |id| Node {
            replica: Replica::new(id),
            set: OrSet::new(),
            oracle: Naive::new(),
        };
        Self {
            nodes: (0..replicas).map(node).collect(),
            sent: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Insert { at, element } => {
                let node = &mut self.nodes[at];
                let dot = node.replica.mint().unwrap();
                let plain = Dot::new(*dot.dot().agent, dot.dot().seq);
                let expected = node.oracle.insert_delta(plain, element);
                let delta = node.set.insert(dot, element);
                self.send(at, delta, expected);
            }
            Step::Remove { at, element } => {
                let node = &mut self.nodes[at];
                let expected = node.oracle.remove_delta(&element);
                let delta = node.set.remove(&element);
                self.send(at, delta, expected);
            }
            Step::Clear { at } => {
                let node = &mut self.nodes[at];
                let mut expected = Naive::new();
                for element in node.oracle.elements() {
                    expected.join(&node.oracle.remove_delta(&element));
                }
                let delta = node.set.clear();
                self.send(at, delta, expected);
            }
            Step::Redact { at, agent, seq } => {
                let node = &mut self.nodes[at];
                node.set.redact(|dot| *dot.agent == agent && dot.seq == seq);
                node.oracle
                    .redact(|dot| dot.agent == agent && dot.seq == seq);
            }
            Step::Deliver { at, message } => {
                if let Some((delta, expected)) = self.sent.get(message % self.sent.len().max(1)) {
                    let node = &mut self.nodes[at];
                    assert_eq!(node.set.join_ref(delta), node.oracle.join(expected));
                }
            }
            Step::Gossip { at, from } => {
                let (set, oracle) = (
                    self.nodes[from].set.clone(),
                    self.nodes[from].oracle.clone(),
                );
                let node = &mut self.nodes[at];
                assert_eq!(node.set.join(set), node.oracle.join(&oracle));
            }
            Step::Pull { at, from } => {
                let delta = self.nodes[from]
                    .set
                    .delta_for(&self.nodes[at].set.context());
                let oracle = self.nodes[from].oracle.clone();
                let node = &mut self.nodes[at];
                assert_eq!(node.set.join(delta), node.oracle.join(&oracle));
            }
            Step::Since { at, from } => {
                let delta = self.nodes[from].set.delta_since(&self.nodes[at].set);
                let expected = self.nodes[from].oracle.delta_since(&self.nodes[at].oracle);
                expected.assert_is(&delta);
                let node = &mut self.nodes[at];
                assert_eq!(node.set.join(delta), node.oracle.join(&expected));
            }
        }
    }

    /// Checks a delta that `at` made, lets its oracle follow, and puts it on the wire.
    fn send(&mut self, at: usize, delta: OrSet<u8, u64>, expected: Naive<u8, u64>) {
        expected.assert_is(&delta);
        self.nodes[at].oracle.join(&expected);
        self.sent.push((delta, expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happens in whatever order, every replica shows what the oracle shows.
    #[test]
    fn replicas_follow_the_oracle(steps in steps(3, 60)) {
        let mut net = Net::new(3);
        for step in &steps {
            net.take(step);
            for node in &net.nodes {
                node.oracle.assert_is(&node.set);
            }
        }
    }

    /// Once everybody has everything, everybody shows the same.
    #[test]
    fn replicas_converge(steps in steps(4, 60)) {
        let mut net = Net::new(4);
        for step in steps {
            net.take(&step);
        }
        let all = net.nodes.iter().fold(OrSet::new(), |all, node| all.joined(node.set.clone()));
        for at in 0..4 {
            for from in (0..4).rev() {
                net.take(&Step::Pull { at, from });
            }
            prop_assert_eq!(&net.nodes[at].set, &all);
        }
    }

    /// Join, order and least delta of any two states are those of the definition.
    #[test]
    fn any_two_states_join_as_defined(left in adversarial(), right in adversarial()) {
        agree_with_the_oracle(&left, &right);
    }

    /// Redaction commutes with join, and nothing brings an element back.
    #[test]
    fn redaction_commutes_with_join(left in adversarial(), right in adversarial(), seq in 1..6_u64) {
        let names = |dot: Dot<&u8>| dot.seq == seq;
        let (mut a, mut b) = (left.to_orset(), right.to_orset());
        let mut joined = a.clone().joined(b.clone());
        joined.redact(names);
        a.redact(names);
        b.redact(names);
        prop_assert_eq!(a.joined(b), joined.clone());
        let mut again = joined.clone();
        again.join(left.to_orset());
        again.redact(names);
        prop_assert_eq!(again, joined);
    }

    /// Contexts alone are enough to catch a peer up, if dots mean one event: here both states know
    /// the same elements under the same dots.
    #[test]
    fn delta_for_does_what_the_state_would(left in adversarial(), right in adversarial()) {
        let (mut left, mut right) = (left, right);
        for naive in [&mut left, &mut right] {
            for (dot, fate) in &mut naive.dots {
                if let crate::naive::Fate::Live(element) = fate {
                    *element = (dot.seq % 3) as u8;
                }
            }
        }
        let (mine, theirs) = (left.to_orset(), right.to_orset());
        let delta = mine.delta_for(&theirs.context());
        prop_assert!(delta.leq(&mine));
        prop_assert_eq!(theirs.clone().joined(delta), theirs.joined(mine));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_small_delta_joins_a_large_state_as_defined(left in large(), right in small()) {
        agree_with_the_oracle(&left, &right);
        agree_with_the_oracle(&right, &left);
    }

    #[test]
    fn large_states_join_as_defined(left in large(), right in large()) {
        agree_with_the_oracle(&left, &right);
    }

    /// A run of small deltas against one large state: what lingers never shows.
    #[test]
    fn many_small_deltas(base in large(), deltas in prop::collection::vec(small(), 0..30)) {
        let (mut set, mut oracle) = (base.to_orset(), base);
        let snapshot = (set.clone(), oracle.clone());
        for delta in deltas {
            let expected = oracle.join(&delta);
            prop_assert_eq!(set.join(delta.to_orset()), expected);
        }
        oracle.assert_is(&set);
        snapshot.1.assert_is(&snapshot.0);
    }
}

fn agree_with_the_oracle<T, A>(left: &Naive<T, A>, right: &Naive<T, A>)
where
    T: Ord + Clone + std::fmt::Debug,
    A: Ord + Clone + std::fmt::Debug,
{
    let (a, b) = (left.to_orset(), right.to_orset());
    left.assert_is(&a);
    assert_eq!(a.leq(&b), left.leq(right));
    assert_eq!(a == b, left == right);
    left.delta_since(right).assert_is(&a.delta_since(&b));

    let mut oracle = left.clone();
    let grew = oracle.join(right);
    let (mut moved, mut borrowed) = (a.clone(), a);
    assert_eq!(moved.join(b.clone()), grew);
    oracle.assert_is(&moved);
    assert_eq!(borrowed.join_ref(&b), grew);
    oracle.assert_is(&borrowed);
    right.assert_is(&b);
}
