//! [`Itc`]: the event tree of an interval tree clock, as a stamp.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::nodes::{Node, NodeReader, NodeWriter};
use crate::stamp::Reader;
use crate::{Stamp, StampError};

/// The causal past of a write: the event tree of an interval tree clock.
///
/// An event tree maps the unit interval to counters; a stamp is below another if it is nowhere
/// greater. Ids play no part in comparing, so a stamp does not carry one: take it from a clock
/// with [`ItcClock::stamp`](crate::ItcClock::stamp).
///
/// The tree *is* its canonical bytes behind an `Arc`: a clone costs a reference count, equality
/// is equality of bytes, and comparing walks both byte strings once without building a tree.
/// Only trees in normal form have canonical bytes. Counters are exact: 64 bits, and a tree whose
/// counters sum above that is refused. The layout, for trees in preorder:
///
/// ```text
/// LEB128 nodes | one bit per node, 0 leaf, 1 branch, most significant first, zero-padded
/// LEB128 values other than 0 | for each: LEB128 distance from the node before, LEB128 value
/// ```
///
/// ```
/// use lattice_lww::{ItcClock, Stamp};
///
/// # fn main() -> Result<(), lattice_lww::ItcError> {
/// let mut alice = ItcClock::seed();
/// let mut bob = alice.fork()?;
/// alice.event()?;
/// bob.event()?;
/// assert_eq!(alice.stamp().causal_cmp(&bob.stamp()), None);
///
/// bob.observe(&alice.stamp())?;
/// bob.event()?;
/// assert!(alice.stamp().precedes(&bob.stamp()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Itc {
    // INVARIANT: canonical bytes, as the type's documentation lays them out.
    bytes: Arc<[u8]>,
}

impl Itc {
    /// The nodes, which must be those of one tree in normal form.
    pub(super) fn from_nodes(nodes: &NodeWriter) -> Self {
        let mut bytes = Vec::new();
        nodes.sparse(&mut bytes);
        Self {
            bytes: bytes.into(),
        }
    }

    /// Takes what `reader` has left.
    pub(super) fn from_sparse(reader: Reader<'_>) -> Result<Self, StampError> {
        NodeReader::sparse(reader)?.check()?;
        // INVARIANT: a checked tree has one spelling, and these bytes are it.
        Ok(Self {
            bytes: reader.rest().into(),
        })
    }

    /// Takes what `reader` has left, in the form with a value for each node.
    pub(super) fn from_dense(reader: Reader<'_>) -> Result<Self, StampError> {
        let nodes = NodeReader::dense(reader)?;
        nodes.clone().check()?;
        Ok(Self::from_nodes(&nodes.rest().collect()))
    }

    /// The nodes in preorder.
    pub(super) fn nodes(&self) -> NodeReader<'_> {
        // INVARIANT: canonical bytes open.
        NodeReader::sparse(Reader::new(&self.bytes)).unwrap_or_else(|_| NodeReader::empty())
    }
}

/// The stamp below all others: no event anywhere.
impl Default for Itc {
    fn default() -> Self {
        Self::from_nodes(
            &[Node {
                branch: false,
                value: 0,
            }]
            .into_iter()
            .collect(),
        )
    }
}

/// The paper's notation: `n` for a leaf, `(n, left, right)` for a branch.
impl fmt::Debug for Itc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn tree(nodes: &mut NodeReader<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let node = nodes.known();
            if !node.branch {
                return write!(f, "{}", node.value);
            }
            write!(f, "({}, ", node.value)?;
            tree(nodes, f)?;
            f.write_str(", ")?;
            tree(nodes, f)?;
            f.write_str(")")
        }
        tree(&mut self.nodes(), f)
    }
}

impl Stamp for Itc {
    const ID: &'static str = "itc";
    const CAUSAL: bool = true;

    fn leq(&self, other: &Self) -> bool {
        matches!(
            self.causal_cmp(other),
            Some(Ordering::Less | Ordering::Equal)
        )
    }

    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        // Normal forms are unique, so equal functions have equal bytes.
        if self.bytes == other.bytes {
            return Some(Ordering::Equal);
        }
        let mut relation = Relation {
            below: true,
            above: true,
        };
        relation.trees(&mut self.nodes(), 0, &mut other.nodes(), 0);
        match relation {
            Relation { below: true, .. } => Some(Ordering::Less),
            Relation { above: true, .. } => Some(Ordering::Greater),
            _ => None,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }

    fn decode(bytes: &[u8]) -> Result<Self, StampError> {
        Self::from_sparse(Reader::new(bytes))
    }
}

/// What two trees, walked together, have shown of their order so far.
struct Relation {
    /// Nowhere was the first greater.
    below: bool,
    /// Nowhere was the second greater.
    above: bool,
}

impl Relation {
    /// Compares one subtree of each side, at the same place; `x` and `y` are the sums of the
    /// values above them. Stops early, with the readers left anywhere, once nothing holds.
    fn trees(&mut self, a: &mut NodeReader<'_>, x: u64, b: &mut NodeReader<'_>, y: u64) {
        let (left, right) = (a.known(), b.known());
        // Sums along a path fit, or the tree would have been refused.
        let (x, y) = (x.saturating_add(left.value), y.saturating_add(right.value));
        // In normal form a root's sum is the least value of its subtree.
        match (left.branch, right.branch) {
            (false, false) => {
                self.below &= x <= y;
                self.above &= x >= y;
            }
            (false, true) => {
                self.below &= x <= y;
                self.above &= x >= greatest_of_children(b, y);
            }
            (true, false) => {
                self.above &= x >= y;
                self.below &= greatest_of_children(a, x) <= y;
            }
            (true, true) => {
                self.below &= x <= y;
                self.above &= x >= y;
                for _child in 0..2 {
                    if self.below || self.above {
                        self.trees(a, x, b, y);
                    }
                }
            }
        }
    }
}

/// The greatest value in the two subtrees that follow; `above` is the sum of the values above.
fn greatest_of_children(nodes: &mut NodeReader<'_>, above: u64) -> u64 {
    let mut greatest = above;
    for _child in 0..2 {
        let node = nodes.known();
        let sum = above.saturating_add(node.value);
        let sum = if node.branch {
            greatest_of_children(nodes, sum)
        } else {
            sum
        };
        greatest = greatest.max(sum);
    }
    greatest
}
