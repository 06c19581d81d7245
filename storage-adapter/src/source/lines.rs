//! Whole lines of a file, a chunk at a time.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

/// What is read at once while the rest of a line that is too long is passed over.
const PASSED_OVER: usize = 1 << 16;

/// Some whole lines of a file, and where they stand in it.
#[derive(Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    /// Bytes of the file that the chunk stands for.
    pub(crate) length: u64,
    /// Number of the first line, from 1.
    first: u64,
    /// Where the first line begins.
    offset: u64,
    /// Length of the last line, when it is longer than what was kept of it.
    pub(crate) cut: Option<u64>,
}

/// A line of a chunk, with its line end.
pub(crate) struct Line<'a> {
    pub(crate) bytes: &'a [u8],
    /// Its length; more than the bytes where it was cut.
    pub(crate) length: u64,
    /// Number of the line, from 1.
    pub(crate) number: u64,
    /// Where it begins in the file.
    pub(crate) offset: u64,
}

impl Chunk {
    /// The lines, in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let (mut number, mut offset) = (self.first, self.offset);
        let mut rest = &*self.bytes;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = memchr(b'\n', rest).map_or(rest.len(), |end| end.saturating_add(1));
            let (bytes, after) = rest.split_at_checked(end)?;
            let cut = self.cut.filter(|_| after.is_empty());
            let line = Line {
                bytes,
                length: cut.unwrap_or(bytes.len() as u64),
                number,
                offset,
            };
            rest = after;
            number = number.saturating_add(1);
            offset = offset.saturating_add(end as u64);
            Some(line)
        })
    }

    /// What the chunk takes in memory, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// Cuts a file into chunks of whole lines.
pub(crate) struct Chunks<R> {
    input: R,
    /// How much to read at once.
    size: usize,
    /// How much of a line is kept at most.
    longest: usize,
    /// What was read behind the lines given out.
    carry: Vec<u8>,
    line: u64,
    offset: u64,
}

impl<R: Read> Chunks<R> {
    /// Chunks of about `size` bytes. Of a line longer than `longest` only that much is kept.
    pub(crate) fn new(input: R, size: usize, longest: usize) -> Self {
        Self {
            input,
            size: size.max(1),
            longest: longest.max(1),
            carry: Vec::new(),
            line: 1,
            offset: 0,
        }
    }

    /// What is kept between chunks, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.carry.capacity()
    }

    /// Reads the next chunk into `chunk`; false at the end of the file.
    pub(crate) fn next(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        let bytes = &mut chunk.bytes;
        bytes.clear();
        bytes.append(&mut self.carry);
        chunk.cut = None;
        let mut wanted = self.size;
        let mut searched = 0;
        let whole = loop {
            let missing = wanted.saturating_sub(bytes.len());
            bytes.reserve_exact(missing);
            let read = (&mut self.input).take(missing as u64).read_to_end(bytes)?;
            let news = bytes.get(searched..).unwrap_or_default();
            if let Some(end) = memrchr(b'\n', news) {
                break searched.saturating_add(end).saturating_add(1);
            }
            searched = bytes.len();
            if read < missing {
                break searched;
            }
            if searched >= self.longest {
                let passed = pass_line(&mut self.input, &mut self.carry)?;
                chunk.cut = Some((searched as u64).saturating_add(passed));
                bytes.truncate(self.longest);
                break self.longest;
            }
            wanted = searched.saturating_mul(2).min(self.longest);
        };
        if let Some(next) = bytes.get(whole..).filter(|next| !next.is_empty()) {
            self.carry.extend_from_slice(next);
            bytes.truncate(whole);
        }
        chunk.first = self.line;
        chunk.offset = self.offset;
        chunk.length = chunk.cut.unwrap_or(whole as u64);
        let open = bytes.last().is_some_and(|last| *last != b'\n');
        let lines = memchr_iter(b'\n', bytes)
            .count()
            .saturating_add(usize::from(open));
        self.line = self.line.saturating_add(lines as u64);
        self.offset = self.offset.saturating_add(chunk.length);
        Ok(!bytes.is_empty())
    }
}

/// Reads to the end of a line and says how far that was; what was read of the next is put into
/// `next`.
fn pass_line(input: &mut impl Read, next: &mut Vec<u8>) -> io::Result<u64> {
    let mut passed = 0_u64;
    let mut block = Vec::with_capacity(PASSED_OVER);
    loop {
        block.clear();
        let read = input.take(PASSED_OVER as u64).read_to_end(&mut block)?;
        if let Some(end) = memchr(b'\n', &block) {
            let end = end.saturating_add(1);
            next.extend_from_slice(block.get(end..).unwrap_or_default());
            return Ok(passed.saturating_add(end as u64));
        }
        passed = passed.saturating_add(read as u64);
        if read == 0 {
            return Ok(passed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, size: usize, longest: usize) -> Vec<(u64, u64, String, Option<u64>)> {
        let mut chunks = Chunks::new(text.as_bytes(), size, longest);
        let (mut chunk, mut found, mut length) = (Chunk::default(), Vec::new(), 0);
        while chunks.next(&mut chunk).unwrap() {
            let lines: Vec<_> = chunk.lines().collect();
            for (n, line) in lines.iter().enumerate() {
                let cut = chunk.cut.filter(|_| n + 1 == lines.len());
                let text = String::from_utf8(line.bytes.to_vec()).unwrap();
                found.push((line.number, line.offset, text, cut));
            }
            length += chunk.length;
        }
        assert_eq!(length, text.len() as u64);
        found
    }

    #[test]
    fn lines_are_the_same_in_chunks_of_any_size() {
        for text in [
            "",
            "\n",
            "a",
            "a\nbc\n",
            "\n\nabcdef\r\n\nx",
            "abcdefghijkl\nm\n",
        ] {
            let mut expected = Vec::new();
            let mut offset = 0;
            for (n, line) in text.split_inclusive('\n').enumerate() {
                expected.push((n as u64 + 1, offset, line.to_owned(), None));
                offset += line.len() as u64;
            }
            for size in 1..20 {
                assert_eq!(all(text, size, 99), expected, "{text:?} by {size}");
            }
        }
    }

    #[test]
    fn of_a_line_that_is_too_long_the_beginning_is_kept_and_the_next_one_read() {
        for size in 1..5 {
            let found = all("ab\n0123456789\ncd\nef\n", size, 5);
            let expected = [
                (1, 0, "ab\n".to_owned(), None),
                (2, 3, "01234".to_owned(), Some(11)),
                (3, 14, "cd\n".to_owned(), None),
                (4, 17, "ef\n".to_owned(), None),
            ];
            assert_eq!(found, expected, "by {size}");
        }
        let found = all("0123456789", 2, 5);
        assert_eq!(found, [(1, 0, "01234".to_owned(), Some(10))]);
    }
}
