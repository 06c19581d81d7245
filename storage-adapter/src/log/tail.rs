//! The one judgement on which data can be lost: is what does not check at the end of the active
//! segment the remains of batches that were never synced, or damage to one that was?
//!
//! A crash can spoil the batches since the last sync: it leaves the file short, or, where the file
//! system had grown the file before it wrote the data, leaves sectors of zeros in it. Each mark says
//! which commit was durable when it was written, so a mark can prove that a batch before it was
//! synced. Anything else is damage, and damage is never cut.

use std::io;
use std::ops::Range;

use super::batch::{Cause, Fault, Stop, frame_at};
use super::files::DataFile;
use super::frame::{CHECK, HEAD, Head, Key, MARK, Mark};
use super::segment::{Cursor, SECTOR};
use super::window::Window;

/// What to do with the bytes behind the last whole batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They belong to batches that were never synced: cut them.
    Torn,
    /// They were synced once: report them.
    Damage,
}

/// Judges the bytes `end.at .. len`, in which `fault` was the first to be found.
pub(super) fn judge<D: DataFile>(
    file: D,
    key: &Key,
    end: &Cursor,
    len: u64,
    fault: &Fault,
) -> io::Result<Verdict> {
    let mut window = Window::new(file);
    // Which bytes could be others than were written: those that led to the finding.
    let suspect = match fault.cause {
        Cause::Order => return Ok(Verdict::Damage),
        Cause::CutShort => len.min(fault.at + HEAD as u64),
        Cause::Damaged => fault.end,
    };
    let has_hole = has_hole(&mut window, end.at, len, fault.at..suspect)?;
    let proof = match (has_hole, fault.cause) {
        // A sector was not written. Then others may be missing too, and whole batches that were not
        // synced either may lie behind; a mark tells of damage if it says that this batch was durable.
        (true, _) => Some(end.commit.saturating_add(1)),
        // The file ends inside a frame; so there can be nothing at all behind the place.
        (false, Cause::CutShort) => None,
        (false, _) => return Ok(Verdict::Damage),
    };
    Ok(
        if marks_behind(&mut window, key, fault.at + 1, len, proof)? {
            Verdict::Damage
        } else {
            Verdict::Torn
        },
    )
}

/// True iff these bytes reach into a sector of which nothing but zeros is there.
// SUBTLE: bytes before `tail`, the begin of the faulty batch, do not count: their sector can have been
// written before the batch was.
fn has_hole<D: DataFile>(
    window: &mut Window<D>,
    tail: u64,
    len: u64,
    bytes: Range<u64>,
) -> io::Result<bool> {
    let mut sector = bytes.start - bytes.start % SECTOR;
    while sector < bytes.end {
        let (from, to) = (sector.max(tail), (sector + SECTOR).min(len));
        let size = usize::try_from(to.saturating_sub(from)).unwrap_or_default();
        if size > 0 && window.get(from, size)?.iter().all(|byte| *byte == 0) {
            return Ok(true);
        }
        sector += SECTOR;
    }
    Ok(false)
}

/// True iff a whole mark begins in `from .. len` that says that commit `durable` was durable; without
/// a number, iff any whole mark does.
fn marks_behind<D: DataFile>(
    window: &mut Window<D>,
    key: &Key,
    from: u64,
    len: u64,
    durable: Option<u64>,
) -> io::Result<bool> {
    let proves = |mark: Mark| durable.is_none_or(|commit| mark.durable() >= commit);
    let mut at = from;
    while at + ((HEAD + Mark::BEGIN_LEN + CHECK) as u64) <= len {
        if Head::decode(window.get(at, HEAD)?).is_some_and(|head| head.kind == MARK) {
            match frame_at(window, key, at, len) {
                Ok(raw) if Mark::decode(&raw.body).is_some_and(proves) => return Ok(true),
                Err(Stop::Io(error)) => return Err(error),
                Ok(_) | Err(Stop::Fault(_)) => {}
            }
        }
        at += 1;
    }
    Ok(false)
}
