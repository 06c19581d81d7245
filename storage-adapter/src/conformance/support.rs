//! What the checks share: a log under test, what it tells, and how a breach is reported.

use crate::log::{Frame, LogError};
use crate::log_store::{LogReader, LogRewrite, LogStore};

/// The parts of the contract of [`LogStore`], as messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Order,
    Atomicity,
    Admission,
    Durability,
    Replacement,
    Frames,
    Views,
    Sizes,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Atomicity => "atomicity",
            Self::Admission => "admission",
            Self::Durability => "durability",
            Self::Replacement => "replacement",
            Self::Frames => "frames",
            Self::Views => "views",
            Self::Sizes => "sizes",
        }
    }

    /// Panics unless it holds.
    #[track_caller]
    pub(super) fn holds(self, it: bool, what: &str) {
        assert!(it, "{}: {what}", self.name());
    }

    /// Panics unless the two are equal.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "most are numbers, and calls read better without references"
    )]
    pub(super) fn same<T: PartialEq + std::fmt::Debug>(self, what: &str, is: T, should_be: T) {
        let name = self.name();
        assert!(
            is == should_be,
            "{name}: {what} is {is:?}, should be {should_be:?}"
        );
    }

    /// The value, or a panic that names what failed.
    #[track_caller]
    pub(super) fn ok<T>(self, what: &str, result: Result<T, LogError>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => panic!("{}: {what} failed: {error}", self.name()),
        }
    }

    /// The value, or a panic that names what is missing.
    #[track_caller]
    pub(super) fn some<T>(self, what: &str, value: Option<T>) -> T {
        match value {
            Some(value) => value,
            None => panic!("{}: {what} is missing", self.name()),
        }
    }

    /// Panics unless a log tells exactly these.
    #[track_caller]
    pub(super) fn tells<R: LogReader>(self, what: &str, reader: &R, want: &[Told]) {
        let told = self.told(what, reader);
        let name = self.name();
        for (index, (is, should_be)) in told.iter().zip(want).enumerate() {
            assert!(
                is == should_be,
                "{name}: {what}: frame {index} is {is:?}, should be {should_be:?}"
            );
        }
        let (is, should_be) = (told.len(), want.len());
        assert!(
            is == should_be,
            "{name}: {what}: there are {is} frames, should be {should_be}"
        );
        let commit = want.last().map_or(0, |told| told.commit);
        // An emptied log goes on counting, so only a log that tells something tells its number.
        if commit > 0 {
            self.same("the commit of a reader", reader.commit(), commit);
        }
    }

    /// Everything a reader gives.
    #[track_caller]
    pub(super) fn told<R: LogReader>(self, what: &str, reader: &R) -> Vec<Told> {
        let frames = reader.frames();
        frames
            .map(|entry| {
                let entry = self.ok(what, entry);
                Told {
                    commit: entry.commit,
                    time: entry.commit_time_micros,
                    kind: entry.kind,
                    body: entry.body,
                }
            })
            .collect()
    }

    /// Writes a batch to the log and to the list of what it should tell.
    #[track_caller]
    pub(super) fn write<L: LogStore>(self, log: &mut L, want: &mut Vec<Told>, frames: Vec<Frame>) {
        let commit = log.commit() + 1;
        let time = time_of(commit);
        want.extend(Told::of(commit, &frames));
        let written = self.ok("writing a batch", log.write(frames, time));
        self.same("the number a write returns", written, commit);
    }

    /// A log with some commits, and what it should tell.
    #[track_caller]
    pub(super) fn filled<L: LogStore>(
        self,
        make: &mut impl FnMut(&[u8]) -> L,
        commits: u64,
    ) -> (L, Vec<Told>) {
        let (mut log, mut want) = (make(HEADER), Vec::new());
        for n in 1..=commits {
            self.write(&mut log, &mut want, frames(n, 3));
        }
        (log, want)
    }

    /// Replaces everything there is by these frames, and removes what that leaves.
    #[track_caller]
    pub(super) fn replace<L: LogStore>(self, log: &mut L, frames: Vec<Frame>) {
        let rewrite = self.ok("beginning a rewrite", log.begin_rewrite());
        let finished = self.fill(rewrite, frames);
        let obsolete = self.ok("publishing", log.publish(finished));
        self.ok("removing what was replaced", log.remove(obsolete));
    }

    /// Fills a rewrite and finishes it.
    #[track_caller]
    pub(super) fn fill<W: LogRewrite>(self, mut rewrite: W, frames: Vec<Frame>) -> W::Finished {
        for frame in frames {
            self.ok("pushing a frame", rewrite.push(frame));
        }
        self.ok("finishing a rewrite", rewrite.finish())
    }
}

/// The header that logs are made with.
pub(super) const HEADER: &[u8] = b"a header, kept for ever";

/// A frame as a reader tells it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) commit: u64,
    pub(super) time: u64,
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

impl Told {
    /// These frames as those of a commit.
    pub(super) fn of(commit: u64, frames: &[Frame]) -> Vec<Self> {
        let told = |frame: &Frame| Self {
            commit,
            time: time_of(commit),
            kind: frame.kind,
            body: frame.body.clone(),
        };
        frames.iter().map(told).collect()
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            commit, time, kind, ..
        } = self;
        let len = self.body.len();
        let start = self.body.get(..16).unwrap_or(&self.body).escape_ascii();
        write!(
            f,
            "kind {kind} of commit {commit} at {time}, {len} bytes \"{start}\""
        )
    }
}

/// The time that goes with a commit.
pub(super) fn time_of(commit: u64) -> u64 {
    1_000_000 + commit * 10
}

/// Some frames that no other call gives.
pub(super) fn frames(seed: u64, count: u8) -> Vec<Frame> {
    let frame = |n: u8| Frame::new(n % 255 + 1, format!("{seed}.{n}"));
    (0..count).map(frame).collect()
}

/// Bytes that do not compress.
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::repeat_with(|| {
        // `SplitMix64`.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    });
    words.flatten().take(len).collect()
}
