//! What is refused, and what is told of sizes.

use super::support::{HEADER, Part, Told, frames, noise};
use crate::log::{Frame, LogError, MAX_BODY};
use crate::log_store::{LogReader, LogRewrite, LogStore};

/// A frame of kind 0.
fn reserved() -> Frame {
    Frame::new(0, *b"reserved")
}

/// A frame one byte too large.
fn too_large() -> Frame {
    Frame::new(1, vec![0; MAX_BODY + 1])
}

/// A batch with a frame of kind 0 or one that is too large is refused by name, and nothing of it is written.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn refused_frames_leave_nothing<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Admission;
    let (mut log, mut want) = part.filled(&mut make, 2);
    let good = || frames(9, 1);
    let batch = [good(), vec![reserved()], good()].concat();
    let refused = log.write(batch, 1);
    part.holds(
        matches!(refused, Err(LogError::ReservedKind { index: 1 })),
        "a batch with a frame of kind 0 must give `ReservedKind` with its place",
    );
    let refused = log.write([good(), vec![too_large()]].concat(), 1);
    let (index, len, max) = (1, MAX_BODY + 1, MAX_BODY);
    part.holds(
        matches!(refused, Err(LogError::FrameTooLarge { index: i, len: l, max: m }) if (i, l, m) == (index, len, max)),
        "a batch with a frame above `MAX_BODY` must give `FrameTooLarge` with its place and length",
    );
    part.same("the commit after a refusal", log.commit(), 2);
    part.tells("the log after a refusal", &log.reader(), &want);
    part.write(&mut log, &mut want, frames(3, 2));
    part.tells("the log that goes on after a refusal", &log.reader(), &want);
}

/// A rewrite refuses the same frames, and what is in force does not change.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn refused_frames_leave_a_rewrite_as_it_was<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Admission;
    let (mut log, want) = part.filled(&mut make, 2);
    let mut rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    part.ok("pushing a frame", rewrite.push(Frame::new(1, *b"good")));
    part.holds(
        matches!(rewrite.push(reserved()), Err(LogError::ReservedKind { .. })),
        "a rewrite must refuse a frame of kind 0 as `ReservedKind`",
    );
    part.holds(
        matches!(
            rewrite.push(too_large()),
            Err(LogError::FrameTooLarge { .. })
        ),
        "a rewrite must refuse a frame above `MAX_BODY` as `FrameTooLarge`",
    );
    drop(rewrite);
    part.tells("the log after a refusal", &log.reader(), &want);
}

/// `verify` counts the frames and finds no damage, `disk_bytes` is not below what cannot be written in less, and a log
/// that holds something has a part.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn sizes_are_sane<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Sizes;
    let (mut log, mut want) = (make(HEADER), Vec::new());
    for n in 0..8 {
        let batch = vec![Frame::new(1, noise(n, 100_000))];
        part.write(&mut log, &mut want, batch);
    }
    part.ok("syncing", log.sync());
    let bytes = part.ok("asking for the size", log.disk_bytes());
    part.holds(
        bytes >= 800_000,
        "`disk_bytes` is below the bodies, which do not compress",
    );
    part.holds(log.parts() >= 1, "a log with commits has no part");
    let report = part.ok("verifying", log.verify());
    part.same("the frames that `verify` counts", report.frames, 8);
    part.holds(
        report.damage.is_empty(),
        "`verify` finds damage in a log that was just written",
    );
    let before = log.reader();
    part.write(&mut log, &mut want, vec![Frame::new(1, *b"later")]);
    let report = part.ok("verifying by a reader", before.verify());
    part.same(
        "the frames that `verify` of a reader counts, later ones left out",
        report.frames,
        8,
    );
    part.replace(&mut log, vec![Frame::new(1, *b"all of it")]);
    let report = part.ok("verifying", log.verify());
    part.same(
        "the frames that `verify` counts after a replacement",
        report.frames,
        1,
    );
    let want = Told::of(9, &[Frame::new(1, *b"all of it")]);
    part.tells("the log after that", &log.reader(), &want);
}
