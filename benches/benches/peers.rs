//! The table of joins against their peers.
//!
//! `cargo bench --bench peers -- [SIZE ...]`: sizes 1k, 100k and 1M unless others are given. Ends with
//! what was asked and missed, and then fails.

use std::process::ExitCode;

use lattice_benches::{delta, gset, lww, measure, orset, register, report::Report, snapshot};

fn main() -> ExitCode {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![1_000, 100_000, 1_000_000]
    } else {
        sizes
    };
    let mut report = Report::default();
    for &n in &sizes {
        let rounds = (3_000_000 / n).clamp(5, 201);
        report.workload(
            &format!("LWW map join, {n} keys a side, half of them shared (ns per key of one side)"),
            &measure::race(lww::contenders(n, 1), n, rounds),
        );
        report.workload(
            &format!(
                "OR-Set join, {n} elements a side, half of them shared (ns per element of one side)"
            ),
            &measure::race(orset::contenders(n, 2), n, rounds),
        );
        report.workload(
            &format!(
                "G-Set union, {n} hashes a side, half of them shared (ns per hash of one side)"
            ),
            &measure::race(gset::contenders(n, 3), n, rounds),
        );
    }
    report.workload(
        "One register merged into another, total stamps (ns per merge)",
        &measure::race(register::contenders(1_000, 4), 1_000, 201),
    );
    let largest = sizes.iter().copied().max().unwrap_or_default();
    let (in_place, old_kept) = delta::contenders(largest, 1_000, 5);
    report.workload(
        &format!("Delta of 1,000 keys into {largest}, in place (ns per key)"),
        &measure::race(in_place, 1_000, 31),
    );
    report.workload(
        &format!("Delta of 1,000 keys into {largest}, the old version kept (ns per key)"),
        &measure::race(old_kept, 1_000, 31),
    );
    report.workload(
        &format!("Snapshot of {largest} entries and 1,000 writes (ns per write)"),
        &measure::race(snapshot::contenders(largest, 1_000, 6), 1_000, 31),
    );
    if report.close() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
