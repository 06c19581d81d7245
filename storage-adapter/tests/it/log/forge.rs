//! Frames written by a second statement of the format, so that each check is right and the frame is
//! wrong: what is left to see it are the rules between frames.

use storage_adapter::log::LogError;

use super::sim::SimDisk;
use super::story::{self, HEADER, Model, Step};

const ACTIVE: &str = "seg-0000000000000001";
const OPENING: usize = 37;
const CLOSING: usize = 53;

fn head(kind: u8, len: u32) -> Vec<u8> {
    let mut bytes = len.to_le_bytes().to_vec();
    bytes.push(kind);
    let mut crc = 0xff_u8;
    for bit in bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1))
    {
        crc = (crc << 1) ^ if (crc >> 7) ^ bit == 1 { 0x07 } else { 0 };
    }
    bytes.push(crc);
    bytes
}

/// The frame of this kind and body at this offset of segment 1.
fn frame(offset: usize, kind: u8, body: &[u8]) -> Vec<u8> {
    let id_and_header = [&1_u64.to_le_bytes(), HEADER].concat();
    let key = blake3::derive_key("lattice log 1: segment key", &id_and_header);
    let mut bytes = head(kind, u32::try_from(body.len()).unwrap());
    bytes.extend(body);
    let checked = [&(offset as u64).to_le_bytes(), &bytes[..]].concat();
    bytes.extend(&blake3::keyed_hash(&key, &checked).as_bytes()[..7]);
    *bytes.last_mut().unwrap() |= 0xc0;
    bytes
}

/// Two batches, the second one with three frames of 300 or 700 bytes; the active segment, and where
/// the second batch begins.
fn two_batches(seed: u64) -> (SimDisk, Vec<u8>, usize) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    log.append(story::frames(1, 1), 1).unwrap();
    let first = disk.files()[ACTIVE].len();
    let body = |byte: u64| vec![u8::try_from(byte).unwrap(); 300];
    log.append(
        (0..3).map(|i| storage_adapter::log::Frame::new(1, body(seed + i))),
        2,
    )
    .unwrap();
    let bytes = disk.files()[ACTIVE].clone();
    (disk, bytes, first)
}

/// Opening must say that these bytes are damaged at this place.
fn refused(bytes: &[u8], at: usize, what: &str) {
    let (disk, ..) = two_batches(1);
    disk.put(ACTIVE, bytes);
    let error = story::open(&disk)
        .err()
        .unwrap_or_else(|| panic!("{what}: opened"));
    let LogError::Corrupt { offset, .. } = error else {
        panic!("{what}: {error}")
    };
    assert_eq!(offset, at as u64, "{what}");
    assert_eq!(disk.files()[ACTIVE], bytes, "{what}: nothing is cut");
}

#[test]
fn the_second_statement_agrees() {
    let (_, bytes, first) = two_batches(1);
    assert_eq!(
        bytes[first + OPENING..][..313],
        frame(first + OPENING, 1, &[1; 300])
    );
}

#[test]
fn whole_frames_that_do_not_belong_are_damage() {
    let (_, bytes, first) = two_batches(1);
    let opening = |commit: u64| frame(first, 0, &[commit, 1, 2].map(u64::to_le_bytes).concat());
    let closing = bytes.len() - CLOSING;
    let closing_with = |commit: u64, count: u64, chain: &[u8]| {
        frame(
            closing,
            0,
            &[
                &[commit, 1, count].map(u64::to_le_bytes).concat()[..],
                chain,
            ]
            .concat(),
        )
    };
    let chain = &bytes[closing + 6 + 24..][..16];
    let put = |at: usize, frame: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + frame.len()].copy_from_slice(frame);
        bytes
    };
    assert_eq!(put(first, &opening(2)), bytes);
    assert_eq!(put(closing, &closing_with(2, 3, chain)), bytes);
    refused(
        &put(first, &opening(1)),
        first,
        "an opening mark with the last number",
    );
    refused(
        &put(first, &opening(3)),
        first,
        "an opening mark with a number too far",
    );
    refused(
        &put(closing, &closing_with(3, 3, chain)),
        closing,
        "a closing mark of another batch",
    );
    refused(
        &put(closing, &closing_with(2, 4, chain)),
        closing,
        "a closing mark that counts wrong",
    );
    refused(
        &put(closing, &closing_with(2, 3, &[7; 16])),
        closing,
        "a wrong running check",
    );
    let mut other = bytes[..first].to_vec();
    other.extend(frame(first, 1, b"a frame outside a batch"));
    refused(&other, first, "a frame outside a batch");
    let mut twice = bytes[..closing].to_vec();
    twice.extend(frame(
        closing,
        0,
        &[2_u64, 1, 2].map(u64::to_le_bytes).concat(),
    ));
    refused(&twice, closing, "an opening mark inside a batch");
}

#[test]
fn a_forged_length_is_not_taken_for_a_torn_tail() {
    let (_, mut bytes, first) = two_batches(1);
    let at = first + OPENING;
    bytes[at..at + 6].copy_from_slice(&head(1, 1 << 20));
    // The closing mark of this very batch is behind it.
    refused(&bytes, at, "a length beyond the end of the file");
    let (_, mut bytes, _) = two_batches(1);
    let closing = bytes.len() - CLOSING;
    bytes[closing..closing + 6].copy_from_slice(&head(0, 1 << 20));
    refused(&bytes, closing, "a mark of a length that no mark has");
    bytes[closing..closing + 6].copy_from_slice(&head(1, (64 << 20) + 1));
    refused(&bytes, closing, "a length over the limit");
}

#[test]
fn frames_of_another_history_at_the_same_place_do_not_mix() {
    let (_, ours, first) = two_batches(1);
    let (_, theirs, _) = two_batches(50);
    let at = first + OPENING;
    let mut mixed = ours.clone();
    mixed[at..at + 313].copy_from_slice(&theirs[at..at + 313]);
    refused(
        &mixed,
        mixed.len() - CLOSING,
        "one frame of another history",
    );
}

/// Two stores with the same steps and lengths and other content: two segments, the last one grown.
fn twins() -> [(SimDisk, story::State); 2] {
    [[1_u8; 20], [2; 20]].map(|body| {
        let disk = SimDisk::default();
        let mut log = story::create(&disk).unwrap();
        let frame = || [storage_adapter::log::Frame::new(1, body)];
        log.append(frame(), 1).unwrap();
        log.set_segment_target(0);
        log.append(frame(), 2).unwrap();
        log.set_segment_target(u64::MAX);
        log.append(frame(), 3).unwrap();
        assert_eq!(log.segments().len(), 2);
        let state = story::read(&log).unwrap();
        (disk, state)
    })
}

#[test]
fn files_of_a_twin_are_seen_though_every_frame_in_them_checks() {
    let [(ours, state), (theirs, _)] = twins();
    let names: Vec<String> = ours.files().into_keys().collect();
    assert_eq!(names, theirs.files().into_keys().collect::<Vec<_>>());
    for name in names.iter().filter(|name| *name != "LOCK") {
        let disk = ours.copy();
        disk.put(name, &theirs.files()[name]);
        let error = story::open(&disk)
            .and_then(|(log, _)| story::read(&log))
            .unwrap_err();
        assert!(matches!(error, LogError::Corrupt { .. }), "{name}: {error}");
        if name.starts_with("seg-") {
            // And when the file is exchanged under an open store.
            let disk = ours.copy();
            let (log, _) = story::open(&disk).unwrap();
            assert_eq!(story::read(&log).unwrap(), state);
            disk.put(name, &theirs.files()[name]);
            assert!(
                matches!(story::read(&log), Err(LogError::Corrupt { .. })),
                "{name}"
            );
            let report = log.verify().unwrap();
            assert_eq!(report.damage.len(), 1, "{name}");
            assert_eq!(report.damage[0].file, *name);
        }
    }
}

#[test]
fn a_longer_history_of_the_same_store_is_not_read_by_an_owner_that_did_not_write_it() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::default();
    model.write(&mut log, Step::Append(2)).unwrap();
    let (copy, before) = (disk.copy(), model.acked.clone());
    model.write(&mut log, Step::Append(2)).unwrap();
    let (log, _) = story::open(&copy).unwrap();
    copy.put(ACTIVE, &disk.files()[ACTIVE]);
    assert_eq!(story::read(&log).unwrap(), before);
}

#[test]
fn an_open_store_knows_its_own_last_batch_and_its_own_manifest() {
    // Two stores that differ in their last batch only.
    let (ours, bytes, _) = two_batches(1);
    let (_, theirs, _) = two_batches(50);
    let (log, _) = story::open(&ours).unwrap();
    ours.put(ACTIVE, &theirs);
    let error = log.frames().find_map(Result::err).unwrap();
    assert!(matches!(error, LogError::Corrupt { offset, .. } if offset == theirs.len() as u64));
    ours.put(ACTIVE, &bytes);
    assert!(log.verify().unwrap().damage.is_empty());

    let [(other, _), _] = twins();
    for (name, bytes) in other
        .files()
        .iter()
        .filter(|(name, _)| !name.starts_with("seg-"))
    {
        ours.put(name, bytes);
    }
    let report = log.verify().unwrap();
    assert_eq!(report.damage.len(), 1);
    assert_eq!(report.damage[0].file, "CURRENT");
    assert_eq!(report.damage[0].expected, "MANIFEST-0000000000000002");
}
