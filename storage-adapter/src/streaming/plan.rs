//! How the memory given is divided.

use crate::source::LONGEST_KEPT;

/// The least memory a thread works with, in bytes.
pub(super) const LEAST: u64 = 1 << 20;
/// The most files that are written or merged at once: every system lets a program open so many.
pub(super) const FAN: usize = 128;
/// What the key of one write takes in a state, and what stands beside it, in bytes.
const KEY: u64 = 192;
/// What a state takes at least, in bytes.
const STATE: u64 = 4096;

/// Sizes, all in bytes.
///
/// An eighth of the memory is for the redactions and for what the threads share, the rest is shared
/// out evenly. While reading a thread holds a chunk of lines (at most 2/8 of its share), the event it
/// has just parsed (at most 4/8) and what it is about to spill (1/8); while folding a partition (at
/// most 4/8), the state of one item (3/8) and a write buffer (1/16).
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) memory: u64,
    pub(super) threads: usize,
    /// Threads there would be, given enough memory.
    pub(super) asked: usize,
}

impl Plan {
    /// Gives up threads before it gives one less than it can work with.
    pub(super) fn new(memory: u64, threads: usize) -> Self {
        let memory = memory.max(LEAST);
        let most = usize::try_from(memory / LEAST).unwrap_or(usize::MAX);
        Self {
            memory,
            threads: threads.clamp(1, most),
            asked: threads.max(1),
        }
    }

    /// The same memory for one thread.
    pub(super) fn alone(self) -> Self {
        Self { threads: 1, ..self }
    }

    fn share(self) -> u64 {
        self.memory / 8 * 7 / self.threads as u64
    }

    /// How much of a log is read at once.
    pub(super) fn chunk(self) -> usize {
        to_size((self.share() / 8).min(1 << 20))
    }

    /// The longest line that is kept.
    pub(super) fn longest_line(self) -> usize {
        to_size(self.share() / 8).min(LONGEST_KEPT)
    }

    /// The most that parsing one line may take.
    pub(super) fn heaviest_line(self) -> u64 {
        self.share() / 2
    }

    /// Memory that would be enough for a line of this length and weight.
    pub(super) fn enough_for_line(self, length: u64, weight: u64) -> u64 {
        let share = length.saturating_mul(8).max(weight.saturating_mul(2));
        let shares = share.saturating_mul(self.asked as u64);
        // Rounding down in each of the shares loses less than this.
        (shares / 7).saturating_add(LEAST / 64).saturating_mul(8)
    }

    /// What is collected before it is spilled.
    pub(super) fn spill_buffer(self) -> usize {
        to_size((self.share() / 24).min(8 << 20))
    }

    /// The heaviest partition that is loaded whole.
    pub(super) fn heaviest_leaf(self) -> u64 {
        self.share() / 2
    }

    /// The heaviest state of an item.
    pub(super) fn heaviest_item(self) -> u64 {
        self.share() / 8 * 3
    }

    /// The heaviest state of an item when there is no partition in memory.
    pub(super) fn heaviest_item_alone(self) -> u64 {
        self.alone().share() / 8 * 7
    }

    /// The buffer of a file that is read or written alone.
    pub(super) fn file_buffer(self) -> usize {
        to_size((self.share() / 16).min(1 << 18))
    }

    /// The buffer of each of the files that are merged.
    pub(super) fn merge_buffer(self) -> usize {
        to_size((self.memory / 2 / FAN as u64).min(1 << 18))
    }

    /// How many partitions the input is spilled into: so many that most can be loaded, and each
    /// thread has several.
    pub(super) fn partitions(self, input: u64) -> usize {
        // Record headers and the index take about an eighth on top; hashes do not divide evenly.
        let needed = input.div_ceil((self.heaviest_leaf() / 2).max(1));
        let busy = if self.threads > 1 {
            self.threads.saturating_mul(4)
        } else {
            1
        };
        to_size(needed).max(busy).clamp(1, FAN)
    }
}

/// What parsing a line and taking its delta may take. Each part of a list that an event holds needs a
/// comma.
pub(super) fn line_weight(line: &[u8]) -> u64 {
    let parts = memchr::memchr_iter(b',', line).count() as u64;
    (line.len() as u64)
        .saturating_mul(3)
        .saturating_add(parts.saturating_mul(KEY))
        .saturating_add(STATE)
}

/// What decoding a payload may take, before anything is known of it. With its share of the tables no
/// write is shorter than 16 bytes.
pub(super) fn payload_weight(length: u64) -> u64 {
    length.saturating_mul(3 + KEY / 16).saturating_add(STATE)
}

/// What a state takes while it is joined or encoded, `length` bytes as a payload or a line.
pub(super) fn state_weight(length: u64, keys: u64) -> u64 {
    length
        .saturating_mul(3)
        .saturating_add(keys.saturating_mul(KEY))
}

fn to_size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the table in `docs/STREAMING.md` says.
    #[test]
    fn shares_of_every_phase_stay_within_the_memory() {
        for memory in [LEAST, 5 << 20, 64 << 20, 256 << 20, 8 << 30] {
            for threads in [1, 2, 3, 16] {
                let plan = Plan::new(memory, threads);
                let threads = plan.threads as u64;
                let shared = plan.memory - threads * plan.share();
                assert!(shared >= plan.memory / 8);
                let chunk = plan.chunk().max(plan.longest_line()) as u64;
                let reading = 2 * chunk + plan.heaviest_line() + 3 * plan.spill_buffer() as u64;
                assert!(reading <= plan.share(), "{plan:?}");
                let buffer = plan.file_buffer() as u64;
                let folding = plan.heaviest_leaf() + plan.heaviest_item() + buffer;
                assert!(folding <= plan.share(), "{plan:?}");
                let alone = plan.heaviest_item_alone() + 2 * buffer;
                assert!(alone <= plan.alone().share(), "{plan:?}");
                let merging = plan.merge_buffer() as u64 * FAN as u64;
                assert!(merging <= plan.memory / 2, "{plan:?}");
            }
        }
    }
}
