//! Sparse bitmaps over sequence numbers: which dots of a replica are alive.

use alloc::vec::Vec;

/// Sequence numbers per block.
pub(crate) const BITS: u32 = u64::BITS;

/// Up to so many blocks that come or go are put in or taken out one by one.
const FEW: usize = 4;

/// The block a sequence number falls in.
pub(crate) const fn block_of(seq: u32) -> u32 {
    seq / BITS
}

/// A set of sequence numbers, dense where they are dense: two bits each for a busy replica.
///
/// One sorted array, since dots come in ascending order nearly always. A block that comes or goes in
/// the middle moves those behind it: 16 bytes for 64 dots.
// INVARIANT: blocks ascend, none is zero, and `len` is the number of bits set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bits {
    blocks: Vec<(u32, u64)>,
    len: usize,
}

impl Bits {
    pub(crate) fn with_capacity(blocks: usize) -> Self {
        Self {
            blocks: Vec::with_capacity(blocks),
            len: 0,
        }
    }

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

    pub(crate) fn remove(&mut self, seq: u32) {
        let block = block_of(seq);
        self.set_block(block, self.block(block) & !(1 << (seq % BITS)));
    }

    /// How many numbers are below `seq`. Counts from the nearer end: a word for 64 dots.
    pub(crate) fn rank(&self, seq: u32) -> usize {
        let at = match self.find(block_of(seq)) {
            Ok(at) | Err(at) => at,
        };
        let (below, rest) = self.blocks.split_at_checked(at).unwrap_or_default();
        let count = |blocks: &[(u32, u64)]| -> usize {
            let ones = blocks.iter().map(|(_, bits)| bits.count_ones() as usize);
            ones.sum()
        };
        let before = if below.len() <= rest.len() {
            count(below)
        } else {
            self.len - count(rest)
        };
        let inside = self.block(block_of(seq)) & ((1 << (seq % BITS)) - 1);
        before + inside.count_ones() as usize
    }

    /// The greatest number.
    pub(crate) fn last(&self) -> Option<u32> {
        let &(block, bits) = self.blocks.last()?;
        Some(block * BITS + bits.checked_ilog2()?)
    }

    fn find(&self, block: u32) -> Result<usize, usize> {
        match self.blocks.last() {
            Some(&(last, _)) if last < block => Err(self.blocks.len()),
            _ => self.blocks.binary_search_by_key(&block, |&(at, _)| at),
        }
    }

    /// The 64 flags of one block.
    pub(crate) fn block(&self, block: u32) -> u64 {
        let found = self.find(block).ok().and_then(|at| self.blocks.get(at));
        found.map_or(0, |&(_, bits)| bits)
    }

    pub(crate) fn set_block(&mut self, block: u32, bits: u64) {
        let old = match self.find(block) {
            Ok(at) if bits == 0 => self.blocks.remove(at).1,
            Ok(at) => match self.blocks.get_mut(at) {
                Some((_, slot)) => core::mem::replace(slot, bits),
                None => 0,
            },
            Err(_) if bits == 0 => 0,
            Err(at) => {
                self.blocks.insert(at, (block, bits));
                0
            }
        };
        self.len -= old.count_ones() as usize;
        self.len += bits.count_ones() as usize;
    }

    /// Sets blocks, given ascending. `O(n + d)` for `d` of them; those that neither come nor go cost `O(log n)`.
    pub(crate) fn set_blocks(&mut self, changes: &[(u32, u64)]) {
        let moves = |&&(block, bits): &&(u32, u64)| self.find(block).is_ok() == (bits == 0);
        if changes.iter().filter(moves).nth(FEW).is_none() {
            for &(block, bits) in changes {
                self.set_block(block, bits);
            }
            return;
        }
        // Each that comes or goes would move all behind it.
        let mut set = Self::with_capacity(self.blocks.len() + changes.len());
        let mut old = self.blocks().peekable();
        for &(block, bits) in changes {
            while let Some((before, kept)) = old.next_if(|&(at, _)| at < block) {
                set.push_block(before, kept);
            }
            old.next_if(|&(at, _)| at == block);
            set.push_block(block, bits);
        }
        for (block, kept) in old {
            set.push_block(block, kept);
        }
        *self = set;
    }

    /// Appends a block behind all others; a zero one is passed over.
    pub(crate) fn push_block(&mut self, block: u32, bits: u64) {
        if bits != 0 {
            self.blocks.push((block, bits));
            self.len += bits.count_ones() as usize;
        }
    }

    pub(crate) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn first_block(&self) -> Option<u32> {
        self.blocks.first().map(|&(block, _)| block)
    }

    pub(crate) fn last_block(&self) -> Option<u32> {
        self.blocks.last().map(|&(block, _)| block)
    }

    /// The non-zero blocks, ascending.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.blocks.iter().copied()
    }

    /// The non-zero blocks among `first..=last`, ascending.
    pub(crate) fn blocks_within(
        &self,
        first: u32,
        last: u32,
    ) -> impl Iterator<Item = (u32, u64)> + '_ {
        let rest = self.blocks_from(first).iter().copied();
        rest.take_while(move |&(block, _)| block <= last)
    }

    /// The non-zero blocks from `first` on, ascending.
    pub(crate) fn blocks_from(&self, first: u32) -> &[(u32, u64)] {
        let from = self.blocks.partition_point(|&(block, _)| block < first);
        self.blocks.get(from..).unwrap_or_default()
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
