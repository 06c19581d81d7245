//! Runs: payloads of items in a file, in order of the item ids.
//!
//! Each is the length of the id (4 bytes) and of the payload (8 bytes, both little-endian), the id, the
//! payload.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use super::error::{FoldError, Heavy, io_error};
use super::folder::SpillFolder;
use super::meter::{Held, Meter};

/// How much of a payload is copied at once.
const PIECE: usize = 1 << 14;

/// A run that is complete.
pub(super) struct Run {
    path: PathBuf,
    pub(super) items: u64,
    pub(super) bytes: u64,
}

/// Writes a run.
pub(super) struct RunWriter {
    out: BufWriter<File>,
    run: Run,
}

impl RunWriter {
    pub(super) fn create(folder: &SpillFolder, buffer: usize) -> Result<Self, FoldError> {
        let (path, file) = folder.run()?;
        Ok(Self {
            out: BufWriter::with_capacity(buffer, file),
            run: Run {
                path,
                items: 0,
                bytes: 0,
            },
        })
    }

    /// Begins the next item: so many bytes of payload have to follow.
    // Ids must increase strictly from call to call.
    pub(super) fn begin(&mut self, item_id: &str, length: u64) -> Result<(), FoldError> {
        let id_length = u32::try_from(item_id.len()).unwrap_or(u32::MAX);
        self.piece(&id_length.to_le_bytes())?;
        self.piece(&length.to_le_bytes())?;
        self.piece(item_id.as_bytes())?;
        self.run.items = self.run.items.saturating_add(1);
        Ok(())
    }

    /// Some of the payload.
    pub(super) fn piece(&mut self, bytes: &[u8]) -> Result<(), FoldError> {
        self.run.bytes = self.run.bytes.saturating_add(bytes.len() as u64);
        self.out
            .write_all(bytes)
            .map_err(io_error("write", &self.run.path))
    }

    pub(super) fn finish(mut self) -> Result<Run, FoldError> {
        self.out
            .flush()
            .map_err(io_error("write", &self.run.path))?;
        Ok(self.run)
    }
}

/// Reads many runs as one.
pub(super) struct Merge<'a> {
    readers: Vec<Reader>,
    /// The next item of each run that has one.
    // INVARIANT: the runs hold different items, for the items of a partition are in no other.
    heads: BinaryHeap<Reverse<(String, usize)>>,
    ids: Held<'a>,
    ids_bytes: u64,
}

/// Where the next item comes from.
pub(super) struct Next {
    pub(super) item_id: String,
    pub(super) length: u64,
    reader: usize,
}

struct Reader {
    run: Run,
    input: BufReader<File>,
    /// Items not begun.
    left: u64,
    /// Length of the payload begun.
    length: u64,
}

impl<'a> Merge<'a> {
    pub(super) fn open(runs: Vec<Run>, buffer: usize, meter: &'a Meter) -> Result<Self, FoldError> {
        let mut merge = Self {
            readers: Vec::with_capacity(runs.len()),
            heads: BinaryHeap::with_capacity(runs.len()),
            ids: meter.entry(),
            ids_bytes: 0,
        };
        for run in runs {
            let file = File::open(&run.path).map_err(io_error("open", &run.path))?;
            merge.readers.push(Reader {
                left: run.items,
                input: BufReader::with_capacity(buffer, file),
                length: 0,
                run,
            });
            merge.refill(merge.readers.len().saturating_sub(1))?;
        }
        Ok(merge)
    }

    /// Reads the next id of a run.
    fn refill(&mut self, place: usize) -> Result<(), FoldError> {
        let Some(reader) = self.readers.get_mut(place) else {
            return Ok(());
        };
        if reader.left == 0 {
            return Ok(());
        }
        reader.left = reader.left.saturating_sub(1);
        let mut id_length = [0; 4];
        let mut length = [0; 8];
        reader.read(&mut id_length)?;
        reader.read(&mut length)?;
        reader.length = u64::from_le_bytes(length);
        let id_length = u64::from(u32::from_le_bytes(id_length));
        self.ids_bytes = self.ids_bytes.saturating_add(id_length);
        self.ids.set(self.ids_bytes, Heavy::Buffers)?;
        let mut id = vec![0; usize::try_from(id_length).unwrap_or_default()];
        reader.read(&mut id)?;
        let id = String::from_utf8(id).map_err(|_| reader.damaged())?;
        self.heads.push(Reverse((id, place)));
        Ok(())
    }

    /// The next item in order. [`payload`](Self::payload) must be called before the next call.
    pub(super) fn next(&mut self) -> Option<Next> {
        let Reverse((item_id, reader)) = self.heads.pop()?;
        let length = self.readers.get(reader)?.length;
        self.ids_bytes = self.ids_bytes.saturating_sub(item_id.len() as u64);
        Some(Next {
            item_id,
            length,
            reader,
        })
    }

    /// The payload of an item, piece by piece.
    pub(super) fn payload(
        &mut self,
        next: &Next,
        mut each: impl FnMut(&[u8]) -> Result<(), FoldError>,
    ) -> Result<(), FoldError> {
        let mut left = next.length;
        let mut piece = [0; PIECE];
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let Some((reader, piece)) =
                self.readers.get_mut(next.reader).zip(piece.get_mut(..size))
            else {
                return Ok(());
            };
            reader.read(piece)?;
            each(piece)?;
            left = left.saturating_sub(size as u64);
        }
        self.refill(next.reader)
    }

    /// Removes the runs, which have been read.
    pub(super) fn remove(self) -> Result<(), FoldError> {
        for Reader { run, .. } in self.readers {
            fs::remove_file(&run.path).map_err(io_error("remove", &run.path))?;
        }
        Ok(())
    }
}

impl Reader {
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), FoldError> {
        self.input
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => self.damaged(),
                _ => io_error("read", &self.run.path)(error),
            })
    }

    fn damaged(&self) -> FoldError {
        FoldError::SpillDamaged {
            path: self.run.path.clone(),
        }
    }
}
