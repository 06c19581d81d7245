//! `lattice export`.

use crate::support::{Bench, compact, digest, event, exists, fail, json, project, succeed};

#[test]
fn replicas_that_exchange_exports_end_equal() {
    let bench = Bench::new();
    let lines = project();
    let whole = bench.store("whole", "wall", &lines);
    let left = bench.store("left", "wall", &lines[..8]);
    let right = bench.store("right", "wall", &lines[5..]);
    compact(&left);
    let file = bench.text("exchange.snapshots");
    for (from, to) in [(&left, &right), (&right, &left)] {
        succeed(&[
            "export",
            "--store",
            from,
            "--format",
            "snapshots",
            "--out",
            &file,
        ]);
        let report = json(&["import", &file, "--store", to]);
        assert_eq!(report["kind"], "export");
    }
    assert_eq!(digest(&left), digest(&whole));
    assert_eq!(digest(&right), digest(&whole));
    let again = json(&["import", &file, "--store", &left]);
    assert_eq!(again["snapshots_added"], 0);
}

#[test]
fn json_is_what_items_prints() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let file = bench.text("items.json");
    let report = json(&[
        "export", "--store", &store, "--format", "json", "--out", &file,
    ]);
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        written,
        succeed(&["items", "--store", &store, "--json"]).out
    );
    assert_eq!(report["bytes"], written.len());
    assert_eq!(report["items"], 3);
}

#[test]
fn bones_gets_its_lines_back_and_a_snapshot_for_the_rest() {
    let bench = Bench::new();
    let lines = project();
    let store = bench.store("store", "wall", &lines);
    compact(&store);
    let file = bench.text("for-bones.events");
    let out = succeed(&[
        "export", "--store", &store, "--format", "bones", "--out", &file,
    ])
    .out;
    assert!(out.starts_with("wrote 3 items"), "{out}");
    let written = std::fs::read_to_string(&file).unwrap();
    let written: Vec<&str> = written.lines().collect();
    assert!(written[0].starts_with("# bones event log v1") && written[1].starts_with("# fields"));
    let columns: Vec<&str> = written[2].split('\t').collect();
    assert_eq!((columns[4], columns[5]), ("item.snapshot", "bn-done"));
    let state = serde_json::from_str::<serde_json::Value>(columns[6]).unwrap()["state"].clone();
    assert_eq!(state["title"]["value"], "Finished");
    assert_eq!(state["_compacted_from"], 7);
    assert_eq!(
        written[3..],
        [&lines[10], &lines[11], &lines[7], &lines[8], &lines[9]]
    );
}

#[test]
fn an_item_too_large_for_bones_is_refused_by_name() {
    let bench = Bench::new();
    let long = "so much to say. ".repeat(70_000);
    let lines = [
        event(
            1,
            "ada",
            "item.create",
            "bn-long",
            &format!(r#"{{"description":"{long}","title":"T"}}"#),
        ),
        event(
            2,
            "ada",
            "item.update",
            "bn-long",
            r#"{"field":"description","value":"shorter"}"#,
        ),
        event(
            3,
            "ada",
            "item.update",
            "bn-long",
            &format!(r#"{{"field":"description","value":"{long}"}}"#),
        ),
        event(4, "ada", "item.move", "bn-long", r#"{"state":"done"}"#),
    ];
    let store = bench.store("store", "wall", &lines);
    assert_eq!(compact(&store)["items_compacted"], 1);
    let file = bench.text("out.events");
    fail(
        &[
            "export", "--store", &store, "--format", "bones", "--out", &file,
        ],
        &["`bn-long`", "1048576", "nothing was written"],
    );
    assert!(!exists(&file));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    for format in ["snapshots", "bones", "json"] {
        let file = bench.text("no/such/folder/file");
        fail(
            &[
                "export", "--store", &store, "--format", format, "--out", &file,
            ],
            &["cannot write", "no/such/folder/file"],
        );
    }
}
