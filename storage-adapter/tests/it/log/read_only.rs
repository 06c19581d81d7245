//! Opening to read: what it shows, and that it changes nothing.

use storage_adapter::log::{Frame, LogDir, LogError};

use super::crash::{calls, outcomes, run_to_stop};
use super::sim::{Fault, Outcome, SimDisk};
use super::story::{self, Log, Step};

fn open(disk: &SimDisk) -> Result<Log, LogError> {
    LogDir::open_read_only_on(disk.clone()).map(|(log, _)| log)
}

#[test]
fn after_any_stop_it_shows_what_opening_shows_and_changes_no_file() {
    let mut torn = 0;
    for (script, call) in calls() {
        for outcome in outcomes(3) {
            let (disk, mut model) = run_to_stop(script, call, Fault::StopHalfway).unwrap();
            disk.restart(outcome);
            let before = disk.files();
            let what = format!("stop at call {call}, {outcome:?}");
            let (log, report) = match LogDir::open_read_only_on(disk.clone()) {
                Ok(opened) => opened,
                Err(_) if model.is_new() => {
                    assert!(story::open(&disk).is_err(), "{what}");
                    continue;
                }
                Err(error) => panic!("{what}: {error}"),
            };
            let trace = disk.trace();
            assert!(
                trace.iter().all(|c| c.starts_with("sync")),
                "{what}: {trace:?}"
            );
            assert_eq!(disk.files(), before, "{what}");
            assert!((&report.cut, report.orphans_removed.len()) == (&None, 0));
            model.settle(&log);
            drop(log);

            // What was shown stays, whatever is lost now.
            disk.restart(Outcome::Lost);
            let (log, repaired) = story::open(&disk).unwrap();
            model.settle(&log);
            if let Some(tail) = report.torn {
                torn += 1;
                let (from, all) = (tail.offset, &before[&tail.file]);
                assert_eq!(from + tail.bytes, all.len() as u64, "{what}");
                assert_eq!(log.segments().last().unwrap().bytes, from, "{what}");
            } else {
                assert_eq!(repaired.cut, None, "{what}");
            }
        }
    }
    assert!(torn > 50, "only {torn} torn tails");
}

#[test]
fn readers_keep_an_owner_out_and_the_other_way_round() {
    let disk = SimDisk::default();
    let mut owner = story::create(&disk).unwrap();
    owner.append(story::frames(1, 2), 1).unwrap();
    assert!(matches!(open(&disk), Err(LogError::Locked { .. })));
    drop(owner);

    let (one, another) = (open(&disk).unwrap(), open(&disk).unwrap());
    assert_eq!(story::read(&one).unwrap(), story::read(&another).unwrap());
    drop(one);
    assert!(matches!(story::open(&disk), Err(LogError::Locked { .. })));
    drop(another);
    story::open(&disk).unwrap();
}

#[test]
fn every_write_is_refused() {
    let disk = SimDisk::default();
    drop(story::run(&disk, &[Step::Append(2), Step::Append(1)]));
    let mut log = open(&disk).unwrap();
    disk.no_plan();
    let frame = || Frame::new(1, *b"more");
    let refused: [Result<u64, LogError>; 6] = [
        log.append([frame()], 9),
        log.write([frame()], 9),
        log.sync(),
        log.replace([frame()]),
        log.discard_tails().map(|n| n as u64),
        log.begin_rewrite().map(|rewrite| rewrite.commit()),
    ];
    for result in refused {
        assert!(
            matches!(result, Err(LogError::ReadOnly { .. })),
            "{result:?}"
        );
    }
    assert_eq!(
        (log.commit(), log.durable_commit(), log.frames().count()),
        (2, 2, 3)
    );
    assert!(disk.trace().is_empty(), "{:?}", disk.trace());
}

#[test]
fn a_view_that_was_opened_to_read_outlives_its_log() {
    let disk = SimDisk::default();
    let (model, owner, _) = story::run(&disk, &[Step::Append(2), Step::Append(1)]);
    drop(owner);
    let log = open(&disk).unwrap();
    let view = log.view();
    drop(log);
    assert_eq!(view.frames().count(), model.acked.len());
}

#[test]
fn files_are_not_opened_to_be_written_to() {
    use storage_adapter::log::{DataFile, Disk, Files};

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let mut log = LogDir::create(&path, b"").unwrap();
    log.append([Frame::new(1, *b"whole")], 1).unwrap();
    let segment = log.segments()[0].file.clone();
    let file = Disk::read_only(&path).open(&segment).unwrap();
    assert!(file.append(b"more").is_err() && file.truncate(0).is_err());
    assert!(
        Disk::at(&path)
            .open(&segment)
            .unwrap()
            .append(b"more")
            .is_ok()
    );
}
