//! Constant-time liveness for bulk work.

use alloc::vec::Vec;

use crate::bits::{BITS, Bits, block_of};
use crate::ledger::{Ledger, Packed};

/// Which dots are live, looked up without searching.
pub(crate) struct LiveIndex<'a>(Vec<Lane<'a>>);

enum Lane<'a> {
    /// The blocks of a busy replica, side by side from the first one on.
    Dense { first: u32, blocks: Vec<u64> },
    /// Few live dots far apart: side by side they would waste memory.
    Sparse(&'a Bits),
}

impl<'a> LiveIndex<'a> {
    /// Costs the occupied blocks: a word or four for 64 dots.
    pub(crate) fn new<A>(ledger: &'a Ledger<A>) -> Self {
        Self(
            ledger
                .numbered()
                .map(|(_, lane)| Lane::new(&lane.live))
                .collect(),
        )
    }

    #[inline]
    pub(crate) fn contains(&self, dot: Packed) -> bool {
        let seq = dot.seq();
        match self.0.get(dot.lane()) {
            Some(Lane::Dense { first, blocks }) => {
                // SUBTLE: below `first` this wraps to a number no block has.
                let at = block_of(seq).wrapping_sub(*first) as usize;
                blocks
                    .get(at)
                    .is_some_and(|bits| bits >> (seq % BITS) & 1 == 1)
            }
            Some(Lane::Sparse(bits)) => bits.contains(seq),
            None => false,
        }
    }
}

impl<'a> Lane<'a> {
    fn new(live: &'a Bits) -> Self {
        let (Some(first), Some(last)) = (live.first_block(), live.last_block()) else {
            return Self::Sparse(live);
        };
        let width = (last - first) as usize + 1;
        if width / 4 > live.block_count() {
            return Self::Sparse(live);
        }
        let mut blocks = alloc::vec![0; width];
        for (block, bits) in live.blocks() {
            if let Some(slot) = blocks.get_mut((block - first) as usize) {
                *slot = bits;
            }
        }
        Self::Dense { first, blocks }
    }
}
