//! The fold is the export of a store that imported the same.

use std::path::PathBuf;

use bones_snapshot::Order;
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;
use storage_adapter::{BadLines, FoldOptions};

use super::bench::{Bench, expected, options, threads};
use super::history::histories;
use super::support::{dirty_log, finished, real_logs};

fn check<S: Order>(lines: &[String], cuts: &[usize], turn: usize, options: &FoldOptions) {
    let bench = Bench::new();
    // Files that overlap, the last of them everything again.
    let mut inputs: Vec<PathBuf> = Vec::new();
    for (n, cut) in cuts.iter().enumerate() {
        let from = cut % lines.len();
        inputs.push(bench.log(&format!("{n}.events"), &lines[from / 2..=from]));
    }
    inputs.push(bench.log("all.events", lines));
    let exported = expected::<S>(&inputs);
    let turn = turn % inputs.len();
    inputs.rotate_left(turn);
    let (found, report) = bench.fold::<S>(&inputs, options);
    assert!(found == exported, "{options:?}");
    assert!(report.events >= lines.len() as u64);
    assert_eq!(report.files, inputs.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn histories_fold_to_what_a_store_exports(
        lines in histories(40),
        cuts in prop::collection::vec(0..1000_usize, 0..4),
        turn in 0..5_usize,
        workers in prop::sample::select(vec![1, 2, 4]),
        partitions in prop::option::of(1..9_usize),
    ) {
        let options = options(4 << 20, workers, partitions);
        check::<Unstamped>(&lines, &cuts, turn, &options);
        check::<Itc>(&lines, &cuts, turn, &options);
    }
}

#[test]
fn the_dirty_log_folds_to_what_a_store_exports() {
    let bench = Bench::new();
    let inputs = [dirty_log()];
    let exported = expected::<Unstamped>(&inputs);
    for (memory, workers) in [(1 << 20, 1), (2 << 20, 2), (64 << 20, 4)] {
        let mut options = options(memory, workers, None);
        options.bad_lines = BadLines::Skip;
        let (found, _) = bench.fold::<Unstamped>(&inputs, &options);
        assert!(found == exported, "{memory} {workers}");
    }
}

#[test]
fn real_logs_fold_to_what_a_store_exports() {
    for log in real_logs() {
        let bench = Bench::new();
        let inputs = [log];
        let exported = expected::<Unstamped>(&inputs);
        for (memory, workers) in [(3 << 20, 1), (8 << 20, 2), (256 << 20, 4)] {
            let (found, report) = bench.fold::<Unstamped>(&inputs, &options(memory, workers, None));
            assert!(found == exported, "{memory} {workers}");
            println!("{report:?}");
        }
    }
}

#[test]
fn nothing_folds_to_an_export_of_nothing() {
    let bench = Bench::new();
    let inputs = [bench.log("empty.events", &[])];
    let exported = expected::<Unstamped>(&inputs);
    for workers in [1, 2] {
        let (found, report) = bench.fold::<Unstamped>(&inputs, &options(1 << 20, workers, None));
        assert!(found == exported);
        assert_eq!((report.items, report.events, report.partitions), (0, 0, 0));
    }
}

#[test]
fn a_report_counts() {
    let bench = Bench::new();
    let lines = finished(5);
    let inputs = [bench.log("a.events", &lines), bench.log("b.events", &lines)];
    let (_, report) = bench.fold::<Unstamped>(&inputs, &options(8 << 20, 2, Some(3)));
    assert_eq!(
        (report.files, report.events, report.items, report.payloads),
        (2, 50, 5, 0)
    );
    assert_eq!(report.threads, threads(2));
    let size: u64 = inputs
        .iter()
        .map(|path| path.metadata().unwrap().len())
        .sum();
    assert_eq!(report.bytes_in, size);
    assert!((1..=3).contains(&report.partitions) && report.divided == 0);
    assert!(report.peak_memory > 0);
}

#[test]
fn a_bones_folder_is_an_input() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path(".bones/events")).unwrap();
    let lines = finished(4);
    bench.log(".bones/events/1.events", &lines[..7]);
    bench.log(".bones/events/2.events", &lines[7..]);
    let inputs = [bench.path(".bones")];
    let (found, report) = bench.fold::<Unstamped>(&inputs, &FoldOptions::default());
    assert!(found == expected::<Unstamped>(&inputs));
    assert_eq!(report.files, 2);
}
