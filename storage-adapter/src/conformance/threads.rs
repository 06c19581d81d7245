//! Rewrites and readers on other threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::support::{Part, Told, frames};
use crate::log::Frame;
use crate::log_store::{LogReader, LogRewrite, LogStore};

/// A rewrite is filled on a thread of its own while the owner writes and syncs and others read; all get what they
/// would have got alone.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn rewrites_are_filled_on_other_threads<L>(mut make: impl FnMut(&[u8]) -> L)
where
    L: LogStore,
    L::Rewrite: Send,
    L::Finished: Send,
    L::Reader: Send + Sync,
{
    let part = Part::Replacement;
    let (mut log, before) = part.filled(&mut make, 50);
    let reader = log.reader();
    let mut rewrite = part.ok("beginning a rewrite", log.begin_rewrite());
    let done = AtomicBool::new(false);
    let mut later = Vec::new();
    let finished = thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    Part::Views.tells("a reader beside a rewrite", &reader, &before);
                }
            });
        }
        let compactor = threads.spawn(|| {
            // Readers are told to end also when a frame is refused.
            let _done = Done(&done);
            for entry in reader.frames() {
                let entry = part.ok("reading", entry);
                part.ok("pushing", rewrite.push(Frame::new(9, entry.body)));
            }
            part.ok("finishing a rewrite", rewrite.finish())
        });
        for n in 0..20 {
            part.write(&mut log, &mut later, frames(n, 4));
            part.ok("syncing", log.sync());
        }
        match compactor.join() {
            Ok(finished) => finished,
            Err(panicked) => std::panic::resume_unwind(panicked),
        }
    });
    let obsolete = part.ok("publishing", log.publish(finished));
    part.ok("removing what was replaced", log.remove(obsolete));
    let pushed: Vec<Frame> = before.into_iter().map(|t| Frame::new(9, t.body)).collect();
    let mut want = Told::of(50, &pushed);
    want.extend(later);
    part.tells("what two threads made", &log.reader(), &want);
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
