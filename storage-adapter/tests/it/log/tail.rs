//! Torn tails are cut and kept; anything else behind the last whole batch is damage.

use std::collections::BTreeSet;

use storage_adapter::log::{Frame, LogError};

use super::sim::{Fault, Outcome, SimDisk};
use super::story::{self, Model, Step};

const ACTIVE: &str = "seg-0000000000000001";

/// Two batches; the bytes of the active segment, and where the second batch begins.
fn two_batches() -> (SimDisk, Model, Vec<u8>, usize) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    log.set_segment_target(u64::MAX);
    let mut model = Model::of(&[300, 700]);
    model.write(&mut log, Step::Append(2)).unwrap();
    let first = disk.files()[ACTIVE].len();
    let before = model.clone();
    model.write(&mut log, Step::Append(5)).unwrap();
    drop(log);
    let bytes = disk.files()[ACTIVE].clone();
    (disk, before, bytes, first)
}

#[test]
fn a_tail_torn_at_every_length_is_cut_to_the_last_whole_batch_and_kept() {
    let (disk, model, bytes, first) = two_batches();
    for len in first..bytes.len() {
        let disk = disk.copy();
        disk.put(ACTIVE, &bytes[..len]);
        let mut model = model.clone();
        let (mut log, report) = story::open(&disk).unwrap_or_else(|e| panic!("length {len}: {e}"));
        if len == first {
            assert_eq!(report.cut, None);
        } else {
            let cut = report.cut.unwrap();
            assert_eq!(
                (cut.file.as_str(), cut.offset, cut.bytes),
                (ACTIVE, first as u64, (len - first) as u64)
            );
            assert_eq!(disk.files()[&cut.kept], bytes[first..len]);
            assert_eq!(log.kept_tails().unwrap(), [(cut.kept.clone(), cut.bytes)]);
        }
        assert_eq!(disk.files()[ACTIVE], bytes[..first]);
        model.settle(&log);
        model.write(&mut log, Step::Append(1)).unwrap();
        let entry = log.frames().last().unwrap().unwrap();
        // Right behind the mark that opens the batch, which is right behind the cut.
        assert_eq!(entry.offset, (first + 13 + 24) as u64);
        assert!(log.verify().unwrap().damage.is_empty());
        drop(log);
        let (mut log, report) = story::open(&disk).unwrap();
        assert_eq!(report.cut, None);
        model.settle(&log);
        let kept = usize::from(len != first);
        assert_eq!(
            log.kept_tails().unwrap().len(),
            kept,
            "a kept tail stays until it is discarded"
        );
        assert_eq!(log.discard_tails().unwrap(), kept);
        assert!(log.kept_tails().unwrap().is_empty());
    }
}

#[test]
fn two_tails_cut_at_one_place_are_both_kept() {
    let (disk, _, bytes, first) = two_batches();
    disk.put(ACTIVE, &bytes[..first + 100]);
    drop(story::open(&disk).unwrap());
    let mut other = bytes[..first].to_vec();
    other.extend(&bytes[first..first + 40]);
    disk.put(ACTIVE, &other);
    // The shorter one could be an unfinished copy of nothing that is known: it differs in length
    // only.
    let (log, report) = story::open(&disk).unwrap();
    let kept = log.kept_tails().unwrap();
    assert_eq!(
        kept.iter().map(|(_, len)| *len).collect::<Vec<_>>(),
        [100, 40]
    );
    assert_eq!(report.cut.unwrap().kept, kept[1].0);
}

/// Every change of the last batch that leaves its length alone is an error, and nothing is cut.
#[test]
fn a_last_batch_of_whole_length_with_a_bad_check_is_damage() {
    let (disk, _, bytes, first) = two_batches();
    for at in (first..bytes.len()).step_by(3) {
        for flip in [0x01, 0x80, 0xff] {
            let mut bad = bytes.clone();
            bad[at] ^= flip;
            let disk = disk.copy();
            disk.put(ACTIVE, &bad);
            let error = story::open(&disk).unwrap_err();
            let LogError::Corrupt { file, offset, .. } = &error else {
                panic!("byte {at}: {error}")
            };
            assert!(
                file.ends_with(ACTIVE) && *offset >= first as u64 && *offset <= at as u64,
                "byte {at}: {error}"
            );
            assert_eq!(disk.files()[ACTIVE], bad, "nothing is cut");
        }
    }
}

/// A damaged length that points beyond the end of the file looks like a frame cut short. It must
/// not cost the good frames behind it.
#[test]
fn a_damaged_length_is_not_a_torn_tail() {
    let (disk, _, bytes, first) = two_batches();
    for start in [16, first] {
        for byte in 0..4 {
            for value in 0..=255 {
                let mut bad = bytes.clone();
                if bad[start + byte] == value {
                    continue;
                }
                bad[start + byte] = value;
                let disk = disk.copy();
                disk.put(ACTIVE, &bad);
                let LogError::Corrupt { offset, .. } = story::open(&disk).unwrap_err() else {
                    panic!("not told as damage");
                };
                assert_eq!(offset, start as u64);
                assert_eq!(disk.files()[ACTIVE], bad);
            }
        }
    }
}

/// Zeros over whole sectors of the last batch are what a crash leaves; over an earlier one they are
/// damage.
#[test]
fn sectors_of_zeros_are_torn_only_in_the_last_batch() {
    let (disk, model, bytes, first) = two_batches();
    let zero = |from: usize, to: usize| {
        let mut bad = bytes.clone();
        bad[from..to].fill(0);
        let disk = disk.copy();
        disk.put(ACTIVE, &bad);
        disk
    };
    let mut torn = 0;
    for sector in (0..bytes.len()).step_by(512) {
        let (from, to) = (sector.max(first), (sector + 512).min(bytes.len()));
        if from >= to {
            continue;
        }
        let disk = zero(from, to);
        let (log, report) =
            story::open(&disk).unwrap_or_else(|e| panic!("sector at {sector}: {e}"));
        assert!(report.cut.is_some());
        assert_eq!(story::read(&log).unwrap(), model.acked);
        torn += 1;
    }
    assert!(torn > 3, "only {torn} sectors");
    // The first batch was synced before the second one began.
    // All zeros in one of its sectors all the same: only the batch behind it tells.
    assert!(first > 512);
    let disk = zero(16, 512);
    assert!(matches!(
        story::open(&disk),
        Err(LogError::Corrupt { offset: 16, .. })
    ));
}

/// Whatever lies across the edge of a sector that never reached the medium - heads, bodies, marks,
/// checks - the store opens with the batch before.
#[test]
fn a_lost_sector_is_torn_wherever_its_edge_falls() {
    for pad in 1..=520 {
        let disk = SimDisk::default();
        let mut log = story::create(&disk).unwrap();
        log.append([Frame::new(1, vec![1; pad])], 1).unwrap();
        let first = disk.files()[ACTIVE].len();
        let lengths = [24_usize, 40, 0, 600, 24, 1];
        log.append(lengths.map(|len| Frame::new(2, vec![2; len])), 2)
            .unwrap();
        drop(log);
        let bytes = disk.files()[ACTIVE].clone();
        for sector in (first / 512 * 512..bytes.len()).step_by(512) {
            let mut bad = bytes.clone();
            bad[sector.max(first)..(sector + 512).min(bytes.len())].fill(0);
            let disk = disk.copy();
            disk.put(ACTIVE, &bad);
            let (log, report) =
                story::open(&disk).unwrap_or_else(|e| panic!("pad {pad}, sector {sector}: {e}"));
            assert_eq!(report.cut.unwrap().offset, first as u64);
            assert_eq!(log.frames().count(), 1);
        }
    }
}

/// The head of the last closing mark has nothing behind it that could prove it wrong: its own CRC
/// must see every error of up to three bits.
#[test]
fn no_error_of_three_bits_in_the_last_head_costs_the_batch() {
    let (disk, _, bytes, _) = two_batches();
    let head = bytes.len() - 53;
    for (a, b, c) in
        (0..48).flat_map(|a| (a..48).flat_map(move |b| (b..48).map(move |c| (a, b, c))))
    {
        let mut bad = bytes.clone();
        // Equal bits count once: one, two or three bits are flipped.
        for bit in [a, b, c].into_iter().collect::<BTreeSet<usize>>() {
            bad[head + bit / 8] ^= 1 << (bit % 8);
        }
        let disk = disk.copy();
        disk.put(ACTIVE, &bad);
        let error = story::open(&disk)
            .err()
            .unwrap_or_else(|| panic!("bits {a}, {b}, {c} were not seen"));
        assert!(matches!(error, LogError::Corrupt { offset, .. } if offset == head as u64));
    }
}

#[test]
fn a_kept_tail_is_there_after_the_next_loss_of_power() {
    let (disk, _, bytes, first) = two_batches();
    disk.put(ACTIVE, &bytes[..first + 800]);
    let (log, report) = story::open(&disk).unwrap();
    drop(log);
    disk.restart(Outcome::Lost);
    assert_eq!(
        disk.files()[&report.cut.unwrap().kept],
        bytes[first..first + 800]
    );
    assert_eq!(disk.files()[ACTIVE], bytes[..first]);
}

#[test]
fn a_cut_tail_never_mixes_with_the_next_batch() {
    for seed in 0..100 {
        let (disk, mut model, bytes, first) = two_batches();
        disk.put(ACTIVE, &bytes[..first + 1600]);
        let (mut log, _) = story::open(&disk).unwrap();
        model.settle(&log);
        disk.plan(1, Fault::StopBefore);
        assert!(model.write(&mut log, Step::Append(6)).is_err());
        drop(log);
        disk.restart(Outcome::Part(seed));
        let (log, _) = story::open(&disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        model.settle(&log);
    }
}

#[test]
fn a_copy_that_a_stopped_open_left_unfinished_is_made_again() {
    let (disk, _, bytes, first) = two_batches();
    let name = format!("tail-{:016x}-{first:016x}-{:016x}", 1, 0);
    let tail = &bytes[first..first + 800];
    for copied in [0, 1, 799, 800] {
        let disk = disk.copy();
        disk.put(ACTIVE, &bytes[..first + 800]);
        disk.put(&name, &tail[..copied]);
        let (log, report) = story::open(&disk).unwrap();
        assert_eq!(report.cut.unwrap().kept, name, "{copied} bytes were copied");
        assert_eq!(disk.files()[&name], tail);
        assert_eq!(log.kept_tails().unwrap().len(), 1);
    }
}
