//! Reading segments: frames checked one by one, batches followed from mark to mark.

use std::io;
use std::path::Path;

use super::error::LogError;
use super::files::DataFile;
use super::frame::{CHECK, FRAME_OVERHEAD, HEAD, Head, Key, MARK, Mark, Running};
use super::segment::{Cursor, SEGMENT_HEAD, Stamp, segment_head};
use super::window::Window;

/// How the bytes of a segment fail to be what they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The file ends inside a frame, or between the frames of a batch.
    CutShort,
    /// A frame that lies within the file does not check.
    Damaged,
    /// Frames check, and are not the ones that belong here.
    Order,
}

/// Where and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) cause: Cause,
    pub(super) at: u64,
    /// End of the bytes that do not check.
    pub(super) end: u64,
    pub(super) expected: String,
    pub(super) found: String,
}

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    Fault(Fault),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Stop {
    pub(super) fn into_error(self, path: &Path) -> LogError {
        match self {
            Self::Io(source) => LogError::io("read", path)(source),
            Self::Fault(Fault {
                at,
                expected,
                found,
                ..
            }) => LogError::Corrupt {
                file: path.to_path_buf(),
                offset: at,
                expected,
                found,
            },
        }
    }
}

/// A frame that checked.
pub(super) struct Raw {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
    pub(super) check: [u8; CHECK],
    pub(super) end: u64,
}

/// Reads and checks the frame at `at`; nothing at or behind `limit` is looked at.
pub(super) fn frame_at<D: DataFile>(
    window: &mut Window<D>,
    key: &Key,
    at: u64,
    limit: u64,
) -> Result<Raw, Stop> {
    let fault = |cause, end, expected: String, found: String| {
        Stop::Fault(Fault {
            cause,
            at,
            end,
            expected,
            found,
        })
    };
    let left = limit.saturating_sub(at);
    if left < HEAD as u64 {
        return Err(fault(
            Cause::CutShort,
            limit,
            format!("{HEAD} bytes of frame head"),
            format!("{left} bytes"),
        ));
    }
    let head_bytes = window.get(at, HEAD)?;
    let Some(head) = Head::decode(head_bytes) else {
        return Err(fault(
            Cause::Damaged,
            at + HEAD as u64,
            "a frame head".to_owned(),
            hex(head_bytes),
        ));
    };
    if left < head.frame_len() {
        let expected = format!("a frame of {} bytes", head.frame_len());
        return Err(fault(
            Cause::CutShort,
            limit,
            expected,
            format!("{left} bytes"),
        ));
    }
    // INVARIANT: the length is allocated only after it was found to lie within the file.
    let bytes = window.get(at, FRAME_OVERHEAD + head.len)?;
    let end = at + head.frame_len();
    let parts = bytes
        .split_at_checked(HEAD)
        .and_then(|(h, rest)| Some((h, rest.split_last_chunk::<CHECK>()?)));
    let Some((head_bytes, (body, check))) = parts else {
        return Err(Stop::Io(io::ErrorKind::UnexpectedEof.into()));
    };
    let expected = key.check(at, head_bytes, body);
    if *check != expected {
        let found = format!("check {}", hex(check));
        return Err(fault(
            Cause::Damaged,
            end,
            format!("check {}", hex(&expected)),
            found,
        ));
    }
    Ok(Raw {
        kind: head.kind,
        body: body.to_vec(),
        check: *check,
        end,
    })
}

/// Checks that a segment begins as segment `id` should.
pub(super) fn check_segment_head<D: DataFile>(window: &mut Window<D>, id: u64) -> Result<(), Stop> {
    let want = segment_head(id);
    let found = window.get(0, want.len())?;
    if found == want {
        return Ok(());
    }
    let (expected, found) = (format!("segment head {}", hex(&want)), hex(found));
    Err(Stop::Fault(Fault {
        cause: Cause::Damaged,
        at: 0,
        end: SEGMENT_HEAD,
        expected,
        found,
    }))
}

/// What comes next in a segment.
pub(super) enum Event {
    /// A frame of the caller, in the batch that is open.
    Frame {
        kind: u8,
        body: Vec<u8>,
        at: u64,
        commit: u64,
        time: u64,
    },
    /// The batch is closed.
    Commit(Cursor),
}

struct OpenBatch {
    commit: u64,
    time: u64,
    count: u64,
    running: Running,
}

/// Follows the batches of one segment.
pub(super) struct Batches<D> {
    window: Window<D>,
    key: Key,
    at: u64,
    limit: u64,
    /// The last committed point.
    last: Cursor,
    /// The number of the next batch.
    next: u64,
    batch: Option<OpenBatch>,
}

impl<D: DataFile> Batches<D> {
    /// From committed point `last` up to `limit`, which is at most the length of the file; the first
    /// batch to come has number `next`.
    // SUBTLE: which is not always the last one plus one: the batches of a rewrite all have one number.
    pub(super) fn new(file: D, key: Key, last: Cursor, next: u64, limit: u64) -> Self {
        Self {
            window: Window::new(file),
            key,
            at: last.at,
            limit,
            last,
            next,
            batch: None,
        }
    }

    /// Checks the head of the segment as well.
    pub(super) fn check_head(&mut self, id: u64) -> Result<(), Stop> {
        check_segment_head(&mut self.window, id)
    }

    pub(super) fn last(&self) -> Cursor {
        self.last
    }

    /// The next event, `None` at a committed point that is the limit.
    pub(super) fn next(&mut self) -> Result<Option<Event>, Stop> {
        loop {
            let at = self.at;
            if at == self.limit {
                return match &self.batch {
                    None => Ok(None),
                    Some(batch) => {
                        let expected = format!("the mark that closes commit {}", batch.commit);
                        Err(fault(
                            Cause::CutShort,
                            at,
                            at,
                            expected,
                            "the end of the file",
                        ))
                    }
                };
            }
            let raw = frame_at(&mut self.window, &self.key, at, self.limit)?;
            self.at = raw.end;
            if raw.kind == MARK {
                if let Some(end) = self.mark(at, &raw)? {
                    return Ok(Some(Event::Commit(end)));
                }
                continue;
            }
            let Some(batch) = &mut self.batch else {
                return Err(fault(
                    Cause::Order,
                    at,
                    raw.end,
                    "the mark that opens a commit".to_owned(),
                    "a frame",
                ));
            };
            batch.count += 1;
            batch.running.add(raw.check);
            let (commit, time) = (batch.commit, batch.time);
            return Ok(Some(Event::Frame {
                kind: raw.kind,
                body: raw.body,
                at,
                commit,
                time,
            }));
        }
    }

    fn mark(&mut self, at: u64, raw: &Raw) -> Result<Option<Cursor>, Stop> {
        let next = self.next;
        let order =
            |expected: String, found: &str| fault(Cause::Order, at, raw.end, expected, found);
        match (Mark::decode(&raw.body), self.batch.take()) {
            (Some(Mark::Begin(Stamp { commit, time, .. })), None) if commit == next => {
                let mut running = Running::new(&self.key, &self.last.chain);
                running.add(raw.check);
                self.batch = Some(OpenBatch {
                    commit,
                    time,
                    count: 0,
                    running,
                });
                Ok(None)
            }
            (
                Some(Mark::Commit {
                    commit,
                    count,
                    chain,
                    ..
                }),
                Some(batch),
            ) if commit == batch.commit
                && count == batch.count
                && chain == batch.running.chain() =>
            {
                self.next = commit.saturating_add(1);
                self.last = Cursor {
                    at: raw.end,
                    commit,
                    time: batch.time,
                    chain,
                };
                Ok(Some(self.last))
            }
            (_, None) => Err(order(
                format!("the mark that opens commit {next}"),
                "another mark",
            )),
            (_, Some(batch)) => Err(order(
                format!(
                    "the mark that closes commit {} as it was written",
                    batch.commit
                ),
                "another mark",
            )),
        }
    }
}

fn fault(cause: Cause, at: u64, end: u64, expected: String, found: &str) -> Stop {
    Stop::Fault(Fault {
        cause,
        at,
        end,
        expected,
        found: found.to_owned(),
    })
}

/// Lower-case hex, for messages.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
