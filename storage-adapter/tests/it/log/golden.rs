//! The bytes of format 1, written down once. A new format gets a new file; these lines are never
//! edited.

use std::collections::BTreeMap;
use std::fmt::Write;

use storage_adapter::log::{Frame, LogDir, OpenReport};

use super::sim::SimDisk;

const FORMAT_1: &str = include_str!("golden/format-1.txt");

/// One line per file: its name and its bytes in hex.
fn parse(text: &str) -> BTreeMap<String, Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let line = |line: &str| {
        let (name, hex) = line.split_once(':').unwrap();
        (
            name.to_owned(),
            hex.trim().as_bytes().chunks(2).map(byte).collect(),
        )
    };
    text.lines().map(line).collect()
}

fn print(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut out = String::new();
    for (name, bytes) in files {
        write!(out, "{name}:").unwrap();
        for (index, byte) in bytes.iter().enumerate() {
            write!(out, "{}{byte:02x}", if index == 0 { " " } else { "" }).unwrap();
        }
        out.push('\n');
    }
    out
}

/// A store that shows every part of the format: two rewritten segments, one that was appended to
/// meanwhile and has grown since its manifest, and a batch that was not synced.
fn write() -> SimDisk {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), b"order=wall").unwrap();
    log.append([Frame::new(1, *b"gone")], 1_000_000).unwrap();
    log.append([Frame::new(1, *b"too")], 2_000_000).unwrap();
    log.set_segment_target(0);
    let mut rewrite = log.begin_rewrite().unwrap();
    log.append([Frame::new(2, *b"beta")], 3_000_000).unwrap();
    rewrite.push(Frame::new(1, *b"alpha")).unwrap();
    rewrite.push(Frame::new(255, *b"")).unwrap();
    let obsolete = log.publish_rewrite(rewrite.finish().unwrap()).unwrap();
    log.remove(obsolete).unwrap();
    log.set_segment_target(u64::MAX);
    log.append([Frame::new(2, [0, 1, 2, 3])], u64::MAX).unwrap();
    log.write([Frame::new(2, *b"late")], 5_000_000).unwrap();
    log.write([Frame::new(3, *b"")], 6_000_000).unwrap();
    disk
}

#[test]
fn a_store_is_written_as_format_1_says() {
    assert_eq!(print(&write().files()), FORMAT_1);
}

#[test]
fn a_store_of_format_1_is_read() {
    let disk = SimDisk::default();
    for (name, bytes) in parse(FORMAT_1) {
        disk.put(&name, &bytes);
    }
    let (log, report) = LogDir::open_on(disk).unwrap();
    assert_eq!(report, OpenReport::default());
    assert_eq!(log.header(), b"order=wall");
    let entries: Vec<_> = log
        .frames()
        .map(Result::unwrap)
        .map(|e| (e.kind, e.body, e.commit, e.commit_time_micros))
        .collect();
    let want = [
        (1, b"alpha".to_vec(), 2, 2_000_000),
        (255, Vec::new(), 2, 2_000_000),
        (2, b"beta".to_vec(), 3, 3_000_000),
        (2, vec![0, 1, 2, 3], 4, u64::MAX),
        (2, b"late".to_vec(), 5, 5_000_000),
        (3, Vec::new(), 6, 6_000_000),
    ];
    assert_eq!(entries, want);
    assert!(log.verify().unwrap().damage.is_empty());
}
