//! Order and atomicity of batches.

use super::support::{HEADER, Part, Told, frames, noise, time_of};
use crate::log::Frame;
use crate::log_store::LogStore;

/// Commits are numbered from 1 on, and come back in that order with their times. The header is what was given.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn commits_are_numbered_in_order<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Order;
    let mut log = make(HEADER);
    part.same("the header", log.header(), HEADER);
    part.same("the commit of an empty log", log.commit(), 0);
    part.tells("an empty log", &log.reader(), &[]);
    let mut want = Vec::new();
    for n in 1..=40 {
        // Times may stand still and go back; order is by number.
        let time = 500 - n % 7 * 50;
        let batch = frames(n, 2);
        let told = Told::of(n, &batch);
        want.extend(told.into_iter().map(|told| Told { time, ..told }));
        let commit = part.ok("writing a batch", log.write(batch, time));
        part.same("the number a write returns", commit, n);
        part.same("the last commit", log.commit(), n);
        part.same("its time", log.commit_time_micros(), time);
    }
    part.tells("forty commits", &log.reader(), &want);
    part.same(
        "the header after commits",
        make(b"").header(),
        b"".as_slice(),
    );
}

/// All frames of a batch are there, in their order, as those of one commit.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn a_batch_is_one_commit<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Atomicity;
    let (mut log, mut want) = (make(HEADER), Vec::new());
    for (n, count) in [1, 2, 200, 3].into_iter().enumerate() {
        part.write(&mut log, &mut want, frames(n as u64, count));
        part.tells("a batch", &log.reader(), &want);
    }
    // Equal frames are frames all the same.
    let twice = vec![Frame::new(1, *b"same"); 2];
    part.write(&mut log, &mut want, twice);
    part.tells("a batch of equal frames", &log.reader(), &want);
}

/// A batch without frames returns the last number and writes nothing.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn an_empty_batch_writes_nothing<L: LogStore>(mut make: impl FnMut(&[u8]) -> L) {
    let part = Part::Order;
    let what = "the number of a batch without frames";
    let mut empty = make(HEADER);
    part.same(what, part.ok(what, empty.write(Vec::new(), 9)), 0);
    part.same("the commit of an empty log", empty.commit(), 0);
    let (mut log, mut want) = part.filled(&mut make, 2);
    part.same(what, part.ok(what, log.write(Vec::new(), time_of(9))), 2);
    part.same("the last commit", log.commit(), 2);
    part.same("its time", log.commit_time_micros(), time_of(2));
    part.write(&mut log, &mut want, frames(3, 1));
    part.tells("a log beside empty batches", &log.reader(), &want);
}

/// Bodies of no byte, of any byte, and of a megabyte come back as they were, also after reopening.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn bodies_come_back_as_written<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Atomicity;
    let (mut log, mut want) = (make(HEADER), Vec::new());
    let all_bytes: Vec<u8> = (0..=255).collect();
    let odd = vec![
        Frame::new(1, *b""),
        Frame::new(255, all_bytes),
        Frame::new(1, vec![0; 5000]),
    ];
    part.write(&mut log, &mut want, odd);
    let mut mixed: Vec<Frame> = (0..2000).map(|n| Frame::new(2, noise(n, 30))).collect();
    mixed.insert(1000, Frame::new(3, noise(1, 1 << 20)));
    part.write(&mut log, &mut want, mixed);
    part.tells("small frames and a large one", &log.reader(), &want);
    part.ok("syncing", log.sync());
    let log = reopen(log);
    part.tells("the same after reopening", &log.reader(), &want);
}
