//! `MANIFEST-<id>` says which segments make the store; `CURRENT` says which manifest is in force.

use std::path::Path;

use super::error::LogError;
use super::frame::Chain;
use super::name;
use super::segment::SEGMENT_HEAD;

/// The format number this build writes, and the greatest it reads.
pub const FORMAT: u32 = 1;

/// The longest header a store can have.
pub const MAX_HEADER: usize = 64 * 1024;

/// Segments that a manifest lists at most.
pub(super) const MAX_SEGMENTS: usize = 300_000;

/// No manifest is longer.
const MAX_MANIFEST: u64 = 20 << 20;

const MAGIC: [u8; 8] = *b"LATTMANI";
const CURRENT_WORD: &str = "lattice-log";

/// A segment as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) id: u64,
    /// The number of the first commit in it, or of the next commit when it holds none yet.
    pub(super) first: u64,
    /// The number of the last commit before `len`, or of the one before `first` when there is none.
    pub(super) last: u64,
    /// The running check that the first batch goes on from.
    pub(super) start: Chain,
    /// How many bytes were synced when the manifest was written. The last segment may have grown
    /// since.
    pub(super) len: u64,
    /// The running check at `len`.
    pub(super) chain: Chain,
}

/// The state at one commit point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) id: u64,
    /// Greater than every id given out so far.
    pub(super) next_id: u64,
    /// The last commit before `len` of the last segment, 0 for none.
    pub(super) commit: u64,
    /// The time of that commit.
    pub(super) time: u64,
    /// The caller's bytes.
    pub(super) header: Vec<u8>,
    /// At least one, in commit order.
    pub(super) segments: Vec<Segment>,
}

impl Manifest {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(FORMAT.to_le_bytes());
        for word in [
            self.id,
            self.next_id,
            self.commit,
            self.time,
            self.header.len() as u64,
        ] {
            out.extend(word.to_le_bytes());
        }
        out.extend(&self.header);
        out.extend((self.segments.len() as u64).to_le_bytes());
        for segment in &self.segments {
            out.extend(segment.id.to_le_bytes());
            out.extend(segment.first.to_le_bytes());
            out.extend(segment.last.to_le_bytes());
            out.extend(segment.start);
            out.extend(segment.len.to_le_bytes());
            out.extend(segment.chain);
        }
        let check = manifest_check(&out);
        out.extend(check);
        out
    }

    /// Reads the manifest of this id; `path` is for messages.
    pub(super) fn decode(bytes: &[u8], id: u64, path: &Path) -> Result<Self, LogError> {
        let bad = |offset: usize, expected: &str, found: String| LogError::Corrupt {
            file: path.to_path_buf(),
            offset: offset as u64,
            expected: expected.to_owned(),
            found,
        };
        let (body, check) = bytes
            .split_last_chunk::<32>()
            .ok_or_else(|| bad(0, "a manifest", format!("{} bytes", bytes.len())))?;
        if *check != manifest_check(body) {
            return Err(bad(
                0,
                "bytes that match the check at the end",
                "bytes that do not".to_owned(),
            ));
        }
        let mut r = Reader { bytes: body, at: 0 };
        if r.take() != Some(MAGIC) {
            return Err(bad(0, "the magic LATTMANI", "other bytes".to_owned()));
        }
        let format = r.take().map_or(0, u32::from_le_bytes);
        if format > FORMAT {
            return Err(LogError::NewerFormat {
                path: path.to_path_buf(),
                found: format,
                supported: FORMAT,
            });
        }
        let parsed = r
            .manifest()
            .filter(|m| format == FORMAT && m.id == id && m.is_sane());
        parsed.ok_or_else(|| {
            bad(
                r.at,
                "a well-formed manifest of this id",
                "another one".to_owned(),
            )
        })
    }

    fn is_sane(&self) -> bool {
        let ordered = self.segments.windows(2).all(|pair| match pair {
            // Equal in the segments of one rewrite.
            [a, b] => a.last <= b.first,
            _ => true,
        });
        let bounded = self.segments.iter().all(|s| {
            s.id < self.next_id
                && s.len >= SEGMENT_HEAD
                && s.first <= s.last.saturating_add(1)
                && s.last <= self.commit
        });
        // Not ascending: what a rewrite made stands before older segments that it did not replace.
        let mut ids: Vec<u64> = self.segments.iter().map(|s| s.id).collect();
        ids.sort_unstable();
        let distinct = ids.windows(2).all(|pair| pair.first() != pair.last());
        ordered
            && distinct
            && bounded
            && self.id < self.next_id
            && (1..=MAX_SEGMENTS).contains(&self.segments.len())
            && self.header.len() <= MAX_HEADER
    }
}

/// The check that closes a manifest.
fn manifest_check(body: &[u8]) -> [u8; 32] {
    blake3::derive_key("lattice log 1: manifest check", body)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let out = *self.bytes.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(out)
    }

    fn word(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn manifest(&mut self) -> Option<Manifest> {
        let (id, next_id, commit, time) = (self.word()?, self.word()?, self.word()?, self.word()?);
        let header_len = usize::try_from(self.word()?).ok()?;
        let header = self
            .bytes
            .get(self.at..self.at.checked_add(header_len)?)?
            .to_vec();
        self.at += header_len;
        let count = self.word()?;
        let mut segments = Vec::new();
        for _ in 0..count {
            segments.push(Segment {
                id: self.word()?,
                first: self.word()?,
                last: self.word()?,
                start: self.take()?,
                len: self.word()?,
                chain: self.take()?,
            });
        }
        (self.at == self.bytes.len()).then_some(Manifest {
            id,
            next_id,
            commit,
            time,
            header,
            segments,
        })
    }
}

/// True iff a file of this length can be a manifest; asked before it is read into memory.
pub(super) fn plausible_len(len: u64) -> bool {
    len <= MAX_MANIFEST
}

/// The content of `CURRENT`: one line of text.
pub(super) struct Current {
    pub(super) manifest: u64,
    pub(super) hash: blake3::Hash,
}

impl Current {
    /// The line, `\n` included, is no longer, whatever the format.
    pub(super) const MAX_LEN: u64 = 256;

    pub(super) fn encode(&self) -> String {
        let text = format!(
            "{CURRENT_WORD} {FORMAT} {} {}",
            name::manifest(self.manifest),
            self.hash.to_hex()
        );
        let check = line_check(&text);
        format!("{text} {check}\n")
    }

    pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Self, LogError> {
        let bad = |expected: &str, found: &str| LogError::Corrupt {
            file: path.to_path_buf(),
            offset: 0,
            expected: expected.to_owned(),
            found: found.to_owned(),
        };
        let shape = || {
            bad(
                "one line that names format, manifest, hash and check",
                "something else",
            )
        };
        let line = std::str::from_utf8(bytes)
            .ok()
            .and_then(|t| t.strip_suffix('\n'))
            .ok_or_else(shape)?;
        let (text, check) = line.rsplit_once(' ').ok_or_else(shape)?;
        if check != line_check(text) {
            return Err(bad(&line_check(text), check));
        }
        // INVARIANT: word, format number and line check keep their place in every later format, so
        // that a newer store is told from a damaged one.
        let rest = text
            .strip_prefix(CURRENT_WORD)
            .and_then(|t| t.strip_prefix(' '))
            .ok_or_else(shape)?;
        let (format, rest) = rest.split_once(' ').ok_or_else(shape)?;
        let format: u32 = format.parse().map_err(|_| shape())?;
        if format > FORMAT {
            return Err(LogError::NewerFormat {
                path: path.to_path_buf(),
                found: format,
                supported: FORMAT,
            });
        }
        let (manifest, hash) = rest.split_once(' ').ok_or_else(shape)?;
        let Some(name::Own::Manifest(manifest)) = name::parse(manifest) else {
            return Err(shape());
        };
        let hash = blake3::Hash::from_hex(hash).map_err(|_| shape())?;
        let current = Self { manifest, hash };
        // One text per state: anything that parses and is not what the encoder writes is refused.
        if current.encode().as_bytes() == bytes {
            Ok(current)
        } else {
            Err(shape())
        }
    }
}

fn line_check(text: &str) -> String {
    let hash = blake3::Hash::from_bytes(blake3::derive_key(
        "lattice log 1: current check",
        text.as_bytes(),
    ));
    hash.to_hex().chars().take(16).collect()
}
