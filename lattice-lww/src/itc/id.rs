//! Id trees: which part of the unit interval a replica owns (Almeida et al. 2008, section 5.2).

use alloc::boxed::Box;
use core::fmt;

use super::bits::{BitReader, BitWriter};
use super::{MAX_DEPTH, MAX_NODES};
use crate::StampError;
use crate::stamp::Reader;

/// A part of the unit interval, as a binary tree.
///
/// INVARIANT: normal form - no branch has two equal leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Id {
    /// Nothing here: the paper's 0.
    None,
    /// All of it: the paper's 1.
    All,
    /// Some of each half.
    Parts(Box<(Id, Id)>),
}

impl Id {
    /// The paper's `norm`: two normal halves, in normal form.
    fn halves(left: Self, right: Self) -> Self {
        match (&left, &right) {
            (Self::None, Self::None) => Self::None,
            (Self::All, Self::All) => Self::All,
            _ => Self::Parts(Box::new((left, right))),
        }
    }

    /// The paper's `split`: two parts that are disjoint and together the whole.
    pub(super) fn split(&self) -> (Self, Self) {
        use Id::{All, None};
        match self {
            None => (None, None),
            All => (Self::halves(All, None), Self::halves(None, All)),
            Self::Parts(halves) => match &**halves {
                (None, right) => {
                    let (a, b) = right.split();
                    (Self::halves(None, a), Self::halves(None, b))
                }
                (left, None) => {
                    let (a, b) = left.split();
                    (Self::halves(a, None), Self::halves(b, None))
                }
                (left, right) => (
                    Self::halves(left.clone(), None),
                    Self::halves(None, right.clone()),
                ),
            },
        }
    }

    /// The paper's `sum`: both parts; `None` if they overlap.
    pub(super) fn sum(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::None, id) | (id, Self::None) => Some(id),
            (Self::Parts(a), Self::Parts(b)) => {
                let ((a_left, a_right), (b_left, b_right)) = (*a, *b);
                Some(Self::halves(a_left.sum(b_left)?, a_right.sum(b_right)?))
            }
            (Self::All, _) | (_, Self::All) => None,
        }
    }

    /// Depth and number of nodes.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Self::None | Self::All => (0, 1),
            Self::Parts(halves) => {
                let ((a, m), (b, n)) = (halves.0.size(), halves.1.size());
                (a.max(b) + 1, m + n + 1)
            }
        }
    }

    /// Writes the tree in preorder: `0 b` for a leaf, `1` for a branch.
    pub(super) fn write(&self, out: &mut BitWriter) {
        match self {
            Self::None => [false, false].into_iter().for_each(|bit| out.push(bit)),
            Self::All => [false, true].into_iter().for_each(|bit| out.push(bit)),
            Self::Parts(halves) => {
                out.push(true);
                halves.0.write(out);
                halves.1.write(out);
            }
        }
    }

    /// Reads what [`write`](Id::write) writes, after its length in bits, and nothing else.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, StampError> {
        let mut bits = BitReader::open(reader, "bits of an id tree", 2 * MAX_NODES)?;
        let id = Self::read_tree(&mut bits, 0)?;
        if bits.left() > 0 {
            let offset = bits.offset();
            return Err(StampError::NotCanonical {
                offset,
                expected: "the end of the id tree",
            });
        }
        Ok(id)
    }

    fn read_tree(bits: &mut BitReader<'_>, depth: usize) -> Result<Self, StampError> {
        let offset = bits.offset();
        if depth > MAX_DEPTH {
            return Err(StampError::TooLarge {
                offset,
                what: "levels",
                limit: MAX_DEPTH,
            });
        }
        // A leaf takes two bits, and a branch is followed by more than one.
        if bits.left() < 2 {
            return Err(StampError::Truncated {
                offset,
                expected: "a node of an id tree",
            });
        }
        if !bits.bit() {
            return Ok(if bits.bit() { Self::All } else { Self::None });
        }
        let left = Self::read_tree(bits, depth + 1)?;
        let right = Self::read_tree(bits, depth + 1)?;
        match Self::halves(left, right) {
            id @ Self::Parts(_) => Ok(id),
            Self::None | Self::All => {
                let expected = "equal leaves merged into their parent";
                Err(StampError::NotCanonical { offset, expected })
            }
        }
    }
}

/// The paper's notation: `0`, `1`, `(left, right)`.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("0"),
            Self::All => f.write_str("1"),
            Self::Parts(halves) => write!(f, "({}, {})", halves.0, halves.1),
        }
    }
}
