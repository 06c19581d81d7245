//! The byte form of an observed-remove set.

use alloc::vec::Vec;
use core::iter::Peekable;

use lattice_core::{Cell, Dot, Run};

use super::reader::open;
use super::{Canonical, DecodeError, Limits, Reader, put_number};
use crate::OrSet;
use crate::bits::{Bits, block_of};
use crate::lane::Lane;
use crate::ledger::Packed;
use crate::spans::{Span, Spans};

/// An observed-remove set, version 1.
const FORMAT: u8 = 0x21;

/// What became of a dot; the numbers are those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    NotSeen = 0,
    Live = 1,
    Redacted = 2,
    Removed = 3,
}

/// The fates of one agent's dots, from number 1 on.
#[derive(Debug, Default)]
struct Fates(Vec<(Fate, u64)>);

impl Fates {
    /// Appends `len` dots of one fate.
    // INVARIANT: neighbouring runs differ in their fates, and none is empty.
    fn push(&mut self, fate: Fate, len: u64) {
        match self.0.last_mut() {
            _ if len == 0 => {}
            Some((last, run)) if *last == fate => *run += len,
            _ => self.0.push((fate, len)),
        }
    }

    /// The fates of the agent of `runs`; takes its cells off the front of `cells`.
    fn gather<'a, T: 'a, A: Ord + 'a>(
        runs: &[Run<A>],
        cells: &mut Peekable<impl Iterator<Item = &'a (Dot<&'a A>, Cell<&'a T>)>>,
    ) -> Self {
        let mut fates = Self::default();
        let mut next = 1;
        for run in runs {
            fates.push(Fate::NotSeen, run.first - next);
            next = run.first;
            let in_run =
                |(dot, _): &&(Dot<&A>, Cell<&T>)| *dot.agent == run.agent && dot.seq <= run.last;
            while let Some((dot, cell)) = cells.next_if(in_run) {
                fates.push(Fate::Removed, dot.seq - next);
                let fate = if cell.is_redacted() {
                    Fate::Redacted
                } else {
                    Fate::Live
                };
                fates.push(fate, 1);
                next = dot.seq + 1;
            }
            fates.push(Fate::Removed, run.last + 1 - next);
            next = run.last + 1;
        }
        fates
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_number(self.0.len() as u64, out);
        for &(fate, len) in &self.0 {
            put_number((len - 1) << 2 | fate as u64, out);
        }
    }
}

impl<T: Canonical, A: Canonical + Ord + Clone> OrSet<T, A> {
    /// The canonical bytes, described in [`canonical`](crate::canonical). `O(n log n)`.
    ///
    /// ```
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new(7_u64));
    /// set.insert(ada.mint()?, 99_u8);
    /// assert_eq!(set.encode(), [0x21, 1, 7, 1, 0b01, 99]);
    /// set.remove(&99);
    /// assert_eq!(set.encode(), [0x21, 1, 7, 1, 0b11]);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let (context, cells) = (self.context(), self.cells());
        let lanes = || context.runs().chunk_by(|a, b| a.agent == b.agent);
        let mut out = alloc::vec![FORMAT];
        put_number(lanes().count() as u64, &mut out);
        let mut rest = cells.iter().peekable();
        for runs in lanes() {
            if let Some(run) = runs.first() {
                run.agent.encode(&mut out);
            }
            Fates::gather(runs, &mut rest).encode(&mut out);
        }
        for (_, cell) in &cells {
            if let Cell::Present(element) = cell {
                element.encode(&mut out);
            }
        }
        out
    }
}

impl<T: Canonical + Ord + Clone, A: Canonical + Ord + Clone> OrSet<T, A> {
    /// Reads canonical bytes, all of them. `O(n log n)`.
    ///
    /// # Errors
    /// [`DecodeError`] on any bytes that [`encode`](Self::encode) does not write, and beyond the
    /// limits.
    ///
    /// ```
    /// use lattice_orset::OrSet;
    /// use lattice_orset::canonical::{DecodeError, Limits};
    ///
    /// let bytes = [0x21, 1, 7, 1, 0b01, 99];
    /// let set: OrSet<u8, u64> = OrSet::decode(&bytes, Limits::DEFAULT)?;
    /// assert!(set.contains(&99));
    ///
    /// let cut = OrSet::<u8, u64>::decode(&bytes[..5], Limits::DEFAULT);
    /// assert_eq!(cut, Err(DecodeError::Truncated { offset: 5, expected: "elements", found: 0 }));
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, DecodeError> {
        let mut reader = open(bytes, limits.bytes)?;
        reader.format(FORMAT)?;
        let agents = reader.count("agents", limits.agents)?;
        let mut lanes: Vec<(A, Lane)> = Vec::new();
        let mut dots = 0;
        for _ in 0..agents {
            let before = lanes.last().map(|(agent, _)| agent);
            let agent = reader.ascending(before, "an agent greater than the one before")?;
            lanes.push((agent, decode_lane(&mut reader, limits.dots, &mut dots)?));
        }
        let live: u64 = lanes.iter().map(|(_, lane)| lane.live.len() as u64).sum();
        reader.check_count(reader.offset(), "elements", limits.dots, live)?;
        let mut entries = Vec::new();
        for (number, (_, lane)) in (0..).zip(&lanes) {
            for seq in lane.live.iter() {
                entries.push((T::decode(&mut reader)?, Packed::new(number, seq)));
            }
        }
        reader.end()?;
        Ok(Self::from_lanes(lanes, entries))
    }
}

/// One agent's dots. `dots` counts those that take memory, over all agents.
fn decode_lane(reader: &mut Reader<'_>, limit: usize, dots: &mut u64) -> Result<Lane, DecodeError> {
    let (mut lane, mut seen) = (Lane::default(), Vec::new());
    let start = reader.offset();
    let count = reader.count("runs", usize::MAX)?;
    let mut before = None;
    let mut next = 1_u64;
    for _ in 0..count {
        let offset = reader.offset();
        let number = reader.number("a run")?;
        let (len, fate) = ((number >> 2) + 1, fate_of(number));
        if before == Some(fate) {
            return Err(DecodeError::NotCanonical {
                offset,
                expected: "a run of another fate than the one before",
            });
        }
        let last = next + len - 1; // a run is shorter than 2^62, and `next` at most 2^32
        let (Ok(first), Ok(last)) = (u32::try_from(next), u32::try_from(last)) else {
            return Err(DecodeError::Invalid {
                offset,
                expected: "a run that ends by 4294967295",
                found: last,
            });
        };
        let span = Span { first, last };
        if fate != Fate::NotSeen {
            seen.push(span);
        }
        if matches!(fate, Fate::Live | Fate::Redacted) {
            *dots += len;
            // SUBTLE: before the flags are set: a run of 2^32 of them is five bytes of input.
            if *dots > limit as u64 {
                return Err(DecodeError::TooLarge {
                    offset,
                    what: "live and redacted dots",
                    limit: limit as u64,
                    found: *dots,
                });
            }
        }
        match fate {
            Fate::Live => fill(&mut lane.live, span),
            Fate::Redacted => fill(&mut lane.redacted, span),
            Fate::NotSeen | Fate::Removed => {}
        }
        before = Some(fate);
        next += len;
    }
    if before.is_none_or(|fate| fate == Fate::NotSeen) {
        return Err(DecodeError::NotCanonical {
            offset: start,
            expected: "runs that end with a dot seen",
        });
    }
    lane.seen = Spans::from_ascending(seen);
    Ok(lane)
}

const fn fate_of(number: u64) -> Fate {
    match number & 3 {
        0 => Fate::NotSeen,
        1 => Fate::Live,
        2 => Fate::Redacted,
        _ => Fate::Removed,
    }
}

/// Sets the flags of a run, a block at a time.
fn fill(bits: &mut Bits, span: Span) {
    let run = Spans::from_ascending([span]);
    for block in block_of(span.first)..=block_of(span.last) {
        bits.set_block(block, bits.block(block) | run.mask(block));
    }
}
