//! `lattice demo`.

use crate::support::{Bench, digest, exists, fail, json, succeed};

#[test]
fn the_demo_proves_its_claims() {
    let out = succeed(&["demo", "--items", "40", "--agents", "3"]).out;
    assert!(
        out.starts_with("A made-up project: 40 items by 3 agents (seed 1)"),
        "{out}"
    );
    assert_eq!(
        out.lines().filter(|l| l.starts_with("  ok ")).count(),
        9,
        "{out}"
    );
    assert!(
        out.contains("Nothing a reader can see has changed."),
        "{out}"
    );
}

#[test]
fn one_seed_gives_one_history() {
    let run = |seed| json(&["demo", "--items", "25", "--agents", "4", "--seed", seed]);
    let (a, b, c) = (run("7"), run("7"), run("8"));
    assert_eq!(a, b);
    assert_ne!(a["wall"], c["wall"]);
    assert_eq!(a["holds"], true);
}

#[test]
fn the_smallest_demos_hold() {
    for (items, agents) in [("1", "1"), ("1", "5"), ("2", "1"), ("3", "70")] {
        let report = json(&["demo", "--items", items, "--agents", agents]);
        assert_eq!(report["holds"], true, "{items} items, {agents} agents");
    }
}

#[test]
fn a_demo_can_be_kept_and_looked_into() {
    let bench = Bench::new();
    let (store, log) = (bench.text("kept"), bench.text("kept.bones"));
    let out = succeed(&["demo", "--items", "30", "--store", &store]).out;
    assert!(
        out.contains(&format!("lattice verify --store {store} --sources {log}")),
        "{out}"
    );
    let before = digest(&store);
    succeed(&["import", &log, "--store", &store]);
    assert_eq!(digest(&store), before);
    fail(
        &["demo", "--items", "30", "--store", &store],
        &["kept.bones", "already"],
    );
    assert_eq!(digest(&store), before);
}

/// The history holds what the report says it holds.
#[test]
fn the_history_is_as_dirty_as_promised() {
    let report = json(&["demo", "--items", "200"]);
    for member in [
        "duplicates",
        "backwards",
        "concurrent",
        "skew_micros",
        "redacted",
    ] {
        assert!(report[member].as_u64() > Some(0), "{member} in {report}");
    }
    assert!(!exists("log.bones"));
}
