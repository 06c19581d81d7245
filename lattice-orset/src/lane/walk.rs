//! Two lanes side by side, block by block, in one walk without searching.

use super::{Block, Lane};
use crate::bits::block_of;
use crate::spans::Span;

/// One block of two lanes.
pub(crate) struct Pair {
    pub(crate) block: u32,
    pub(crate) mine: Block,
    pub(crate) theirs: Block,
}

/// The blocks in which either of two lanes has a live or redacted dot, ascending.
pub(crate) struct Walk<'a> {
    mine: Side<'a>,
    theirs: Side<'a>,
    /// The first block to visit, and the last.
    first: u32,
    last: u32,
}

impl<'a> Walk<'a> {
    /// All blocks.
    pub(crate) fn all(mine: &'a Lane, theirs: &'a Lane) -> Self {
        Self {
            mine: Side::new(mine, 0),
            theirs: Side::new(theirs, 0),
            first: 0,
            last: u32::MAX,
        }
    }

    /// The blocks that the context of `theirs` reaches into: no other changes `mine`.
    pub(crate) fn where_they_have_seen(mine: &'a Lane, theirs: &'a Lane) -> Self {
        let seen = theirs.seen.as_slice();
        let first = seen.first().map_or(0, |span| block_of(span.first));
        Self {
            mine: Side::new(mine, first),
            theirs: Side::new(theirs, first),
            first,
            last: seen.last().map_or(0, |span| block_of(span.last)),
        }
    }

    /// No block before this one is visited.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }
}

impl Iterator for Walk<'_> {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        let block = self.mine.head().min(self.theirs.head());
        // No sequence number falls in this block: both sides are at their end.
        if block == u32::MAX || block > self.last {
            return None;
        }
        Some(Pair {
            block,
            mine: self.mine.take(block),
            theirs: self.theirs.take(block),
        })
    }
}

/// What is still ahead in one lane.
struct Side<'a> {
    seen: &'a [Span],
    live: &'a [(u32, u64)],
    redacted: &'a [(u32, u64)],
}

impl<'a> Side<'a> {
    fn new(lane: &'a Lane, first: u32) -> Self {
        Self {
            seen: lane.seen.as_slice(),
            live: lane.live.blocks_from(first),
            redacted: lane.redacted.blocks_from(first),
        }
    }

    /// The next occupied block, `u32::MAX` at the end.
    fn head(&self) -> u32 {
        let head = |blocks: &[(u32, u64)]| blocks.first().map_or(u32::MAX, |&(at, _)| at);
        head(self.live).min(head(self.redacted))
    }

    fn take(&mut self, block: u32) -> Block {
        Block {
            seen: self.seen(block),
            live: take(&mut self.live, block),
            redacted: take(&mut self.redacted, block),
        }
    }

    fn seen(&mut self, block: u32) -> u64 {
        while let Some((span, rest)) = self.seen.split_first()
            && block_of(span.last) < block
        {
            self.seen = rest;
        }
        // SUBTLE: a run may reach into blocks to come; it stays.
        self.seen
            .iter()
            .take_while(|span| block_of(span.first) <= block)
            .fold(0, |mask, span| mask | span.mask(block))
    }
}

/// Takes one block off the front, if it is that block.
fn take(blocks: &mut &[(u32, u64)], block: u32) -> u64 {
    match blocks.split_first() {
        Some((&(at, bits), rest)) if at == block => {
            *blocks = rest;
            bits
        }
        _ => 0,
    }
}
