//! Sparse bitmaps over sequence numbers: which dots of a replica are alive.

use alloc::collections::BTreeMap;

/// Sequence numbers per block.
pub(crate) const BITS: u32 = u64::BITS;

/// The block a sequence number falls in.
pub(crate) const fn block_of(seq: u32) -> u32 {
    seq / BITS
}

/// A set of sequence numbers, dense where they are dense: two bits each for a busy replica.
// INVARIANT: no block is zero, and `len` is the number of bits set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    blocks: BTreeMap<u32, u64>,
    len: usize,
}

impl Bits {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn contains(&self, seq: u32) -> bool {
        self.block(block_of(seq)) >> (seq % BITS) & 1 == 1
    }

    pub(crate) fn insert(&mut self, seq: u32) {
        let block = block_of(seq);
        self.set_block(block, self.block(block) | 1 << (seq % BITS));
    }

    /// The 64 flags of one block.
    pub(crate) fn block(&self, block: u32) -> u64 {
        self.blocks.get(&block).copied().unwrap_or(0)
    }

    pub(crate) fn set_block(&mut self, block: u32, bits: u64) {
        let old = if bits == 0 {
            self.blocks.remove(&block)
        } else {
            self.blocks.insert(block, bits)
        };
        self.len -= old.unwrap_or(0).count_ones() as usize;
        self.len += bits.count_ones() as usize;
    }

    pub(crate) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn first_block(&self) -> Option<u32> {
        self.blocks.first_key_value().map(|(&block, _)| block)
    }

    pub(crate) fn last_block(&self) -> Option<u32> {
        self.blocks.last_key_value().map(|(&block, _)| block)
    }

    /// The non-zero blocks, ascending.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.blocks.iter().map(|(&block, &bits)| (block, bits))
    }

    /// The non-zero blocks among `first..=last`, ascending.
    pub(crate) fn blocks_within(
        &self,
        first: u32,
        last: u32,
    ) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.blocks
            .range(first..=last)
            .map(|(&block, &bits)| (block, bits))
    }

    /// All numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.blocks()
            .flat_map(|(block, bits)| ones(bits).map(move |bit| block * BITS + bit))
    }
}

/// The positions of the set bits of a mask, ascending.
pub(crate) fn ones(mut bits: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(bit)
    })
}
