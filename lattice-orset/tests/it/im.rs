//! The sets on `im`, a second implementation: their laws, and the same answers as the first one.

use std::cell::Cell as Counter;
use std::cmp::Ordering;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::rc::Rc;

use lattice_core::{Cell, Decompose, Dot, JoinSemilattice, laws};
use lattice_orset::{GSet, OrSet, PartsError, Replica, im};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::naive::Naive;
use crate::states::{Step, adversarial, large, small, steps, wide};

fn to_im<T, A>(naive: &Naive<T, A>) -> im::OrSet<T, A>
where
    T: Ord + Clone + std::fmt::Debug,
    A: Ord + Clone + std::fmt::Debug,
{
    im::OrSet::from_parts(&naive.context(), naive.cells()).unwrap()
}

lattice_core::semilattice_laws!(
    orset,
    adversarial().prop_map(|naive| to_im(&naive)),
    [bottom, decompose]
);
lattice_core::semilattice_laws!(
    gset,
    vec(0..9_u8, 0..6).prop_map(im::GSet::from_iter),
    [bottom, decompose]
);

/// One state, in both implementations.
#[track_caller]
fn assert_same<T, A>(persistent: &im::OrSet<T, A>, chunked: &OrSet<T, A>)
where
    T: Ord + Clone + std::fmt::Debug,
    A: Ord + Clone + std::fmt::Debug,
{
    assert_eq!(persistent.context(), chunked.context(), "context");
    let cells = chunked.cells();
    assert_eq!(persistent.cells().count(), cells.len(), "cells");
    for ((mine, cell), (dot, other)) in persistent.cells().zip(&cells) {
        assert_eq!((&mine.agent, mine.seq), (dot.agent, dot.seq), "cells");
        assert_eq!(cell.present(), other.present().copied(), "cells");
    }
    assert!(persistent.iter().eq(chunked), "elements");
    assert_eq!(persistent.len(), chunked.len());
    assert_eq!(persistent.is_empty(), chunked.is_empty());
    assert!(chunked.iter().all(|element| persistent.contains(element)));
    assert_eq!(persistent.dots().count(), chunked.live_dots());
    let elements = persistent.dots().map(|(_, element)| element);
    assert!(elements.eq(chunked.dots().map(|(_, element)| element)));
    let redacted = persistent.redacted_dots().map(|dot| (&dot.agent, dot.seq));
    assert!(redacted.eq(chunked.redacted_dots().map(|dot| (dot.agent, dot.seq))));
    for run in chunked.context().runs() {
        for seq in [run.first - 1, run.first, run.last, run.last + 1] {
            let dot = Dot::new(run.agent.clone(), seq);
            assert_eq!(persistent.has_seen(&dot), chunked.has_seen(&dot));
        }
    }
    assert_eq!(OrSet::from(persistent), *chunked);
    let same = im::OrSet::from(chunked);
    assert_eq!(same, *persistent);
    assert!(same.dots().all(|(dot, _)| same.has_seen(dot)));
}

fn hash_of(value: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

fn agree<T, A>(left: &Naive<T, A>, right: &Naive<T, A>)
where
    T: Ord + Clone + Hash + std::fmt::Debug,
    A: Ord + Clone + Hash + std::fmt::Debug,
{
    let (a, b) = (left.to_orset(), right.to_orset());
    let (x, y) = (to_im(left), to_im(right));
    assert_same(&x, &a);
    assert_eq!((x.leq(&y), x == y), (a.leq(&b), a == b));
    assert_same(&x.delta_since(&y), &a.delta_since(&b));
    assert_same(&x.delta_for(&b.context()), &a.delta_for(&b.context()));
    assert_same(&x.clear_delta(), &a.clear_delta());
    let (mut joined, mut expected) = (x.clone(), a.clone());
    assert_eq!(joined.join(y), expected.join(b));
    assert_same(&joined, &expected);
    assert_same(&x, &a);
    // A version and its past share most of their nodes.
    assert_same(&joined.delta_since(&x), &expected.delta_since(&a));
    assert_eq!(joined.leq(&x), expected.leq(&a));
    let mut past = x.clone();
    assert_eq!(past.join(joined.clone()), joined != x);
    assert_same(&past, &expected);
    assert_eq!(hash_of(&past), hash_of(&joined));
    assert_eq!(hash_of(im::OrSet::from(&expected)), hash_of(&joined));
    assert!(!past.join(x));
}

struct Node {
    replica: Replica<u64>,
    twin: Replica<u64>,
    persistent: im::OrSet<u8, u64>,
    chunked: OrSet<u8, u64>,
}

type Message = (im::OrSet<u8, u64>, OrSet<u8, u64>);

/// Takes one step on both implementations; the deltas of both, if it made any.
fn take(nodes: &mut [Node], sent: &[Message], step: &Step) -> Option<Message> {
    match *step {
        Step::Insert { at, element } => {
            let node = &mut nodes[at];
            let persistent = node
                .persistent
                .insert(node.replica.mint().unwrap(), element);
            Some((
                persistent,
                node.chunked.insert(node.twin.mint().unwrap(), element),
            ))
        }
        Step::Remove { at, element } => {
            let node = &mut nodes[at];
            Some((
                node.persistent.remove(&element),
                node.chunked.remove(&element),
            ))
        }
        Step::Clear { at } => {
            let node = &mut nodes[at];
            Some((node.persistent.clear(), node.chunked.clear()))
        }
        Step::Redact { at, agent, seq } => {
            let node = &mut nodes[at];
            let named = |dot: Dot<&u64>| *dot.agent == agent && dot.seq == seq;
            assert_eq!(node.persistent.redact(named), node.chunked.redact(named));
            None
        }
        Step::Deliver { at, message } => {
            let (persistent, chunked) = sent.get(message % sent.len().max(1))?;
            let node = &mut nodes[at];
            assert_eq!(
                node.persistent.join_ref(persistent),
                node.chunked.join_ref(chunked)
            );
            None
        }
        Step::Pull { at, from } => {
            let known = nodes[at].chunked.context();
            let persistent = nodes[from].persistent.delta_for(&known);
            let chunked = nodes[from].chunked.delta_for(&known);
            assert_same(&persistent, &chunked);
            let node = &mut nodes[at];
            assert_eq!(node.persistent.join(persistent), node.chunked.join(chunked));
            None
        }
        Step::Gossip { at, from } => {
            let (persistent, chunked) =
                (nodes[from].persistent.clone(), nodes[from].chunked.clone());
            let node = &mut nodes[at];
            assert_eq!(node.persistent.join(persistent), node.chunked.join(chunked));
            None
        }
        Step::Since { at, from } => {
            let persistent = nodes[from].persistent.delta_since(&nodes[at].persistent);
            let chunked = nodes[from].chunked.delta_since(&nodes[at].chunked);
            assert_same(&persistent, &chunked);
            let node = &mut nodes[at];
            assert_eq!(node.persistent.join(persistent), node.chunked.join(chunked));
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn both_follow_the_same_steps(steps in steps(3, 60)) {
        let node = |id| Node {
            replica: Replica::new(id),
            twin: Replica::new(id),
            persistent: im::OrSet::new(),
            chunked: OrSet::new(),
        };
        let mut nodes: Vec<Node> = (0..3).map(node).collect();
        let mut sent: Vec<Message> = Vec::new();
        for step in &steps {
            if let Some((persistent, chunked)) = take(&mut nodes, &sent, step) {
                assert_same(&persistent, &chunked);
                sent.push((persistent, chunked));
            }
            for node in &nodes {
                assert_same(&node.persistent, &node.chunked);
            }
        }
    }

    #[test]
    fn both_agree_on_any_two_states(left in adversarial(), right in adversarial()) {
        agree(&left, &right);
    }

    #[test]
    fn redaction_is_a_homomorphism(states in vec(adversarial(), 1..4), seq in 1..6_u64) {
        let states: Vec<_> = states.iter().map(to_im).collect();
        laws::check_homomorphism(&states, |mut set| {
            set.redact(|dot| dot.seq == seq);
            set
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn both_agree_on_large_states(left in large(), right in large(), delta in small()) {
        agree(&left, &right);
        agree(&left, &delta);
        agree(&delta, &left);
    }

    #[test]
    fn grow_only_sets_agree(left in vec(0..2_000_u16, 0..900), right in vec(0..2_000_u16, 0..900), few in 0..4_usize) {
        for right in [&right[..], &right[..few.min(right.len())]] {
            let [a, b] = [&left[..], right].map(|list| list.iter().copied().map(wide).collect::<GSet<_>>());
            let [x, y] = [&left[..], right].map(|list| list.iter().copied().map(wide).collect::<im::GSet<_>>());
            prop_assert_eq!((x.leq(&y), x == y), (a.leq(&b), a == b));
            prop_assert!(x.delta_since(&y).iter().eq(&a.delta_since(&b)));
            let (mut joined, mut expected) = (x.clone(), a.clone());
            prop_assert_eq!(joined.join_ref(&y), expected.join(b));
            prop_assert!(joined.iter().eq(&expected) && x.iter().eq(&a));
            prop_assert_eq!(joined.len(), expected.len());
            prop_assert_eq!(&im::GSet::from(&expected), &joined);
            prop_assert_eq!(GSet::from(&joined), expected);
            let mut extended = x.clone();
            extended.extend(y.iter().copied());
            prop_assert_eq!(hash_of(&extended), hash_of(&joined));
            prop_assert_eq!(extended, joined);
        }
    }
}

#[test]
fn parts_are_checked_alike() {
    let seen = [Dot::new(1, 1), Dot::new(1, 2)].into_iter().collect();
    let present = |seq| (Dot::new(1, seq), Cell::Present(0_u8));
    for cells in [
        vec![present(3)],
        vec![present(1), present(1)],
        vec![present(1 << 32)],
        vec![present(0)],
    ] {
        let refused: PartsError<u64> = OrSet::from_parts(&seen, cells.clone()).unwrap_err();
        assert_eq!(im::OrSet::from_parts(&seen, cells), Err(refused));
    }
}

/// An element that counts how often it is cloned.
#[derive(Debug)]
struct Counted(u32, Rc<Counter<usize>>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.1.set(self.1.get() + 1);
        Self(self.0, Rc::clone(&self.1))
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Counted {}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Counted {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

#[test]
fn a_clone_copies_nothing_and_a_join_only_paths() {
    let clones = Rc::new(Counter::new(0));
    let (mut set, mut ada) = (im::OrSet::new(), Replica::new(1_u64));
    for number in 0..20_000 {
        set.insert(ada.mint().unwrap(), Counted(number, Rc::clone(&clones)));
    }
    let taken = |work: &mut dyn FnMut()| {
        clones.set(0);
        work();
        clones.get()
    };
    assert_eq!(taken(&mut || drop(set.clone())), 0);

    let mut here = set.clone();
    let mut there = set.clone();
    for number in [5, 9_000, 19_999] {
        there.remove(&Counted(number, Rc::clone(&clones)));
    }
    // Three paths in the map of cells and three in the index, of three nodes of 64 entries each.
    let joined = taken(&mut || _ = here.join(there.clone()));
    assert!((1..2_000).contains(&joined), "{joined} of 20,000");
    assert_eq!(here, there);
    // What tells nothing new is not cloned at all.
    assert_eq!(taken(&mut || _ = here.join(set.clone())), 0);
    assert_eq!(taken(&mut || assert!(set.leq(&here))), 0);
    let numbers = (0..20_000).map(|number| Counted(number, Rc::clone(&clones)));
    let mut grown: im::GSet<_> = numbers.collect();
    let old = grown.clone();
    let inserted = taken(&mut || _ = grown.insert(Counted(20_000, Rc::clone(&clones))));
    assert!((1..400).contains(&inserted), "{inserted} of 20,000");
    assert_eq!(taken(&mut || _ = grown.join(old.clone())), 0);
}
