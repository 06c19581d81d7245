//! Consistent views.

use super::support::{HEADER, Part, frames};
use crate::log::Frame;
use crate::log_store::{LogReader, LogStore};

/// A reader gives what was committed when it was made, whatever is committed later.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn readers_see_no_later_commit<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Views;
    let (mut log, mut want) = (make(HEADER), Vec::new());
    let mut views = vec![(log.reader(), Vec::new())];
    for n in 1..=5 {
        part.write(&mut log, &mut want, frames(n, 2));
        views.push((log.reader(), want.clone()));
    }
    part.ok("syncing", log.sync());
    for ((reader, want), commit) in views.iter().zip(0..) {
        part.same("the commit of a reader", reader.commit(), commit);
        part.tells("a reader beside later commits", reader, want);
    }
}

/// A reader gives what was committed when it was made, also after that was replaced and removed.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn readers_outlive_replacements<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Views;
    let (mut log, mut want) = part.filled(&mut make, 4);
    let before = (log.reader(), want.clone());
    let rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    part.write(&mut log, &mut want, frames(5, 2));
    let during = (log.reader(), want.clone());
    let finished = part.fill(rewrite, frames(77, 1));
    part.tells("a reader of a rewrite not published", &log.reader(), &want);
    let obsolete = part.ok("publishing", log.publish(finished));
    part.tells("a reader from before a rewrite", &before.0, &before.1);
    part.tells("a reader from beside a rewrite", &during.0, &during.1);
    part.ok("removing what was replaced", log.remove(obsolete));
    part.replace(&mut log, frames(78, 1));
    part.tells("a reader of what was replaced twice", &before.0, &before.1);
    part.tells("a reader of what was replaced twice", &during.0, &during.1);
}

/// A cursor goes on behind the frame it gave last, from any frame, in any reader over the same commits, and ends where
/// they end.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn cursors_resume_where_they_stood<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Views;
    let (mut log, _) = part.filled(&mut make, 3);
    // In two parts, if the log has parts.
    part.replace(&mut log, frames(77, 5));
    let batch: Vec<Frame> = (0..600).flat_map(|n| frames(n, 1)).collect();
    part.ok("writing a batch", log.write(batch, 1));
    let reader = log.reader();
    let all = part.told("reading", &reader);
    part.same("the frames there are", all.len(), 605);
    let (mut first, mut second) = Default::default();
    for (index, told) in all.iter().enumerate() {
        // Two cursors, in turn, the second one a frame behind.
        if index > 0 {
            let behind = reader.read(&mut second).map(|e| part.ok("reading", e).body);
            let want = all.get(index - 1).map(|told| told.body.clone());
            part.same("what the second of two cursors reads", behind, want);
        }
        let body = reader.read(&mut first).map(|e| part.ok("reading", e).body);
        part.same("what a cursor reads", body, Some(told.body.clone()));
    }
    part.holds(
        reader.read(&mut first).is_none() && reader.read(&mut first).is_none(),
        "a cursor at the end must stay there",
    );
    part.tells("a reader that cursors went through", &reader, &all);
}
