//! `lattice import`.

use std::fs;

use lattice_lww::ItcClock;

use crate::support::{
    Bench, digest, event, exists, fail, files, json, lattice, project, stamped, succeed,
};

#[test]
fn a_log_comes_in_once() {
    let bench = Bench::new();
    let (log, store) = (bench.log("a.events", &project()), bench.text("store"));
    let first = json(&["import", &log, "--store", &store]);
    assert_eq!(first["events_read"], 12);
    assert_eq!(first["events_added"], 12);
    assert_eq!(first["items"], 3);
    assert_eq!(first["order"], "wall");
    let (before, on_disk) = (digest(&store), files(&store));
    let again = json(&["import", &log, "--store", &store]);
    assert_eq!(again["events_added"], 0);
    assert_eq!(again["events_known"], 12);
    assert_eq!(digest(&store), before);
    assert_eq!(files(&store), on_disk);
}

#[test]
fn the_report_reads_well() {
    let bench = Bench::new();
    let (log, store) = (bench.log("a.events", &project()), bench.text("store"));
    let out = succeed(&["import", &log, "--store", &store]).out;
    assert!(out.contains("read     1 file with 12 events"), "{out}");
    assert!(out.contains("added    12 events, 0 known already"), "{out}");
    assert!(out.contains("holds 3 items, ordered by wall"), "{out}");
}

#[test]
fn the_order_and_the_split_of_lines_are_nothing_to_the_digest() {
    let bench = Bench::new();
    let mut lines = project();
    let whole = bench.store("whole", "wall", &lines);
    lines.reverse();
    let halves = bench.store("halves", "wall", &lines[..7]);
    let rest = bench.log("rest.events", &lines[5..]);
    succeed(&["import", &rest, "--store", &halves]);
    assert_eq!(digest(&halves), digest(&whole));
}

#[test]
fn a_bones_folder_an_events_folder_and_a_file_are_one_source() {
    let bench = Bench::new();
    let events = bench.path("p/.bones/events");
    fs::create_dir_all(&events).unwrap();
    fs::rename(bench.log("a", &project()), events.join("2026-01.events")).unwrap();
    let digests = [
        "p/.bones",
        "p/.bones/events",
        "p/.bones/events/2026-01.events",
    ]
    .map(|source| {
        let store = bench.text(&format!("store {}", source.len()));
        succeed(&["import", &bench.text(source), "--store", &store]);
        digest(&store)
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn stop_imports_nothing_from_a_damaged_log() {
    let bench = Bench::new();
    let mut lines = project();
    lines[3] = lines[3].replace("doing", "done!");
    let (log, store) = (bench.log("a.events", &lines), bench.text("store"));
    fail(
        &["import", &log, "--store", &store],
        &[
            "a.events:6: byte ",
            "hash does not match",
            "--bad-lines skip",
        ],
    );
    assert!(!exists(&store));
}

#[test]
fn skip_reports_each_line_and_takes_the_others() {
    let bench = Bench::new();
    let mut lines = project();
    lines[3] = lines[3].replace("doing", "done!");
    lines[5] = "seven\tcolumns\tare\ttoo\tfew\tfor\tone".into();
    let (log, store) = (bench.log("a.events", &lines), bench.text("store"));
    let run = lattice(&[
        "import",
        &log,
        "--store",
        &store,
        "--bad-lines",
        "skip",
        "--json",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let told: Vec<&str> = run.err.lines().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with(&format!("{log}:6: ")), "{told:?}");
    assert!(told[1].starts_with(&format!("{log}:8: ")), "{told:?}");
    let report = run.json();
    assert_eq!(report["events_added"], 10);
    assert_eq!(report["skipped"][1]["line"], 8);
    assert_eq!(report["skipped"][1]["file"], *log);
    assert!(
        report["skipped"][1]["reason"]
            .as_str()
            .unwrap()
            .contains("8 tab-separated columns")
    );
}

#[test]
fn the_order_is_fixed_when_the_store_is_made() {
    let bench = Bench::new();
    let mut clock = ItcClock::seed();
    let line = stamped(
        &mut clock,
        1,
        "ada",
        "item.create",
        "bn-1",
        r#"{"title":"T"}"#,
    );
    let store = bench.store("causal", "itc", std::slice::from_ref(&line));
    let log = bench.log("again.events", &[line]);
    fail(
        &["import", &log, "--store", &store, "--order", "wall"],
        &["`itc`", "`wall`", "orders cannot be mixed"],
    );
    succeed(&["import", &log, "--store", &store]);
    assert_eq!(json(&["stats", "--store", &store])["order"], "itc");
}

#[test]
fn an_export_of_another_order_is_refused() {
    let bench = Bench::new();
    let wall = bench.store("wall", "wall", &project());
    let itc = bench.store("itc", "itc", &[]);
    let file = bench.text("wall.snapshots");
    succeed(&[
        "export",
        "--store",
        &wall,
        "--format",
        "snapshots",
        "--out",
        &file,
    ]);
    let before = files(&itc);
    fail(
        &["import", &file, "--store", &itc],
        &["another order", "cannot be mixed"],
    );
    assert_eq!(files(&itc), before);
}

#[test]
fn a_causal_store_takes_no_event_without_a_stamp() {
    let bench = Bench::new();
    let mut clock = ItcClock::seed();
    let lines = [
        stamped(
            &mut clock,
            1,
            "ada",
            "item.create",
            "bn-1",
            r#"{"title":"T"}"#,
        ),
        event(2, "ada", "item.delete", "bn-1", "{}"),
    ];
    let (log, store) = (bench.log("a.events", &lines), bench.text("store"));
    let arguments = ["import", &log, "--store", &store, "--order", "itc"];
    fail(&arguments, &["a.events:4: ", "stamp"]);
    let mut arguments = arguments.to_vec();
    arguments.extend(["--bad-lines", "skip"]);
    let run = lattice(&arguments);
    assert_eq!(run.code, Some(0));
    assert!(run.out.contains("skipped  1 line"), "{run:?}");
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let bench = Bench::new();
    let log = bench.log("a.events", &project());
    let folder = bench.text("photos");
    fs::create_dir(&folder).unwrap();
    fs::write(bench.path("photos/cat.jpg"), "meow").unwrap();
    let before = files(&folder);
    fail(
        &["import", &log, "--store", &folder],
        &["photos", "cat.jpg"],
    );
    assert_eq!(files(&folder), before);
}

#[test]
fn a_source_that_is_not_there_leaves_no_store_behind() {
    let bench = Bench::new();
    let store = bench.text("store");
    fail(
        &["import", &bench.text("nothing"), "--store", &store],
        &["nothing"],
    );
    fs::create_dir(bench.path("empty")).unwrap();
    fail(
        &["import", &bench.text("empty"), "--store", &store],
        &["no .events files"],
    );
    assert!(!exists(&store));
}
