//! Folding, compacting, reading and encoding, against their peers.
//!
//! `cargo bench --bench compaction -- [EVENTS] [WORD ...]`: a million events and registers unless fewer are asked for;
//! with words, only the workloads whose titles have one of them. Ends with what was asked and missed, and then fails.

use std::process::ExitCode;

use lattice_benches::measure::{Role, race};
use lattice_benches::report::Report;
use lattice_benches::{encode, fold, logs};

/// For all contenders, and as in the command line.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much more an event of a large item may cost than one of a small one: caches, and sorting.
const FLAT: f64 = 2.0;

fn main() -> ExitCode {
    // Compaction runs on this thread alone, whose time is what is measured.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build();
    let pool = pool.expect("the first pool of this thread");
    if pool.install(run) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run() -> bool {
    let args = || std::env::args().skip(1).filter(|arg| arg != "--bench");
    let events: usize = args().find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let words: Vec<String> = args().filter(|arg| arg.parse::<usize>().is_err()).collect();
    let wanted = |title: &str| words.is_empty() || words.iter().any(|word| title.contains(word));
    let mut report = Report::default();

    let title = format!("Fold and snapshot of {events} events, items of 1000 (ns per event)");
    if wanted(&title) {
        let rounds = (5_000_000 / events).clamp(5, 31);
        report.workload(
            &title,
            &race(fold::contenders(events, 1_000, 1), events, rounds),
        );
    }

    let mut flat: Option<f64> = None;
    for n in [1_000, 10_000, 100_000] {
        let title = format!("One item of {n} events (ns per event)");
        if !wanted(&title) {
            continue;
        }
        let rounds = (300_000 / n).clamp(3, 31);
        let rows = race(fold::one_item(n, 2), n, rounds);
        report.workload(&title, &rows);
        let own = rows.iter().find(|row| row.role == Role::Own);
        let own = own.expect("our row").nanos;
        let Some(first) = flat else {
            flat = Some(own);
            continue;
        };
        report.count(
            &format!("{title}: {own:.1} ns, at most {FLAT} times the {first:.1} ns of 1000 events"),
            own <= FLAT * first,
        );
    }

    let mut all = logs::real();
    all.push(logs::generated(events.min(20_000), 3));
    for log in &all {
        let title = format!("Parse and verify, {} (ns per event)", log.name);
        if wanted(&title) {
            let (contenders, events) = logs::parsing(log);
            report.workload(&title, &race(contenders, events, 21));
        }
        let title = format!("Compact all items, {} (ns per event)", log.name);
        if wanted(&title) {
            let (contenders, events) = logs::compacting(log);
            report.workload(&title, &race(contenders, events, 11));
        }
    }

    let title = format!("Encode and hash {events} registers (ns per register)");
    if wanted(&title) {
        report.workload(&title, &race(encode::contenders(events, 4), events, 9));
    }
    report.close()
}
