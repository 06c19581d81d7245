//! What any [`LogStore`] must do, as checks that any implementor runs.
//!
//! Each check makes logs of its own with `make`, which gives an empty log with this header, and some close and open
//! them again with `reopen`. A check that fails panics, and its message begins with the name of the part of the
//! contract that was broken. [`check`] runs all that need no threads, [`check_threads`] the rest.
//!
//! What only a loss of power shows is not checked here: closing a log and opening it again loses nothing that
//! was written, so an implementation that never syncs passes. Use a disk that fails for that, as the tests of
//! [`LogDir`](crate::log::LogDir) do.
//!
//! ```
//! use storage_adapter::{MemoryLog, conformance};
//!
//! // A log in memory is "opened again" by a clone of it.
//! conformance::check(MemoryLog::new, |log| log.clone());
//! conformance::check_threads(MemoryLog::new);
//! ```

mod batches;
mod durability;
mod limits;
mod readers;
mod rewrites;
mod sealed;
mod seams;
mod support;
mod threads;

pub use batches::{
    a_batch_is_one_commit, an_empty_batch_writes_nothing, bodies_come_back_as_written,
    commits_are_numbered_in_order,
};
pub use durability::{
    a_replacement_is_there_after_reopening, an_abandoned_rewrite_is_gone_after_reopening,
    sync_vouches_for_all_before_it, what_was_synced_is_there_after_reopening,
};
pub use limits::{
    refused_frames_leave_a_rewrite_as_it_was, refused_frames_leave_nothing, sizes_are_sane,
};
pub use readers::{
    cursors_resume_where_they_stood, readers_outlive_replacements, readers_see_no_later_commit,
};
pub use rewrites::{
    a_replacement_is_what_was_pushed, an_abandoned_rewrite_changes_nothing,
    an_empty_replacement_keeps_the_number, commits_go_on_beside_a_rewrite, one_rewrite_at_a_time,
};
pub use sealed::single_frames_are_where_they_were_put;
pub use seams::{only_seams_can_be_left_standing, what_stands_before_a_seam_stays};
pub use threads::rewrites_are_filled_on_other_threads;

use crate::log_store::LogStore;

/// Runs every check that needs no threads.
///
/// # Panics
///
/// When the contract is broken; the message begins with the part of it that is.
#[track_caller]
pub fn check<L: LogStore>(mut make: impl FnMut(&[u8]) -> L, mut reopen: impl FnMut(L) -> L) {
    commits_are_numbered_in_order(&mut make);
    a_batch_is_one_commit(&mut make);
    an_empty_batch_writes_nothing(&mut make);
    bodies_come_back_as_written(&mut make, &mut reopen);
    refused_frames_leave_nothing(&mut make);
    refused_frames_leave_a_rewrite_as_it_was(&mut make);
    sizes_are_sane(&mut make);
    readers_see_no_later_commit(&mut make);
    readers_outlive_replacements(&mut make);
    cursors_resume_where_they_stood(&mut make);
    a_replacement_is_what_was_pushed(&mut make);
    an_empty_replacement_keeps_the_number(&mut make, &mut reopen);
    commits_go_on_beside_a_rewrite(&mut make);
    an_abandoned_rewrite_changes_nothing(&mut make);
    one_rewrite_at_a_time(&mut make);
    what_stands_before_a_seam_stays(&mut make, &mut reopen);
    only_seams_can_be_left_standing(&mut make);
    single_frames_are_where_they_were_put(&mut make, &mut reopen);
    sync_vouches_for_all_before_it(&mut make);
    what_was_synced_is_there_after_reopening(&mut make, &mut reopen);
    a_replacement_is_there_after_reopening(&mut make, &mut reopen);
    an_abandoned_rewrite_is_gone_after_reopening(&mut make, &mut reopen);
}

/// Runs the checks for logs that threads share, as [`SharedStore`](crate::SharedStore) does.
///
/// # Panics
///
/// As [`check`].
#[track_caller]
pub fn check_threads<L>(mut make: impl FnMut(&[u8]) -> L)
where
    L: LogStore,
    L::Rewrite: Send,
    L::Finished: Send,
    L::Reader: Send + Sync,
{
    rewrites_are_filled_on_other_threads(&mut make);
}
