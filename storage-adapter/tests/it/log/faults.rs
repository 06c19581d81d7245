//! Calls that fail while the system goes on.

use storage_adapter::log::LogError;

use super::sim::{Fault, Outcome, SimDisk};
use super::story::{self, Model, SCRIPT, SCRIPTS, Step};

/// The scripts, each of their steps run under one fault at one call; what a caller sees must fit the
/// model.
fn run_with(fault: Fault) {
    for script in SCRIPTS {
        run_script_with(script, fault);
    }
}

fn run_script_with(script: &[Step], fault: Fault) {
    let mut failures = 0;
    for call in 0.. {
        let disk = SimDisk::default();
        disk.plan(call, fault);
        let (mut model, log, error) = story::run(&disk, script);
        if disk.calls() <= call {
            break;
        }
        let what = format!("{fault:?} at call {call}");
        failures += u64::from(error.is_some());
        match log {
            Some(mut log) => {
                model.shown_by(&log);
                disk.free_space();
                if log.poisoned().is_none() {
                    // A failure that is known to have changed nothing: the store goes on, without a
                    // reopen.
                    if fault != Fault::FailsAfter {
                        // (A file that was made although the system denied it is left to the next
                        // open.)
                        let mut left = log.obsolete();
                        left.sort();
                        assert_eq!(story::unnamed(&disk, &log), left, "{what}");
                    }
                    model.nothing_pending();
                    for step in [
                        Step::Append(3),
                        Step::Write(1),
                        Step::Replace(3),
                        Step::Append(1),
                    ] {
                        model
                            .write(&mut log, step)
                            .unwrap_or_else(|e| panic!("{what}: {e}"));
                        assert_eq!(story::read(&log).unwrap(), model.acked, "{what}");
                    }
                } else {
                    let refused = log.append(story::frames(0, 1), 0).unwrap_err();
                    assert!(matches!(refused, LogError::Poisoned { .. }), "{what}");
                    let refused = log.replace(story::frames(0, 1)).unwrap_err();
                    assert!(matches!(refused, LogError::Poisoned { .. }), "{what}");
                }
                drop(log);
            }
            // Opening failed to sync what the last owner had not synced. The system may show bytes now
            // that it has given up writing; only the medium tells.
            None if matches!(error, Some(LogError::Io { action: "sync", .. })) => {
                disk.restart(Outcome::Lost);
            }
            None => disk.free_space(),
        }
        disk.no_plan();
        let mut log = match story::open(&disk) {
            Ok((log, _)) => log,
            Err(error) if model.is_new() => {
                story::create(&disk).unwrap_or_else(|again| panic!("{what}: {error}; {again}"))
            }
            Err(error) => panic!("{what}: {error}"),
        };
        model.settle(&log);
        model.write(&mut log, Step::Append(2)).unwrap();
        drop(log);
        disk.restart(Outcome::Lost);
        let (log, _) =
            story::open(&disk).unwrap_or_else(|e| panic!("{what}: after the loss of power: {e}"));
        model.settle(&log);
    }
    assert!(
        failures > 40,
        "only {failures} calls of the script could fail"
    );
}

#[test]
fn a_failed_call_loses_nothing_acknowledged() {
    run_with(Fault::Fails);
}

#[test]
fn a_call_that_reports_failure_and_did_its_work_loses_nothing() {
    run_with(Fault::FailsAfter);
}

#[test]
fn a_full_disk_changes_nothing_and_the_store_goes_on_when_there_is_space() {
    run_with(Fault::Full);
}

/// A store with one batch, and the model of it.
fn small() -> (SimDisk, story::Log, Model) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::default();
    model.write(&mut log, Step::Append(3)).unwrap();
    (disk, log, model)
}

fn step_fails_at(
    what: &str,
    step: Step,
    fault: Fault,
) -> (SimDisk, story::Log, Model, Result<(), LogError>) {
    let (disk, mut log, mut model) = small();
    disk.no_plan();
    model.write(&mut log, step).unwrap();
    let call = disk
        .trace()
        .iter()
        .position(|line| line.starts_with(what))
        .unwrap();
    let (disk, mut log, mut model) = small();
    disk.plan(call as u64, fault);
    let result = model.write(&mut log, step);
    (disk, log, model, result)
}

#[test]
fn a_failed_sync_poisons_and_is_not_believed_later() {
    for (what, step) in [
        ("sync seg-", Step::Append(2)),
        ("sync seg-", Step::Replace(2)),
        ("sync MANIFEST-", Step::Replace(2)),
        ("sync CURRENT.tmp", Step::Replace(2)),
        ("sync directory", Step::Replace(2)),
    ] {
        let (disk, mut log, mut model, result) = step_fails_at(what, step, Fault::Fails);
        assert!(
            matches!(result, Err(LogError::Io { action: "sync", .. })),
            "{what}: {result:?}"
        );
        let message = log.append(story::frames(1, 1), 1).unwrap_err().to_string();
        assert!(
            message.contains("read-only after a failure") && message.contains("open it again"),
            "{message}"
        );
        assert_eq!(story::read(&log).unwrap(), model.acked, "{what}");
        drop(log);
        let (log, _) = story::open(&disk).unwrap();
        model.settle(&log);
        assert_eq!(
            log.commit(),
            1,
            "{what}: all of these come before the commit point"
        );
    }
}

#[test]
fn a_failed_rename_or_directory_sync_after_it_keeps_both_sets_of_files() {
    for (nth_sync, what) in [(None, "rename"), (Some(2), "sync directory")] {
        let (disk, mut log, mut model) = small();
        disk.no_plan();
        model.write(&mut log, Step::Replace(2)).unwrap();
        let trace = disk.trace();
        let mut places = trace
            .iter()
            .enumerate()
            .filter(|(_, line)| line.starts_with(what))
            .map(|(i, _)| i as u64);
        let call = places.nth(nth_sync.unwrap_or(0)).unwrap();
        for fault in [Fault::Fails, Fault::FailsAfter] {
            for outcome in [
                Outcome::Kept,
                Outcome::Lost,
                Outcome::Part(1),
                Outcome::Part(2),
                Outcome::Part(3),
            ] {
                let (disk, mut log, mut model) = small();
                let before = disk.files();
                disk.plan(call, fault);
                assert!(matches!(
                    model.write(&mut log, Step::Replace(2)),
                    Err(LogError::Io { .. })
                ));
                assert!(log.poisoned().is_some());
                let after = disk.files();
                assert!(
                    before.keys().all(|name| after.contains_key(name)),
                    "nothing is deleted"
                );
                assert!(
                    after.len() >= before.len() + 2,
                    "the new segment and manifest stay too"
                );
                assert_eq!(story::read(&log).unwrap(), model.acked);
                drop(log);
                disk.restart(outcome);
                let (log, _) = story::open(&disk).unwrap();
                model.settle(&log);
            }
        }
    }
}

#[test]
fn an_obsolete_file_that_cannot_be_removed_is_removed_later() {
    let (disk, mut log, mut model, result) =
        step_fails_at("unlink seg-", Step::Replace(2), Fault::Fails);
    result.unwrap();
    assert_eq!(log.obsolete(), ["seg-0000000000000001"]);
    assert!(log.disk_bytes().unwrap() > log.segments().iter().map(|s| s.bytes).sum());
    model.write(&mut log, Step::Replace(1)).unwrap();
    assert!(log.obsolete().is_empty());
    assert!(!disk.files().contains_key("seg-0000000000000001"));

    let (disk, log, model, _) = step_fails_at("unlink seg-", Step::Replace(2), Fault::Fails);
    drop(log);
    let (log, report) = story::open(&disk).unwrap();
    assert_eq!(report.orphans_removed, ["seg-0000000000000001"]);
    assert_eq!(story::read(&log).unwrap(), model.acked);
}

#[test]
fn a_failed_read_is_an_error_and_never_a_shorter_log() {
    let disk = SimDisk::default();
    let (model, log, _) = story::run(&disk, &SCRIPT[..6]);
    drop(log);
    for read in 0.. {
        let disk = disk.copy();
        let before = disk.files();
        disk.plan_read(read);
        let got = story::open(&disk).and_then(|(log, _)| story::read(&log));
        match got {
            Err(error) => assert!(matches!(error, LogError::Io { .. }), "read {read}: {error}"),
            Ok(state) => {
                assert_eq!(state, model.acked);
                assert!(disk.reads() <= read);
                assert!(read > 10, "only {read} reads");
                break;
            }
        }
        assert_eq!(disk.files(), before, "read {read}");
    }
}

#[test]
fn a_batch_that_is_refused_halfway_leaves_nothing() {
    use storage_adapter::log::{Frame, MAX_BODY};
    let (disk, mut log, mut model) = small();
    let reserved = || {
        story::frames(7, 3)
            .into_iter()
            .chain([Frame::new(0, *b"x")])
    };
    assert!(matches!(
        log.append(reserved(), 1),
        Err(LogError::ReservedKind { index: 3 })
    ));
    assert!(matches!(
        log.replace(reserved()),
        Err(LogError::ReservedKind { index: 3 })
    ));
    let large = || {
        story::frames(7, 1)
            .into_iter()
            .chain([Frame::new(1, vec![1; MAX_BODY + 1])])
    };
    let error = log.append(large(), 1).unwrap_err();
    assert!(matches!(error, LogError::FrameTooLarge { index: 1, .. }));
    assert_eq!(
        error.to_string(),
        "frame 1 of the batch has 67108865 bytes, at most 67108864 fit: split it"
    );
    assert!(log.replace(large()).is_err());
    assert!(story::unnamed(&disk, &log).is_empty());
    assert_eq!(story::read(&log).unwrap(), model.acked);
    model.write(&mut log, Step::Append(1)).unwrap();
    assert_eq!(story::read(&log).unwrap(), model.acked);
}

#[test]
fn frames_that_panic_leave_a_store_that_goes_on() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let (disk, mut log, mut model) = small();
    let panics = || {
        (0..400).map(|i| {
            if i < 399 {
                story::frames(i, 1).remove(0)
            } else {
                panic!("the caller's own")
            }
        })
    };
    assert!(catch_unwind(AssertUnwindSafe(|| log.append(panics(), 1))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| log.replace(panics()))).is_err());
    assert_eq!(story::read(&log).unwrap(), model.acked);
    model.write(&mut log, Step::Append(2)).unwrap();
    drop(log);
    disk.restart(Outcome::Lost);
    let (log, report) = story::open(&disk).unwrap();
    assert!(report.cut.is_none());
    model.settle(&log);
}

#[test]
fn what_a_failed_append_left_on_the_medium_never_mixes_with_the_next_one() {
    for seed in 0..100 {
        let (disk, mut log, mut model) = small();
        disk.plan(0, Fault::Fails);
        assert!(model.write(&mut log, Step::Append(12)).is_err());
        assert_eq!(log.poisoned(), None);
        disk.plan(1, Fault::StopBefore);
        assert!(model.write(&mut log, Step::Append(8)).is_err());
        drop(log);
        disk.restart(Outcome::Part(seed));
        let (log, _) = story::open(&disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        model.settle(&log);
    }
}

#[test]
fn a_failed_append_whose_cut_cannot_be_synced_poisons() {
    let (disk, mut log, mut model) = small();
    disk.plan_all(&[(0, Fault::Fails), (2, Fault::Fails)]);
    assert!(model.write(&mut log, Step::Append(2)).is_err());
    assert!(log.poisoned().unwrap().contains("cannot sync"));
    assert_eq!(story::read(&log).unwrap(), model.acked);
    drop(log);
    let (log, _) = story::open(&disk).unwrap();
    model.settle(&log);
}

#[test]
fn a_failed_append_that_cannot_be_cut_is_cut_before_the_next_one() {
    let (disk, mut log, mut model) = small();
    disk.plan_all(&[(0, Fault::Fails), (1, Fault::Fails)]);
    assert!(model.write(&mut log, Step::Append(2)).is_err());
    assert_eq!(log.poisoned(), None);
    assert_eq!(story::read(&log).unwrap(), model.acked);
    model.nothing_pending();
    model.write(&mut log, Step::Append(1)).unwrap();
    assert_eq!(story::read(&log).unwrap(), model.acked);
}
