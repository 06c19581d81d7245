//! Real directories: owners, refusals, cycles.

use std::fs;
use std::path::Path;

use storage_adapter::log::{FRAME_OVERHEAD, Frame, LogDir, LogError};

fn bodies(log: &LogDir) -> Vec<Vec<u8>> {
    log.frames().map(|entry| entry.unwrap().body).collect()
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn entries_say_where_and_when() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = LogDir::create(&dir.path().join("s"), b"h").unwrap();
    assert_eq!(
        log.append([Frame::new(3, *b"abc"), Frame::new(4, *b"")], 77)
            .unwrap(),
        1
    );
    assert_eq!(
        log.append([], 78).unwrap(),
        1,
        "an empty batch is no commit"
    );
    assert_eq!(log.append([Frame::new(5, *b"de")], 79).unwrap(), 2);
    let entries: Vec<_> = log.frames().map(Result::unwrap).collect();
    let seen: Vec<_> = entries
        .iter()
        .map(|e| (e.kind, e.offset, e.commit, e.commit_time_micros))
        .collect();
    // Head of the segment 16; opening mark 37; closing mark 53.
    assert_eq!(seen, [(3, 53, 1, 77), (4, 69, 1, 77), (5, 172, 2, 79)]);
    assert!(entries.iter().all(|e| &*e.file == "seg-0000000000000001"));
    assert_eq!((log.commit(), log.commit_time_micros()), (2, 79));
    assert_eq!(log.segments()[0].bytes, 172 + 2 + 13 + 53);
    assert_eq!(FRAME_OVERHEAD, 13);
    let on_disk: u64 = names(&dir.path().join("s"))
        .iter()
        .map(|n| fs::metadata(dir.path().join("s").join(n)).unwrap().len())
        .sum();
    assert_eq!(log.disk_bytes().unwrap(), on_disk);
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| LogDir::open(path).unwrap_err().to_string();
    let said = open(&dir.path().join("none"));
    assert!(
        said.ends_with("none is not a store: there is no such directory"),
        "{said}"
    );
    fs::write(dir.path().join("file"), "x").unwrap();
    let said = open(&dir.path().join("file"));
    assert!(
        said.ends_with("file is not a store: it is not a directory"),
        "{said}"
    );
    let said = open(dir.path());
    assert!(
        said.ends_with("is not a store: it holds other files"),
        "{said}"
    );
    let error = LogDir::create(dir.path(), b"").unwrap_err();
    assert!(
        matches!(&error, LogError::NotEmpty { found, .. } if found == "file"),
        "{error}"
    );
    assert!(matches!(
        LogDir::create(&dir.path().join("file"), b""),
        Err(LogError::Io { .. })
    ));
    assert_eq!(names(dir.path()), ["file"], "not even a lock file is left");
    let large = vec![0; storage_adapter::log::MAX_HEADER + 1];
    assert!(matches!(
        LogDir::create(&dir.path().join("new"), &large),
        Err(LogError::HeaderTooLarge { .. })
    ));
    assert_eq!(names(dir.path()), ["file"]);
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let said = open(&empty);
    assert!(
        said.ends_with("is not a store: it holds no store; create one there"),
        "{said}"
    );
    assert!(LogDir::create(&empty, b"").is_ok());
}

#[test]
fn foreign_files_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut log = LogDir::create(&path, b"").unwrap();
    log.append([Frame::new(1, *b"a")], 1).unwrap();
    drop(log);
    // Near misses of own names, and an orphan that is ours.
    let foreign = [
        "seg-1",
        "seg-00000000000000AA",
        "seg-0000000000000009.bak",
        "MANIFEST-",
        "tail-1",
        "notes.txt",
        "CURRENT~",
    ];
    for name in foreign {
        fs::write(path.join(name), name).unwrap();
    }
    fs::create_dir(path.join("sub")).unwrap();
    fs::write(path.join("seg-00000000000000aa"), "orphan").unwrap();
    let (mut log, report) = LogDir::open(&path).unwrap();
    assert_eq!(report.orphans_removed, ["seg-00000000000000aa"]);
    log.replace([Frame::new(1, *b"b")]).unwrap();
    // The id of the orphan is passed over: ab is the next active segment, ac its manifest.
    assert_eq!(log.segments()[0].file, "seg-00000000000000ad");
    drop(log);
    let (log, _) = LogDir::open(&path).unwrap();
    assert_eq!(bodies(&log), [b"b".to_vec()]);
    for name in foreign {
        assert_eq!(fs::read_to_string(path.join(name)).unwrap(), name);
    }
    assert!(path.join("sub").is_dir());
}

#[test]
fn a_hundred_cycles_of_open_append_replace_close() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    drop(LogDir::create(&path, b"kept for ever").unwrap());
    let mut ids = std::collections::BTreeSet::new();
    for cycle in 0..100_u64 {
        let (mut log, report) = LogDir::open(&path).unwrap();
        assert_eq!(
            report,
            storage_adapter::log::OpenReport::default(),
            "a clean close leaves nothing to do"
        );
        assert_eq!(log.header(), b"kept for ever");
        assert_eq!(log.commit(), cycle);
        if cycle > 0 {
            assert_eq!(bodies(&log), [cycle.to_le_bytes().to_vec()]);
        }
        log.append([Frame::new(1, *b"one"), Frame::new(1, *b"two")], cycle)
            .unwrap();
        assert_eq!(log.frames().count(), 2 + usize::from(cycle > 0));
        log.replace([Frame::new(2, (cycle + 1).to_le_bytes())])
            .unwrap();
        assert!(
            ids.insert(log.segments()[0].file.clone()),
            "an id is used once"
        );
    }
    assert_eq!(names(&path).len(), 5, "{:?}", names(&path));
}

#[test]
fn large_batches_stream_over_many_segments() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let frame = |i: u32| {
        Frame::new(
            1,
            i.to_le_bytes()
                .repeat(1 + usize::try_from(i).unwrap() % 300),
        )
    };
    let mut log = LogDir::create(&path, b"").unwrap();
    log.set_segment_target(100_000);
    for batch in 0..4 {
        log.append((0..500).map(|i| frame(batch * 500 + i)), 1)
            .unwrap();
    }
    assert_eq!(log.segments().len(), 4, "each batch filled its segment");
    let check = |log: &LogDir, commit: Option<u64>| {
        let mut count = 0;
        for (entry, i) in log.frames().zip(0..) {
            let entry = entry.unwrap();
            assert_eq!((entry.kind, &entry.body), (1, &frame(i).body));
            assert_eq!(entry.commit, commit.unwrap_or(u64::from(i) / 500 + 1));
            count += 1;
        }
        assert_eq!(count, 2000);
        assert!(log.verify().unwrap().damage.is_empty());
    };
    check(&log, None);
    drop(log);
    let (mut log, _) = LogDir::open(&path).unwrap();
    check(&log, None);
    log.set_segment_target(50_000);
    assert_eq!(log.replace((0..2000).map(frame)).unwrap(), 4);
    assert!(log.segments().len() > 10);
    check(&log, Some(4));
    drop(log);
    let (mut log, _) = LogDir::open(&path).unwrap();
    check(&log, Some(4));
    assert_eq!(log.append([Frame::new(9, *b"x")], 3).unwrap(), 5);
    assert_eq!(log.frames().last().unwrap().unwrap().commit, 5);
    // Everything goes: the same path as any other replacement.
    assert_eq!(log.replace([]).unwrap(), 5);
    drop(log);
    let (log, _) = LogDir::open(&path).unwrap();
    assert_eq!(
        (log.commit(), log.frames().count(), log.segments().len()),
        (5, 0, 1)
    );
}

#[test]
fn a_segment_takes_at_least_one_batch_however_small_the_target() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = LogDir::create(&dir.path().join("s"), b"").unwrap();
    log.set_segment_target(0);
    for commit in 1..=3 {
        log.append([Frame::new(1, *b"x")], 1).unwrap();
        assert_eq!(log.segments().len(), commit);
    }
    log.replace((0..3).map(|_| Frame::new(1, *b"x"))).unwrap();
    assert_eq!(log.segments().len(), 4, "and the active one, empty");
    assert_eq!(log.frames().count(), 3);
}

#[test]
fn a_frame_of_the_greatest_length_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = LogDir::create(&dir.path().join("s"), b"").unwrap();
    log.append(
        [
            Frame::new(1, vec![7; storage_adapter::log::MAX_BODY]),
            Frame::new(2, *b"behind"),
        ],
        1,
    )
    .unwrap();
    let entries: Vec<_> = log.frames().map(Result::unwrap).collect();
    assert_eq!(entries[0].body.len(), storage_adapter::log::MAX_BODY);
    assert_eq!(entries[1].body, b"behind");
}
