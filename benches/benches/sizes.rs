//! Bytes per live element in memory and encoded, and allocations of a single merge.

use std::alloc::System;
use std::collections::HashSet;
use std::hint::black_box;
use std::process::ExitCode;

use lattice_benches::report::Report;
use lattice_benches::{lww, orset};
use lattice_core::JoinSemilattice;
use lattice_lww::{Lamport, LwwRegister};
use lattice_orset::OrSet;
use lattices::set_union_with_tombstones::{
    SetUnionWithTombstonesHashSet, SetUnionWithTombstonesRoaring,
};
use lattices::tombstone::RoaringTombstoneSet;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What `make` makes, and how many bytes of memory it keeps.
fn held<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let region = Region::new(ALLOCATOR);
    let made = make();
    let stats = region.change();
    // A reallocation counts the bytes it added or took away.
    let bytes = stats.bytes_allocated as f64 - stats.bytes_deallocated as f64;
    (made, bytes)
}

fn main() -> ExitCode {
    let mut report = Report::default();
    let n = 100_000;
    println!(
        "### OR-Set of {n} adds, 16 agents, a tenth removed, after a join (bytes per live element)\n"
    );
    println!("| set | elements | memory | encoded |\n|---|---|---:|---:|");
    for (elements, limit, mask) in [
        ("random u64", 13.0, u64::MAX),
        ("below 2^32", 9.0, u64::from(u32::MAX)),
    ] {
        let mut history = orset::history(n, 2);
        let adds = history
            .shared
            .iter_mut()
            .chain(history.own.iter_mut().flatten());
        adds.for_each(|add| add.1 &= mask);
        history
            .removed
            .iter_mut()
            .flatten()
            .for_each(|element| *element &= mask);
        let (a, b) = orset::ours(&history);
        let joined = a.joined(b);
        let (set, bytes): (OrSet<u64, u16>, _) = held(|| orset::rebuilt(&joined));
        let live = set.live_dots() as f64;
        let (memory, encoded) = (bytes / live, set.encode().len() as f64 / live);
        println!("| **lattice-orset OrSet** | {elements} | {memory:.1} | {encoded:.1} |");
        report.count(
            &format!("memory of {elements}: {memory:.1} <= 20 B"),
            memory <= 20.0,
        );
        report.count(
            &format!("encoded {elements}: {encoded:.1} <= {limit} B"),
            encoded <= limit,
        );

        let elements_live: Vec<u64> = set.iter().copied().collect();
        let dead: Vec<u64> = history.removed.iter().flatten().copied().collect();
        let live_set = || elements_live.iter().copied().collect::<HashSet<u64>>();
        let (hashed, bytes) = held(|| {
            SetUnionWithTombstonesHashSet::new(
                live_set(),
                dead.iter().copied().collect::<HashSet<u64>>(),
            )
        });
        println!(
            "| lattices with tombstones, HashSet | {elements} | {:.1} | |",
            bytes / live
        );
        black_box(hashed);
        let (roaring, bytes) = held(|| {
            SetUnionWithTombstonesRoaring::new(
                live_set(),
                dead.iter().copied().collect::<RoaringTombstoneSet>(),
            )
        });
        println!(
            "| lattices with tombstones, roaring | {elements} | {:.1} | |",
            bytes / live
        );
        black_box(roaring);
    }

    let (a, b) = (lww::sides(n, 4).0, lww::sides(n, 5).0);
    let register = |e: &lww::Entry| LwwRegister::from(lww::write(*e));
    let mut mine: Vec<LwwRegister<u64, Lamport, [u8; 16]>> = a.iter().map(register).collect();
    let theirs: Vec<_> = b.iter().map(register).collect();
    let region = Region::new(ALLOCATOR);
    for (mine, theirs) in mine.iter_mut().zip(theirs.iter()) {
        mine.join_ref(theirs);
    }
    let allocations = region.change().allocations;
    println!("\nallocations of {n} single-register merges with total stamps: {allocations}");
    report.count("merging registers does not allocate", allocations == 0);

    let (_, bytes) = held(|| lww::ours(&a));
    println!("LwwMap memory per key: {:.1} bytes", bytes / n as f64);
    if report.close() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
