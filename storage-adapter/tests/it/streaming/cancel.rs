//! Cancelling at any moment leaves everything as it was.

use std::fs;
use std::ops::ControlFlow;

use lattice_lww::Unstamped;
use storage_adapter::{FoldError, FoldOptions, FoldProgress, fold_logs};

use super::bench::{Bench, expected, options};
use super::support::{finished, shuffled};

/// Inputs that make a fold go through its phases in many steps.
fn inputs(bench: &Bench) -> Vec<std::path::PathBuf> {
    let lines = shuffled(&finished(600), 5);
    let log = bench.log("log.events", &lines);
    let export = bench.path("export");
    fs::write(&export, expected::<Unstamped>(std::slice::from_ref(&log))).unwrap();
    vec![log, export]
}

/// Folds until the callback was called so often; all that it was told.
fn fold_until(
    bench: &Bench,
    inputs: &[std::path::PathBuf],
    options: &FoldOptions,
    calls: usize,
) -> (Result<(), FoldError>, Vec<FoldProgress>) {
    let mut told = Vec::new();
    let done = fold_logs::<Unstamped>(inputs, &bench.path("output"), options, &mut |now| {
        told.push(now);
        if told.len() > calls {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    (done.map(|_| ()), told)
}

#[test]
fn cancelled_at_any_step_a_fold_leaves_nothing_behind() {
    let bench = Bench::new();
    let inputs = inputs(&bench);
    fs::write(bench.path("output"), "an older output").unwrap();
    for (workers, stride) in [(1, 1), (4, 3)] {
        let mut options = options(workers as u64 * (1 << 20), workers, Some(2));
        options.replace = true;
        let before = bench.files();
        let (done, told) = fold_until(&bench, &inputs, &options, usize::MAX);
        done.unwrap();
        assert!(told.len() > 20, "{}", told.len());
        fs::write(bench.path("output"), "an older output").unwrap();
        for calls in (0..told.len()).step_by(stride) {
            let (done, told) = fold_until(&bench, &inputs, &options, calls);
            // With many threads the number of steps may differ from run to run.
            if done.is_ok() {
                assert!(workers > 1 && told.len() <= calls);
                fs::write(bench.path("output"), "an older output").unwrap();
                continue;
            }
            assert!(matches!(done, Err(FoldError::Cancelled)), "{done:?}");
            assert_eq!(told.len(), calls + 1, "who said to stop is not asked again");
            assert_eq!(bench.files(), before, "cancelled at step {calls}");
        }
    }
}

#[test]
fn progress_only_grows_and_comes_to_its_end() {
    let bench = Bench::new();
    let inputs = inputs(&bench);
    for workers in [1, 4] {
        let mut options = options(workers as u64 * (1 << 20), workers, Some(1));
        options.replace = true;
        let (done, told) = fold_until(&bench, &inputs, &options, usize::MAX);
        done.unwrap();
        for phase in told.chunk_by(|a, b| a.phase == b.phase) {
            assert_eq!(phase[0].done, 0);
            assert!(phase.iter().all(|now| now.total == phase[0].total));
            assert!(phase.is_sorted_by_key(|now| now.done));
            let last = phase.last().unwrap();
            assert!(last.done <= last.total, "{last:?}");
        }
        let read = told.iter().rfind(|now| now.phase == told[0].phase).unwrap();
        assert_eq!(read.done, read.total);
        assert!(told.is_sorted_by_key(|now| now.phase));
    }
}
