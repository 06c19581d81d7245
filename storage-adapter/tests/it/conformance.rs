//! The conformance checks: our logs pass, and logs with one fault each are caught by the check that names it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

mod broken;

use std::panic::{AssertUnwindSafe, catch_unwind};

use storage_adapter::log::LogDir;
use storage_adapter::{MemoryLog, conformance as checks};

use broken::{Broken, Fault};

#[test]
fn the_log_in_memory_conforms() {
    checks::check(MemoryLog::new, |log| log.clone());
    checks::check_threads(MemoryLog::new);
}

#[test]
fn the_log_of_files_conforms() {
    for segment_target in [None, Some(100)] {
        let dir = tempfile::tempdir().unwrap();
        let mut made = 0;
        let mut make = |header: &[u8]| {
            made += 1;
            let mut log = LogDir::create(&dir.path().join(made.to_string()), header).unwrap();
            if let Some(bytes) = segment_target {
                log.set_segment_target(bytes);
            }
            log
        };
        checks::check(&mut make, |log| {
            let path = log.path();
            drop(log);
            let (log, report) = LogDir::open(&path).unwrap();
            assert_eq!(report.cut, None);
            log
        });
        checks::check_threads(make);
    }
}

/// What `check` says of a log with this fault.
fn complaint(fault: Fault, check: impl FnOnce(&mut dyn FnMut(&[u8]) -> Broken)) -> String {
    let mut make = |header: &[u8]| Broken::new(header, fault);
    let panic = catch_unwind(AssertUnwindSafe(|| check(&mut make)));
    let panic = panic.expect_err(&format!("{fault:?} was not caught"));
    *panic.downcast::<String>().unwrap()
}

#[test]
fn a_wrapper_without_a_fault_conforms() {
    checks::check(|header| Broken::new(header, Fault::None), Broken::reopened);
    checks::check_threads(|header| Broken::new(header, Fault::None));
}

/// Each fault is caught by the check named, and by all checks together; the message begins with the part of the
/// contract.
macro_rules! caught {
    ($($test:ident: $fault:ident by $check:ident($($reopen:ident)?), $part:literal;)*) => {$(
        #[test]
        fn $test() {
            let said = complaint(Fault::$fault, |make| {
                checks::$check(make $(, Broken::$reopen)?);
            });
            assert!(said.starts_with(concat!($part, ": ")), "{said}");
            complaint(Fault::$fault, |make| checks::check(make, Broken::reopened));
        }
    )*};
}

caught! {
    numbers_with_gaps: SkipsNumbers by commits_are_numbered_in_order(), "order";
    a_batch_told_backwards: TellsBackwards by commits_are_numbered_in_order(), "order";
    a_header_forgotten_at_once: NoHeader by commits_are_numbered_in_order(), "order";
    a_frame_of_a_batch_lost: LosesFrame by a_batch_is_one_commit(), "atomicity";
    equal_frames_told_once: TellsEqualFramesOnce by a_batch_is_one_commit(), "atomicity";
    a_frame_for_an_empty_batch: WritesEmptyBatch by an_empty_batch_writes_nothing(), "order";
    bodies_cut_at_a_page: CutsLargeBodies by bodies_come_back_as_written(reopened), "atomicity";
    the_frame_of_kind_0_taken: TakesReservedKind by refused_frames_leave_nothing(), "admission";
    the_beginning_of_a_refused_batch: WritesBeforeRefusing by refused_frames_leave_nothing(), "admission";
    a_rewrite_that_takes_kind_0: RewriteTakesReservedKind by refused_frames_leave_a_rewrite_as_it_was(), "admission";
    frames_not_counted: VerifyCountsNothing by sizes_are_sane(), "sizes";
    no_size: NoSize by sizes_are_sane(), "sizes";
    readers_of_what_came_later: LiveReaders by readers_see_no_later_commit(), "views";
    readers_of_what_was_replaced: ReadersFollowReplacements by readers_outlive_replacements(), "views";
    cursors_that_share_a_place: SharedCursor by cursors_resume_where_they_stood(), "views";
    numbers_changed_by_publishing: RenumbersAfterPublish by a_replacement_is_what_was_pushed(), "replacement";
    the_frames_of_a_rewrite_forgotten: ForgetsPushed by a_replacement_is_what_was_pushed(), "replacement";
    a_rewrite_in_force_too_soon: PublishesAtFinish by a_replacement_is_what_was_pushed(), "replacement";
    the_number_lost_with_the_frames: EmptyCountsAnew by an_empty_replacement_keeps_the_number(reopened), "replacement";
    commits_beside_a_rewrite_forgotten: ForgetsLater by commits_go_on_beside_a_rewrite(), "replacement";
    a_given_up_rewrite_that_blocks: StaysBusy by an_abandoned_rewrite_changes_nothing(), "replacement";
    two_rewrites_at_once: NeverBusy by one_rewrite_at_a_time(), "replacement";
    a_seam_not_heeded: IgnoresStanding by what_stands_before_a_seam_stays(reopened), "replacement";
    a_seam_not_told: ForgetsSeams by what_stands_before_a_seam_stays(reopened), "replacement";
    a_seam_where_there_is_none: TakesAnySeam by only_seams_can_be_left_standing(), "replacement";
    a_commit_called_durable_unsynced: DurableAtWrite by sync_vouches_for_all_before_it(), "durability";
    a_synced_commit_lost: ReopensWithoutLast by what_was_synced_is_there_after_reopening(reopened), "durability";
    a_batch_torn_by_reopening: ReopensTorn by what_was_synced_is_there_after_reopening(reopened), "durability";
    a_header_lost_by_reopening: ReopensWithoutHeader by what_was_synced_is_there_after_reopening(reopened), "durability";
    a_replacement_undone_by_reopening: ReopensUnpublished by a_replacement_is_there_after_reopening(reopened), "durability";
    places_of_some_frames: SaysOfSome by single_frames_are_where_they_were_put(reopened), "frames";
    an_end_not_told: EndsNowhere by single_frames_are_where_they_were_put(reopened), "frames";
    something_sealed_at_no_end: EndsAnywhere by single_frames_are_where_they_were_put(reopened), "frames";
    another_frame_fetched: FetchesTheNext by single_frames_are_where_they_were_put(reopened), "frames";
    a_frame_gone_when_replaced: FetchesNothingReplaced by single_frames_are_where_they_were_put(reopened), "frames";
    a_last_frame_of_any_length: LastOfAnyLength by single_frames_are_where_they_were_put(reopened), "frames";
    an_end_read_on_from_the_begin: ReadsOnFromTheBegin by single_frames_are_where_they_were_put(reopened), "frames";
    a_given_up_rewrite_back: ReopensAbandoned by an_abandoned_rewrite_is_gone_after_reopening(reopened), "durability";
}

#[test]
fn a_rewrite_lost_between_threads() {
    let said = complaint(Fault::ForgetsPushed, |make| checks::check_threads(make));
    assert!(said.starts_with("replacement: "), "{said}");
}
