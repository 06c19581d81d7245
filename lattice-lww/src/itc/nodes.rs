//! The byte forms of event trees: nodes in preorder, shape and values apart.

use alloc::vec::Vec;

use super::bits::{BitReader, BitWriter};
use super::{MAX_DEPTH, MAX_NODES};
use crate::StampError;
use crate::stamp::{Reader, put_varint};

/// One node of an event tree: its value is relative to its parent's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) branch: bool,
    pub(super) value: u64,
}

/// The nodes of an event tree in preorder, read from bytes.
#[derive(Clone, Debug)]
pub(super) struct NodeReader<'a> {
    shape: BitReader<'a>,
    values: Values<'a>,
}

/// Where the values stand.
#[derive(Clone, Debug)]
enum Values<'a> {
    /// One number for each node.
    Dense(Reader<'a>),
    /// A number for each node that is not 0, after the distance from the one before.
    Sparse {
        reader: Reader<'a>,
        /// The next node with a number, and the number.
        next: Option<(usize, u64)>,
        /// Numbers after `next`.
        left: usize,
    },
}

impl<'a> NodeReader<'a> {
    /// No nodes; [`known`](NodeReader::known) reads it as a leaf with value 0.
    pub(super) fn empty() -> Self {
        let values = Values::Sparse {
            reader: Reader::new(&[]),
            next: None,
            left: 0,
        };
        Self {
            shape: BitReader::default(),
            values,
        }
    }

    /// Opens `LEB128 bits, bits, LEB128 count, (LEB128 distance, LEB128 value) * count`.
    pub(super) fn sparse(mut reader: Reader<'a>) -> Result<Self, StampError> {
        let shape = Self::shape(&mut reader)?;
        let left = reader.count("values", MAX_NODES)?;
        let mut values = Values::Sparse {
            reader,
            next: None,
            left,
        };
        values.advance(None)?;
        Ok(Self { shape, values })
    }

    /// Opens `LEB128 bits, bits, LEB128 byte length, LEB128 value * nodes`.
    pub(super) fn dense(mut reader: Reader<'a>) -> Result<Self, StampError> {
        let shape = Self::shape(&mut reader)?;
        let offset = reader.offset();
        let len = reader.count("bytes of values", MAX_NODES * 10)?;
        if len != reader.rest().len() {
            let expected = "the length of the values that follow";
            return Err(StampError::NotCanonical { offset, expected });
        }
        Ok(Self {
            shape,
            values: Values::Dense(reader),
        })
    }

    fn shape(reader: &mut Reader<'a>) -> Result<BitReader<'a>, StampError> {
        BitReader::open(reader, "nodes of an event tree", MAX_NODES)
    }

    /// The next node in preorder.
    pub(super) fn node(&mut self) -> Result<Node, StampError> {
        if self.shape.left() == 0 {
            let offset = self.shape.offset();
            return Err(StampError::Truncated {
                offset,
                expected: "a node of an event tree",
            });
        }
        let index = self.shape.position();
        let branch = self.shape.bit();
        let value = self.values.at(index)?;
        Ok(Node { branch, value })
    }

    /// The next node of bytes that were checked before.
    pub(super) fn known(&mut self) -> Node {
        // INVARIANT: checked bytes hold every node that their shape announces.
        self.node().unwrap_or(Node {
            branch: false,
            value: 0,
        })
    }

    /// Every node that is left, of bytes that were checked before.
    pub(super) fn rest(mut self) -> impl Iterator<Item = Node> {
        core::iter::from_fn(move || (self.shape.left() > 0).then(|| self.known()))
    }

    /// Checks that the bytes are one event tree in normal form, and nothing else.
    pub(super) fn check(mut self) -> Result<(), StampError> {
        self.check_tree(0, 0)?;
        if self.shape.left() > 0 {
            let offset = self.shape.offset();
            return Err(StampError::NotCanonical {
                offset,
                expected: "the end of the event tree",
            });
        }
        self.values.end()
    }

    /// Checks one subtree whose ancestors' values sum to `above`, and returns its root.
    fn check_tree(&mut self, above: u64, depth: usize) -> Result<Node, StampError> {
        let offset = self.shape.offset();
        if depth > MAX_DEPTH {
            return Err(StampError::TooLarge {
                offset,
                what: "levels",
                limit: MAX_DEPTH,
            });
        }
        let root = self.node()?;
        let above = above
            .checked_add(root.value)
            .ok_or(StampError::Overflow { offset })?;
        if root.branch {
            let left = self.check_tree(above, depth + 1)?;
            let right = self.check_tree(above, depth + 1)?;
            if left.value.min(right.value) != 0 {
                let expected = "a child with value 0 below every branch";
                return Err(StampError::NotCanonical { offset, expected });
            }
            if !left.branch && !right.branch && left.value == right.value {
                let expected = "equal leaves merged into their parent";
                return Err(StampError::NotCanonical { offset, expected });
            }
        }
        Ok(root)
    }
}

impl Values<'_> {
    /// The value of node `index`; to be asked once for each index, in order.
    fn at(&mut self, index: usize) -> Result<u64, StampError> {
        match self {
            Self::Dense(reader) => reader.varint("the value of a node"),
            Self::Sparse { next, .. } => match *next {
                Some((at, value)) if at == index => {
                    self.advance(Some(at))?;
                    Ok(value)
                }
                _ => Ok(0),
            },
        }
    }

    /// Reads the next value that is not 0; the one before it was at `previous`.
    fn advance(&mut self, previous: Option<usize>) -> Result<(), StampError> {
        let Self::Sparse { reader, next, left } = self else {
            return Ok(());
        };
        let Some(after) = left.checked_sub(1) else {
            *next = None;
            return Ok(());
        };
        *left = after;
        let offset = reader.offset();
        let distance = reader.count("nodes of an event tree", MAX_NODES)?;
        if previous.is_some() && distance == 0 {
            return Err(StampError::NotCanonical {
                offset,
                expected: "one value for each node",
            });
        }
        let offset = reader.offset();
        let value = reader.varint("the value of a node")?;
        if value == 0 {
            return Err(StampError::NotCanonical {
                offset,
                expected: "no entry for a value of 0",
            });
        }
        *next = Some((previous.unwrap_or(0) + distance, value));
        Ok(())
    }

    /// Refuses values that belong to no node.
    fn end(&self) -> Result<(), StampError> {
        match self {
            Self::Dense(reader)
            | Self::Sparse {
                reader, next: None, ..
            } => reader.end(),
            Self::Sparse {
                reader,
                next: Some(_),
                ..
            } => Err(StampError::NotCanonical {
                offset: reader.offset(),
                expected: "values of nodes that exist",
            }),
        }
    }
}

/// The nodes of an event tree in preorder, being written.
#[derive(Debug, Default)]
pub(super) struct NodeWriter {
    shape: BitWriter,
    values: Vec<u64>,
}

impl FromIterator<Node> for NodeWriter {
    fn from_iter<I: IntoIterator<Item = Node>>(nodes: I) -> Self {
        let mut writer = Self::default();
        nodes.into_iter().for_each(|node| writer.push(node));
        writer
    }
}

impl NodeWriter {
    pub(super) fn push(&mut self, node: Node) {
        self.shape.push(node.branch);
        self.values.push(node.value);
    }

    /// Appends the form that [`NodeReader::sparse`] reads.
    pub(super) fn sparse(&self, out: &mut Vec<u8>) {
        self.shape.finish(out);
        put_varint(
            self.values.iter().filter(|&&value| value != 0).count() as u64,
            out,
        );
        let mut previous = 0;
        for (index, &value) in self
            .values
            .iter()
            .enumerate()
            .filter(|&(_, &value)| value != 0)
        {
            put_varint((index - previous) as u64, out);
            put_varint(value, out);
            previous = index;
        }
    }

    /// Appends the form that [`NodeReader::dense`] reads.
    pub(super) fn dense(&self, out: &mut Vec<u8>) {
        self.shape.finish(out);
        let mut values = Vec::new();
        for &value in &self.values {
            put_varint(value, &mut values);
        }
        put_varint(values.len() as u64, out);
        out.extend_from_slice(&values);
    }
}
