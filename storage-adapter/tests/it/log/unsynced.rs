//! Batches that were written and not synced: a loss of power takes the last of them, never one from the
//! middle, and never hides damage to what was synced.

use storage_adapter::log::{Frame, LogError};

use super::rng::Rng;
use super::sim::{Fault, Outcome, SimDisk};
use super::story::{self, Model, Step};

const ACTIVE: &str = "seg-0000000000000001";

#[test]
fn any_mix_of_lost_sectors_leaves_a_prefix_from_the_durable_commit_on() {
    let (mut cuts, mut middles) = (0, 0);
    for seed in 0..2000 {
        let mut rng = Rng(seed);
        let disk = SimDisk::default();
        let mut log = story::create(&disk).unwrap();
        log.set_segment_target(u64::MAX);
        let mut model = Model::of(&[0, 7, 40, 300, 700]);
        for _ in 0..3 + rng.below(8) {
            let step = match rng.below(5) {
                0 => Step::Sync,
                1 => Step::Append(1 + rng.below(3)),
                _ => Step::Write(1 + rng.below(4)),
            };
            model.write(&mut log, step).unwrap();
        }
        drop(log);
        disk.restart(Outcome::Part(seed));
        let (log, report) = story::open(&disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        cuts += u64::from(report.cut.is_some());
        let (least, most) = (model.allowed[0].0, model.commit);
        middles += u64::from(least < log.commit() && log.commit() < most);
        model.settle(&log);
    }
    assert!(
        cuts > 500 && middles > 100,
        "{cuts} cuts, {middles} in the middle"
    );
}

/// Pieces of a batch that is larger than what is written at once meet in the middle of no sector.
#[test]
fn a_large_batch_of_which_any_sector_is_as_it_once_was_is_cut() {
    for seed in 0..60 {
        let disk = SimDisk::default();
        let mut log = story::create(&disk).unwrap();
        log.append(
            [Frame::new(1, vec![1; 100 + usize::try_from(seed).unwrap()])],
            1,
        )
        .unwrap();
        let frames = (0..90).map(|i| Frame::new(2, vec![7; 9_000 + i]));
        log.write(frames, 2).unwrap();
        log.write([Frame::new(2, *b"behind")], 3).unwrap();
        drop(log);
        disk.restart(Outcome::Part(seed));
        let (log, _) = story::open(&disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert!(log.commit() >= 1);
    }
}

/// Three synced batches, two that are not; where each begins.
fn synced_and_not() -> (SimDisk, Vec<u8>, Vec<usize>) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    log.set_segment_target(u64::MAX);
    let mut begins = Vec::new();
    for commit in 1..=5 {
        begins.push(disk.files()[ACTIVE].len());
        log.write((0..3).map(|_| Frame::new(1, vec![9; 600])), commit)
            .unwrap();
        if commit == 3 {
            log.sync().unwrap();
        }
    }
    drop(log);
    let bytes = disk.files()[ACTIVE].clone();
    (disk, bytes, begins)
}

#[test]
fn sectors_of_zeros_in_what_was_synced_are_damage_though_what_is_behind_was_not() {
    let (disk, bytes, begins) = synced_and_not();
    for sector in (0..bytes.len()).step_by(512) {
        let (from, to) = (sector.max(begins[0]), (sector + 512).min(bytes.len()));
        let mut bad = bytes.clone();
        bad[from..to].fill(0);
        let disk = disk.copy();
        disk.put(ACTIVE, &bad);
        let opened = story::open(&disk);
        if from < begins[3] {
            let error = opened.err().unwrap_or_else(|| panic!("sector {sector}"));
            assert!(matches!(error, LogError::Corrupt { .. }), "{error}");
            assert_eq!(disk.files()[ACTIVE], bad, "nothing is cut");
        } else {
            let (log, report) = opened.unwrap();
            let whole = if from < begins[4] { 3 } else { 4 };
            assert_eq!(log.commit(), whole, "sector {sector}");
            let cut = report.cut.unwrap();
            assert_eq!(cut.offset, begins[usize::try_from(whole).unwrap()] as u64);
            assert_eq!(cut.bytes, bytes.len() as u64 - cut.offset);
        }
    }
}

#[test]
fn flipped_bits_anywhere_are_damage() {
    let (disk, bytes, begins) = synced_and_not();
    for at in (begins[0]..bytes.len()).step_by(7) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x41;
        let disk = disk.copy();
        disk.put(ACTIVE, &bad);
        let error = story::open(&disk).unwrap_err();
        assert!(
            matches!(error, LogError::Corrupt { .. }),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn a_failed_sync_takes_back_all_that_was_not_durable() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::default();
    model.write(&mut log, Step::Append(2)).unwrap();
    let durable = model.acked.clone();
    model.write(&mut log, Step::Write(2)).unwrap();
    model.write(&mut log, Step::Write(3)).unwrap();
    let view = log.view();
    disk.plan(0, Fault::Fails);
    let error = log.sync().unwrap_err();
    assert!(matches!(error, LogError::Io { action: "sync", .. }));
    assert_eq!((log.commit(), log.durable_commit()), (1, 1));
    assert_eq!(story::read(&log).unwrap(), durable);
    let refused = log.sync().unwrap_err();
    assert!(matches!(refused, LogError::Poisoned { .. }), "{refused}");
    let error = view.frames().find_map(Result::err).unwrap();
    assert!(matches!(error, LogError::Short { .. }), "{error}");
    drop(log);
    model.settle(&story::open(&disk).unwrap().0);
    assert_eq!(model.acked, durable);
}

#[test]
fn a_write_that_fails_leaves_the_written_ones_before_it() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::default();
    model.write(&mut log, Step::Write(2)).unwrap();
    disk.plan(0, Fault::Full);
    assert!(model.write(&mut log, Step::Write(4)).is_err());
    model.nothing_pending();
    model.shown_by(&log);
    assert_eq!(log.commit(), 1);
    disk.free_space();
    model.write(&mut log, Step::Write(1)).unwrap();
    model.write(&mut log, Step::Sync).unwrap();
    drop(log);
    disk.restart(Outcome::Lost);
    model.settle(&story::open(&disk).unwrap().0);
    assert_eq!(model.commit, 2);
}
