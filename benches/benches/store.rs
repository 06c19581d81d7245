//! The store of items against embedded engines that hold the same events, and a plain append file.
//!
//! `cargo bench --bench store -- [EVENTS] [WORD ...]`: a million events unless fewer are asked for; with words, only the
//! workloads whose titles have one of them. Ends with what was asked and missed, and then fails.
//!
//! Times are of the wall clock, because most of what is measured is waiting for the medium; contenders take turns, and
//! medians are printed. Everyone makes each batch durable with one sync.

#[path = "store/disk.rs"]
mod disk;
#[path = "store/engines.rs"]
mod engines;
#[path = "store/import.rs"]
mod import;
#[path = "store/reads.rs"]
mod reads;
#[path = "store/stalls.rs"]
mod stalls;
#[path = "store/workload.rs"]
mod workload;

use std::process::ExitCode;
use std::time::Instant;

use lattice_benches::measure::{Goal, Role, Row};
use lattice_benches::report::Report;

/// For all contenders, and as in the command line. See `docs/PERFORMANCE-STORE.md` for what that of the system costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = || std::env::args().skip(1).filter(|arg| arg != "--bench");
    let events: usize = args().find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let words: Vec<String> = args().filter(|arg| arg.parse::<usize>().is_err()).collect();
    let wanted = |title: &str| words.is_empty() || words.iter().any(|word| title.contains(word));
    let work = workload::Workload::made(events, 1);
    println!(
        "{} events of {} items, {} bytes of lines",
        work.events.len(),
        work.ids.len(),
        work.bytes()
    );
    let mut report = Report::default();
    let title = format!("Import of {events} parsed events in batches of 1000 (ns per event)");
    if wanted(&title) {
        report.workload(&title, &import::rows(&work));
    }
    if wanted("Reads") {
        reads::report(&work, &mut report);
    }
    if wanted("Disk") {
        disk::report(&work, &mut report);
    }
    if wanted("Stalls") {
        stalls::report(&work, &mut report);
    }
    if report.close() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a piece of work takes, in nanoseconds.
fn nanos<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let made = work();
    (start.elapsed().as_nanos() as f64, made)
}

/// The value that so much of the rest is below; 0.5 for the median.
fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}

/// A row from the times of several rounds.
fn row(role: Role, name: &str, times: Vec<f64>, units: usize, goals: Vec<Goal>) -> Row {
    Row {
        name: name.into(),
        role,
        nanos: quantile(times, 0.5) / units as f64,
        goals,
    }
}
