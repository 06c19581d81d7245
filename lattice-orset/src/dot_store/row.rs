//! The dots of one replica with their elements.

use alloc::vec::Vec;

use crate::bits::{BITS, Bits, ones};
use crate::lane::{Lane, Walk};
use crate::spans::Span;

/// The dots of one replica with their elements.
// INVARIANT: the elements are those of the live dots of the lane, one each, in order of the dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Row<T> {
    pub(super) lane: Lane,
    pub(super) elements: Vec<T>,
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self {
            lane: Lane::default(),
            elements: Vec::new(),
        }
    }
}

impl<T> Row<T> {
    pub(super) fn new(lane: Lane, elements: Vec<T>) -> Self {
        debug_assert_eq!(lane.live.len(), elements.len());
        Self { lane, elements }
    }

    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Live dots.
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.lane.live.iter().zip(&self.elements)
    }

    /// Joins one live dot; true iff that was news.
    pub(super) fn insert(&mut self, seq: u32, element: T) -> bool
    where
        T: Ord,
    {
        let at = self.lane.live.rank(seq);
        if self.lane.seen.insert(Span::of(seq)) {
            self.lane.live.insert(seq);
            self.elements.insert(at, element);
            return true;
        }
        if !self.lane.live.contains(seq) {
            return false;
        }
        match self.elements.get_mut(at) {
            Some(known) if *known < element => {
                *known = element;
                true
            }
            _ => false,
        }
    }

    /// Joins one removed dot; true iff that was news.
    pub(super) fn remove(&mut self, seq: u32) -> bool {
        let Lane {
            seen,
            live,
            redacted,
        } = &mut self.lane;
        if live.contains(seq) {
            self.elements.remove(live.rank(seq));
            live.remove(seq);
            return true;
        }
        let hidden = redacted.contains(seq);
        if hidden {
            redacted.remove(seq);
        }
        seen.insert(Span::of(seq)) | hidden
    }

    /// Redacts the live dots that are chosen; true iff there were any.
    pub(super) fn redact(&mut self, mut chosen: impl FnMut(u32) -> bool) -> bool {
        let before = self.lane.live.clone();
        let mut hidden = Vec::new();
        for (block, bits) in before.blocks() {
            let bits = ones(bits)
                .filter(|bit| chosen(block * BITS + bit))
                .fold(0_u64, |hidden, bit| hidden | 1 << bit);
            if bits != 0 {
                hidden.push((block, bits));
            }
        }
        let any = self.lane.redact(&hidden) > 0;
        if any {
            retain(&mut self.elements, &before, &self.lane.live);
        }
        any
    }

    /// The order of the lattice.
    pub(super) fn leq(&self, other: &Self) -> bool
    where
        T: Ord,
    {
        let mut leq = self.lane.leq(&other.lane);
        if leq {
            self.meet(other, |_, mine, theirs| leq &= mine <= theirs);
        }
        leq
    }

    /// The least row that, joined to `known`, gives the join of both.
    pub(super) fn since(&self, known: &Self) -> Self
    where
        T: Ord + Clone,
    {
        let mut lane = self.lane.since(&known.lane);
        self.meet(known, |seq, mine, theirs| {
            if mine > theirs {
                lane.seen.insert(Span::of(seq));
                lane.live.insert(seq);
            }
        });
        let elements = chosen(&self.elements, &self.lane.live, &lane.live);
        Self::new(lane, elements)
    }

    /// Both elements of each dot that is live on both sides.
    fn meet<'a>(&'a self, other: &'a Self, found: impl FnMut(u32, &'a T, &'a T)) {
        let blocks = Walk::where_they_have_seen(&self.lane, &other.lane);
        let from = self.lane.live.rank(blocks.first() * BITS);
        let mine = self.elements.get(from..).unwrap_or_default();
        meet(
            blocks.map(|pair| (pair.block, pair.mine.live, pair.theirs.live)),
            mine.iter(),
            other.elements.iter(),
            found,
        );
    }
}

/// Walks the live dots of two sides, their elements beside them, and shows both elements where both
/// are live. Blocks are (number, one side, other side), ascending.
pub(super) fn meet<X, Y>(
    blocks: impl Iterator<Item = (u32, u64, u64)>,
    mut mine: impl Iterator<Item = X>,
    mut theirs: impl Iterator<Item = Y>,
    mut found: impl FnMut(u32, X, Y),
) {
    for (block, here, there) in blocks {
        if here & there == 0 {
            skip(&mut mine, here.count_ones() as usize);
            skip(&mut theirs, there.count_ones() as usize);
            continue;
        }
        for bit in ones(here | there) {
            let x = if here >> bit & 1 == 1 {
                mine.next()
            } else {
                None
            };
            let y = if there >> bit & 1 == 1 {
                theirs.next()
            } else {
                None
            };
            if let (Some(x), Some(y)) = (x, y) {
                found(block * BITS + bit, x, y);
            }
        }
    }
}

/// Passes over `count` items.
pub(super) fn skip(items: &mut impl Iterator, count: usize) {
    if let Some(last) = count.checked_sub(1) {
        items.nth(last);
    }
}

/// Of the elements of the dots in `before` keeps those of the dots in `after`.
pub(super) fn retain<T>(elements: &mut Vec<T>, before: &Bits, after: &Bits) {
    let mut blocks = before.blocks();
    let (mut dots, mut kept) = (0_u64, 0_u64);
    elements.retain(|_| {
        if dots == 0
            && let Some((block, bits)) = blocks.next()
        {
            (dots, kept) = (bits, after.block(block));
        }
        let dot = dots & dots.wrapping_neg();
        dots ^= dot;
        kept & dot != 0
    });
}

/// Of the elements of the dots in `from` clones of those whose dots are in `to`.
fn chosen<T: Clone>(elements: &[T], from: &Bits, to: &Bits) -> Vec<T> {
    let mut clones = Vec::with_capacity(to.len());
    let mut rest = elements;
    for (block, dots) in from.blocks() {
        let Some((here, behind)) = rest.split_at_checked(dots.count_ones() as usize) else {
            break;
        };
        rest = behind;
        let wanted = to.block(block);
        if wanted & dots == dots {
            clones.extend_from_slice(here);
        } else if wanted & dots != 0 {
            let here = ones(dots).zip(here);
            let here = here.filter(|(bit, _)| wanted >> bit & 1 == 1);
            clones.extend(here.map(|(_, element)| element.clone()));
        }
    }
    clones
}
