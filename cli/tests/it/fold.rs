//! `lattice fold`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Bench, event, exists, fail, json, lattice, project, succeed};

/// What `lattice export` writes after these logs were imported.
fn exported(bench: &Bench, order: &str, logs: &[&str]) -> Vec<u8> {
    let (store, file) = (bench.text("store"), bench.text("exported"));
    for log in logs {
        succeed(&["import", log, "--store", &store, "--order", order]);
    }
    succeed(&[
        "export",
        "--store",
        &store,
        "--format",
        "snapshots",
        "--out",
        &file,
    ]);
    fs::read(file).unwrap()
}

#[test]
fn a_fold_is_what_import_and_export_give() {
    let bench = Bench::new();
    let lines = project();
    let a = bench.log("a.events", &lines[..8]);
    let b = bench.log("b.events", &lines[5..]);
    let expected = exported(&bench, "wall", &[&a, &b]);
    for threads in ["1", "3"] {
        let output = bench.text(threads);
        let report = json(&[
            "fold",
            &b,
            &a,
            "--output",
            &output,
            "--memory",
            "4M",
            "--threads",
            threads,
        ]);
        assert_eq!(fs::read(&output).unwrap(), expected);
        assert_eq!(
            (&report["events"], &report["items"]),
            (&15.into(), &3.into())
        );
        assert_eq!(report["bytes_out"], expected.len());
        assert_eq!(report["memory"], 4 << 20);
        assert_eq!(report["threads"].to_string(), threads);
        assert!(report["peak_memory"].as_u64().unwrap() <= 4 << 20);
        assert!(!exists(&format!("{output}.spill")));
    }
    // It goes where exports go.
    let again = bench.text("again");
    let folded = bench.text("1");
    let report = json(&["fold", &folded, &a, "--output", &again]);
    assert_eq!(
        (&report["snapshots"], &report["events"]),
        (&3.into(), &8.into())
    );
    assert_eq!(fs::read(again).unwrap(), expected);
    succeed(&["import", &folded, "--store", &bench.text("other")]);
}

#[test]
fn the_report_reads_well() {
    let bench = Bench::new();
    let (log, output) = (bench.log("a.events", &project()), bench.text("output"));
    let out = succeed(&["fold", &log, "--output", &output, "--threads", "1"]).out;
    assert!(out.contains("read     1 file with 12 events, "), "{out}");
    assert!(
        out.contains("folded   1 partition on 1 thread, with "),
        "{out}"
    );
    assert!(
        out.contains("wrote    3 items, ") && out.contains("ordered by wall"),
        "{out}"
    );
}

#[test]
fn an_output_that_is_there_is_replaced_by_force_alone() {
    let bench = Bench::new();
    let (log, output) = (bench.log("a.events", &project()), bench.text("output"));
    fs::write(&output, "older").unwrap();
    fail(
        &["fold", &log, "--output", &output],
        &["is there already", "--force"],
    );
    assert_eq!(fs::read(&output).unwrap(), b"older");
    succeed(&["fold", &log, "--output", &output, "--force"]);
    assert_eq!(
        fs::read(&output).unwrap(),
        exported(&bench, "wall", &[&log])
    );
}

#[test]
fn bad_lines_stop_or_are_told_of() {
    let bench = Bench::new();
    let mut lines = project();
    lines[3] = lines[3].replace("doing", "done!");
    let (log, output) = (bench.log("a.events", &lines), bench.text("output"));
    fail(
        &["fold", &log, "--output", &output],
        &[
            "a.events:6: byte ",
            "nothing was written",
            "--bad-lines skip",
        ],
    );
    assert!(!exists(&output));
    let run = lattice(&[
        "fold",
        &log,
        "--output",
        &output,
        "--bad-lines",
        "skip",
        "--json",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.starts_with(&format!("{log}:6: ")), "{run:?}");
    let report = run.json();
    assert_eq!(report["lines_skipped"], 1);
    assert_eq!(report["skipped"][0]["line"], 6);
    assert_eq!(report["events"], 11);
}

#[test]
fn the_order_can_be_chosen() {
    let bench = Bench::new();
    let log = bench.log("a.events", &project());
    fail(
        &[
            "fold",
            &log,
            "--output",
            &bench.text("o"),
            "--order",
            "itc",
            "--bad-lines",
            "stop",
        ],
        &["a.events:3: ", "stamp"],
    );
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    for size in ["", "M", "12X", "-1", "99999999999G", "0"] {
        let run = lattice(&["fold", "log", "--output", "o", "--memory", size]);
        assert_eq!(run.code, Some(2), "{size}: {run:?}");
    }
}

#[test]
fn what_does_not_fit_says_how_much_would() {
    let bench = Bench::new();
    let data = format!(r#"{{"body":"{}"}}"#, "long ".repeat(200_000));
    let lines = [event(1, "ada", "item.comment", "bn-1", &data)];
    let (log, output) = (bench.log("a.events", &lines), bench.text("output"));
    let arguments = ["fold", &log, "--output", &output, "--memory", "1M"];
    let run = fail(
        &arguments,
        &["a.events:3 needs more memory", "say --memory "],
    );
    let said = run.err.split("--memory ").nth(1).unwrap();
    let said = said.split_whitespace().next().unwrap().to_owned();
    succeed(&["fold", &log, "--output", &output, "--memory", &said]);
}

/// A log that takes a while to fold.
fn long_log(bench: &Bench) -> String {
    let text = "much to say ".repeat(30);
    let lines: Vec<String> = (0..40_000)
        .map(|n| {
            let data = format!(r#"{{"body":"{text}{n}"}}"#);
            event(n, "ada", "item.comment", &format!("bn-{}", n % 900), &data)
        })
        .collect();
    bench.log("long.events", &lines)
}

/// Starts to fold, and comes back when it is at work.
fn at_work(log: &str, output: &str) -> std::process::Child {
    let child = Command::new(env!("CARGO_BIN_EXE_lattice"))
        .args(["fold", log, "--output", output, "--memory", "2M"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !exists(&format!("{output}.spill/part-000001")) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

#[cfg(unix)]
#[test]
fn interrupted_it_leaves_nothing_behind() {
    let bench = Bench::new();
    let (log, output) = (long_log(&bench), bench.text("output"));
    let child = at_work(&log, &output);
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    let done = child.wait_with_output().unwrap();
    let err = String::from_utf8(done.stderr).unwrap();
    assert_eq!(
        (done.status.code(), &*err),
        (Some(130), "error: cancelled; nothing was written\n")
    );
    let left: Vec<_> = fs::read_dir(bench.path("")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_a_killed_fold_left_goes_with_the_next() {
    let bench = Bench::new();
    let (log, output) = (long_log(&bench), bench.text("output"));
    let mut child = at_work(&log, &output);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(exists(&format!("{output}.spill")) && !exists(&output));
    succeed(&["fold", &log, "--output", &output]);
    let left: Vec<_> = fs::read_dir(bench.path("")).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// Wherever the disk ends, what was written is removed and the file is named.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_ends_anywhere_is_an_error_and_nothing_is_left() {
    let bench = Bench::new();
    let (log, output) = (long_log(&bench), bench.text("output"));
    // A limit on the size of a file, in blocks, stands in for the end of the disk.
    for (blocks, where_to) in [
        (1, "/output.spill/part-"),
        (2_000, "/output.spill/part-"),
        (30_000, ""),
    ] {
        let script = format!(
            r#"trap '' XFSZ; ulimit -f {blocks}; exec "$0" fold "$1" --output "$2" --memory 64M --threads 1"#
        );
        let done = Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_lattice"), &log, &output])
            .output()
            .unwrap();
        let err = String::from_utf8(done.stderr).unwrap();
        if where_to.is_empty() {
            assert_eq!(done.status.code(), Some(0), "{err}");
            continue;
        }
        assert_eq!(done.status.code(), Some(1), "{blocks}: {err}");
        assert!(
            err.starts_with("error: cannot write ") && err.contains(where_to),
            "{err}"
        );
        let left: Vec<_> = fs::read_dir(bench.path("")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
