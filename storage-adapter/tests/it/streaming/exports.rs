//! Exports as inputs.

use std::fs;

use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::{ExportError, FoldError};

use super::bench::{Bench, expected, options};
use super::support::{Place, compact, finished, shuffled};

#[test]
fn a_fold_of_a_fold_is_the_fold() {
    let bench = Bench::new();
    let log = bench.log("log.events", &finished(50));
    let (once, _) = bench.fold::<Unstamped>(std::slice::from_ref(&log), &options(1 << 20, 1, None));
    let export = bench.path("once");
    fs::write(&export, &once).unwrap();
    let inputs = [export.clone(), log, export];
    for workers in [1, 2] {
        let options = options(2 << 20, workers, Some(3));
        let (twice, report) = bench.fold::<Unstamped>(&inputs, &options);
        assert!(twice == once);
        assert_eq!((report.events, report.payloads), (250, 100));
    }
}

#[test]
fn exports_and_logs_that_overlap_fold_to_their_join() {
    let bench = Bench::new();
    let place = Place::new();
    let lines = finished(60);
    let mut compacted = place.plain::<Itc>(&lines[..200], &Set::new());
    compact(&mut compacted);
    let (left, right) = (bench.path("left"), bench.path("right"));
    compacted.export().unwrap().write(&left).unwrap();
    let raw = place.plain::<Itc>(&shuffled(&lines, 1)[..150], &Set::new());
    raw.export().unwrap().write(&right).unwrap();
    let log = bench.log("log.events", &lines[120..]);
    let whole = bench.log("whole.events", &lines);
    let exported = expected::<Itc>(&[whole]);
    for inputs in [
        [left.clone(), right.clone(), log.clone()],
        [log, right, left],
    ] {
        let (found, _) = bench.fold::<Itc>(&inputs, &options(1 << 20, 1, None));
        assert!(found == exported);
    }
}

#[test]
fn a_damaged_export_or_one_of_another_order_is_refused() {
    let bench = Bench::new();
    let log = bench.log("log.events", &finished(20));
    let export = bench.path("export");
    let bytes = expected::<Unstamped>(std::slice::from_ref(&log));
    for at in [25, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        fs::write(&export, damaged).unwrap();
        let inputs = [log.clone(), export.clone()];
        let error = bench.refuse::<Unstamped>(&inputs, &options(1 << 20, 1, None));
        assert!(
            matches!(
                error,
                FoldError::Export(ExportError::Damaged { .. } | ExportError::Payload { .. })
            ),
            "{at}: {error:?}"
        );
    }
    fs::write(&export, &bytes).unwrap();
    let error = bench.refuse::<Itc>(&[export], &options(1 << 20, 1, None));
    assert!(
        matches!(error, FoldError::Export(ExportError::Order { .. })),
        "{error:?}"
    );
}

#[test]
fn a_payload_that_fits_nowhere_is_refused_by_place() {
    let bench = Bench::new();
    let lines: Vec<String> = (0..200)
        .map(|n| {
            let data = format!(r#"{{"body":"{}"}}"#, "long ".repeat(300));
            super::support::line(n, "item.comment", "bn-1", &data)
        })
        .collect();
    let log = bench.log("log.events", &lines);
    let export = bench.path("export");
    fs::write(&export, expected::<Unstamped>(&[log])).unwrap();
    let inputs = [export];
    let error = bench.refuse::<Unstamped>(&inputs, &options(1 << 20, 1, None));
    let FoldError::Memory { enough, .. } = &error else {
        panic!("{error:?}");
    };
    let text = error.to_string();
    assert!(
        text.contains("export: the payload at byte 44 needs more memory"),
        "{text}"
    );
    let (found, _) = bench.fold::<Unstamped>(&inputs, &options(enough * 2, 1, None));
    assert!(found == fs::read(&inputs[0]).unwrap());
}
