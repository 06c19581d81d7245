//! The table of joins against their peers.
//!
//! `cargo bench --bench peers -- [SIZE ...] [WORD ...]`: sizes 1k, 100k and 1M unless others are given;
//! with words, only the workloads whose titles have one of them. Ends with what was asked and missed,
//! and then fails.

use std::process::ExitCode;

use lattice_benches::measure::{Contender, race};
use lattice_benches::report::Report;
use lattice_benches::{delta, gset, lww, orset, register, snapshot};

fn main() -> ExitCode {
    let args = || std::env::args().skip(1).filter(|arg| arg != "--bench");
    let mut sizes: Vec<usize> = args().filter_map(|arg| arg.parse().ok()).collect();
    let words: Vec<String> = args().filter(|arg| arg.parse::<usize>().is_err()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 100_000, 1_000_000];
    }
    let largest = sizes.iter().copied().max().unwrap_or_default();
    let mut report = Report::default();
    let mut run = |title: &str, contenders: &dyn Fn() -> Vec<Contender>, units, rounds| {
        if words.is_empty() || words.iter().any(|word| title.contains(word)) {
            report.workload(title, &race(contenders(), units, rounds));
        }
    };
    for n in sizes {
        let rounds = (3_000_000 / n).clamp(5, 201);
        run(
            &format!("LWW map join, {n} keys a side, half of them shared (ns per key of one side)"),
            &|| lww::contenders(n, 1),
            n,
            rounds,
        );
        run(
            &format!(
                "OR-Set join, {n} elements a side, half of them shared (ns per element of one side)"
            ),
            &|| orset::contenders(n, 2),
            n,
            rounds,
        );
        run(
            &format!(
                "G-Set union, {n} hashes a side, half of them shared (ns per hash of one side)"
            ),
            &|| gset::contenders(n, 3),
            n,
            rounds,
        );
    }
    run(
        "One register merged into another, total stamps (ns per merge)",
        &|| register::contenders(1_000, 4),
        1_000,
        201,
    );
    run(
        &format!("Delta of 1,000 keys into {largest}, in place (ns per key)"),
        &|| delta::in_place(largest, 1_000, 5),
        1_000,
        31,
    );
    run(
        &format!("Delta of 1,000 keys into {largest}, the old version kept (ns per key)"),
        &|| delta::old_kept(largest, 1_000, 5),
        1_000,
        31,
    );
    run(
        &format!("Snapshot of {largest} entries and 1,000 writes (ns per write)"),
        &|| snapshot::contenders(largest, 1_000, 6),
        1_000,
        31,
    );
    if report.close() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
