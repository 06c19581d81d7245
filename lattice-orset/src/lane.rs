//! All that is known about the dots of one replica.
//!
//! Under each dot the order is `absent < live < redacted < removed`, a chain; a lane is the
//! pointwise product of those chains, 64 dots at a time. Which element a live dot carries is the
//! business of the set that owns the lane.

mod walk;

use alloc::vec::Vec;

pub(crate) use walk::Walk;

use crate::bits::{Bits, block_of};
use crate::spans::{Span, Spans};

/// The dots of one replica.
// INVARIANT: `live` and `redacted` are disjoint subsets of `seen`. A dot that is seen and neither
// live nor redacted is removed, and stays so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    pub(crate) seen: Spans,
    pub(crate) live: Bits,
    pub(crate) redacted: Bits,
}

/// What a join of two lanes found out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    /// The left side grew: not `right <= left`.
    pub(crate) left: bool,
    /// The right side would have grown: not `left <= right`.
    pub(crate) right: bool,
    /// Live dots of the left side became redacted, or the right side redacted what the left one had removed.
    pub(crate) redacted: bool,
}

impl core::ops::BitOrAssign for Change {
    fn bitor_assign(&mut self, other: Self) {
        self.left |= other.left;
        self.right |= other.right;
        self.redacted |= other.redacted;
    }
}

impl Lane {
    /// A lane of one dot.
    pub(crate) fn of(seq: u32, live: bool, redacted: bool) -> Self {
        let mut lane = Self {
            seen: Spans::from_ascending([Span::of(seq)]),
            ..Self::default()
        };
        if live {
            lane.live.insert(seq);
        }
        if redacted {
            lane.redacted.insert(seq);
        }
        lane
    }

    /// `E'' = (E n E') u (E \ C') u (E' \ C)`, `C'' = C u C'`, redaction wins within `E n E'`: under
    /// each dot the greater of both.
    ///
    /// Costs the blocks and runs of `other`, and the blocks of `self` that the context of `other`
    /// covers: a small delta with a small context is cheap whatever the size of `self`.
    pub(crate) fn join(&mut self, other: &Self) -> Change {
        if self.is_like(other) {
            let (joined, change) = self.joined(other);
            *self = joined;
            return change;
        }
        let covered = self.blocks_covered_by(&other.seen).into_iter();
        let mut blocks: Vec<u32> = covered.map(|(block, _)| block).collect();
        blocks.extend(other.occupied());
        blocks.sort_unstable();
        blocks.dedup();
        let mut change = Change {
            // What `other` does not cover of `self` is news to it.
            right: !self.seen.is_subset(&other.seen),
            ..Change::default()
        };
        let mut live = Vec::with_capacity(blocks.len());
        let mut redacted = Vec::with_capacity(blocks.len());
        for block in blocks {
            let (joined, found) = self.block(block).join(other.block(block));
            change |= found;
            live.push((block, joined.live));
            redacted.push((block, joined.redacted));
        }
        self.live.set_blocks(&live);
        self.redacted.set_blocks(&redacted);
        change.left |= self.seen.union(&other.seen);
        change
    }

    /// True iff one walk over both lanes is the better way to join them.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        other.block_count() >= self.block_count() / 8
    }

    /// [`join`](Self::join) as one walk over the blocks of both, into a lane of its own.
    pub(crate) fn joined(&self, other: &Self) -> (Self, Change) {
        let mut change = Change {
            right: !self.seen.is_subset(&other.seen),
            ..Change::default()
        };
        let mut seen = self.seen.clone();
        change.left = seen.union(&other.seen);
        let mut live = Bits::with_capacity(self.live.block_count() + other.live.block_count());
        let mut redacted = Bits::default();
        let mut mine = self.occupied().peekable();
        let mut theirs = other.occupied().peekable();
        loop {
            let block = match (mine.peek(), theirs.peek()) {
                (Some(&a), Some(&b)) => a.min(b),
                (Some(&block), None) | (None, Some(&block)) => block,
                (None, None) => break,
            };
            mine.next_if_eq(&block);
            theirs.next_if_eq(&block);
            let (joined, found) = self.block(block).join(other.block(block));
            change |= found;
            live.push_block(block, joined.live);
            redacted.push_block(block, joined.redacted);
        }
        let joined = Self {
            seen,
            live,
            redacted,
        };
        (joined, change)
    }

    fn block(&self, block: u32) -> Block {
        Block {
            seen: self.seen.mask(block),
            live: self.live.block(block),
            redacted: self.redacted.block(block),
        }
    }

    /// Blocks that are there, at most twice as many as dots need.
    fn block_count(&self) -> usize {
        self.live.block_count() + self.redacted.block_count()
    }

    /// The order of the lattice, elements apart.
    pub(crate) fn leq(&self, other: &Self) -> bool {
        self.seen.is_subset(&other.seen)
            && other
                .blocks_covered_by(&self.seen)
                .into_iter()
                .all(|(block, seen)| {
                    let (live, redacted) = (self.live.block(block), self.redacted.block(block));
                    let (other_live, other_redacted) =
                        (other.live.block(block), other.redacted.block(block));
                    other_live & seen & !live == 0
                        && other_redacted & seen & !(live | redacted) == 0
                })
    }

    /// Turns the live dots among the chosen ones into redacted ones: masks of blocks, ascending. How many there were.
    pub(crate) fn redact(&mut self, chosen: &[(u32, u64)]) -> usize {
        let before = self.live.len();
        let (mut live, mut redacted) = (Vec::new(), Vec::new());
        for &(block, chosen) in chosen {
            let here = self.live.block(block);
            live.push((block, here & !chosen));
            redacted.push((block, self.redacted.block(block) | here & chosen));
        }
        self.live.set_blocks(&live);
        self.redacted.set_blocks(&redacted);
        before - self.live.len()
    }

    /// The least lane that, joined to `known`, gives the join of both. Conflicting elements under
    /// one live dot are not visible here.
    pub(crate) fn since(&self, known: &Self) -> Self {
        let mut delta = Self {
            seen: self.seen.difference(&known.seen),
            ..Self::default()
        };
        let mut hidden = Bits::default();
        for block in self.occupied() {
            let seen = known.seen.mask(block);
            let redacted = self.redacted.block(block);
            delta.live.set_block(block, self.live.block(block) & !seen);
            delta
                .redacted
                .set_block(block, redacted & (!seen | known.live.block(block)));
            hidden.push_block(block, redacted & known.live.block(block));
        }
        let mut gone = Bits::default();
        for (block, covered) in known.blocks_covered_by(&self.seen) {
            let mine = self.live.block(block) | self.redacted.block(block);
            let theirs = known.live.block(block) | known.redacted.block(block);
            gone.push_block(block, theirs & covered & !mine);
        }
        delta.see(&hidden);
        delta.see(&gone);
        delta
    }

    /// Adds dots to the context.
    pub(crate) fn see(&mut self, dots: &Bits) {
        self.seen
            .union(&Spans::from_ascending(dots.iter().map(Span::of)));
    }

    /// The blocks with a live or redacted dot, ascending.
    pub(crate) fn occupied(&self) -> impl Iterator<Item = u32> + '_ {
        Merged {
            left: self.live.blocks().peekable(),
            right: self.redacted.blocks().peekable(),
        }
    }

    /// The occupied blocks that `context` reaches into, with the dots it covers there.
    fn blocks_covered_by(&self, context: &Spans) -> Vec<(u32, u64)> {
        let mut covered = Vec::new();
        for span in context.as_slice() {
            let (first, last) = (block_of(span.first), block_of(span.last));
            // SUBTLE: two runs may meet in one block; it is visited once, with the mask of both.
            let from = covered.last().map_or(first, |&(block, _): &(u32, u64)| {
                first.max(block.saturating_add(1))
            });
            if from > last {
                continue;
            }
            let blocks = Merged {
                left: self.live.blocks_within(from, last).peekable(),
                right: self.redacted.blocks_within(from, last).peekable(),
            };
            covered.extend(blocks.map(|block| (block, context.mask(block))));
        }
        covered
    }
}

/// 64 dots of a lane.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    seen: u64,
    pub(crate) live: u64,
    redacted: u64,
}

impl Block {
    /// Under each dot the greater of both, and who learned what beside the context.
    pub(crate) fn join(self, other: Self) -> (Self, Change) {
        let removed = |block: Self| block.seen & !(block.live | block.redacted);
        let gone = removed(self) | removed(other);
        let redacted = (self.redacted | other.redacted) & !gone;
        let joined = Self {
            seen: self.seen | other.seen,
            live: (self.live | other.live) & !gone & !redacted,
            redacted,
        };
        let differs = |block: Self| block.live != joined.live || block.redacted != joined.redacted;
        let change = Change {
            left: differs(self),
            right: differs(other),
            redacted: self.live & redacted != 0 || removed(self) & other.redacted != 0,
        };
        (joined, change)
    }
}

/// The union of two ascending block lists.
struct Merged<L: Iterator, R: Iterator> {
    left: core::iter::Peekable<L>,
    right: core::iter::Peekable<R>,
}

impl<L, R> Iterator for Merged<L, R>
where
    L: Iterator<Item = (u32, u64)>,
    R: Iterator<Item = (u32, u64)>,
{
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let left = self.left.peek().map(|&(block, _)| block);
        let right = self.right.peek().map(|&(block, _)| block);
        let block = match (left, right) {
            (Some(l), Some(r)) => l.min(r),
            (l, r) => l.or(r)?,
        };
        self.left.next_if(|&(b, _)| b == block);
        self.right.next_if(|&(b, _)| b == block);
        Some(block)
    }
}
