//! The one judgement on which data can be lost: is what does not check at the end of the active
//! segment the remains of a batch that was never acknowledged, or damage to one that was?
//!
//! A batch is synced before the next one begins, so a crash can spoil only the batch behind the
//! last whole one: it leaves it short, or, where the file system had grown the file before it wrote
//! the data, leaves sectors of zeros in it. Anything else is damage, and damage is never cut.

use std::io;

use super::batch::{Cause, Fault, Stop, frame_at};
use super::files::DataFile;
use super::frame::{CHECK, HEAD, Head, Key, MARK, Mark};
use super::window::Window;

/// The smallest unit a medium writes.
const SECTOR: u64 = 512;

/// What to do with the bytes behind the last whole batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They belong to a batch that was never acknowledged: cut them.
    Torn,
    /// They were synced once: report them.
    Damage,
}

/// Judges the bytes `tail .. len`, in which `fault` was the first to be found; `next` is the number
/// of the batch that begins at `tail`.
pub(super) fn judge<D: DataFile>(
    file: D,
    key: &Key,
    tail: u64,
    len: u64,
    fault: &Fault,
    next: u64,
) -> io::Result<Verdict> {
    let mut window = Window::new(file);
    let unwritten = match fault.cause {
        Cause::Order => false,
        Cause::CutShort => true,
        Cause::Damaged => has_hole(&mut window, tail, len, fault)?,
    };
    if !unwritten {
        return Ok(Verdict::Damage);
    }
    // SUBTLE: a whole mark behind the fault tells more than the fault. A later batch means that
    // this one was synced; and behind a frame that seems short there can be nothing at all.
    let allowed = (fault.cause == Cause::Damaged).then_some(next);
    let proof = marks_behind(&mut window, key, fault.at + 1, len, allowed)?;
    Ok(if proof {
        Verdict::Damage
    } else {
        Verdict::Torn
    })
}

/// True iff the faulty bytes reach into a sector of which nothing but zeros is there.
fn has_hole<D: DataFile>(
    window: &mut Window<D>,
    tail: u64,
    len: u64,
    fault: &Fault,
) -> io::Result<bool> {
    let mut sector = fault.at - fault.at % SECTOR;
    while sector < fault.end {
        let (from, to) = (sector.max(tail), (sector + SECTOR).min(len));
        let size = usize::try_from(to.saturating_sub(from)).unwrap_or_default();
        if size > 0 && window.get(from, size)?.iter().all(|byte| *byte == 0) {
            return Ok(true);
        }
        sector += SECTOR;
    }
    Ok(false)
}

/// True iff a whole mark of another batch than `allowed` begins in `from .. len`.
fn marks_behind<D: DataFile>(
    window: &mut Window<D>,
    key: &Key,
    from: u64,
    len: u64,
    allowed: Option<u64>,
) -> io::Result<bool> {
    let mut at = from;
    while at + ((HEAD + Mark::BEGIN_LEN + CHECK) as u64) <= len {
        if Head::decode(window.get(at, HEAD)?).is_some_and(|head| head.kind == MARK) {
            match frame_at(window, key, at, len) {
                Ok(raw) if Mark::decode(&raw.body).map(Mark::commit) != allowed => return Ok(true),
                Err(Stop::Io(error)) => return Err(error),
                Ok(_) | Err(Stop::Fault(_)) => {}
            }
        }
        at += 1;
    }
    Ok(false)
}
