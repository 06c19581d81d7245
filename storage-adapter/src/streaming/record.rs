//! Records of a partition: what is known of an item, line by line and payload by payload.
//!
//! On disk each is its kind (1 byte), the length of the item id and of the body (4 bytes each,
//! little-endian), the id, the body.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::{FoldError, io_error};

/// Bytes before the id.
const HEAD: usize = 9;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The line of an event, verified when it was read.
    Line,
    /// A canonical payload, verified when it was read.
    Payload,
}

/// One thing that is known of an item.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    pub(super) item_id: &'a str,
    pub(super) body: &'a [u8],
}

impl Record<'_> {
    /// Length on disk.
    pub(super) fn len(&self) -> usize {
        HEAD.saturating_add(self.item_id.len())
            .saturating_add(self.body.len())
    }

    /// What stands before the body.
    pub(super) fn write_head(&self, out: &mut Vec<u8>) {
        // Bodies are at most 1 GiB, the bound of payloads; ids are parts of bodies.
        let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        out.push(match self.kind {
            Kind::Line => 0,
            Kind::Payload => 1,
        });
        out.extend_from_slice(&length(self.item_id.len()));
        out.extend_from_slice(&length(self.body.len()));
        out.extend_from_slice(self.item_id.as_bytes());
    }
}

struct Head {
    kind: Kind,
    id: usize,
    body: usize,
}

fn read_head(head: [u8; HEAD]) -> Option<Head> {
    let [kind, a, b, c, d, rest @ ..] = head;
    let length = |bytes| usize::try_from(u32::from_le_bytes(bytes)).ok();
    Some(Head {
        kind: match kind {
            0 => Kind::Line,
            1 => Kind::Payload,
            _ => return None,
        },
        id: length([a, b, c, d])?,
        body: length(rest)?,
    })
}

/// Splits the first record off; `None` when there is no whole one.
pub(super) fn split_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    let head = read_head(*head)?;
    let (id, rest) = rest.split_at_checked(head.id)?;
    let (body, rest) = rest.split_at_checked(head.body)?;
    let record = Record {
        kind: head.kind,
        item_id: std::str::from_utf8(id).ok()?,
        body,
    };
    Some((record, rest))
}

/// Reads the records of a file one by one.
pub(super) struct Records {
    path: PathBuf,
    input: BufReader<File>,
    left: u64,
    bytes: Vec<u8>,
}

impl Records {
    pub(super) fn open(path: &Path, buffer: usize) -> Result<Self, FoldError> {
        let file = File::open(path).map_err(io_error("open", path))?;
        let left = file.metadata().map_err(io_error("read", path))?.len();
        Ok(Self {
            path: path.into(),
            input: BufReader::with_capacity(buffer, file),
            left,
            bytes: Vec::new(),
        })
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, FoldError> {
        if self.left == 0 {
            return Ok(None);
        }
        let damaged = || FoldError::SpillDamaged {
            path: self.path.clone(),
        };
        let read = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged(),
            _ => io_error("read", &self.path)(error),
        };
        let mut head = [0; HEAD];
        self.input.read_exact(&mut head).map_err(read)?;
        let Head { kind, id, body } = read_head(head).ok_or_else(damaged)?;
        let length = id.saturating_add(body);
        let whole = (length as u64).saturating_add(HEAD as u64);
        // Memory is taken for what is there, not for what a length claims.
        self.left = self.left.checked_sub(whole).ok_or_else(damaged)?;
        self.bytes.clear();
        self.bytes.resize(length, 0);
        self.input.read_exact(&mut self.bytes).map_err(read)?;
        let (id, body) = self.bytes.split_at_checked(id).ok_or_else(damaged)?;
        let item_id = std::str::from_utf8(id).map_err(|_| damaged())?;
        Ok(Some(Record {
            kind,
            item_id,
            body,
        }))
    }

    /// Bytes held.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity().saturating_add(self.input.capacity())
    }
}
