//! The join of two rows: in place where one side only drops elements and grows at its end.

use alloc::vec::{IntoIter, Vec};

use super::row::{Row, meet, retain, skip};
use crate::bits::{BITS, Bits, block_of, ones};
use crate::lane::{Change, Walk};

/// What a join is going to do to the elements of the row it keeps.
#[derive(Default)]
struct Moves {
    /// Some of its elements go.
    drops: bool,
    /// Elements of the other row come before some of its own.
    interleaves: bool,
}

impl<T: Ord> Row<T> {
    /// Under each dot the greater of both.
    pub(super) fn join(&mut self, mut other: Self) -> Change {
        // Join is commutative; the larger array is the one worth keeping in place.
        if other.elements.len() > self.elements.len() {
            core::mem::swap(self, &mut other);
            let found = self.absorb(other);
            return Change {
                left: found.right,
                right: found.left,
                ..found
            };
        }
        self.absorb(other)
    }

    fn absorb(&mut self, mut other: Self) -> Change {
        let (mut change, moves) = self.settle(&mut other);
        if moves.interleaves {
            let mut joined = self.lane.clone();
            change |= joined.join(&other.lane);
            let blocks = Walk::all(&self.lane, &other.lane);
            let mine = core::mem::take(&mut self.elements);
            self.elements = interleave(blocks, mine, other.elements, joined.live.len());
            self.lane = joined;
            return change;
        }
        let end = self.lane.live.last();
        let before = moves.drops.then(|| self.lane.live.clone());
        change |= self.lane.join(&other.lane);
        if let Some(before) = before {
            retain(&mut self.elements, &before, &self.lane.live);
        }
        append(&mut self.elements, &self.lane.live, end, other);
        change
    }

    /// Gives each dot that is live on both sides the greater of its elements, and looks at what is
    /// to be done with the others.
    fn settle(&mut self, other: &mut Self) -> (Change, Moves) {
        let (mut change, mut moves) = (Change::default(), Moves::default());
        let end = self.lane.live.last();
        let blocks = Walk::where_they_have_seen(&self.lane, &other.lane);
        let from = self.lane.live.rank(blocks.first() * BITS);
        let blocks = blocks.map(|pair| {
            let (here, there) = (pair.mine.live, pair.theirs.live);
            let live = pair.mine.join(pair.theirs).0.live;
            moves.drops |= here & !live != 0;
            let mut fresh = ones(live & !here).map(|bit| pair.block * BITS + bit);
            moves.interleaves |= fresh.next().is_some_and(|first| Some(first) < end);
            (pair.block, here, there)
        });
        let mine = self.elements.get_mut(from..).unwrap_or_default();
        meet(
            blocks,
            mine.iter_mut(),
            other.elements.iter_mut(),
            |_, mine, theirs| {
                // Only where a dot was minted twice, or the input is corrupt.
                if mine != theirs {
                    change.left |= mine < theirs;
                    change.right |= mine > theirs;
                    if mine < theirs {
                        core::mem::swap(mine, theirs);
                    }
                }
            },
        );
        (change, moves)
    }
}

/// Appends the elements of `other` behind `end` that `live` lets in.
fn append<T>(elements: &mut Vec<T>, live: &Bits, end: Option<u32>, other: Row<T>) {
    let Some(behind) = end.unwrap_or_default().checked_add(1) else {
        return;
    };
    let mut theirs = other.elements.into_iter();
    skip(&mut theirs, other.lane.live.rank(behind));
    // Not exactly: a log may come in many small deltas, and none of them should move the whole lane.
    elements.reserve(live.len() - elements.len());
    for &(block, bits) in other.lane.live.blocks_from(block_of(behind)) {
        let mine = if block == block_of(behind) {
            (1 << (behind % BITS)) - 1
        } else {
            0
        };
        for run in runs(0, bits & !mine, live.block(block)) {
            take_if(run.live, &mut theirs, run.len, elements);
        }
    }
}

/// The elements of the dots that are live in the join; `len` of them. Where both sides have one, the
/// first is taken.
fn interleave<T>(blocks: Walk<'_>, mine: Vec<T>, theirs: Vec<T>, len: usize) -> Vec<T> {
    let mut joined = Vec::with_capacity(len);
    let (mut mine, mut theirs) = (mine.into_iter(), theirs.into_iter());
    for pair in blocks {
        let live = pair.mine.join(pair.theirs).0.live;
        for run in runs(pair.mine.live, pair.theirs.live, live) {
            if run.mine {
                take_if(run.live, &mut mine, run.len, &mut joined);
            }
            if run.theirs {
                take_if(run.live && !run.mine, &mut theirs, run.len, &mut joined);
            }
        }
    }
    joined
}

/// Neighbouring live dots that share their fate.
struct Run {
    len: usize,
    mine: bool,
    theirs: bool,
    live: bool,
}

/// The runs of the dots that are live on either side, ascending.
fn runs(mine: u64, theirs: u64, live: u64) -> impl Iterator<Item = Run> {
    let (mut masks, mut ahead) = ([mine, theirs, live], mine | theirs);
    core::iter::from_fn(move || {
        if ahead == 0 {
            return None;
        }
        // What lies ahead is shifted down to its first dot.
        let gap = ahead.trailing_zeros();
        masks = masks.map(|mask| mask >> gap);
        ahead >>= gap;
        let [mine, theirs, live] = masks.map(|mask| mask & 1 == 1);
        let len = masks
            .map(|mask| if mask & 1 == 1 { !mask } else { mask }.trailing_zeros())
            .into_iter()
            .fold(u64::BITS, u32::min);
        masks = masks.map(|mask| mask.checked_shr(len).unwrap_or(0));
        ahead = ahead.checked_shr(len).unwrap_or(0);
        Some(Run {
            len: len as usize,
            mine,
            theirs,
            live,
        })
    })
}

/// Moves `len` elements over, or passes over them.
fn take_if<T>(wanted: bool, from: &mut IntoIter<T>, len: usize, to: &mut Vec<T>) {
    if wanted {
        to.extend(from.by_ref().take(len));
    } else {
        skip(from, len);
    }
}
