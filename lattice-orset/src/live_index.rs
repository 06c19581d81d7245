//! Constant-time liveness for bulk work.

use alloc::vec::Vec;

use crate::bits::{BITS, Bits, block_of};
use crate::ledger::{Ledger, Packed};

/// Which dots are live, looked up without searching.
pub(crate) struct LiveIndex<'a> {
    lanes: Vec<Lane<'a>>,
    /// The blocks of all dense lanes, one lane after the other.
    blocks: Vec<u64>,
}

/// Where the blocks of one replica are.
struct Lane<'a> {
    /// The number of its first block, and how many there are, gaps included.
    first: u32,
    width: u32,
    /// Where they start.
    at: usize,
    /// Few live dots far apart: side by side they would waste memory.
    sparse: Option<&'a Bits>,
}

impl<'a> LiveIndex<'a> {
    /// Costs the occupied blocks: a word or four for 64 dots.
    pub(crate) fn new<A>(ledger: &'a Ledger<A>) -> Self {
        let mut index = Self {
            lanes: Vec::with_capacity(ledger.len()),
            blocks: Vec::new(),
        };
        for (_, lane) in ledger.numbered() {
            let lane = index.add(&lane.live);
            index.lanes.push(lane);
        }
        index
    }

    fn add(&mut self, live: &'a Bits) -> Lane<'a> {
        let at = self.blocks.len();
        let sparse = Lane {
            first: 0,
            width: 0,
            at,
            sparse: Some(live),
        };
        let (Some(first), Some(last)) = (live.first_block(), live.last_block()) else {
            return sparse;
        };
        let width = last - first + 1;
        if width as usize / 4 > live.block_count() {
            return sparse;
        }
        self.blocks.resize(at + width as usize, 0);
        for (block, bits) in live.blocks() {
            if let Some(slot) = self.blocks.get_mut(at + (block - first) as usize) {
                *slot = bits;
            }
        }
        Lane {
            first,
            width,
            at,
            sparse: None,
        }
    }

    #[inline]
    pub(crate) fn contains(&self, dot: Packed) -> bool {
        let seq = dot.seq();
        let Some(lane) = self.lanes.get(dot.lane()) else {
            return false;
        };
        // SUBTLE: below `first` this wraps to a number beyond every width.
        let at = block_of(seq).wrapping_sub(lane.first);
        if at < lane.width {
            let block = self.blocks.get(lane.at + at as usize);
            return block.is_some_and(|bits| bits >> (seq % BITS) & 1 == 1);
        }
        lane.sparse.is_some_and(|bits| bits.contains(seq))
    }
}
