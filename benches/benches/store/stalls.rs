//! How long readers and a writer wait while a compaction runs beside them.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lattice_benches::random::Random;
use lattice_benches::report::Report;
use lattice_lww::Unstamped;
use storage_adapter::{Compaction, SharedStore};

use crate::disk::judged;
use crate::quantile;
use crate::workload::{Workload, batch};

/// Readers, and the items that each asks for at once.
const READERS: u64 = 4;
const ASKED: usize = 50;
/// Events in a batch of the writer.
const EVENTS: usize = 10;
/// A load of this part of what one could do if it did nothing else.
const LOAD: u32 = 5;
/// Waits during compaction are at most so many times those beside a thread that is as busy.
const STALL: f64 = 2.0;
const ROUNDS: usize = 6;

/// Waits in nanoseconds, counted from when each request was due.
#[derive(Default)]
struct Waits {
    reads: Vec<f64>,
    writes: Vec<f64>,
}

/// Waits beside a compaction, and beside a thread that is as busy with nothing of ours: each over a store of its own
/// that was just imported, now the one first and now the other.
pub fn report(work: &Workload, report: &mut Report) {
    let (mut compacting, mut busy) = (Waits::default(), Waits::default());
    let mut took = Duration::ZERO;
    // What a process does first is slower; it tells how long to be busy.
    let mut time = beside_compaction(work, &mut Waits::default());
    for round in 1..=ROUNDS {
        if round % 2 == 0 {
            beside_busy_thread(work, time, &mut busy);
        }
        time = beside_compaction(work, &mut compacting);
        took += time;
        if round % 2 == 1 {
            beside_busy_thread(work, time, &mut busy);
        }
    }
    println!(
        "\n### Stalls: one writer and {READERS} readers beside a compaction of {:.2} s (microseconds)\n",
        took.as_secs_f64() / ROUNDS as f64
    );
    println!(
        "| who waits | requests | p50 | p99 | p50 beside a busy thread | p99 beside it | asked |"
    );
    println!("|---|---:|---:|---:|---:|---:|---|");
    for (who, during, beside) in [
        ("reader", compacting.reads, busy.reads),
        ("writer", compacting.writes, busy.writes),
    ] {
        let count = during.len();
        let at = |values: &Vec<f64>, part| quantile(values.clone(), part) / 1e3;
        let ratio = at(&during, 0.99) / at(&beside, 0.99);
        let asked = format!("p99 <= {STALL} times that beside a busy thread ({ratio:.2})");
        let judged = judged(report, &format!("Stalls, {who}: {asked}"), ratio <= STALL);
        println!(
            "| **{who}** | {count} | {:.0} | {:.0} | {:.0} | {:.0} | {judged} |",
            at(&during, 0.5),
            at(&during, 0.99),
            at(&beside, 0.5),
            at(&beside, 0.99),
        );
    }
}

fn beside_compaction(work: &Workload, waits: &mut Waits) -> Duration {
    with_load(work, |store, load| {
        load.beside(waits, || {
            let done = store.compact(&Compaction::at(work.later()));
            let changed = done.expect("compacted").changed;
            assert!(changed, "there was something to compact");
        })
    })
}

fn beside_busy_thread(work: &Workload, time: Duration, waits: &mut Waits) {
    with_load(work, |_, load| {
        load.beside(waits, || {
            let start = Instant::now();
            while start.elapsed() < time {
                black_box((0..10_000_u64).fold(1, |a: u64, b| a.wrapping_mul(31) ^ b));
            }
        })
    });
}

fn with_load<T>(work: &Workload, job: impl FnOnce(&SharedStore<Unstamped>, &Load<'_>) -> T) -> T {
    let dir = tempfile::tempdir().expect("a folder");
    let store = work.store(&dir.path().join("store"));
    let store = SharedStore::with_grace(store, Duration::ZERO);
    job(&store, &Load::measured(&store, work))
}

/// No two batches of a store write the same.
fn number(phase: usize, n: usize) -> usize {
    phase * 1_000_000 + n
}

/// Readers and a writer that ask at fixed times, whatever became of what they asked before.
struct Load<'a> {
    store: &'a SharedStore<Unstamped>,
    work: &'a Workload,
    read_every: Duration,
    write_every: Duration,
}

impl<'a> Load<'a> {
    /// At a part of what one reader and one writer can do.
    fn measured(store: &'a SharedStore<Unstamped>, work: &'a Workload) -> Self {
        let mut load = Self {
            store,
            work,
            read_every: Duration::ZERO,
            write_every: Duration::ZERO,
        };
        let mut random = Random::new(1);
        let start = Instant::now();
        for _ in 0..200 {
            load.read(&mut random);
        }
        load.read_every =
            (start.elapsed() / 200 * LOAD * READERS as u32).max(Duration::from_micros(200));
        let batches: Vec<_> = (0..50)
            .map(|n| work.comments(EVENTS, number(1, n)))
            .collect();
        let start = Instant::now();
        for events in batches {
            store.apply(batch(events), work.later()).expect("a commit");
        }
        load.write_every = start.elapsed() / 50 * LOAD;
        load
    }

    fn read(&self, random: &mut Random) {
        let view = self.store.read();
        for _ in 0..ASKED {
            let id = &self.work.ids[random.below(self.work.ids.len() as u64) as usize];
            _ = black_box(view.state(id));
        }
    }

    /// Runs `job` on this thread beside the load, and returns how long it took.
    fn beside(&self, waits: &mut Waits, job: impl FnOnce()) -> Duration {
        let is_done = AtomicBool::new(false);
        thread::scope(|threads| {
            let is_done = &is_done;
            let readers: Vec<_> = (0..READERS)
                .map(|seed| {
                    threads.spawn(move || {
                        let mut random = Random::new(seed);
                        open_loop(
                            self.read_every,
                            is_done,
                            |_| (),
                            |()| self.read(&mut random),
                        )
                    })
                })
                .collect();
            let writer = threads.spawn(move || {
                let make = |n| batch(self.work.comments(EVENTS, number(0, n)));
                open_loop(self.write_every, is_done, make, |batch| {
                    self.store
                        .apply(batch, self.work.later())
                        .expect("a commit");
                })
            });
            let start = Instant::now();
            job();
            let time = start.elapsed();
            is_done.store(true, Ordering::Release);
            for reader in readers {
                waits.reads.extend(reader.join().expect("a reader"));
            }
            waits.writes.extend(writer.join().expect("the writer"));
            time
        })
    }
}

/// Asks when it is time, and counts each wait from then, so that what waits behind a slow one counts too.
fn open_loop<T>(
    every: Duration,
    is_done: &AtomicBool,
    mut make: impl FnMut(usize) -> T,
    mut ask: impl FnMut(T),
) -> Vec<f64> {
    let mut waits = Vec::new();
    let start = Instant::now();
    for n in 0_u32.. {
        let request = make(n as usize);
        let due = start + every * n;
        if is_done.load(Ordering::Acquire) {
            break;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        ask(request);
        waits.push(due.elapsed().as_nanos() as f64);
    }
    waits
}
