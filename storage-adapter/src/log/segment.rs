//! Writing segments: the head of the file, and batches of frames behind it.

use std::io;

use super::files::DataFile;
use super::frame::{Chain, FRAME_OVERHEAD, Frame, Head, Key, MARK, Mark, Running};

/// Length of a segment's head: magic and id.
pub(super) const SEGMENT_HEAD: u64 = 16;

const MAGIC: [u8; 8] = *b"LATTSEGM";

/// The bytes a segment begins with.
pub(super) fn segment_head(id: u64) -> Vec<u8> {
    [MAGIC, id.to_le_bytes()].concat()
}

/// A committed point: everything before `at` is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) at: u64,
    pub(super) commit: u64,
    pub(super) time: u64,
    pub(super) chain: Chain,
}

/// Bytes are handed to the file in pieces of about this size.
const FLUSH_AT: usize = 256 * 1024;

/// The smallest unit a medium writes.
pub(super) const SECTOR: u64 = 512;

/// What the marks of a batch say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) commit: u64,
    pub(super) time: u64,
    /// The last commit known to be durable when the batch was written.
    pub(super) durable: u64,
}

impl Stamp {
    /// A rewrite stands for the commit whose number it has; any other batch is not durable while it is written.
    pub(super) fn is_rewrite(self) -> bool {
        self.durable >= self.commit
    }
}

/// Writes one batch at the end of a segment. Nothing of it counts before [`finish`](Self::finish)
/// and a sync.
pub(super) struct BatchWriter<D> {
    file: D,
    key: Key,
    buf: Vec<u8>,
    at: u64,
    running: Running,
    stamp: Stamp,
    count: u64,
}

impl<D: DataFile> BatchWriter<D> {
    /// Opens a batch behind `end`.
    pub(super) fn begin(file: D, key: Key, end: &Cursor, stamp: Stamp) -> io::Result<Self> {
        let running = Running::new(&key, &end.chain);
        let mut writer = Self {
            file,
            key,
            buf: Vec::new(),
            at: end.at,
            running,
            stamp,
            count: 0,
        };
        writer.put(MARK, &Mark::Begin(stamp).encode())?;
        Ok(writer)
    }

    /// Adds a frame that was admitted.
    pub(super) fn push(&mut self, frame: &Frame) -> io::Result<()> {
        self.count += 1;
        self.put(frame.kind, &frame.body)
    }

    /// Offset behind the last frame.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Closes the batch and writes out what is buffered. The caller syncs.
    pub(super) fn finish(mut self) -> io::Result<Cursor> {
        let chain = self.running.chain();
        self.put(
            MARK,
            &Mark::Commit {
                commit: self.stamp.commit,
                durable: self.stamp.durable,
                count: self.count,
                chain,
            }
            .encode(),
        )?;
        self.flush(self.buf.len())?;
        Ok(Cursor {
            at: self.at,
            commit: self.stamp.commit,
            time: self.stamp.time,
            chain,
        })
    }

    fn put(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let head = Head {
            kind,
            len: body.len(),
        }
        .encode();
        let check = self.key.check(self.at, &head, body);
        self.buf.extend(head);
        self.buf.extend(body);
        self.buf.extend(check);
        self.at += (FRAME_OVERHEAD + body.len()) as u64;
        self.running.add(check);
        if self.buf.len() < FLUSH_AT {
            return Ok(());
        }
        // SUBTLE: within a batch the file grows by whole sectors only. So a sector that a crash left
        // as it was before some write holds zeros from its begin, or from the begin of a batch, on;
        // `tail` counts on that.
        let over = usize::try_from(self.at % SECTOR).unwrap_or_default();
        self.flush(self.buf.len().saturating_sub(over))
    }

    /// Writes out the first `len` of the bytes that are buffered.
    fn flush(&mut self, len: usize) -> io::Result<()> {
        self.file.append(self.buf.get(..len).unwrap_or_default())?;
        self.buf.drain(..len);
        Ok(())
    }
}
