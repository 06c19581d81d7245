//! The frame: how one opaque body lies in a segment, and the two marks that bracket a batch.

use super::error::LogError;
use super::segment::Stamp;

/// The longest body a frame can have.
pub const MAX_BODY: usize = 64 << 20;

/// What a frame costs on disk beside its body.
pub const FRAME_OVERHEAD: usize = HEAD + CHECK;

/// Length (4), kind (1) and the head's own check (1).
pub(super) const HEAD: usize = 6;
/// The check that closes a frame.
pub(super) const CHECK: usize = 7;
/// The kind of a mark.
pub(super) const MARK: u8 = 0;

/// One opaque record. Kinds 1 to 255 are the caller's; 0 marks commits.
///
/// ```
/// use storage_adapter::log::{FRAME_OVERHEAD, Frame, LogDir};
///
/// let dir = tempfile::tempdir()?;
/// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
/// log.append([Frame::new(1, *b"four"), Frame::new(2, *b"")], 1)?;
/// let (first, second) = (log.frames().next().unwrap()?, log.frames().last().unwrap()?);
/// assert_eq!(second.offset - first.offset, 4 + FRAME_OVERHEAD as u64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frame {
    /// What the body is, in the caller's terms.
    pub kind: u8,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Frame {
    /// A frame of this kind and body.
    pub fn new(kind: u8, body: impl Into<Vec<u8>>) -> Self {
        Self {
            kind,
            body: body.into(),
        }
    }

    /// Refuses what cannot be stored; `index` is the frame's place in its batch.
    pub(crate) fn admit(&self, index: u64) -> Result<(), LogError> {
        if self.kind == MARK {
            return Err(LogError::ReservedKind { index });
        }
        if self.body.len() > MAX_BODY {
            return Err(LogError::FrameTooLarge {
                index,
                len: self.body.len(),
                max: MAX_BODY,
            });
        }
        Ok(())
    }
}

/// Kind and length of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: u8,
    pub(super) len: usize,
}

impl Head {
    pub(super) fn encode(self) -> [u8; HEAD] {
        // INVARIANT: callers admit only bodies up to MAX_BODY, which fits.
        let [a, b, c, d] = u32::try_from(self.len).unwrap_or(u32::MAX).to_le_bytes();
        let five = [a, b, c, d, self.kind];
        [a, b, c, d, self.kind, crc8(&five)]
    }

    /// `None` for bytes that no encoder wrote.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let &[a, b, c, d, kind, crc] = bytes.first_chunk::<HEAD>()?;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
        let sane =
            len <= MAX_BODY && (kind != MARK || len == Mark::BEGIN_LEN || len == Mark::COMMIT_LEN);
        (sane && crc == crc8(&[a, b, c, d, kind])).then_some(Self { kind, len })
    }

    /// Bytes from the first of the head to the last of the check.
    pub(super) fn frame_len(self) -> u64 {
        (FRAME_OVERHEAD + self.len) as u64
    }
}

/// CRC-8 with polynomial 0x07: over 40 bits it finds every error of up to three bits. A damaged
/// length is thus told from a frame that is merely cut short.
// SUBTLE: the start value is not 0, so that six zero bytes (a sector that never reached the medium)
// are no head.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xff, |crc, byte| {
        (0..8).fold(crc ^ byte, |c: u8, _| {
            if c & 0x80 == 0 {
                c << 1
            } else {
                (c << 1) ^ 0x07
            }
        })
    })
}

/// The key of one segment's checks.
#[derive(Clone)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Bound to the store's header and the segment's id: a frame of another place never checks.
    pub(super) fn new(header: &[u8], segment: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("lattice log 1: segment key");
        hasher.update(&segment.to_le_bytes()).update(header);
        Self(*hasher.finalize().as_bytes())
    }

    /// The check of the frame at `offset`.
    // SUBTLE: the two high bits of the last byte are always set. So no whole frame ends in a byte
    // that is zero or one flipped bit away from it, and `tail` can take zeros at the end of a file
    // for bytes never written.
    pub(super) fn check(&self, offset: u64, head: &[u8], body: &[u8]) -> [u8; CHECK] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher
            .update(&offset.to_le_bytes())
            .update(head)
            .update(body);
        let mut check = [0; CHECK];
        hasher.finalize_xof().fill(&mut check);
        check[CHECK - 1] |= 0xc0;
        check
    }
}

/// A running check over the frames of a batch and, through `prev`, over all batches before it.
pub(super) struct Running(blake3::Hasher);

/// What a [`Running`] check comes to at the end of a batch.
pub(super) type Chain = [u8; 16];

impl Running {
    pub(super) fn new(key: &Key, prev: &Chain) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&key.0);
        hasher.update(b"chain").update(prev);
        Self(hasher)
    }

    pub(super) fn add(&mut self, check: [u8; CHECK]) {
        self.0.update(&check);
    }

    pub(super) fn chain(&self) -> Chain {
        let mut out = Chain::default();
        self.0.finalize_xof().fill(&mut out);
        out
    }
}

/// The running check of a segment that goes on from what is not there: no check of a batch comes to this by chance, and
/// it is not the one that a rewrite begins with.
pub(super) const UNKNOWN: Chain = [0xff; 16];

/// The body of a frame of kind 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Opens a batch.
    Begin(Stamp),
    /// Closes it: how many frames lie between, and the running check.
    Commit {
        commit: u64,
        /// As in the mark that opens it.
        durable: u64,
        count: u64,
        chain: Chain,
    },
}

impl Mark {
    pub(super) const BEGIN_LEN: usize = 24;
    pub(super) const COMMIT_LEN: usize = 40;

    pub(super) fn encode(self) -> Vec<u8> {
        match self {
            Self::Begin(Stamp {
                commit,
                time,
                durable,
            }) => [commit, durable, time].map(u64::to_le_bytes).concat(),
            Self::Commit {
                commit,
                durable,
                count,
                chain,
            } => {
                let words = [commit, durable, count].map(u64::to_le_bytes).concat();
                [&words[..], &chain].concat()
            }
        }
    }

    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let (words, rest) = body.split_first_chunk::<{ Self::BEGIN_LEN }>()?;
        let mut words = words.as_chunks().0.iter().copied().map(u64::from_le_bytes);
        let (commit, durable, third) = (words.next()?, words.next()?, words.next()?);
        if rest.is_empty() {
            return Some(Self::Begin(Stamp {
                commit,
                time: third,
                durable,
            }));
        }
        Some(Self::Commit {
            commit,
            durable,
            count: third,
            chain: rest.try_into().ok()?,
        })
    }

    /// The last commit that was known to be durable when the batch of this mark was written.
    pub(super) fn durable(self) -> u64 {
        match self {
            Self::Begin(Stamp { durable, .. }) | Self::Commit { durable, .. } => durable,
        }
    }
}
