//! Rewrites beside appends: who may do what when, and what failures cost.

use storage_adapter::log::{Disk, Finished, Frame, LogDir, LogError, LogView, Obsolete, Rewrite};

use super::sim::{Fault, Outcome, SimDisk};
use super::story::{self, Log, Model, Step};

#[test]
fn everything_can_be_sent_to_another_thread() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<LogDir<Disk>>();
    send::<Rewrite<Disk>>();
    send::<Finished<Disk>>();
    send::<LogView<Disk>>();
    sync::<LogView<Disk>>();
    send::<Rewrite<SimDisk>>();
    sync::<LogView<SimDisk>>();
}

#[test]
fn a_thread_rewrites_while_the_owner_appends_and_readers_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut log = LogDir::create(&path, b"h").unwrap();
    log.set_segment_target(2000);
    let numbered = |n: u64| Frame::new(1, n.to_le_bytes().repeat(10));
    for n in 1..=200 {
        log.append([numbered(n)], n).unwrap();
    }
    let before = log.view();
    let mut rewrite = log.begin_rewrite().unwrap();
    let compactor = std::thread::spawn(move || {
        for entry in rewrite.view().frames() {
            let entry = entry?;
            if entry.commit % 2 == 0 {
                rewrite.push(Frame::new(2, entry.body))?;
            }
        }
        rewrite.finish()
    });
    for n in 201..=260 {
        log.write([numbered(n)], n).unwrap();
    }
    log.sync().unwrap();
    let obsolete = log
        .publish_rewrite(compactor.join().unwrap().unwrap())
        .unwrap();
    let gone: Vec<String> = obsolete.names().map(str::to_owned).collect();
    assert!(gone.iter().all(|name| path.join(name).exists()));
    log.remove(obsolete).unwrap();
    assert!(gone.iter().all(|name| !path.join(name).exists()));
    log.append([numbered(261)], 261).unwrap();
    let check = |log: &LogDir| {
        let entries: Vec<_> = log.frames().map(Result::unwrap).collect();
        let seen: Vec<_> = entries.iter().map(|e| (e.kind, e.commit)).collect();
        let rewritten = (0..100).map(|_| (2, 200));
        let want: Vec<_> = rewritten.chain((201..=261).map(|n| (1, n))).collect();
        assert_eq!(seen, want);
        assert!(entries[..100].iter().all(|e| e.commit_time_micros == 200));
        assert!(log.verify().unwrap().damage.is_empty());
    };
    check(&log);
    // The files are gone, and who held them still reads them.
    let seen = before.frames().map(|e| e.unwrap().commit);
    assert!(seen.eq(1..=200));
    drop(log);
    check(&LogDir::open(&path).unwrap().0);
}

fn small() -> (SimDisk, story::Log, Model) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::default();
    for step in [Step::Append(3), Step::Append(2)] {
        model.write(&mut log, step).unwrap();
    }
    (disk, log, model)
}

#[test]
fn there_is_one_rewrite_at_a_time_and_the_next_when_it_is_gone() {
    let (disk, mut log, model) = small();
    let mut rewrite = log.begin_rewrite().unwrap();
    let error = log.begin_rewrite().unwrap_err();
    assert!(matches!(error, LogError::Busy { .. }), "{error}");
    rewrite.push(Frame::new(1, *b"x")).unwrap();
    let finished = rewrite.finish().unwrap();
    assert!(matches!(log.begin_rewrite(), Err(LogError::Busy { .. })));
    assert!(!story::unnamed(&disk, &log).is_empty());
    drop(finished);
    assert!(story::unnamed(&disk, &log).is_empty(), "its files went too");
    drop(log.begin_rewrite().unwrap());
    assert_eq!(story::read(&log).unwrap(), model.acked);
    assert!(log.replace(story::frames(5, 1)).is_ok());
}

#[test]
fn the_lock_is_held_as_long_as_a_rewrite_lives() {
    let (disk, mut log, _) = small();
    let rewrite = log.begin_rewrite().unwrap();
    drop(log);
    assert!(matches!(story::open(&disk), Err(LogError::Locked { .. })));
    drop(rewrite);
    assert!(story::open(&disk).is_ok());
}

#[test]
fn a_rewrite_is_refused_by_any_other_store() {
    let (_, mut ours, model) = small();
    let (_, mut theirs, _) = small();
    let finished = theirs.begin_rewrite().unwrap().finish().unwrap();
    let error = ours.publish_rewrite(finished).unwrap_err();
    assert!(matches!(error, LogError::Foreign { .. }), "{error}");
    let finished = theirs.begin_rewrite().unwrap().finish().unwrap();
    let obsolete = theirs.publish_rewrite(finished).unwrap();
    let error = ours.remove(obsolete).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this rewrite is not one of /sim/: hand it to the store that began it"
    );
    assert_eq!(story::read(&ours).unwrap(), model.acked);
}

#[test]
fn a_sync_that_fails_in_a_rewrite_makes_the_owner_read_only_at_once() {
    for (call, what) in [(3, "segment"), (4, "directory")] {
        let (disk, mut log, mut model) = small();
        log.set_segment_target(u64::MAX);
        let mut rewrite = log.begin_rewrite().unwrap();
        rewrite.push(Frame::new(1, *b"x")).unwrap();
        // The segment was made and its head written; then: write, sync, sync of the directory.
        disk.plan(call - 2, Fault::Fails);
        let error = rewrite.finish().unwrap_err();
        assert!(
            matches!(error, LogError::Io { action: "sync", .. }),
            "{what}: {error}"
        );
        assert!(log.poisoned().unwrap().contains("cannot sync"), "{what}");
        let refused = log.append(story::frames(1, 1), 1).unwrap_err();
        assert!(matches!(refused, LogError::Poisoned { .. }), "{what}");
        assert!(matches!(
            log.begin_rewrite(),
            Err(LogError::Poisoned { .. })
        ));
        model.shown_by(&log);
        drop(log);
        disk.restart(Outcome::Lost);
        model.settle(&story::open(&disk).unwrap().0);
    }
}

#[test]
fn a_full_disk_at_any_write_of_a_rewrite_costs_the_rewrite_only() {
    let mut failures = 0;
    for call in 0.. {
        let (disk, mut log, mut model) = small();
        log.set_segment_target(500);
        let mut rewrite = log.begin_rewrite().unwrap();
        disk.plan(call, Fault::Full);
        let mut push_all = || {
            for frame in story::frames(9, 6) {
                rewrite.push(frame)?;
            }
            Ok::<(), LogError>(())
        };
        let result = push_all();
        if result.is_err() {
            let again = rewrite.push(Frame::new(1, *b"x")).unwrap_err();
            assert!(matches!(again, LogError::RewriteFailed { .. }), "{again}");
        }
        let finished = result.and_then(|()| rewrite.finish());
        let Err(error) = finished else {
            break;
        };
        failures += 1;
        if let LogError::Io { source, .. } = &error {
            assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
        }
        assert!(log.poisoned().is_none(), "call {call}");
        assert!(story::unnamed(&disk, &log).is_empty(), "call {call}");
        disk.free_space();
        model.write(&mut log, Step::Append(2)).unwrap();
        model.write(&mut log, Step::Replace(2)).unwrap();
        assert_eq!(story::read(&log).unwrap(), model.acked);
    }
    assert!(failures > 8, "only {failures}");
}

#[test]
fn a_frame_that_is_refused_does_not_end_a_rewrite() {
    let (_, mut log, _) = small();
    let mut rewrite = log.begin_rewrite().unwrap();
    rewrite.push(Frame::new(1, *b"a")).unwrap();
    let error = rewrite.push(Frame::new(0, *b"b")).unwrap_err();
    assert!(matches!(error, LogError::ReservedKind { index: 1 }));
    rewrite.push(Frame::new(1, *b"c")).unwrap();
    let obsolete = log.publish_rewrite(rewrite.finish().unwrap()).unwrap();
    log.remove(obsolete).unwrap();
    let bodies: Vec<_> = log.frames().map(|e| e.unwrap().body).collect();
    assert_eq!(bodies, [b"a", b"c"]);
}

#[test]
fn what_a_publication_left_and_nobody_removed_goes_at_the_next_open() {
    let (disk, mut log, _) = small();
    let finished = log.begin_rewrite().unwrap().finish().unwrap();
    let obsolete = log.publish_rewrite(finished).unwrap();
    let mut names: Vec<_> = obsolete.names().map(str::to_owned).collect();
    names.sort();
    drop(obsolete);
    assert_eq!(story::unnamed(&disk, &log), names);
    drop(log);
    assert_eq!(story::open(&disk).unwrap().1.orphans_removed, names);
}

#[test]
fn what_a_publication_left_can_be_unlinked_beside_the_owner() {
    let (disk, mut log, _) = small();
    let finished = log.begin_rewrite().unwrap().finish().unwrap();
    let mut obsolete = log.publish_rewrite(finished).unwrap();
    let before = log.disk_bytes().unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| obsolete.unlink());
        log.append([Frame::new(1, *b"meanwhile")], 99).unwrap();
    });
    assert_eq!(obsolete.names().count(), 0);
    assert!(story::unnamed(&disk, &log).is_empty());
    assert!(log.disk_bytes().unwrap() < before);
    disk.no_plan();
    log.remove(obsolete).unwrap();
    assert_eq!(disk.trace().len(), 1, "one sync makes the removal durable");
}

/// A publication that leaves one segment of about 2,000 bytes and the manifest behind.
fn published() -> (SimDisk, Log, Obsolete<SimDisk>) {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), b"").unwrap();
    log.set_removal_step(500);
    log.append([Frame::new(1, vec![7; 1900])], 1).unwrap();
    let finished = log.begin_rewrite().unwrap().finish().unwrap();
    let obsolete = log.publish_rewrite(finished).unwrap();
    disk.no_plan();
    (disk, log, obsolete)
}

#[test]
fn a_long_file_is_set_aside_and_taken_off_in_steps() {
    let (disk, mut log, mut obsolete) = published();
    obsolete.unlink();
    let cut = "truncate seg-0000000000000001";
    let want = [
        "rename seg-0000000000000001 gone-0000000000000001",
        "sync directory",
        cut,
        cut,
        cut,
        cut,
        "unlink gone-0000000000000001",
        "unlink MANIFEST-0000000000000004",
    ];
    assert_eq!(disk.trace(), want);
    log.remove(obsolete).unwrap();
    assert!(story::unnamed(&disk, &log).is_empty());
}

#[test]
fn a_file_that_a_view_holds_open_is_not_cut() {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), b"").unwrap();
    log.set_removal_step(500);
    log.append([Frame::new(1, vec![7; 1900])], 1).unwrap();
    let view = log.view();
    let finished = log.begin_rewrite().unwrap().finish().unwrap();
    let mut obsolete = log.publish_rewrite(finished).unwrap();
    disk.no_plan();
    obsolete.unlink();
    assert!(disk.trace().iter().all(|call| call.starts_with("unlink")));
    assert_eq!(
        view.frames().map(|e| e.unwrap().body.len()).sum::<usize>(),
        1900
    );
    log.remove(obsolete).unwrap();
    assert!(story::unnamed(&disk, &log).is_empty());
}

#[test]
fn files_that_cannot_be_cut_are_removed_all_the_same() {
    for call in 0..5 {
        let (disk, mut log, mut obsolete) = published();
        disk.plan(call, Fault::Fails);
        obsolete.unlink();
        disk.no_plan();
        let removed = log.remove(obsolete);
        if removed.is_err() {
            assert_eq!(call, 1, "only a failed sync leaves it to the next open");
            drop(log);
            let (again, _) = story::open(&disk).unwrap();
            log = again;
        }
        assert!(story::unnamed(&disk, &log).is_empty(), "call {call}");
        assert_eq!(log.frames().count(), 0);
    }
}

#[test]
fn a_rewrite_beside_an_owner_that_syncs_takes_small_steps() {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), b"").unwrap();
    log.append([Frame::new(1, *b"replaced")], 1).unwrap();
    let mut rewrite = log.begin_rewrite().unwrap();
    let mut syncs_of = |is_beside: bool| {
        disk.no_plan();
        for second in 0..8 {
            rewrite.push(Frame::new(1, vec![7; 1 << 20])).unwrap();
            if is_beside {
                log.append([Frame::new(1, *b"beside")], 2 + second).unwrap();
            }
        }
        let trace = disk.trace();
        let active = "sync seg-0000000000000003";
        trace
            .iter()
            .filter(|c| c.starts_with("sync") && *c != active)
            .count()
    };
    assert_eq!(syncs_of(false), 2);
    assert_eq!(syncs_of(true), 7, "each piece but the first");
    assert_eq!(syncs_of(false), 3, "one more, then as before");
}

#[test]
fn what_is_left_without_its_owner_is_not_unlinked() {
    let (disk, mut log, _) = small();
    let finished = log.begin_rewrite().unwrap().finish().unwrap();
    let mut obsolete = log.publish_rewrite(finished).unwrap();
    drop(log);
    let names = |obsolete: &Obsolete<_>| obsolete.names().map(str::to_owned).collect::<Vec<_>>();
    let before = names(&obsolete);
    obsolete.unlink();
    assert_eq!(names(&obsolete), before);
    let (_, report) = story::open(&disk).unwrap();
    assert_eq!(report.orphans_removed.len(), before.len());
}

#[test]
fn a_long_rewrite_is_synced_as_it_grows() {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), b"").unwrap();
    log.append([Frame::new(1, *b"replaced")], 1).unwrap();
    let mut rewrite = log.begin_rewrite().unwrap();
    disk.no_plan();
    for _ in 0..20 {
        rewrite.push(Frame::new(1, vec![7; 1 << 20])).unwrap();
    }
    let trace = disk.trace();
    let syncs = trace.iter().filter(|call| call.starts_with("sync"));
    assert_eq!(syncs.count(), 5, "{trace:?}");
    let obsolete = log.publish_rewrite(rewrite.finish().unwrap()).unwrap();
    log.remove(obsolete).unwrap();
    assert_eq!(log.frames().count(), 20);
}
