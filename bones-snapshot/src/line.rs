//! From one line of an events file to an [`Event`].

use std::ops::Range;
use std::str::Utf8Error;

use data_encoding::BASE64URL_NOPAD;
use memchr::memchr_iter;
use thiserror::Error;

use crate::data::{DataError, interpret};
use crate::event::Event;
use crate::hash::{EventHash, HashTextError, is_text_of, parse_hash};

/// Longest line that is read, in bytes. Real lines stay far below; a longer one is refused before
/// anything is allocated for it.
pub const MAX_LINE_BYTES: usize = 16 << 20;

/// First line of every events file.
pub const SHARD_HEADER: &str = "# bones event log v1";
/// Second line of every events file.
pub const FIELD_COMMENT: &str = "# fields: wall_ts_us \\t agent \\t itc \\t parents \\t type \\t item_id \\t data \\t event_hash";

const HEADER_PREFIX: &[u8] = b"# bones event log v";

/// Why a line is no event. Messages name columns and positions, never content: a refused line may
/// hold text that must not be shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("byte {byte}: {kind}")]
#[non_exhaustive]
pub struct LineError {
    /// Offset in bytes from the start of the line.
    pub byte: usize,
    /// What is wrong there.
    pub kind: LineErrorKind,
}

impl LineError {
    /// A line of more than [`MAX_LINE_BYTES`], for readers that do not keep all of it.
    pub fn too_long() -> Self {
        LineErrorKind::TooLong.at(MAX_LINE_BYTES)
    }

    /// True iff the line is a file header that names a format this crate does not read: nothing
    /// after it can be trusted to be what it looks like.
    pub fn is_version(&self) -> bool {
        matches!(
            self.kind,
            LineErrorKind::NewerVersion { .. } | LineErrorKind::BadVersion
        )
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LineErrorKind {
    /// The line is longer than [`MAX_LINE_BYTES`].
    #[error("line is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// The line is not UTF-8.
    #[error("not valid UTF-8")]
    NotUtf8,
    /// The line has not exactly eight columns.
    #[error("expected 8 tab-separated columns, found {found}")]
    Columns {
        /// How many there are.
        found: usize,
    },
    /// Column 1 is no 64-bit integer.
    #[error("column 1 (wall_ts_us) is not a 64-bit integer")]
    WallTs,
    /// A column that must hold something is empty.
    #[error("column {column} ({name}) is empty")]
    Empty {
        /// Number of the column, from 1.
        column: u8,
        /// Its name.
        name: &'static str,
    },
    /// Column 4 holds something that is no hash.
    #[error("column 4 (parents): {0}")]
    Parents(HashTextError),
    /// Column 6 is no item id.
    #[error("column 6 (item_id) holds white space or control characters")]
    ItemId,
    /// Column 7 is no JSON object this crate reads.
    #[error("column 7 (data): {0}")]
    Data(DataError),
    /// Column 8 is no hash.
    #[error("column 8 (event_hash): {0}")]
    HashText(HashTextError),
    /// The hash in column 8 is not the hash of columns 1 to 7.
    #[error(
        "event hash does not match columns 1 to 7: the line was damaged or changed after it was written"
    )]
    HashMismatch,
    /// The file was written in a newer format.
    #[error("event log format version {found} is newer than the supported version 1")]
    NewerVersion {
        /// The version the header names.
        found: u64,
    },
    /// The header line names no version.
    #[error("event log header names no format version")]
    BadVersion,
}

impl LineErrorKind {
    fn at(self, byte: usize) -> LineError {
        LineError { byte, kind: self }
    }
}

/// Reads one line, with or without its line end.
///
/// Comments and blank lines give `None`. The hash is verified over the raw text of columns 1 to 7;
/// nothing is re-serialised.
///
/// # Errors
///
/// [`LineError`] with the offset in the line. Never panics, on any bytes.
///
/// ```
/// let line = bones_snapshot::write_line(
///     5, "alice", "itc:AQ", &[], "item.comment", "bn-1", r#"{"body":"hello"}"#,
/// );
/// let event = bones_snapshot::parse_line(line.as_bytes())?.expect("an event");
/// assert_eq!(&*event.item_id, "bn-1");
/// assert!(bones_snapshot::parse_line(b"# a comment")?.is_none());
/// # Ok::<(), bones_snapshot::LineError>(())
/// ```
pub fn parse_line(line: &[u8]) -> Result<Option<Event>, LineError> {
    let line = trim_line_end(line);
    if line.len() > MAX_LINE_BYTES {
        return Err(LineError::too_long());
    }
    if line.starts_with(b"#") {
        check_header(line)?;
        return Ok(None);
    }
    check_hidden_header(line)?;
    let text = std::str::from_utf8(line)
        .map_err(|e: Utf8Error| LineErrorKind::NotUtf8.at(e.valid_up_to()))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    parse_columns(text).map(Some)
}

/// Removes LF and CR from the end of a line.
pub(crate) fn trim_line_end(mut line: &[u8]) -> &[u8] {
    while let [head @ .., b'\n' | b'\r'] = line {
        line = head;
    }
    line
}

fn check_header(line: &[u8]) -> Result<(), LineError> {
    let Some(version) = line.strip_prefix(HEADER_PREFIX) else {
        return Ok(());
    };
    let at = HEADER_PREFIX.len();
    let version: u64 = std::str::from_utf8(version)
        .ok()
        .and_then(|v| v.trim().parse().ok())
        .ok_or_else(|| LineErrorKind::BadVersion.at(at))?;
    if version > 1 {
        return Err(LineErrorKind::NewerVersion { found: version }.at(at));
    }
    Ok(())
}

/// A header behind blanks or a byte order mark is none, and a bad line; one of a newer format must not be left out as
/// such.
fn check_hidden_header(line: &[u8]) -> Result<(), LineError> {
    let shown = line.trim_ascii_start();
    let shown = shown.strip_prefix(b"\xef\xbb\xbf").unwrap_or(shown);
    let hidden = line.len().saturating_sub(shown.len());
    match check_header(shown) {
        Err(error) => Err(error.kind.at(error.byte.saturating_add(hidden))),
        Ok(()) => Ok(()),
    }
}

fn parse_columns(text: &str) -> Result<Event, LineError> {
    let spans = columns(text)?;
    let column = |n: usize| {
        spans
            .get(n)
            .and_then(|span| text.get(span.clone()))
            .unwrap_or_default()
    };
    let start = |n: usize| spans.get(n).map_or(0, |span| span.start);
    let non_empty = |n: usize, number: u8, name: &'static str| {
        Some(column(n)).filter(|c| !c.is_empty()).ok_or_else(|| {
            LineErrorKind::Empty {
                column: number,
                name,
            }
            .at(start(n))
        })
    };

    let wall_ts = column(0)
        .parse()
        .map_err(|_| LineErrorKind::WallTs.at(start(0)))?;
    let agent = non_empty(1, 2, "agent")?;
    let stamp_text = non_empty(2, 3, "itc")?;
    if !column(3).is_empty() {
        for parent in column(3).split(',') {
            parse_hash(parent).map_err(|e| LineErrorKind::Parents(e).at(start(3)))?;
        }
    }
    let event_type = non_empty(4, 5, "type")?;
    let item_id = parse_item_id(non_empty(5, 6, "item_id")?)
        .ok_or_else(|| LineErrorKind::ItemId.at(start(5)))?;
    let hash = hash_columns(text.get(..start(7).saturating_sub(1)).unwrap_or_default());
    if !is_text_of(column(7), &hash) {
        let named = parse_hash(column(7)).map_err(|e| LineErrorKind::HashText(e).at(start(7)))?;
        if named != hash {
            return Err(LineErrorKind::HashMismatch.at(start(7)));
        }
    }
    let interpreted = interpret(event_type, &item_id, column(3), column(6)).map_err(|e| {
        let byte = start(6).saturating_add(e.byte());
        LineErrorKind::Data(e).at(byte)
    })?;
    Ok(Event {
        wall_ts,
        agent: agent.into(),
        stamp_text: stamp_text.into(),
        item_id,
        data: interpreted.data,
        rest: interpreted.rest,
        hash,
    })
}

/// The eight columns of a line as byte ranges.
fn columns(text: &str) -> Result<[Range<usize>; 8], LineError> {
    let mut spans: [Range<usize>; 8] = Default::default();
    let mut found: usize = 0;
    let mut at = 0;
    for end in memchr_iter(b'\t', text.as_bytes()).chain([text.len()]) {
        if let Some(span) = spans.get_mut(found) {
            *span = at..end;
        }
        found = found.saturating_add(1);
        at = end.saturating_add(1);
    }
    if found != spans.len() {
        return Err(LineErrorKind::Columns { found }.at(0));
    }
    Ok(spans)
}

/// Item ids read as bones reads them: trimmed, in lower case. `None` when something is left that
/// cannot be part of an id.
fn parse_item_id(raw: &str) -> Option<Box<str>> {
    // As nearly all are.
    if raw
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase())
    {
        return Some(raw.into());
    }
    let id = raw.trim().to_lowercase();
    let fits = !id.is_empty() && !id.chars().any(|c| c.is_whitespace() || c.is_control());
    fits.then(|| id.into_boxed_str())
}

/// The event hash of columns 1 to 7, given joined by tabs.
fn hash_columns(joined: &str) -> EventHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(joined.as_bytes());
    hasher.update(b"\n");
    EventHash(*hasher.finalize().as_bytes())
}

/// Writes one event line (without line end), hash included.
///
/// The arguments are written as they are: `data` must be one line of JSON, and no column may hold
/// a tab or a line end, or the line will not read back.
pub fn write_line(
    wall_ts: i64,
    agent: &str,
    stamp_text: &str,
    parents: &[EventHash],
    event_type: &str,
    item_id: &str,
    data: &str,
) -> String {
    let parents: Vec<_> = parents.iter().map(crate::hash::format_hash).collect();
    let parents = parents.join(",");
    let mut line =
        format!("{wall_ts}\t{agent}\t{stamp_text}\t{parents}\t{event_type}\t{item_id}\t{data}");
    let hash = hash_columns(&line);
    line.push_str("\tblake3:");
    BASE64URL_NOPAD.encode_append(&hash.0, &mut line);
    line
}
