//! A sliding read buffer over one file.

use std::io;

use super::files::DataFile;

/// What reading from begin to end takes at once.
const CHUNK: usize = 256 * 1024;

/// Reads a file in chunks and hands out slices of them.
pub(super) struct Window<D> {
    file: D,
    start: u64,
    buf: Vec<u8>,
    chunk: usize,
}

impl<D: DataFile> Window<D> {
    pub(super) fn new(file: D) -> Self {
        Self::of(file, CHUNK)
    }

    /// One that reads `chunk` bytes at once, or more where more are asked for.
    pub(super) fn of(file: D, chunk: usize) -> Self {
        Self {
            file,
            start: 0,
            buf: Vec::new(),
            chunk,
        }
    }

    /// Exactly the bytes `at .. at + len`. The caller has bounded `len` by the length of the file,
    /// so memory is bounded by what is really there.
    pub(super) fn get(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        if self.cached(at, len).is_none() {
            self.fill(at, len)?;
        }
        self.cached(at, len)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn cached(&self, at: u64, len: usize) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.buf.get(from..from.checked_add(len)?)
    }

    fn fill(&mut self, at: u64, len: usize) -> io::Result<()> {
        let want = len.max(self.chunk);
        self.start = at;
        self.buf.clear();
        self.buf.shrink_to(want);
        self.buf.resize(want, 0);
        let mut have = 0;
        while have < want {
            let free = self.buf.get_mut(have..).unwrap_or_default();
            match self.file.read_at(free, at + have as u64) {
                Ok(0) => break,
                Ok(n) => have += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.buf.clear();
                    return Err(e);
                }
            }
        }
        self.buf.truncate(have);
        Ok(())
    }
}
