//! Replacing what lies behind a seam.

use super::support::{Part, Told, frames, time_of};
use crate::log::LogError;
use crate::log_store::{LogRewrite, LogStore};

/// A rewrite that leaves commits standing replaces those behind them and no others, also when commits go on beside it,
/// again behind its own end, and after reopening. The commit that a replacement ends with is a seam for as long as the
/// replacement stands.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn what_stands_before_a_seam_stays<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Replacement;
    let (mut log, _) = part.filled(&mut make, 3);
    part.replace(&mut log, frames(70, 4));
    let mut standing = Told::of(3, &frames(70, 4));
    // Runs end with 3, 5, 8 and 12; behind each lie more commits than one.
    for seam in [3_u64, 5, 8] {
        let mut gone = Vec::new();
        for n in 0..seam / 2 {
            part.write(&mut log, &mut gone, frames(seam + n, 2));
        }
        part.ok("syncing", log.sync());
        log = reopen(log);
        let seams = log.seams();
        part.holds(
            seams.contains(&seam),
            "the end of a replacement must be a seam",
        );
        let last = log.commit();
        let rewrite = part.ok("beginning behind a seam", log.begin_rewrite_after(seam));
        part.same("the commit of a rewrite", rewrite.commit(), last);
        let mut later = Vec::new();
        part.write(&mut log, &mut later, frames(90 + seam, 2));
        let finished = part.fill(rewrite, frames(80 + seam, 3));
        let all = [standing.clone(), gone, later.clone()].concat();
        part.tells("the log before publishing", &log.reader(), &all);
        let obsolete = part.ok("publishing", log.publish(finished));
        standing.extend(Told::of(last, &frames(80 + seam, 3)));
        let all = [standing.clone(), later].concat();
        part.tells("a log with a run more", &log.reader(), &all);
        part.same("the last commit", log.commit(), last + 1);
        part.same("its time", log.commit_time_micros(), time_of(last + 1));
        part.ok("removing what was replaced", log.remove(obsolete));
        part.ok("syncing", log.sync());
        log = reopen(log);
        part.tells("a log with a run more, reopened", &log.reader(), &all);
        let ends = log.seams();
        part.holds(
            ends.contains(&seam) && ends.contains(&last),
            "the ends of all replacements that stand must be seams",
        );
        // What came beside the rewrite goes into the next one.
        let rewrite = part.ok("beginning behind a seam", log.begin_rewrite_after(last));
        let finished = part.fill(rewrite, frames(60 + seam, 1));
        let obsolete = part.ok("publishing", log.publish(finished));
        part.ok("removing what was replaced", log.remove(obsolete));
        standing.extend(Told::of(last + 1, &frames(60 + seam, 1)));
        part.tells("a log with another run", &log.reader(), &standing);
    }
    part.replace(&mut log, frames(99, 2));
    let all = Told::of(log.commit(), &frames(99, 2));
    part.tells("a log of one run again", &log.reader(), &all);
    part.same("its seams", log.seams(), Vec::new());
}

/// Seams ascend, lie before the last commit, and each can be left standing; nothing else can, and asking for it changes
/// nothing.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn only_seams_can_be_left_standing<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Replacement;
    let (mut log, _) = part.filled(&mut make, 3);
    part.replace(&mut log, frames(70, 4));
    let mut want = Told::of(3, &frames(70, 4));
    for n in 4..9 {
        part.write(&mut log, &mut want, frames(n, 2));
    }
    let seams = log.seams();
    let ascend = seams.windows(2).all(|pair| pair.first() < pair.last());
    let inside = seams.iter().all(|seam| (1..log.commit()).contains(seam));
    part.holds(
        ascend && inside,
        "seams must ascend between 0 and the last commit",
    );
    for commit in 1..12 {
        let begun = log.begin_rewrite_after(commit);
        if seams.contains(&commit) {
            drop(part.ok("beginning behind a seam", begun));
        } else {
            part.holds(
                matches!(begun, Err(LogError::NoSeam { commit: c, .. }) if c == commit),
                "beginning behind no seam must give `NoSeam`",
            );
        }
        part.tells("a log that nothing was done to", &log.reader(), &want);
    }
    part.ok("beginning a rewrite", log.begin_rewrite());
}
