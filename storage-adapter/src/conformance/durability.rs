//! What is there when a log is opened again.

use super::support::{HEADER, Part, Told, frames, time_of};
use crate::log_store::LogStore;

/// `sync` returns the last commit and vouches for it; a write alone vouches for nothing new.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn sync_vouches_for_all_before_it<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Durability;
    let mut log = make(HEADER);
    part.same(
        "what a sync of nothing returns",
        part.ok("syncing", log.sync()),
        0,
    );
    part.same(
        "the durable commit of an empty log",
        log.durable_commit(),
        0,
    );
    let mut want = Vec::new();
    for n in 1..=9 {
        part.write(&mut log, &mut want, frames(n, 1));
        part.holds(
            log.durable_commit() < n,
            "a commit counts as durable before any sync",
        );
        if n % 3 == 0 {
            part.same("what a sync returns", part.ok("syncing", log.sync()), n);
            part.same("the durable commit", log.durable_commit(), n);
            part.same(
                "what a second sync returns",
                part.ok("syncing", log.sync()),
                n,
            );
        }
    }
    part.tells("a log that was synced", &log.reader(), &want);
}

/// What was synced is there after reopening, header, numbers and times included, and of what was only written a
/// beginning.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn what_was_synced_is_there_after_reopening<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Durability;
    let mut log = reopen(make(HEADER));
    part.same("the commit of an empty log", log.commit(), 0);
    let mut want = Vec::new();
    for n in 1..=4 {
        part.write(&mut log, &mut want, frames(n, 3));
        part.ok("syncing", log.sync());
        log = reopen(log);
        part.same("the header after reopening", log.header(), HEADER);
        part.same("the last commit after reopening", log.commit(), n);
        part.same("its time", log.commit_time_micros(), time_of(n));
        part.holds(
            log.durable_commit() >= n,
            "what was durable is not so after reopening",
        );
        part.tells("the log after reopening", &log.reader(), &want);
    }
    let synced = want.len();
    for n in 5..=7 {
        part.write(&mut log, &mut want, frames(n, 3));
    }
    let log = reopen(log);
    let told = part.told("reading", &log.reader());
    part.holds(
        told.len() >= synced && want.starts_with(&told) && told.len().is_multiple_of(3),
        "after reopening there must be all that was synced, and of the rest whole batches from the beginning",
    );
}

/// A replacement that was published is there after reopening, with the commits behind it, and nothing of what it
/// replaced, whether that was removed or not.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn a_replacement_is_there_after_reopening<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Durability;
    for is_removed in [true, false] {
        let (mut log, _) = part.filled(&mut make, 3);
        let mut later = Vec::new();
        let rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
        part.write(&mut log, &mut later, frames(4, 2));
        part.ok("syncing", log.sync());
        let finished = part.fill(rewrite, frames(77, 3));
        let obsolete = part.ok("publishing", log.publish(finished));
        if is_removed {
            part.ok("removing what was replaced", log.remove(obsolete));
        } else {
            drop(obsolete);
        }
        let mut want = Told::of(3, &frames(77, 3));
        want.extend(later);
        for n in 5..=6 {
            log = reopen(log);
            part.tells("a replacement after reopening", &log.reader(), &want);
            part.same("the header after reopening", log.header(), HEADER);
            part.same("the last commit", log.commit(), n - 1);
            part.write(&mut log, &mut want, frames(n, 1));
            part.ok("syncing", log.sync());
        }
        part.replace(&mut log, frames(78, 1));
        let want = Told::of(6, &frames(78, 1));
        let log = reopen(log);
        part.tells("a second one after reopening", &log.reader(), &want);
    }
}

/// Of a rewrite that was given up nothing is there after reopening, and another may begin.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn an_abandoned_rewrite_is_gone_after_reopening<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Durability;
    let (mut log, mut want) = part.filled(&mut make, 3);
    let rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    drop(part.fill(rewrite, frames(77, 9)));
    part.write(&mut log, &mut want, frames(4, 2));
    part.ok("syncing", log.sync());
    let mut log = reopen(log);
    part.tells("the log after reopening", &log.reader(), &want);
    part.replace(&mut log, frames(78, 2));
    let want = Told::of(4, &frames(78, 2));
    part.tells("a replacement after that", &reopen(log).reader(), &want);
}
