//! Event trees as trees: the operations of Almeida et al. 2008, section 5.3.

use alloc::boxed::Box;

use super::id::Id;
use super::nodes::{Node, NodeReader, NodeWriter};

/// A function from the unit interval to counters, as a binary tree.
///
/// INVARIANT: normal form - below every branch one child has value 0, and two leaf children
/// differ - and no sum along a path exceeds `u64::MAX`. So the value of a root is the least
/// counter of its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The same counter everywhere.
    Leaf(u64),
    /// A value that both halves add to their own.
    Branch(u64, Box<(Event, Event)>),
}

use Event::{Branch, Leaf};

/// The price of a way to grow: new branches first, then depth. The paper's `c` and `N`.
type Cost = (u32, u32);

impl Event {
    /// The least counter.
    fn least(&self) -> u64 {
        match self {
            Leaf(value) | Branch(value, _) => *value,
        }
    }

    /// The greatest counter.
    pub(super) fn greatest(&self) -> u64 {
        match self {
            Leaf(value) => *value,
            Branch(value, halves) => {
                value.saturating_add(halves.0.greatest().max(halves.1.greatest()))
            }
        }
    }

    /// The paper's `sink`: the same tree with `by` less everywhere; `by` is at most the least.
    fn sunk(self, by: u64) -> Self {
        match self {
            Leaf(value) => Leaf(value.saturating_sub(by)),
            Branch(value, halves) => Branch(value.saturating_sub(by), halves),
        }
    }

    /// The paper's `lift`: the same tree with `by` more everywhere.
    fn lifted(self, by: u64) -> Self {
        match self {
            Leaf(value) => Leaf(value.saturating_add(by)),
            Branch(value, halves) => Branch(value.saturating_add(by), halves),
        }
    }

    /// The paper's `norm`: a branch of two normal halves, in normal form.
    fn branch(value: u64, left: Self, right: Self) -> Self {
        match (&left, &right) {
            (Leaf(a), Leaf(b)) if a == b => Leaf(value.saturating_add(*a)),
            _ => {
                let least = left.least().min(right.least());
                let halves = (left.sunk(least), right.sunk(least));
                Branch(value.saturating_add(least), Box::new(halves))
            }
        }
    }

    /// The greater counter everywhere.
    pub(super) fn join(self, other: Self) -> Self {
        let (low, high) = if self.least() <= other.least() {
            (self, other)
        } else {
            (other, self)
        };
        match (low, high) {
            (Leaf(a), Leaf(b)) => Leaf(a.max(b)),
            // `low` has the lesser value everywhere, so it has nothing to add.
            (Leaf(_), high @ Branch(..)) => high,
            (Branch(a, halves), high) => {
                let (left, right) = match high {
                    Leaf(b) => (Leaf(b - a), Leaf(b - a)),
                    Branch(b, halves) => {
                        let (left, right) = *halves;
                        (left.lifted(b - a), right.lifted(b - a))
                    }
                };
                let (own_left, own_right) = *halves;
                Self::branch(a, own_left.join(left), own_right.join(right))
            }
        }
    }

    /// Nowhere greater than `other`; the paper's definition, without the shortcuts of
    /// [`Itc::causal_cmp`](super::Itc).
    pub(super) fn leq(&self, other: &Self) -> bool {
        fn leq(a: &Event, x: u64, b: &Event, y: u64) -> bool {
            let (x, y) = (x.saturating_add(a.least()), y.saturating_add(b.least()));
            x <= y
                && match (a, b) {
                    (Leaf(_), _) => true,
                    (Branch(_, halves), Leaf(_)) => {
                        let flat = Leaf(0);
                        leq(&halves.0, x, &flat, y) && leq(&halves.1, x, &flat, y)
                    }
                    (Branch(_, a), Branch(_, b)) => leq(&a.0, x, &b.0, y) && leq(&a.1, x, &b.1, y),
                }
        }
        leq(self, 0, other, 0)
    }

    /// The paper's `event`: the least tree above this one that `id` can make by adding to its own
    /// part only. The id owns something, and no counter is used up.
    pub(super) fn event(&self, id: &Id) -> Self {
        let filled = self.fill(id);
        if filled == *self {
            self.grow(id).0
        } else {
            filled
        }
    }

    /// The paper's `fill`: raise the owned part as far as that makes the tree simpler.
    fn fill(&self, id: &Id) -> Self {
        match (id, self) {
            (Id::None, _) | (_, Leaf(_)) => self.clone(),
            (Id::All, _) => Leaf(self.greatest()),
            (Id::Parts(ids), Branch(value, halves)) => {
                let (left, right) = (&halves.0, &halves.1);
                match &**ids {
                    (Id::All, id) => {
                        let right = right.fill(id);
                        let raised = left.greatest().max(right.least());
                        Self::branch(*value, Leaf(raised), right)
                    }
                    (id, Id::All) => {
                        let left = left.fill(id);
                        let raised = right.greatest().max(left.least());
                        Self::branch(*value, left, Leaf(raised))
                    }
                    (left_id, right_id) => {
                        Self::branch(*value, left.fill(left_id), right.fill(right_id))
                    }
                }
            }
        }
    }

    /// The paper's `grow`: add one to some owned leaf, the cheapest.
    fn grow(&self, id: &Id) -> (Self, Cost) {
        match (id, self) {
            // A filled tree is a leaf wherever the whole is owned; `greatest` keeps this total.
            (Id::None | Id::All, _) => (Leaf(self.greatest().saturating_add(1)), (0, 0)),
            (Id::Parts(_), Leaf(value)) => {
                let open = Branch(*value, Box::new((Leaf(0), Leaf(0))));
                let (grown, (branches, depth)) = open.grow(id);
                (grown, (branches + 1, depth))
            }
            (Id::Parts(ids), Branch(value, halves)) => {
                let (left, right) = (&halves.0, &halves.1);
                let grow_left = || {
                    let (grown, (branches, depth)) = left.grow(&ids.0);
                    (
                        Self::branch(*value, grown, right.clone()),
                        (branches, depth + 1),
                    )
                };
                let grow_right = || {
                    let (grown, (branches, depth)) = right.grow(&ids.1);
                    (
                        Self::branch(*value, left.clone(), grown),
                        (branches, depth + 1),
                    )
                };
                match &**ids {
                    (Id::None, _) => grow_right(),
                    (_, Id::None) => grow_left(),
                    _ => {
                        let (left, right) = (grow_left(), grow_right());
                        if left.1 < right.1 { left } else { right }
                    }
                }
            }
        }
    }

    /// Depth and number of nodes.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Leaf(_) => (0, 1),
            Branch(_, halves) => {
                let ((a, m), (b, n)) = (halves.0.size(), halves.1.size());
                (a.max(b) + 1, m + n + 1)
            }
        }
    }

    /// Writes the nodes in preorder.
    pub(super) fn write(&self, out: &mut NodeWriter) {
        match self {
            Leaf(value) => out.push(Node {
                branch: false,
                value: *value,
            }),
            Branch(value, halves) => {
                out.push(Node {
                    branch: true,
                    value: *value,
                });
                halves.0.write(out);
                halves.1.write(out);
            }
        }
    }

    /// Builds the tree of bytes that were checked before.
    pub(super) fn read(nodes: &mut NodeReader<'_>) -> Self {
        let node = nodes.known();
        if node.branch {
            let left = Self::read(nodes);
            let right = Self::read(nodes);
            Branch(node.value, Box::new((left, right)))
        } else {
            Leaf(node.value)
        }
    }
}
