//! Snapshot exports: all that a store knows, in one file that any other store joins.
//!
//! `docs/FORMAT-EXPORT.md` describes the bytes. Redactions come first and whole, so that no reader
//! ever holds text that the writer had redacted.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use bones_snapshot::{DecodeError, EventHash, Order, SnapshotPayload};
use lattice_core::Set;
use thiserror::Error;

use crate::record::{decode_hashes, encode_hashes};
use crate::whole::write_whole;

/// What every export begins with.
pub(crate) const MAGIC: &[u8] = b"lattice snapshots\n";
const FORMAT: u8 = 1;
/// Domain of the check at the end.
const CHECK_DOMAIN: &str = "lattice 1 snapshot export";
/// Longest payload that is read, in bytes.
const MAX_PAYLOAD: u64 = 1 << 30;

/// Why an export cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not begin as an export does.
    #[error("{} is not a snapshot export", path.display())]
    NotAnExport {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer build.
    #[error("{} has export format {found}, this build reads up to {FORMAT}: use a newer build", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u8,
    },
    /// The export comes from a store of another order.
    #[error("{} was exported from a store of another order than `{expected}`: orders cannot be mixed", path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// The order of the reading store.
        expected: &'static str,
    },
    /// The file ends early, or its check is wrong.
    #[error("{} is damaged at byte {offset}: {what}; nothing was imported: export it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A payload is not canonical.
    #[error("{}: payload at byte {start}: {source}; nothing was imported", path.display())]
    Payload {
        /// The file.
        path: PathBuf,
        /// Where the payload begins.
        start: u64,
        /// What is wrong with it.
        source: DecodeError,
    },
}

/// What an export holds.
#[derive(Clone)]
pub struct Export<S: Order> {
    /// Every redaction the writer knew.
    pub redactions: Set<EventHash>,
    /// The state of every item.
    pub payloads: Vec<SnapshotPayload<S>>,
}

impl<S: Order> Export<S> {
    /// Writes the export to a file, whole and durable when this returns. A file of that name is
    /// replaced in one step: whoever looks sees the old one or the new one.
    ///
    /// # Errors
    ///
    /// [`ExportError::Io`]; a file that was there before is then still there.
    pub fn write(&self, path: &Path) -> Result<(), ExportError> {
        let written = write_whole(path, |out| {
            let mut out = Checked {
                hasher: blake3::Hasher::new_derive_key(CHECK_DOMAIN),
                inner: out,
                offset: 0,
            };
            self.write_to(&mut out)?;
            let check = *out.hasher.finalize().as_bytes();
            out.inner.write_all(&check)
        });
        written.map_err(|source| ExportError::Io {
            action: "write",
            path: path.into(),
            source,
        })
    }

    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        out.write_all(&[FORMAT, S::CODE])?;
        out.write_all(&(self.redactions.len() as u64).to_le_bytes())?;
        out.write_all(&encode_hashes(&self.redactions))?;
        out.write_all(&(self.payloads.len() as u64).to_le_bytes())?;
        for payload in &self.payloads {
            let bytes = payload.encode();
            out.write_all(&(bytes.len() as u64).to_le_bytes())?;
            out.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Reads an export whole.
    ///
    /// # Errors
    ///
    /// [`ExportError`], naming file and offset, on anything but an undamaged export of the same
    /// order.
    pub fn read(path: &Path) -> Result<Self, ExportError> {
        let file = File::open(path).map_err(|source| ExportError::Io {
            action: "open",
            path: path.into(),
            source,
        })?;
        let mut from = ExportReader {
            path,
            input: Checked {
                hasher: blake3::Hasher::new_derive_key(CHECK_DOMAIN),
                inner: BufReader::with_capacity(1 << 18, file),
                offset: 0,
            },
        };
        from.header::<S>()?;
        let count = from.u64("the number of redactions")?;
        let bytes = from.bytes(count.saturating_mul(32), "redactions")?;
        let Some(redactions) = decode_hashes(&bytes) else {
            return from.damaged("redactions are not sorted");
        };
        let count = from.u64("the number of items")?;
        let mut payloads = Vec::new();
        for _ in 0..count {
            payloads.push(from.payload()?);
        }
        from.finish()?;
        Ok(Self {
            redactions,
            payloads,
        })
    }
}

/// Passes bytes on, hashing and counting them.
struct Checked<T> {
    hasher: blake3::Hasher,
    inner: T,
    offset: u64,
}

impl<W: Write> Write for Checked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

struct ExportReader<'a, R> {
    path: &'a Path,
    input: Checked<R>,
}

impl<R: Read> ExportReader<'_, R> {
    fn damaged<T>(&self, what: &'static str) -> Result<T, ExportError> {
        Err(ExportError::Damaged {
            path: self.path.into(),
            offset: self.input.offset,
            what,
        })
    }

    /// Exactly `len` bytes. Memory grows with what is there, not with what a length claims.
    fn bytes(&mut self, len: u64, what: &'static str) -> Result<Vec<u8>, ExportError> {
        let mut bytes = Vec::new();
        let read = self
            .input
            .inner
            .by_ref()
            .take(len)
            .read_to_end(&mut bytes)
            .map_err(|source| ExportError::Io {
                action: "read",
                path: self.path.into(),
                source,
            })?;
        if read as u64 != len {
            return self.damaged(what);
        }
        self.input.hasher.update(&bytes);
        self.input.offset = self.input.offset.saturating_add(len);
        Ok(bytes)
    }

    fn u64(&mut self, what: &'static str) -> Result<u64, ExportError> {
        let bytes = self.bytes(8, what)?;
        match <[u8; 8]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(u64::from_le_bytes(bytes)),
            Err(_) => self.damaged(what),
        }
    }

    fn header<S: Order>(&mut self) -> Result<(), ExportError> {
        let magic = self.bytes(MAGIC.len() as u64, "the header is cut short")?;
        if magic != MAGIC {
            return Err(ExportError::NotAnExport {
                path: self.path.into(),
            });
        }
        let head = self.bytes(2, "the header is cut short")?;
        match head.as_slice() {
            [FORMAT, order] if *order == S::CODE => Ok(()),
            [FORMAT, _] => Err(ExportError::Order {
                path: self.path.into(),
                expected: S::WORD,
            }),
            [found, ..] => Err(ExportError::NewerFormat {
                path: self.path.into(),
                found: *found,
            }),
            [] => self.damaged("the header is cut short"),
        }
    }

    fn payload<S: Order>(&mut self) -> Result<SnapshotPayload<S>, ExportError> {
        let len = self.u64("a payload is cut short")?;
        if len > MAX_PAYLOAD {
            return self.damaged("a payload claims to be larger than 1 GiB");
        }
        let start = self.input.offset;
        let bytes = self.bytes(len, "a payload is cut short")?;
        SnapshotPayload::decode(&bytes).map_err(|source| ExportError::Payload {
            path: self.path.into(),
            start,
            source,
        })
    }

    fn finish(&mut self) -> Result<(), ExportError> {
        let expected = *self.input.hasher.finalize().as_bytes();
        let found = self.bytes(32, "the check at the end is cut short")?;
        if found != expected {
            return self.damaged("the check at the end does not match");
        }
        if self.bytes(1, "").is_ok() {
            return self.damaged("bytes follow the end");
        }
        Ok(())
    }
}
