//! Logs that are larger than the memory given.

use bones_snapshot::write_line;
use lattice_lww::Unstamped;
use storage_adapter::{FoldError, FoldPhase, Heavy, fold_logs};

use super::bench::{Bench, expected, options};
use super::support::shuffled;

const MIB: u64 = 1 << 20;

fn text(n: usize, length: usize) -> String {
    let words = format!("{n} is what was written here ");
    words.chars().cycle().take(length).collect()
}

fn at(n: usize) -> i64 {
    i64::try_from(n).unwrap() + 1
}

/// One comment.
fn comment(n: usize, item: &str, length: usize) -> String {
    let data = format!(r#"{{"body":"{}"}}"#, text(n, length));
    write_line(at(n), "alice", "-", &[], "item.comment", item, &data)
}

/// One more title: whatever was written before it is superseded.
fn title(n: usize, item: &str, length: usize) -> String {
    let data = format!(r#"{{"field":"title","value":"{}"}}"#, text(n, length));
    write_line(at(n), "alice", "-", &[], "item.update", item, &data)
}

/// About 3 MiB: many small items, some middling ones, and one that was renamed all the time.
fn uneven() -> Vec<String> {
    let mut lines = Vec::new();
    for n in 0..3000 {
        lines.push(comment(n, &format!("bn-{}", n % 700), 200));
    }
    for n in 0..600 {
        lines.push(comment(n, &format!("mid-{}", n % 5), 300));
    }
    for n in 0..2500 {
        lines.push(title(n, "bn-heavy", 600));
    }
    shuffled(&lines, 7)
}

#[test]
fn partitions_that_do_not_fit_are_divided_again() {
    let bench = Bench::new();
    let lines = uneven();
    let inputs = [
        bench.log("a.events", &lines[..3000]),
        bench.log("b.events", &lines[2500..]),
    ];
    let exported = expected::<Unstamped>(&inputs);
    let size: u64 = inputs.iter().map(|p| p.metadata().unwrap().len()).sum();
    assert!(size > 3 * MIB);
    for (memory, workers, partitions) in [
        (MIB, 1, None),
        (MIB, 1, Some(1)),
        (2 * MIB, 2, Some(1)),
        (3 * MIB, 2, Some(2)),
        (4 * MIB, 4, Some(1)),
        (4 * MIB, 4, None),
    ] {
        let options = options(memory, workers, partitions);
        let (found, report) = bench.fold::<Unstamped>(&inputs, &options);
        assert!(found == exported, "{options:?}");
        assert!(report.divided > 0, "{report:?}");
        assert!(report.peak_memory <= memory, "{report:?}");
        assert!(report.peak_memory > memory / 4, "{report:?}");
    }
    // Enough for all of it at once.
    let (found, report) = bench.fold::<Unstamped>(&inputs, &options(64 * MIB, 1, Some(1)));
    assert!(found == exported);
    assert_eq!((report.divided, report.partitions), (0, 1));
}

/// An item whose state does not fit beside a loaded partition is left for the end.
#[test]
fn an_item_that_needs_the_memory_of_all_threads_gets_it() {
    let bench = Bench::new();
    let mut lines: Vec<String> = (0..300).map(|n| comment(n, "bn-long", 500)).collect();
    lines.extend((0..200).map(|n| comment(n, &format!("bn-{n}"), 100)));
    let inputs = [bench.log("log.events", &shuffled(&lines, 3))];
    let exported = expected::<Unstamped>(&inputs);
    for partitions in [Some(1), Some(4), None] {
        let options = options(MIB, 1, partitions);
        let (found, report) = bench.fold::<Unstamped>(&inputs, &options);
        assert!(found == exported, "{report:?}");
    }
}

#[test]
fn an_item_that_fits_nowhere_is_refused_by_name() {
    let bench = Bench::new();
    let lines: Vec<String> = (0..1500).map(|n| comment(n, "bn-endless", 1000)).collect();
    let inputs = [bench.log("log.events", &lines)];
    for workers in [1, 4] {
        let error = bench.refuse::<Unstamped>(&inputs, &options(MIB, workers, None));
        let FoldError::Memory {
            what: Heavy::Item(item),
            memory,
            enough,
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!((&**item, *memory), ("bn-endless", MIB));
        assert!(*enough > MIB);
        let text = error.to_string();
        assert!(
            text.starts_with("the state of item `bn-endless` needs more memory than the 1048576"),
            "{text}"
        );
    }
    // What is said to be enough may be too little still, but leads there.
    let mut memory = MIB;
    let found = loop {
        let output = bench.path("output");
        match super::bench::fold::<Unstamped>(&inputs, &output, &options(memory, 1, None)) {
            Ok(_) => break std::fs::read(output).unwrap(),
            Err(FoldError::Memory { enough, .. }) if enough > memory => memory = enough,
            Err(error) => panic!("{error}"),
        }
        assert!(memory < 64 * MIB);
    };
    assert!(found == expected::<Unstamped>(&inputs));
}

#[test]
fn a_line_that_fits_nowhere_is_refused_by_place() {
    let bench = Bench::new();
    let lines = [
        comment(1, "bn-1", 10),
        comment(2, "bn-1", 900_000),
        comment(3, "bn-1", 10),
    ];
    let inputs = [bench.log("log.events", &lines)];
    for workers in [1, 2] {
        let error = bench.refuse::<Unstamped>(&inputs, &options(MIB, workers, None));
        let FoldError::Memory {
            what: Heavy::Line { path, line },
            ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!((path, *line), (&inputs[0], 4));
    }
    let (found, _) = bench.fold::<Unstamped>(&inputs, &options(16 * MIB, 1, None));
    assert!(found == expected::<Unstamped>(&inputs));
}

/// A list of labels is short as text and long as a state.
#[test]
fn a_line_of_many_parts_is_weighed_by_its_parts() {
    let bench = Bench::new();
    let labels: Vec<String> = (0..9_000).map(|n| format!(r#""{n}""#)).collect();
    let data = format!(r#"{{"labels":[{}],"title":"t"}}"#, labels.join(","));
    let line = write_line(1, "alice", "-", &[], "item.create", "bn-1", &data);
    let inputs = [bench.log("log.events", &[line])];
    let error = bench.refuse::<Unstamped>(&inputs, &options(MIB, 1, None));
    assert!(
        matches!(
            error,
            FoldError::Memory {
                what: Heavy::Line { .. },
                ..
            }
        ),
        "{error:?}"
    );
    let (found, _) = bench.fold::<Unstamped>(&inputs, &options(16 * MIB, 1, None));
    assert!(found == expected::<Unstamped>(&inputs));
}

#[test]
fn more_runs_than_can_be_open_at_once_are_merged_in_steps() {
    let bench = Bench::new();
    let mut lines: Vec<String> = (0..1500)
        .map(|n| comment(n, &format!("bn-{n}"), 50))
        .collect();
    for n in 0..120 {
        lines.push(title(n, &format!("mid-{}", n % 24), 50_000));
    }
    let inputs = [bench.log("log.events", &lines)];
    let mut phases = Vec::new();
    let report = fold_logs::<Unstamped>(
        &inputs,
        &bench.path("output"),
        &options(MIB, 1, Some(128)),
        &mut |now| {
            if phases.last() != Some(&now.phase) {
                phases.push(now.phase);
            }
            std::ops::ControlFlow::Continue(())
        },
    );
    let report = report.unwrap();
    assert!(report.divided > 0 && report.partitions > 128, "{report:?}");
    let all = [
        FoldPhase::Read,
        FoldPhase::Divide,
        FoldPhase::Fold,
        FoldPhase::Merge,
        FoldPhase::Write,
    ];
    assert_eq!(phases, all);
    let found = std::fs::read(bench.path("output")).unwrap();
    assert!(found == expected::<Unstamped>(&inputs));
}
