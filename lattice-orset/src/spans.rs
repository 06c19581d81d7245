//! Exact sets of sequence numbers, held as runs.
//!
//! The causal context of one replica is nearly always one run starting at 1: the version vector
//! entry. Everything past a gap is a further run: the dot cloud. Holding runs rather than a vector
//! and a list of dots keeps a delta that covers a million fresh dots at eight bytes.

use alloc::vec::Vec;

use lattice_core::Run;

use crate::bits::{BITS, Bits, block_of};

/// Up to so many runs are put in one by one, each moving those behind it.
const FEW: usize = 8;

/// A run of sequence numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl Span {
    /// The run of one number.
    pub(crate) fn of(seq: u32) -> Self {
        Self {
            first: seq,
            last: seq,
        }
    }

    /// The part of this run inside one block of [`BITS`] numbers, as a mask.
    pub(crate) fn mask(self, block: u32) -> u64 {
        let low = u64::from(block) * u64::from(BITS);
        let high = low + u64::from(BITS) - 1;
        let (first, last) = (
            u64::from(self.first).max(low),
            u64::from(self.last).min(high),
        );
        if first > last {
            return 0;
        }
        (u64::MAX >> (u64::from(BITS) - 1 - (last - first))) << (first - low)
    }
}

/// A set of sequence numbers, none of them 0.
// INVARIANT: runs ascend, are not empty, and leave at least one number between them, so that equal
// sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_slice(&self) -> &[Span] {
        &self.0
    }

    pub(crate) fn contains(&self, seq: u32) -> bool {
        let at = self.0.partition_point(|s| s.last < seq);
        self.0.get(at).is_some_and(|s| s.first <= seq)
    }

    /// The members inside one block, as a mask. `O(log runs)` plus the runs inside the block.
    pub(crate) fn mask(&self, block: u32) -> u64 {
        let low = u64::from(block) * u64::from(BITS);
        let at = self.0.partition_point(|s| u64::from(s.last) < low);
        self.0
            .iter()
            .skip(at)
            .take_while(|s| block_of(s.first) <= block)
            .fold(0, |mask, s| mask | s.mask(block))
    }

    /// Adds a run; true iff some number of it was new.
    pub(crate) fn insert(&mut self, span: Span) -> bool {
        // Runs that touch the new one, neighbours included, become one run.
        let from = self
            .0
            .partition_point(|s| s.last < span.first.saturating_sub(1));
        let to = self
            .0
            .partition_point(|s| s.first <= span.last.saturating_add(1));
        let touched = self.0.get(from..to).unwrap_or_default();
        let (Some(head), Some(tail)) = (touched.first(), touched.last()) else {
            self.0.insert(from, span);
            return true;
        };
        let merged = Span {
            first: head.first.min(span.first),
            last: tail.last.max(span.last),
        };
        if touched.len() == 1 && *head == merged {
            return false;
        }
        self.0.splice(from..to, [merged]);
        true
    }

    /// Appends a run that lies behind all others; used where runs arrive in order.
    fn push(&mut self, span: Span) {
        match self.0.last_mut() {
            Some(tail) if span.first <= tail.last.saturating_add(1) => {
                tail.last = tail.last.max(span.last);
            }
            _ => self.0.push(span),
        }
    }

    /// Adds every number of `other`; true iff some number was new.
    pub(crate) fn union(&mut self, other: &Self) -> bool {
        if other.0.len() <= FEW.min(1 + self.0.len() / 16) {
            return other
                .0
                .iter()
                .fold(false, |grew, &span| self.insert(span) | grew);
        }
        if other.is_subset(self) {
            return false;
        }
        let mut union = Self(Vec::with_capacity(self.0.len() + other.0.len()));
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.first <= b.first => left.next(),
                (_, Some(_)) => right.next(),
                _ => left.next(),
            };
            let Some(&span) = next else { break };
            union.push(span);
        }
        *self = union;
        true
    }

    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|s| {
            let at = other.0.partition_point(|o| o.last < s.first);
            other
                .0
                .get(at)
                .is_some_and(|o| o.first <= s.first && s.last <= o.last)
        })
    }

    /// The numbers of `self` that `other` lacks.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for span in &self.0 {
            let mut first = span.first;
            let at = other.0.partition_point(|o| o.last < span.first);
            let mut open = true;
            for hole in other.0.iter().skip(at).take_while(|o| o.first <= span.last) {
                if hole.first > first {
                    rest.push(Span {
                        first,
                        last: hole.first - 1,
                    });
                }
                if hole.last >= span.last {
                    open = false;
                    break;
                }
                first = hole.last + 1;
            }
            if open {
                rest.push(Span {
                    first,
                    last: span.last,
                });
            }
        }
        rest
    }

    /// The numbers of `self` that `holes` lacks.
    pub(crate) fn without(&self, holes: &Bits) -> Self {
        self.difference(&Self::from_ascending(holes.iter().map(|seq| Span {
            first: seq,
            last: seq,
        })))
    }

    /// From runs that ascend by their first numbers.
    pub(crate) fn from_ascending(runs: impl IntoIterator<Item = Span>) -> Self {
        let mut spans = Self::default();
        for run in runs {
            spans.push(run);
        }
        spans
    }

    /// The runs, as causal contexts have them.
    pub(crate) fn runs<'a, A: Clone>(&'a self, agent: &'a A) -> impl Iterator<Item = Run<A>> + 'a {
        self.0.iter().map(|span| Run {
            agent: agent.clone(),
            first: u64::from(span.first),
            last: u64::from(span.last),
        })
    }

    /// All numbers, ascending, by value.
    pub(crate) fn into_numbers(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().flat_map(|s| s.first..=s.last)
    }
}
