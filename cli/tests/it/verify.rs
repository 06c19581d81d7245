//! `lattice verify`.

use crate::support::{Bench, compact, digest, fail, files, json, lattice, project, succeed};

#[test]
fn lines_prove_themselves() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let report = json(&["verify", "--store", &store]);
    assert_eq!(report["sound"], true);
    assert_eq!(report["verified"], 3);
    assert_eq!(report["hashes"], 12);
    assert_eq!(report["unverifiable"], serde_json::json!({}));
}

#[test]
fn a_snapshot_is_unverifiable_until_its_sources_are_named() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    compact(&store);
    let alone = json(&["verify", "--store", &store]);
    assert_eq!(alone["sound"], true);
    assert_eq!(alone["unverifiable"], serde_json::json!({"bn-done": 7}));
    let out = succeed(&["verify", "--store", &store]).out;
    assert!(
        out.contains("7 covered events gone since compaction; --sources PATH brings them"),
        "{out}"
    );
    let log = bench.text("store.events");
    let with = json(&["verify", "--store", &store, "--sources", &log]);
    assert_eq!(with["verified"], 3);
    assert_eq!(with["unverifiable"], serde_json::json!({}));
}

#[test]
fn bad_lines_of_the_sources_are_told_of() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    compact(&store);
    let mut lines = project();
    lines[0].push('x');
    let log = bench.log("bad.events", &lines);
    let run = lattice(&["verify", "--store", &store, "--sources", &log, "--json"]);
    assert_eq!(run.code, Some(0));
    assert!(run.err.starts_with(&format!("{log}:3: ")), "{run:?}");
    assert_eq!(run.json()["unverifiable"]["bn-done"], 1);
}

#[test]
fn an_export_is_no_source() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let file = bench.text("all.snapshots");
    succeed(&[
        "export",
        "--store",
        &store,
        "--format",
        "snapshots",
        "--out",
        &file,
    ]);
    fail(
        &["verify", "--store", &store, "--sources", &file],
        &["all.snapshots", "event log"],
    );
}

/// Any byte of a segment changed: the command fails and names the file, and `digest` does so too, but for the marks around
/// a batch, which it does not need.
#[test]
fn damage_is_named_and_never_read() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    compact(&store);
    let truth = digest(&store);
    let segment = files(&store)
        .into_iter()
        .filter(|(path, _)| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("seg-")
        })
        .max_by_key(|(_, content)| content.len());
    let (path, content) = segment.unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    for at in (0..content.len()).step_by(97) {
        let mut bad = content.clone();
        bad[at] ^= 0x20;
        std::fs::write(&path, &bad).unwrap();
        fail(&["verify", "--store", &store], &["restore"]);
        let run = lattice(&["verify", "--store", &store]);
        assert!(
            format!("{}{}", run.out, run.err).contains(&name),
            "byte {at}: {run:?}"
        );
        let run = lattice(&["digest", "--store", &store]);
        // Marks of batches are looked at by whoever reads everything.
        let in_marks = (16..53).contains(&at) || at >= content.len() - 53;
        if in_marks {
            assert_eq!(run.out, truth, "byte {at}");
        } else {
            assert!(run.err.contains(&name), "byte {at}: {run:?}");
        }
    }
    std::fs::write(&path, &content).unwrap();
    assert_eq!(digest(&store), truth);
}
