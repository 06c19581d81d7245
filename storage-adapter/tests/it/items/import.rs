//! Reading logs: nothing is lost silently, nothing is taken in twice.

use std::fs;
use std::path::{Path, PathBuf};

use bones_snapshot::{FIELD_COMMENT, LineErrorKind, MAX_LINE_BYTES, SHARD_HEADER};
use lattice_lww::{Itc, Unstamped};
use storage_adapter::{
    BadLine, BadLineReason, BadLines, Batch, ItemStore, ReadLog, SourceError, is_export, read_log,
};

use super::support::{
    Place, dirty_log, event, files, finished, import, line, lines_of, shuffled, views,
};

type Read = Result<ReadLog<Unstamped>, SourceError>;

fn read(path: &Path, bad_lines: BadLines) -> Read {
    read_log(path, bad_lines, &mut |_| {})
}

/// A store with everything that a path holds.
fn imported(place: &Place, name: &str, path: &Path) -> ItemStore<Unstamped> {
    let mut store = place.store(name);
    let events = read(path, BadLines::Stop).unwrap().events;
    let batch = Batch {
        events,
        ..Batch::default()
    };
    store.apply(batch, 1).unwrap();
    store
}

fn write(place: &Place, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = place.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn shard(lines: &[String]) -> String {
    let head = [SHARD_HEADER.to_owned(), FIELD_COMMENT.to_owned()];
    let mut text = [&head[..], lines].concat().join("\n");
    text.push('\n');
    text
}

#[test]
fn importing_again_changes_no_byte_of_the_store() {
    let place = Place::new();
    for lines in [finished(3), lines_of(&dirty_log())] {
        let name = format!("store-{}", lines.len());
        let mut store = place.store::<Unstamped>(&name);
        let first = import(&mut store, &lines);
        assert!(first.events_added > 0);
        let before = (files(&place.path(&name)), store.digest().unwrap());
        for again in [
            lines.clone(),
            shuffled(&lines, 1),
            lines[..2].to_vec(),
            vec![],
        ] {
            let report = import(&mut store, &again);
            assert_eq!((report.events_read, report.events_added), (again.len(), 0));
            assert_eq!((report.snapshots_added, report.redactions_added), (0, 0));
        }
        assert_eq!((files(&place.path(&name)), store.digest().unwrap()), before);
        // Nor does it after a compaction, when the lines are gone.
        super::support::compact(&mut store);
        let before = (files(&place.path(&name)), store.digest().unwrap());
        assert_eq!(import(&mut store, &lines).events_added, 0);
        assert_eq!((files(&place.path(&name)), store.digest().unwrap()), before);
    }
}

#[test]
fn order_overlap_and_repetition_in_one_import_are_harmless() {
    let place = Place::new();
    let lines = lines_of(&dirty_log());
    let whole = place.plain::<Unstamped>(&lines, &lattice_core::Set::new());
    let mut other = place.store::<Unstamped>("other");
    let turned = shuffled(&lines, 7);
    let (early, late) = (&turned[..turned.len() * 2 / 3], &turned[turned.len() / 3..]);
    import(&mut other, &[early, early].concat());
    import(&mut other, late);
    assert_eq!(other.digest().unwrap(), whole.digest().unwrap());
    assert_eq!(views(&other), views(&whole));
    assert_eq!(
        other.stats().unwrap().events_covered,
        whole.stats().unwrap().events_covered
    );
}

#[test]
fn both_text_forms_of_one_hash_are_one_event() {
    let place = Place::new();
    let base64 = line(1, "item.comment", "bn-1", r#"{"body":"once"}"#);
    let hash = super::support::hash(&base64);
    let hex: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let (columns, _) = base64.rsplit_once('\t').unwrap();
    let hex = format!("{columns}\tblake3:{hex}");
    let mut store = place.store::<Unstamped>("store");
    assert_eq!(import(&mut store, &[base64, hex.clone()]).events_added, 1);
    assert_eq!(import(&mut store, &[hex]).events_added, 0);
}

#[test]
fn a_report_counts_what_was_new() {
    let place = Place::new();
    let lines = finished(2);
    let mut store = place.store::<Unstamped>("store");
    let first = import(&mut store, &lines[..6]);
    assert_eq!(
        (first.events_read, first.events_added, first.items),
        (6, 6, 2)
    );
    let second = import(&mut store, &lines);
    assert_eq!(
        (second.events_read, second.events_added, second.items),
        (10, 4, 2)
    );
}

#[test]
fn a_log_is_a_bones_folder_an_events_folder_or_a_file() {
    let place = Place::new();
    let lines = finished(2);
    write(&place, ".bones/events/2026-01.events", shard(&lines[..3]));
    write(&place, ".bones/events/2026-02.events", shard(&lines[3..]));
    write(&place, ".bones/events/notes.txt", "not a log");
    write(&place, ".bones/bones.db", "not a log");
    let file = write(&place, "all.events", shard(&lines));
    let other_name = write(&place, "all.txt", shard(&lines));
    let paths = [
        place.path(".bones"),
        place.path(".bones/events"),
        file,
        other_name,
    ];
    let digests = paths.iter().enumerate().map(|(n, path)| {
        let log = read(path, BadLines::Stop).unwrap();
        assert_eq!(
            (log.events.len(), log.files),
            (10, if n < 2 { 2 } else { 1 })
        );
        imported(&place, &format!("store-{n}"), path)
            .digest()
            .unwrap()
    });
    let digests: Vec<_> = digests.collect();
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn progress_counts_every_byte() {
    let place = Place::new();
    let text = shard(&finished(3));
    let path = write(&place, "log.events", &text);
    let mut seen = 0;
    let log: ReadLog<Unstamped> =
        read_log(&path, BadLines::Stop, &mut |bytes| seen += bytes).unwrap();
    assert_eq!((seen, log.bytes), (text.len() as u64, text.len() as u64));
}

#[test]
fn line_ends_of_any_kind_are_read_and_not_kept() {
    let place = Place::new();
    let lines = finished(1);
    let unix = write(&place, "unix.events", shard(&lines));
    let dos = write(&place, "dos.events", shard(&lines).replace('\n', "\r\n"));
    let open = write(&place, "open.events", shard(&lines).trim_end());
    let blank = write(
        &place,
        "blank.events",
        shard(&lines).replace('\n', "\n\n  \n"),
    );
    let plain = imported(&place, "unix", &unix);
    for (n, path) in [dos, open, blank].iter().enumerate() {
        let store = imported(&place, &format!("store-{n}"), path);
        assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
        let held: Vec<&[u8]> = store
            .lines("bn-0")
            .unwrap()
            .map(storage_adapter::HeldEvent::line)
            .collect();
        let expected: Vec<&[u8]> = plain
            .lines("bn-0")
            .unwrap()
            .map(storage_adapter::HeldEvent::line)
            .collect();
        assert_eq!(held, expected);
    }
}

/// Good lines with one of each kind of bad line between them, and where each bad line is.
fn damaged() -> (Vec<u8>, Vec<(u64, u64)>, usize) {
    let good = finished(1);
    let hurt = |line: &str, from: &str, to: &str| line.replacen(from, to, 1).into_bytes();
    let (columns, _) = good[0].rsplit_once('\t').unwrap();
    let deep = format!(
        r#"{{"body":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let mut not_utf8 = good[2].clone().into_bytes();
    not_utf8[3] = 0xff;
    let bad: Vec<(Vec<u8>, u64)> = vec![
        (
            hurt(&good[1], "remark", "REMARK"),
            good[1].rfind('\t').unwrap() as u64 + 1,
        ),
        (columns.as_bytes().to_vec(), 0),
        (not_utf8, 3),
        (line(9, "item.comment", "bn-0", &deep).into_bytes(), 0),
        (b"x".to_vec(), 0),
        (
            good[3].as_bytes()[..good[3].len() - 5].to_vec(),
            good[3].rfind('\t').unwrap() as u64 + 1,
        ),
        (line(9, "item.comment", "bn 0", "{}").into_bytes(), 0),
        (line(9, "item.comment", "bn-0", "not json").into_bytes(), 0),
    ];
    let mut file = shard(&[]).into_bytes();
    let mut places = Vec::new();
    for (n, (bytes, offset)) in bad.iter().enumerate() {
        file.extend(good[n % good.len()].as_bytes());
        file.push(b'\n');
        places.push((
            file.iter().filter(|b| **b == b'\n').count() as u64 + 1,
            file.len() as u64 + offset,
        ));
        file.extend(bytes);
        file.push(b'\n');
    }
    (file, places, bad.len())
}

fn reasons(bad: &[BadLine]) -> Vec<String> {
    bad.iter().map(|line| line.why.to_string()).collect()
}

#[test]
fn skipped_lines_are_reported_each_with_its_place() {
    let place = Place::new();
    let (bytes, places, bad) = damaged();
    let path = write(&place, "log.events", bytes);
    let log = read(&path, BadLines::Skip).unwrap();
    assert_eq!((log.events.len(), log.skipped.len()), (bad, bad));
    for (skipped, (line, offset)) in log.skipped.iter().zip(places) {
        assert_eq!((&skipped.path, skipped.line), (&path, line), "{skipped}");
        // Where in the line the fault is, the line's own tests say: here, that it is in this line.
        assert!(
            skipped.offset >= offset.saturating_sub(400) && skipped.offset <= offset + 400,
            "{skipped}"
        );
        let text = skipped.to_string();
        assert!(
            text.starts_with(&format!("{}:{line}: byte ", path.display())),
            "{text}"
        );
    }
    let reasons = reasons(&log.skipped);
    for (reason, expected) in reasons.iter().zip([
        "event hash does not match",
        "found 7",
        "not valid UTF-8",
        "nested deeper",
        "found 1",
        "column 8",
        "column 6",
        "column 7",
    ]) {
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn the_offset_is_that_of_the_fault_in_the_file() {
    let place = Place::new();
    let good = finished(1);
    let mut not_utf8 = good[2].clone().into_bytes();
    not_utf8[3] = 0xff;
    let head = shard(&good[..2]);
    let bytes = [head.as_bytes(), &not_utf8, b"\n", good[3].as_bytes(), b"\n"].concat();
    let path = write(&place, "log.events", bytes);
    let Err(SourceError::Line(bad)) = read(&path, BadLines::Stop) else {
        panic!("not refused");
    };
    assert_eq!((bad.line, bad.offset), (5, head.len() as u64 + 3));
    assert!(matches!(&bad.why, BadLineReason::Line(e) if e.kind == LineErrorKind::NotUtf8));
}

#[test]
fn stopping_refuses_the_whole_log_at_the_first_bad_line() {
    let place = Place::new();
    let (bytes, places, _) = damaged();
    write(&place, "log/2026-01.events", shard(&finished(2)));
    let second = write(&place, "log/2026-02.events", bytes);
    let refused = read(&place.path("log"), BadLines::Stop).unwrap_err();
    let SourceError::Line(bad) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!((&bad.path, bad.line), (&second, places[0].0));
    assert!(
        refused.to_string().contains("nothing was imported"),
        "{refused}"
    );
}

#[test]
fn a_line_beyond_all_bounds_is_skipped_and_the_next_one_read() {
    let place = Place::new();
    let lines = finished(1);
    let mut bytes = shard(&lines[..1]).into_bytes();
    let start = bytes.len() as u64;
    let long = format!(r#"{{"body":"{}"}}"#, "x".repeat(17 << 20));
    bytes.extend(line(9, "item.comment", "bn-0", &long).as_bytes());
    bytes.extend(b"\r\n");
    bytes.extend(lines[1].as_bytes());
    let path = write(&place, "log.events", &bytes);
    let log = read(&path, BadLines::Skip).unwrap();
    assert_eq!((log.events.len(), log.bytes), (2, bytes.len() as u64));
    let [bad] = &log.skipped[..] else {
        panic!("{:?}", log.skipped);
    };
    assert_eq!((bad.line, bad.offset), (4, start + MAX_LINE_BYTES as u64));
    assert!(matches!(&bad.why, BadLineReason::Line(e) if e.kind == LineErrorKind::TooLong));
    assert!(matches!(
        read(&path, BadLines::Stop),
        Err(SourceError::Line(_))
    ));
    // Also as the last line, without an end.
    fs::write(&path, &bytes[..bytes.len() - lines[1].len() - 2]).unwrap();
    assert_eq!(read(&path, BadLines::Skip).unwrap().skipped.len(), 1);
}

#[test]
fn a_line_as_long_as_can_be_is_read() {
    let place = Place::new();
    let short = line(9, "item.comment", "bn-0", r#"{"body":""}"#);
    let body = "x".repeat(MAX_LINE_BYTES - short.len());
    let longest = line(
        9,
        "item.comment",
        "bn-0",
        &format!(r#"{{"body":"{body}"}}"#),
    );
    assert_eq!(longest.len(), MAX_LINE_BYTES);
    let path = write(&place, "log.events", format!("{longest}\r\n{short}\n"));
    assert_eq!(read(&path, BadLines::Stop).unwrap().events.len(), 2);
}

#[test]
fn a_file_of_a_newer_format_is_refused_even_when_skipping() {
    let place = Place::new();
    let text = shard(&finished(1)).replace("v1", "v2");
    let path = write(&place, "log.events", text);
    for bad_lines in [BadLines::Stop, BadLines::Skip] {
        let refused = read(&path, bad_lines).unwrap_err();
        assert!(
            refused.to_string().contains("version 2 is newer"),
            "{refused}"
        );
    }
}

#[test]
fn an_itc_store_refuses_lines_without_a_stamp_one_by_one() {
    let place = Place::new();
    let mut lines = finished(1);
    lines.push(bones_snapshot::write_line(
        6,
        "alice",
        "itc:AQ",
        &[],
        "item.delete",
        "bn-0",
        "{}",
    ));
    let path = write(&place, "log.events", shard(&lines));
    let log: ReadLog<Itc> = read_log(&path, BadLines::Skip, &mut |_| {}).unwrap();
    assert_eq!(
        (log.events.len(), log.skipped.len(), log.skipped[0].line),
        (5, 1, 8)
    );
    assert!(matches!(log.skipped[0].why, BadLineReason::Stamp(_)));
    assert!(read_log::<Itc>(&path, BadLines::Stop, &mut |_| {}).is_err());
    assert_eq!(read(&path, BadLines::Stop).unwrap().events.len(), 6);
}

#[test]
fn what_is_no_log_is_refused_by_name() {
    let place = Place::new();
    let missing = read(&place.path("missing"), BadLines::Stop).unwrap_err();
    assert!(matches!(missing, SourceError::Io { .. }), "{missing}");
    fs::create_dir(place.path("empty")).unwrap();
    let empty = read(&place.path("empty"), BadLines::Skip).unwrap_err();
    assert!(matches!(empty, SourceError::NoEvents { .. }), "{empty}");
    assert!(
        empty.to_string().contains("holds no .events files"),
        "{empty}"
    );
    let path = write(&place, "picture.events", [0x89, b'P', 0, 0, 0xff]);
    assert!(matches!(
        read(&path, BadLines::Stop),
        Err(SourceError::Line(_))
    ));
    assert!(!is_export(&path).unwrap() && !is_export(&place.path("empty")).unwrap());
    assert!(is_export(&place.path("missing")).is_err());
}

#[test]
fn a_held_event_is_its_line_word_for_word() {
    let text = line(
        1,
        "item.comment",
        "bn-1",
        r#"{"body":"x",  "odd" : [1.0e5]}"#,
    );
    for end in ["", "\n", "\r\n"] {
        let whole = format!("{text}{end}");
        let parsed = event::<Unstamped>(&whole);
        assert_eq!(parsed.line(), text.as_bytes());
    }
}
