//! Snapshot exports: what the base of a store knows now, in one file that any other store joins.
//!
//! `docs/FORMAT-EXPORT.md` describes the bytes. Redactions come first and whole, so that no reader
//! ever holds text that the writer had redacted.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use bones_snapshot::{DecodeError, EventHash, Order, SnapshotPayload};
use lattice_core::Set;
use thiserror::Error;

use crate::record::decode_hashes;
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
        let items = self.payloads.len() as u64;
        let payloads = self.payloads.iter().map(|payload| Ok(payload.encode()));
        write_payloads::<S, ExportError>(path, &self.redactions, items, payloads)
    }

    /// Reads an export whole.
    ///
    /// # Errors
    ///
    /// [`ExportError`], naming file and offset, on anything but an undamaged export of the same
    /// order.
    pub fn read(path: &Path) -> Result<Self, ExportError> {
        let mut from = ExportReader::open::<S>(path)?;
        let count = from.redaction_count()?;
        let redactions = from.redactions(count)?;
        let mut payloads = Vec::new();
        while let Some(length) = from.next_length()? {
            payloads.push(from.payload(length)?.1);
        }
        Ok(Self {
            redactions,
            payloads,
        })
    }
}

/// Writes an export of so many payloads, which come by increasing item id; whole and durable when this returns.
pub(crate) fn write_payloads<S: Order, E: From<ExportError>>(
    path: &Path,
    redactions: &Set<EventHash>,
    items: u64,
    payloads: impl Iterator<Item = Result<Vec<u8>, E>>,
) -> Result<(), E> {
    /// Who failed.
    enum Failed<E> {
        Out(io::Error),
        Payload(E),
    }

    impl<E> From<io::Error> for Failed<E> {
        fn from(error: io::Error) -> Self {
            Self::Out(error)
        }
    }

    let written = write_whole(path, |out| {
        let mut out = ExportWriter::begin(out, S::CODE, redactions, items)?;
        for payload in payloads {
            let payload = payload.map_err(Failed::Payload)?;
            out.length(payload.len() as u64)?;
            out.piece(&payload)?;
        }
        out.finish()?;
        Ok(())
    });
    written.map_err(|failed| match failed {
        Failed::Payload(error) => error,
        Failed::Out(source) => ExportError::Io {
            action: "write",
            path: path.into(),
            source,
        }
        .into(),
    })
}

/// Writes an export piece by piece.
pub(crate) struct ExportWriter<W> {
    out: Checked<W>,
}

impl<W: Write> ExportWriter<W> {
    /// Writes everything before the payloads, `items` of which have to follow, by increasing item id.
    pub(crate) fn begin(
        out: W,
        order: u8,
        redactions: &Set<EventHash>,
        items: u64,
    ) -> io::Result<Self> {
        let mut out = Checked {
            hasher: blake3::Hasher::new_derive_key(CHECK_DOMAIN),
            inner: out,
            offset: 0,
        };
        out.write_all(MAGIC)?;
        out.write_all(&[FORMAT, order])?;
        out.write_all(&(redactions.len() as u64).to_le_bytes())?;
        for hash in redactions {
            out.write_all(&hash.0)?;
        }
        out.write_all(&items.to_le_bytes())?;
        Ok(Self { out })
    }

    /// The length of the next payload.
    pub(crate) fn length(&mut self, length: u64) -> io::Result<()> {
        self.out.write_all(&length.to_le_bytes())
    }

    /// Some of a payload.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Writes the check, and says how long the export is.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        let check = *self.out.hasher.finalize().as_bytes();
        self.out.write_all(&check)?;
        Ok(self.out.offset)
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
        self.offset = self.offset.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads an export piece by piece, from the front: its redactions, then payload by payload.
pub(crate) struct ExportReader<'a> {
    path: &'a Path,
    input: Checked<BufReader<File>>,
    /// Payloads not read; `None` before their number is.
    left: Option<u64>,
    /// Length of the file, if it is one.
    length: Option<u64>,
}

impl<'a> ExportReader<'a> {
    /// Opens an export of this order.
    pub(crate) fn open<S: Order>(path: &'a Path) -> Result<Self, ExportError> {
        let file = File::open(path).map_err(|source| ExportError::Io {
            action: "open",
            path: path.into(),
            source,
        })?;
        let length = file.metadata().ok().filter(Metadata::is_file);
        let length = length.map(|meta| meta.len());
        let mut reader = Self {
            path,
            input: Checked {
                hasher: blake3::Hasher::new_derive_key(CHECK_DOMAIN),
                inner: BufReader::with_capacity(1 << 18, file),
                offset: 0,
            },
            left: None,
            length,
        };
        reader.header::<S>()?;
        Ok(reader)
    }

    /// How many redactions there are.
    pub(crate) fn redaction_count(&mut self) -> Result<u64, ExportError> {
        let count = self.u64("the number of redactions")?;
        self.check_length(count.saturating_mul(32), "redactions")?;
        Ok(count)
    }

    /// Refuses a length that is more than what is left of the file, before anything is made of it.
    fn check_length(&self, length: u64, what: &'static str) -> Result<(), ExportError> {
        let end = self.input.offset.saturating_add(length);
        if self.length.is_some_and(|whole| end > whole) {
            return self.damaged(what);
        }
        Ok(())
    }

    /// The redactions, of which there are `count`.
    pub(crate) fn redactions(&mut self, count: u64) -> Result<Set<EventHash>, ExportError> {
        let bytes = self.bytes(count.saturating_mul(32), "redactions")?;
        match decode_hashes(&bytes) {
            Some(redactions) => Ok(redactions),
            None => self.damaged("redactions are not sorted"),
        }
    }

    /// The length of the next payload; `None` when there is none, and the export is whole.
    pub(crate) fn next_length(&mut self) -> Result<Option<u64>, ExportError> {
        let left = match self.left {
            Some(left) => left,
            None => self.u64("the number of items")?,
        };
        self.left = Some(left.saturating_sub(1));
        if left == 0 {
            self.finish()?;
            return Ok(None);
        }
        let length = self.u64("a payload is cut short")?;
        if length > MAX_PAYLOAD {
            return self.damaged("a payload claims to be larger than 1 GiB");
        }
        self.check_length(length, "a payload is cut short")?;
        Ok(Some(length))
    }

    /// Bytes of the file that were read.
    pub(crate) fn offset(&self) -> u64 {
        self.input.offset
    }

    /// The next payload, which is so long, and its bytes.
    pub(crate) fn payload<S: Order>(
        &mut self,
        length: u64,
    ) -> Result<(Vec<u8>, SnapshotPayload<S>), ExportError> {
        let start = self.input.offset;
        let bytes = self.bytes(length, "a payload is cut short")?;
        let payload = SnapshotPayload::decode(&bytes).map_err(|source| ExportError::Payload {
            path: self.path.into(),
            start,
            source,
        })?;
        Ok((bytes, payload))
    }

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
