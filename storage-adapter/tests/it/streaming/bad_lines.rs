//! Lines that do not read: the first one refuses the log, or all are left out and told of.

use bones_snapshot::SHARD_HEADER;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::{BadLineReason, BadLines, FoldError, FoldOptions};

use super::bench::{Bench, expected, options};
use super::support::{finished, line, lines_of};

/// Memory so small that the log is read in many chunks.
fn small(workers: usize) -> FoldOptions {
    options(1 << 20, workers, None)
}

/// Good lines, of which so many are damaged.
fn damaged(every: usize) -> Vec<String> {
    let mut lines = finished(600);
    for line in lines.iter_mut().step_by(every) {
        line.pop();
    }
    lines
}

#[test]
fn the_first_bad_line_is_named_whatever_thread_finds_one() {
    let bench = Bench::new();
    let good = finished(400);
    let inputs = [
        bench.log("a.events", &good),
        bench.log("b.events", &damaged(101)[1..]),
        bench.log("c.events", &damaged(1)),
    ];
    for workers in [1, 2, 4] {
        for _ in 0..4 {
            let error = bench.refuse::<Unstamped>(&inputs, &options(8 << 20, workers, None));
            let FoldError::Line(bad) = &error else {
                panic!("{error:?}");
            };
            assert_eq!((&bad.path, bad.line), (&inputs[1], 2 + 101));
            let text = error.to_string();
            assert!(
                text.ends_with("nothing was written: mend the line, or fold with --bad-lines skip"),
                "{text}"
            );
        }
    }
}

#[test]
fn lines_left_out_are_told_of_in_order() {
    let bench = Bench::new();
    let inputs = [
        bench.log("b.events", &damaged(7)),
        bench.log("a.events", &damaged(50)),
    ];
    let exported = expected::<Unstamped>(&inputs);
    for workers in [1, 4] {
        let mut options = options(4 << 20, workers, None);
        options.bad_lines = BadLines::Skip;
        let (found, report) = bench.fold::<Unstamped>(&inputs, &options);
        assert!(found == exported);
        let first = (0..3000).step_by(7).map(|n| (&inputs[0], n + 3));
        let second = (0..3000).step_by(50).map(|n| (&inputs[1], n + 3));
        let told = report.skipped.iter().map(|bad| (&bad.path, bad.line));
        assert!(told.eq(first.chain(second)));
        assert_eq!(report.lines_skipped, report.skipped.len() as u64);
        assert_eq!(report.events + report.lines_skipped, 6000);
    }
}

#[test]
fn of_very_many_bad_lines_the_first_are_told_of_and_all_are_counted() {
    let bench = Bench::new();
    let inputs = [bench.log("log.events", &damaged(1))];
    for workers in [1, 4] {
        let mut options = options(4 << 20, workers, None);
        options.bad_lines = BadLines::Skip;
        let (_, report) = bench.fold::<Unstamped>(&inputs, &options);
        assert_eq!((report.lines_skipped, report.skipped.len()), (3000, 1000));
        let told = report.skipped.iter().map(|bad| bad.line);
        assert!(told.eq(3..1003));
    }
}

#[test]
fn a_newer_format_is_refused_even_when_skipping() {
    let bench = Bench::new();
    let path = bench.path("log.events");
    std::fs::write(&path, SHARD_HEADER.replace("v1", "v2")).unwrap();
    for bad_lines in [BadLines::Stop, BadLines::Skip] {
        let mut options = small(1);
        options.bad_lines = bad_lines;
        let error = bench.refuse::<Unstamped>(std::slice::from_ref(&path), &options);
        assert!(matches!(error, FoldError::Version(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            text.ends_with("nothing was written: use a newer build"),
            "{text}"
        );
    }
}

#[test]
fn a_line_without_a_stamp_is_a_bad_line_by_interval_tree_clock() {
    let bench = Bench::new();
    let mut lines = finished(2);
    lines.insert(
        4,
        line(9, "item.delete", "bn-0", "{}").replace("\titc:", "\tnot:"),
    );
    let stampless =
        bones_snapshot::write_line(9, "bob", "itc:AQ", &[], "item.delete", "bn-0", "{}");
    lines[4] = stampless;
    let inputs = [bench.log("log.events", &lines)];
    let error = bench.refuse::<Itc>(&inputs, &small(1));
    assert!(
        matches!(&error, FoldError::Line(bad) if bad.line == 7 && matches!(bad.why, BadLineReason::Stamp(_))),
        "{error:?}"
    );
    let mut options = small(1);
    options.bad_lines = BadLines::Skip;
    let (found, report) = bench.fold::<Itc>(&inputs, &options);
    assert!(found == expected::<Itc>(&inputs));
    assert_eq!((report.events, report.lines_skipped), (10, 1));
    assert_eq!(bench.fold::<Unstamped>(&inputs, &small(1)).1.events, 11);
}

/// The longest line, and one a byte longer, among others.
#[test]
fn a_line_beyond_all_bounds_is_left_out_and_the_next_one_read() {
    let bench = Bench::new();
    let lines = finished(1);
    let long = line(
        9,
        "item.comment",
        "bn-0",
        &format!(r#"{{"body":"{}"}}"#, "x".repeat(17 << 20)),
    );
    let inputs = [bench.log("log.events", &[lines[0].clone(), long, lines[1].clone()])];
    let mut options = options(512 << 20, 2, None);
    options.bad_lines = BadLines::Skip;
    let (found, report) = bench.fold::<Unstamped>(&inputs, &options);
    assert!(found == expected::<Unstamped>(&inputs));
    assert_eq!((report.events, report.skipped[0].line), (2, 4));
    assert_eq!(lines_of(&bench.path("")).len(), 3);
}
