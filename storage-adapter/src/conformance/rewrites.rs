//! Replacing the beginning of a log.

use super::support::{HEADER, Part, Told, frames, time_of};
use crate::log::LogError;
use crate::log_store::{LogReader, LogRewrite, LogStore};

/// After publishing, the log is what was pushed, under the number and the time of the last commit replaced; the number
/// of the last commit is what it was, and the next is one more.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn a_replacement_is_what_was_pushed<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Replacement;
    let (mut log, before) = part.filled(&mut make, 7);
    let mut rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    part.same("the commit of a rewrite", rewrite.commit(), 7);
    for frame in frames(77, 9) {
        part.ok("pushing a frame", rewrite.push(frame));
        part.tells("the log beside a rewrite", &log.reader(), &before);
    }
    let finished = part.ok("finishing a rewrite", rewrite.finish());
    part.tells("the log before publishing", &log.reader(), &before);
    let obsolete = part.ok("publishing", log.publish(finished));
    let mut want = Told::of(7, &frames(77, 9));
    part.tells("the log after publishing", &log.reader(), &want);
    part.ok("removing what was replaced", log.remove(obsolete));
    part.same("the last commit", log.commit(), 7);
    part.same("its time", log.commit_time_micros(), time_of(7));
    part.same("the header", log.header(), HEADER);
    part.write(&mut log, &mut want, frames(8, 2));
    part.tells("the log that goes on", &log.reader(), &want);
    // And once more, over what was replaced before.
    part.replace(&mut log, frames(78, 2));
    let want = Told::of(8, &frames(78, 2));
    part.tells("a second replacement", &log.reader(), &want);
}

/// A replacement without frames leaves a log without frames that goes on counting, also after reopening.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn an_empty_replacement_keeps_the_number<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Replacement;
    let mut empty = make(HEADER);
    part.replace(&mut empty, Vec::new());
    part.same("the commit of an empty log", empty.commit(), 0);
    let (mut log, _) = part.filled(&mut make, 3);
    part.replace(&mut log, Vec::new());
    part.ok("syncing", log.sync());
    for what in ["an emptied log", "an emptied log after reopening"] {
        part.tells(what, &log.reader(), &[]);
        part.same("the last commit", log.commit(), 3);
        part.same("the commit of a reader", log.reader().commit(), 3);
        part.same("its time", log.commit_time_micros(), time_of(3));
        log = reopen(log);
    }
    let mut want = Vec::new();
    part.write(&mut log, &mut want, frames(4, 2));
    part.tells("an emptied log that goes on", &log.reader(), &want);
}

/// What is committed while a rewrite is filled, finished and waiting stays behind it, as it was.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn commits_go_on_beside_a_rewrite<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Replacement;
    let (mut log, mut all) = part.filled(&mut make, 3);
    let mut later = Vec::new();
    let mut rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    for n in 0..3 {
        for frame in frames(77 + n, 2) {
            part.ok("pushing a frame", rewrite.push(frame));
        }
        part.write(&mut log, &mut later, frames(n, 3));
    }
    let finished = part.ok("finishing a rewrite", rewrite.finish());
    part.write(&mut log, &mut later, frames(9, 1));
    all.extend(later.iter().cloned());
    part.tells("the log before publishing", &log.reader(), &all);
    let obsolete = part.ok("publishing", log.publish(finished));
    part.ok("removing what was replaced", log.remove(obsolete));
    let pushed: Vec<_> = (0..3).flat_map(|n| frames(77 + n, 2)).collect();
    let mut want = Told::of(3, &pushed);
    want.extend(later);
    part.tells("a replacement, and commits since", &log.reader(), &want);
    part.same("the last commit", log.commit(), 7);
    part.write(&mut log, &mut want, frames(10, 1));
    part.tells("the log that goes on", &log.reader(), &want);
}

/// A rewrite that is dropped, finished or not, leaves the log as it was, and another may begin.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn an_abandoned_rewrite_changes_nothing<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Replacement;
    let (mut log, mut want) = part.filled(&mut make, 3);
    let mut rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    for frame in frames(77, 9) {
        part.ok("pushing a frame", rewrite.push(frame));
    }
    part.write(&mut log, &mut want, frames(4, 2));
    drop(rewrite);
    part.tells("the log after a dropped rewrite", &log.reader(), &want);
    let rewrite = part.ok("beginning another rewrite", log.begin_rewrite());
    let finished = part.fill(rewrite, frames(78, 9));
    part.write(&mut log, &mut want, frames(5, 2));
    drop(finished);
    part.tells("the log after a dropped rewrite", &log.reader(), &want);
    part.write(&mut log, &mut want, frames(6, 2));
    part.tells("the log that goes on", &log.reader(), &want);
    part.replace(&mut log, frames(79, 1));
    let want = Told::of(6, &frames(79, 1));
    part.tells("a replacement after dropped ones", &log.reader(), &want);
}

/// While a rewrite is alive, finished or not, another gets `Busy`; after it is published or dropped, none does.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn one_rewrite_at_a_time<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Replacement;
    let (mut log, mut want) = part.filled(&mut make, 2);
    let refuses = |log: &mut L| {
        part.holds(
            matches!(log.begin_rewrite(), Err(LogError::Busy { .. })),
            "a second rewrite beside one that is alive must give `Busy`",
        );
    };
    let first = part.ok("beginning a rewrite", log.begin_rewrite());
    refuses(&mut log);
    part.write(&mut log, &mut want, frames(3, 1));
    refuses(&mut log);
    let finished = part.fill(first, frames(77, 1));
    refuses(&mut log);
    drop(finished);
    let second = part.ok("beginning after a dropped one", log.begin_rewrite());
    let finished = part.fill(second, frames(78, 1));
    let obsolete = part.ok("publishing", log.publish(finished));
    let third = part.ok("beginning after a published one", log.begin_rewrite());
    part.ok("removing what was replaced", log.remove(obsolete));
    drop(third);
    let want = Told::of(3, &frames(78, 1));
    part.tells("the log after all that", &log.reader(), &want);
}
