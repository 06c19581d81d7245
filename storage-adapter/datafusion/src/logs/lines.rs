//! Lines of logs, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use bones_snapshot::{Event, MAX_LINE_BYTES, parse_line};

use super::error::TransferError;

/// The events of one file, one at a time.
pub(super) struct LogFile<'a> {
    path: &'a Path,
    input: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    skip_bad_lines: bool,
    /// Lines left out so far.
    pub(super) skipped: u64,
}

/// An event and its line, without the line end.
pub(super) struct Entry<'a> {
    pub(super) line: &'a str,
    /// Number of the line, from 1.
    pub(super) number: u64,
    pub(super) event: Event,
}

impl<'a> LogFile<'a> {
    pub(super) fn open(path: &'a Path, skip_bad_lines: bool) -> Result<Self, TransferError> {
        let file = File::open(path).map_err(|source| read_error(path, source))?;
        Ok(Self {
            path,
            input: BufReader::with_capacity(1 << 18, file),
            line: Vec::new(),
            number: 0,
            skip_bad_lines,
            skipped: 0,
        })
    }

    /// The next event; `None` at the end.
    ///
    /// A file in a newer format is refused even where bad lines are skipped: nothing after its header can be
    /// trusted.
    pub(super) fn next(&mut self) -> Result<Option<Entry<'_>>, TransferError> {
        let event = loop {
            if !self
                .read_line()
                .map_err(|source| read_error(self.path, source))?
            {
                return Ok(None);
            }
            match parse_line(&self.line) {
                Ok(None) => {}
                Ok(Some(event)) => break event,
                Err(source) if self.skip_bad_lines && !source.is_version() => {
                    self.skipped = self.skipped.saturating_add(1);
                }
                Err(source) => {
                    return Err(TransferError::Line {
                        path: self.path.into(),
                        line: self.number,
                        source,
                    });
                }
            }
        };
        // What reads as an event is UTF-8.
        let line = std::str::from_utf8(&self.line).unwrap_or_default();
        Ok(Some(Entry {
            line: line.trim_end_matches(['\n', '\r']),
            number: self.number,
            event,
        }))
    }

    /// Reads a line; no when there is none.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        // One byte more than a line may have: `parse_line` refuses it, and what is left of it is passed over.
        let longest = (MAX_LINE_BYTES as u64).saturating_add(3);
        let read = (&mut self.input)
            .take(longest)
            .read_until(b'\n', &mut self.line)?;
        if read as u64 == longest && !self.line.ends_with(b"\n") {
            self.input.skip_until(b'\n')?;
        }
        self.number = self.number.saturating_add(1);
        Ok(read > 0)
    }
}

fn read_error(path: &Path, source: io::Error) -> TransferError {
    TransferError::Io {
        action: "read",
        path: path.into(),
        source,
    }
}
