//! What is a log and what is not, what is left in the file, and damage.

use std::fs;
use std::path::Path;

use lattice_redb::RedbLog;
use redb::{Database, TableDefinition};
use storage_adapter::log::{Frame, LogError, MAX_HEADER, Place};
use storage_adapter::{LogReader, LogRewrite, LogStore};

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("lattice log");

fn holds(path: &Path, canary: &[u8]) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes.windows(canary.len()).any(|window| window == canary)
}

#[test]
fn what_is_not_a_log_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let message = |path: &Path| RedbLog::open(path).unwrap_err().to_string();

    let said = message(&at("none"));
    assert!(
        said.ends_with("is not a store: there is no such file; create one there"),
        "{said}"
    );
    fs::write(at("text"), "some text, longer than a magic number").unwrap();
    fs::write(at("empty"), "").unwrap();
    for name in ["text", "empty"] {
        let said = message(&at(name));
        assert!(
            said.ends_with("is not a store: it is not a redb database"),
            "{said}"
        );
        let refused = RedbLog::create(&at(name), b"");
        assert!(
            matches!(refused, Err(LogError::NotEmpty { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(fs::read(at("empty")).unwrap(), b"");

    // A database of somebody else, also with a table of our name but another type.
    let engine = Database::create(at("other")).unwrap();
    let change = engine.begin_write().unwrap();
    change
        .open_table(TableDefinition::<u64, u64>::new("lattice log"))
        .unwrap();
    change.commit().unwrap();
    drop(engine);
    let said = message(&at("other"));
    assert!(
        said.ends_with("is not a store: the database holds no log"),
        "{said}"
    );
    let refused = RedbLog::create(&at("other"), b"");
    assert!(
        matches!(refused, Err(LogError::AlreadyAStore { .. })),
        "{refused:?}"
    );

    let header = vec![0; MAX_HEADER + 1];
    let refused = RedbLog::create(&at("header"), &header);
    assert!(
        matches!(refused, Err(LogError::HeaderTooLarge { .. })),
        "{refused:?}"
    );
    assert!(!at("header").exists());
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    drop(RedbLog::create(&path, b"").unwrap());
    let engine = Database::open(&path).unwrap();
    let change = engine.begin_write().unwrap();
    let newer = (lattice_redb::FORMAT + 1).to_le_bytes();
    change
        .open_table(META)
        .unwrap()
        .insert("format", &newer[..])
        .unwrap();
    change.commit().unwrap();
    drop(engine);
    let refused = RedbLog::open(&path);
    assert!(
        matches!(
            refused,
            Err(LogError::NewerFormat {
                found: 2,
                supported: 1,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn a_rewrite_of_another_log_is_foreign() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = RedbLog::create(&dir.path().join("1"), b"").unwrap();
    let mut two = RedbLog::create(&dir.path().join("2"), b"").unwrap();
    let finished = two.begin_rewrite().unwrap().finish().unwrap();
    assert!(matches!(
        one.publish(finished),
        Err(LogError::Foreign { .. })
    ));
    let finished = two.begin_rewrite().unwrap().finish().unwrap();
    let obsolete = two.publish(finished).unwrap();
    assert!(matches!(
        one.remove(obsolete),
        Err(LogError::Foreign { .. })
    ));
}

/// A log with a text in it that a replacement left out.
fn replaced(path: &Path, canary: &[u8]) -> (RedbLog, lattice_redb::RedbObsolete) {
    let mut log = RedbLog::create(path, b"").unwrap();
    for n in 0..50_u64 {
        let noise = n.to_le_bytes().repeat(200);
        let frames = vec![Frame::new(1, noise), Frame::new(1, canary)];
        log.write(frames, n).unwrap();
        log.sync().unwrap();
    }
    let mut rewrite = log.begin_rewrite().unwrap();
    rewrite.push(Frame::new(1, *b"kept")).unwrap();
    let obsolete = log.publish(rewrite.finish().unwrap()).unwrap();
    (log, obsolete)
}

#[test]
fn what_was_replaced_is_taken_out_of_the_file_by_removal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let canary = b"a text that was redacted";
    let (mut log, obsolete) = replaced(&path, canary);
    assert!(holds(&path, canary));
    let before = log.disk_bytes().unwrap();
    log.remove(obsolete).unwrap();
    assert!(!holds(&path, canary));
    assert!(log.disk_bytes().unwrap() < before);
}

#[test]
fn what_a_reader_kept_in_the_file_is_taken_out_by_the_next_removal_or_open() {
    let dir = tempfile::tempdir().unwrap();
    let canary = b"a text that was redacted";
    for reopens in [true, false] {
        let path = dir.path().join(format!("log-{reopens}"));
        let (mut log, obsolete) = replaced(&path, canary);
        let reader = log.reader();
        log.remove(obsolete).unwrap();
        assert!(holds(&path, canary), "the engine clears nothing by itself");
        drop(reader);
        if reopens {
            drop(log);
            log = RedbLog::open(&path).unwrap();
        } else {
            let finished = log.begin_rewrite().unwrap().finish().unwrap();
            let obsolete = log.publish(finished).unwrap();
            log.remove(obsolete).unwrap();
        }
        assert!(!holds(&path, canary));
        assert_eq!(log.commit(), 50);
    }
}

/// Puts one frame in the place of everything, and says where it lies.
fn replace(log: &mut RedbLog, frame: Frame) -> Place {
    let mut rewrite = log.begin_rewrite().unwrap();
    let place = rewrite.push(frame).unwrap().unwrap();
    let obsolete = log.publish(rewrite.finish().unwrap()).unwrap();
    log.remove(obsolete).unwrap();
    place
}

#[test]
fn what_single_frames_are_read_from_stays_until_it_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let canary = b"a text that was redacted";
    let mut log = RedbLog::create(&path, b"").unwrap();
    let write = |log: &mut RedbLog, n: u64| {
        log.write(vec![Frame::new(1, n.to_le_bytes())], n).unwrap();
        log.sync().unwrap();
    };
    write(&mut log, 1);
    let frame = Frame::new(2, canary);
    let place = replace(&mut log, frame.clone());
    let late = log.reader();
    let sealed = late.sealed(1).unwrap();
    write(&mut log, 2);
    assert_eq!(sealed.last(canary.len()).unwrap(), Some(frame.clone()));
    assert_eq!(
        sealed.last(8).unwrap(),
        None,
        "what came later is not in it"
    );

    replace(&mut log, Frame::new(2, *b"kept"));
    assert_eq!(sealed.fetch(place).unwrap(), frame);
    let elsewhere = Place { part: 99, ..place };
    let refused = sealed.fetch(elsewhere).unwrap_err().to_string();
    assert!(
        refused.contains("a part that is not among these"),
        "{refused}"
    );
    let behind = Place { offset: 2, ..place };
    assert!(matches!(
        sealed.fetch(behind),
        Err(LogError::Corrupt { .. })
    ));

    drop(sealed);
    write(&mut log, 3);
    replace(&mut log, Frame::new(2, *b"kept"));
    assert!(late.sealed(1).is_none(), "it is removed by now");
    drop(late);
    write(&mut log, 4);
    replace(&mut log, Frame::new(2, *b"kept"));
    assert!(!holds(&path, canary));

    write(&mut log, 5);
    let sealed = log.reader().sealed(5).unwrap();
    write(&mut log, 6);
    let last = sealed.last(8).unwrap().unwrap();
    assert_eq!(last.body, 5_u64.to_le_bytes(), "commits go on in its part");
}

#[test]
fn parts_that_a_stop_left_behind_are_removed_on_open() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("log"), dir.path().join("copy"));
    let mut log = RedbLog::create(&path, b"").unwrap();
    log.write(vec![Frame::new(1, *b"kept")], 1).unwrap();
    let mut rewrite = log.begin_rewrite().unwrap();
    rewrite.push(Frame::new(1, *b"given up by a stop")).unwrap();
    let finished = rewrite.finish().unwrap();
    fs::copy(&path, &copy).unwrap();
    drop((finished, log));
    assert!(holds(&copy, b"given up by a stop"));
    let log = RedbLog::open(&copy).unwrap();
    let bodies: Vec<_> = log.reader().frames().map(|e| e.unwrap().body).collect();
    assert_eq!(bodies, [b"kept"]);
    assert!(!holds(&copy, b"given up by a stop"));
}

#[test]
fn tables_of_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    drop(RedbLog::create(&path, b"").unwrap());
    let theirs = TableDefinition::<u64, u64>::new("their table");
    let engine = Database::open(&path).unwrap();
    let change = engine.begin_write().unwrap();
    change.open_table(theirs).unwrap().insert(1, 2).unwrap();
    change.commit().unwrap();
    drop(engine);
    let mut log = RedbLog::open(&path).unwrap();
    let finished = log.begin_rewrite().unwrap().finish().unwrap();
    let obsolete = log.publish(finished).unwrap();
    log.remove(obsolete).unwrap();
    drop(log);
    let engine = Database::open(&path).unwrap();
    let change = engine.begin_write().unwrap();
    let found = redb::ReadableTable::get(&change.open_table(theirs).unwrap(), 1)
        .unwrap()
        .map(|v| v.value());
    assert_eq!(found, Some(2));
}

#[test]
fn a_damaged_frame_is_named_and_what_stands_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut log = RedbLog::create(&path, b"").unwrap();
    let frames = [*b"first body", *b"other body", *b"third body"];
    log.write(frames.map(|body| Frame::new(1, body)).to_vec(), 1)
        .unwrap();
    log.sync().unwrap();
    drop(log);
    let mut bytes = fs::read(&path).unwrap();
    let places: Vec<usize> = (0..bytes.len() - 10)
        .filter(|at| bytes[*at..].starts_with(b"other body"))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(&path, bytes).unwrap();
    let log = RedbLog::open(&path).unwrap();
    let told: Vec<_> = log.reader().frames().collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].as_ref().unwrap().body, b"first body");
    let said = told[1].as_ref().unwrap_err().to_string();
    let wanted = "expected a value that checks, found one at frame 2 of commit 1 that does not; restore it from a copy";
    assert!(said.ends_with(wanted), "{said}");
    let report = log.verify().unwrap();
    assert_eq!((report.frames, report.damage.len()), (2, 1), "{report:?}");
    assert_eq!(report.damage[0].offset, 2);
}
