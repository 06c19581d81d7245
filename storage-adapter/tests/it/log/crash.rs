//! The system stops at every numbered call of a script, and what comes up again is compared with
//! the model.

use super::sim::{Fault, Outcome, SimDisk};
use super::story::{self, Model, SCRIPTS, Step};

const STOPS: [Fault; 3] = [Fault::StopBefore, Fault::StopHalfway, Fault::StopAfter];

pub(super) fn outcomes(parts: u64) -> impl Iterator<Item = Outcome> {
    [Outcome::Kept, Outcome::Lost]
        .into_iter()
        .chain((0..parts).map(Outcome::Part))
}

/// Every numbered call of every script.
pub(super) fn calls() -> Vec<(&'static [Step], u64)> {
    let calls_of = |script| {
        let disk = SimDisk::default();
        let (_, log, error) = story::run(&disk, script);
        assert!(error.is_none() && log.is_some(), "{error:?}");
        (0..disk.calls()).map(move |call| (script, call))
    };
    SCRIPTS.into_iter().flat_map(calls_of).collect()
}

/// Runs the script up to the stop. `None`: it ended before.
pub(super) fn run_to_stop(script: &[Step], call: u64, fault: Fault) -> Option<(SimDisk, Model)> {
    let disk = SimDisk::default();
    disk.plan(call, fault);
    let (model, log, _) = story::run(&disk, script);
    drop(log);
    disk.has_stopped().then_some((disk, model))
}

/// After a crash: it opens, shows an allowed state, keeps showing it, and goes on.
fn recovers(disk: &SimDisk, mut model: Model, what: &str) {
    let mut log = match story::open(disk) {
        Ok((log, _)) => log,
        // The stop was in `create`, so nothing was acknowledged: making it again must work.
        Err(error) if model.is_new() => match story::create(disk) {
            Ok(log) => log,
            Err(again) => panic!("{what}: {error}; {again}"),
        },
        Err(error) => panic!("{what}: {error}"),
    };
    model.settle(&log);
    // What one open has shown can never change, even if power goes before anything else is written.
    drop(log);
    disk.restart(Outcome::Lost);
    log = story::open(disk)
        .unwrap_or_else(|e| panic!("{what}: {e}"))
        .0;
    model.settle(&log);
    for step in [
        Step::Append(2),
        Step::Write(1),
        Step::Replace(2),
        Step::Append(1),
        Step::Write(1),
    ] {
        model
            .write(&mut log, step)
            .unwrap_or_else(|e| panic!("{what}: {e}"));
    }
    drop(log);
    disk.restart(Outcome::Lost);
    let (log, report) = story::open(disk).unwrap();
    assert!(report.cut.is_none(), "{what}");
    model.settle(&log);
    assert!(log.verify().unwrap().damage.is_empty(), "{what}");
}

#[test]
fn every_stop_leaves_the_acknowledged_state_or_the_one_under_way() {
    for (script, call) in calls() {
        for fault in STOPS {
            for outcome in outcomes(8) {
                let (disk, model) = run_to_stop(script, call, fault).unwrap();
                disk.restart(outcome);
                recovers(
                    &disk,
                    model,
                    &format!("{fault:?} at call {call}, {outcome:?}"),
                );
            }
        }
    }
}

#[test]
fn a_second_stop_during_recovery_changes_nothing() {
    let mut second_stops = 0;
    for (script, call) in calls() {
        for (fault, first) in [
            (Fault::StopHalfway, Outcome::Kept),
            (Fault::StopAfter, Outcome::Part(call)),
        ] {
            for recovery_call in 0.. {
                let (disk, model) = run_to_stop(script, call, fault).unwrap();
                disk.restart(first);
                disk.plan(
                    recovery_call,
                    STOPS[usize::try_from(recovery_call % 3).unwrap()],
                );
                drop(story::open(&disk));
                if !disk.has_stopped() {
                    break;
                }
                second_stops += 1;
                disk.restart(Outcome::Part(recovery_call));
                recovers(
                    &disk,
                    model,
                    &format!("{fault:?} at call {call}, then at call {recovery_call} of recovery"),
                );
            }
        }
    }
    assert!(second_stops > 300, "only {second_stops}");
}

#[test]
fn all_that_no_manifest_names_is_gone_after_recovery() {
    for (script, call) in calls() {
        let (disk, model) = run_to_stop(script, call, Fault::StopAfter).unwrap();
        disk.restart(Outcome::Kept);
        let Ok((log, _)) = story::open(&disk) else {
            assert!(model.is_new());
            continue;
        };
        assert!(
            story::unnamed(&disk, &log).is_empty(),
            "stop at call {call}"
        );
        drop(log);
        // Gone for good, before the open returned.
        disk.restart(Outcome::Lost);
        let names = disk.files();
        let (log, report) = story::open(&disk).unwrap();
        assert!(
            report.orphans_removed.is_empty(),
            "stop at call {call}: {names:?}"
        );
        assert!(
            story::unnamed(&disk, &log).is_empty(),
            "stop at call {call}: {names:?}"
        );
    }
}

#[test]
fn a_batch_of_which_sectors_are_missing_is_cut_and_never_stands_in_the_way() {
    // The stop is right before the sync of a large append: any part of it may be on the medium.
    let mut cuts = 0;
    for seed in 0..300 {
        let disk = SimDisk::default();
        let mut log = story::create(&disk).unwrap();
        let mut model = Model::default();
        model.write(&mut log, Step::Append(2)).unwrap();
        disk.plan(1, Fault::StopBefore);
        assert!(model.write(&mut log, Step::Append(8)).is_err());
        drop(log);
        disk.restart(Outcome::Part(seed));
        let (log, report) = story::open(&disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        cuts += u64::from(report.cut.is_some());
        drop(log);
        recovers(&disk, model, &format!("seed {seed}"));
    }
    assert!(
        cuts > 100,
        "only {cuts} of the images had a part of the batch"
    );
}

#[test]
fn files_are_synced_in_an_order_that_lets_current_name_only_what_is_there() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let lines = |text: &str| {
        text.lines()
            .map(|l| l.trim().to_owned())
            .filter(|l| !l.is_empty())
            .collect::<Vec<_>>()
    };
    disk.no_plan();
    log.append(story::frames(1, 2), 1).unwrap();
    assert_eq!(
        disk.trace(),
        lines("append seg-0000000000000001\n sync seg-0000000000000001")
    );
    disk.no_plan();
    log.write(story::frames(1, 2), 1).unwrap();
    log.write(story::frames(1, 2), 1).unwrap();
    log.sync().unwrap();
    log.sync().unwrap();
    let active = "append seg-0000000000000001\n";
    assert_eq!(
        disk.trace(),
        lines(&format!("{active}{active}sync seg-0000000000000001"))
    );
    let publication = |manifest: u64| {
        format!(
            "create MANIFEST-{manifest:016x}
            append MANIFEST-{manifest:016x}
            sync MANIFEST-{manifest:016x}
            sync directory
            create CURRENT.tmp
            append CURRENT.tmp
            sync CURRENT.tmp
            rename CURRENT.tmp CURRENT
            sync directory
            "
        )
    };
    log.write(story::frames(1, 2), 1).unwrap();
    disk.no_plan();
    let mut rewrite = log.begin_rewrite().unwrap();
    let want = "
        sync seg-0000000000000001
        create seg-0000000000000003
        append seg-0000000000000003
        sync seg-0000000000000003
        sync directory
        "
    .to_owned()
        + &publication(4)
        + "unlink MANIFEST-0000000000000002
        sync directory";
    assert_eq!(disk.trace(), lines(&want));
    disk.no_plan();
    rewrite.push(story::frames(2, 1).remove(0)).unwrap();
    let finished = rewrite.finish().unwrap();
    let want = "
        create seg-0000000000000005
        append seg-0000000000000005
        append seg-0000000000000005
        sync seg-0000000000000005
        sync directory";
    assert_eq!(disk.trace(), lines(want));
    log.write(story::frames(3, 1), 3).unwrap();
    disk.no_plan();
    let obsolete = log.publish_rewrite(finished).unwrap();
    let want = "sync seg-0000000000000003\n".to_owned() + &publication(6);
    assert_eq!(disk.trace(), lines(&want));
    disk.no_plan();
    log.remove(obsolete).unwrap();
    let want = "
        unlink seg-0000000000000001
        unlink MANIFEST-0000000000000004
        sync directory";
    assert_eq!(disk.trace(), lines(want));
    disk.no_plan();
    log.set_segment_target(0);
    log.append(story::frames(3, 1), 3).unwrap();
    let want = "
        create seg-0000000000000007
        append seg-0000000000000007
        sync seg-0000000000000007
        sync directory
        "
    .to_owned()
        + &publication(8)
        + "unlink MANIFEST-0000000000000006
        sync directory
        append seg-0000000000000007
        sync seg-0000000000000007";
    assert_eq!(disk.trace(), lines(&want));
}
