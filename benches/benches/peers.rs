//! The table of joins against their peers.
//!
//! `cargo bench --bench peers -- [SIZE ...]`: sizes 1k, 100k and 1M unless others are given.

use lattice_benches::{gset, lww, measure, orset};

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![1_000, 100_000, 1_000_000]
    } else {
        sizes
    };
    for n in sizes {
        let rounds = (3_000_000 / n).clamp(5, 201);
        measure::print(
            &format!("LWW map join, {n} keys a side, half of them shared (ns per key of one side)"),
            &measure::race(lww::contenders(n, 1), n, rounds),
        );
        measure::print(
            &format!(
                "OR-Set join, {n} elements a side, half of them shared (ns per element of one side)"
            ),
            &measure::race(orset::contenders(n, 2), n, rounds),
        );
        measure::print(
            &format!(
                "G-Set union, {n} hashes a side, half of them shared (ns per hash of one side)"
            ),
            &measure::race(gset::contenders(n, 3), n, rounds),
        );
    }
}
