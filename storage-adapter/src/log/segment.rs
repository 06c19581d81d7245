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

/// Writes one batch at the end of a segment. Nothing of it counts before [`finish`](Self::finish)
/// and a sync.
pub(super) struct BatchWriter<'f, D> {
    file: &'f D,
    key: &'f Key,
    buf: Vec<u8>,
    at: u64,
    running: Running,
    commit: u64,
    time: u64,
    count: u64,
}

impl<'f, D: DataFile> BatchWriter<'f, D> {
    /// Opens batch `commit` behind `end`.
    pub(super) fn begin(
        file: &'f D,
        key: &'f Key,
        end: &Cursor,
        commit: u64,
        time: u64,
    ) -> io::Result<Self> {
        let running = Running::new(key, &end.chain);
        let mut writer = Self {
            file,
            key,
            buf: Vec::new(),
            at: end.at,
            running,
            commit,
            time,
            count: 0,
        };
        writer.put(MARK, &Mark::Begin { commit, time }.encode())?;
        Ok(writer)
    }

    /// Adds a frame that was admitted.
    pub(super) fn push(&mut self, frame: &Frame) -> io::Result<()> {
        self.count += 1;
        self.put(frame.kind, &frame.body)
    }

    /// True iff no frame was added yet.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
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
                commit: self.commit,
                count: self.count,
                chain,
            }
            .encode(),
        )?;
        self.flush()?;
        Ok(Cursor {
            at: self.at,
            commit: self.commit,
            time: self.time,
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
        if self.buf.len() >= FLUSH_AT {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.append(&self.buf)?;
        self.buf.clear();
        Ok(())
    }
}
