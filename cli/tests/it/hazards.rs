//! What somebody may name by mistake: files of a store, pipes, links to nothing, names that are no text.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{
    Bench, compact, digest, event, fail, files, finished, hash, json, lattice, project, succeed,
    thin_out,
};

#[test]
fn no_output_goes_into_a_store() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let log = bench.text("store.events");
    let before = (files(&store), digest(&store));
    let names: Vec<String> = files(&store)
        .iter()
        .map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(names.len() > 3, "{names:?}");
    for name in names
        .iter()
        .map(|name| &**name)
        .chain(["new", "seg-00000000000000ff"])
    {
        let file = format!("{store}/{name}");
        for format in ["snapshots", "bones", "json"] {
            let export = [
                "export", "--store", &store, "--format", format, "--out", &file,
            ];
            fail(
                &export,
                &[&file, "is in the store", "name a file elsewhere"],
            );
        }
        fail(
            &["fold", &log, "--output", &file, "--force"],
            &[&file, "is in the store"],
        );
    }
    // By a link as well, and where the store is another one.
    let other = bench.store("other", "wall", &project());
    let link = bench.text("link");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(format!("{store}/CURRENT"), &link).unwrap();
        fail(
            &[
                "export", "--store", &other, "--format", "json", "--out", &link,
            ],
            &["is in the store"],
        );
    }
    let damaged = bench.store("damaged", "wall", &project());
    fs::remove_file(format!("{damaged}/LOCK")).unwrap();
    fs::remove_file(format!("{damaged}/CURRENT")).unwrap();
    let file = format!("{damaged}/new");
    fail(&["fold", &log, "--output", &file], &["is in the store"]);
    assert_eq!((files(&store), digest(&store)), before);
    // Beside a store there is room.
    let beside = bench.text("beside");
    succeed(&[
        "export",
        "--store",
        &store,
        "--format",
        "snapshots",
        "--out",
        &beside,
    ]);
}

#[cfg(unix)]
#[test]
fn an_events_file_that_is_none_is_not_passed_over() {
    let bench = Bench::new();
    let folder = bench.text("log");
    fs::create_dir(&folder).unwrap();
    bench.log("log/2026-01.events", &project());
    let (store, link) = (bench.text("store"), format!("{folder}/2026-02.events"));
    for make in [
        (|link: &str| std::os::unix::fs::symlink("nowhere", link).unwrap()) as fn(&str),
        |link| fs::create_dir(link).unwrap(),
    ] {
        make(&link);
        fail(&["import", &folder, "--store", &store], &[&link]);
        fail(
            &["import", &folder, "--store", &store, "--bad-lines", "skip"],
            &[&link],
        );
        fail(
            &["fold", &folder, "--output", &bench.text("folded")],
            &[&link],
        );
        if fs::remove_file(&link).is_err() {
            fs::remove_dir(&link).unwrap();
        }
    }
    // Nor a folder of them that a link should lead to.
    let events = format!("{folder}/events");
    std::os::unix::fs::symlink("nowhere", &events).unwrap();
    fail(&["import", &folder, "--store", &store], &[&events]);
    fs::remove_file(&events).unwrap();
    succeed(&["import", &folder, "--store", &store]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_before_anything_of_it_is_lost() {
    let bench = Bench::new();
    let text = fs::read(bench.log("log.events", &project())).unwrap();
    let store = bench.text("store");
    let source = bench.store("source", "wall", &project());
    for arguments in [
        &[
            "import",
            "/dev/stdin",
            "--store",
            &store,
            "--bad-lines",
            "skip",
        ][..],
        &["verify", "--store", &source, "--sources", "/dev/stdin"],
        &["fold", "/dev/stdin", "--output", &bench.text("folded")],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lattice"));
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Nobody need read it.
        let _ = child.stdin.take().unwrap().write_all(&text);
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.contains("/dev/stdin is no file: write what it gives to a file"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn what_lies_where_an_unfinished_file_would_is_left_alone() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let (out, folded) = (bench.text("out"), bench.text("folded"));
    for path in [&out, &folded] {
        fs::write(format!("{path}.partial"), "precious").unwrap();
    }
    for format in ["snapshots", "bones", "json"] {
        let export = [
            "export", "--store", &store, "--format", format, "--out", &out,
        ];
        fail(
            &export,
            &["out.partial is in the way", "remove it, or move it"],
        );
    }
    let fold = ["fold", &bench.text("store.events"), "--output", &folded];
    fail(&fold, &["folded.partial is in the way"]);
    for path in [&out, &folded] {
        assert_eq!(fs::read(format!("{path}.partial")).unwrap(), b"precious");
        assert!(!fs::exists(path).unwrap() && !fs::exists(format!("{path}.spill")).unwrap());
        fs::remove_file(format!("{path}.partial")).unwrap();
    }
    succeed(&fold);
}

#[cfg(unix)]
#[test]
fn paths_that_are_no_text_are_reported_as_far_as_they_are() {
    use std::os::unix::ffi::OsStringExt;
    let bench = Bench::new();
    let log = bench.log("log.events", &project());
    let odd = |name: &[u8]| {
        let mut path = bench.path("").into_os_string();
        path.push(OsString::from_vec(name.to_vec()));
        path
    };
    let (store, out, folded) = (odd(b"st\xffore"), odd(b"o\xffut"), odd(b"fo\xfflded"));
    let run = |arguments: &[&std::ffi::OsStr]| {
        let run = lattice(arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        run.json()
    };
    let report = run(&[
        "import".as_ref(),
        log.as_ref(),
        "--store".as_ref(),
        &store,
        "--json".as_ref(),
    ]);
    assert!(report["store"].as_str().unwrap().ends_with("st\u{fffd}ore"));
    run(&[
        "export".as_ref(),
        "--store".as_ref(),
        &store,
        "--format".as_ref(),
        "json".as_ref(),
        "--out".as_ref(),
        &out,
        "--json".as_ref(),
    ]);
    run(&[
        "fold".as_ref(),
        log.as_ref(),
        "--output".as_ref(),
        &folded,
        "--json".as_ref(),
    ]);
}

#[test]
fn a_redaction_says_that_a_scope_holds_the_event() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    succeed(&["scope", "create", "draft", "--store", &store]);
    let secret = event(
        30,
        "eve",
        "item.comment",
        "bn-new",
        r#"{"body":"the password"}"#,
    );
    let log = bench.log("draft.events", std::slice::from_ref(&secret));
    succeed(&["import", &log, "--store", &store, "--scope", "draft"]);
    let redact = [
        "redact",
        &hash(&secret),
        "--reason",
        "a password",
        "--store",
        &store,
    ];
    let report = json(&redact);
    assert_eq!(
        (&report["known_event"], &report["scope"]),
        (&true.into(), &"draft".into())
    );
    let shown = succeed(&["show", "bn-new", "--scope", "draft", "--store", &store]).out;
    assert!(
        shown.contains("[redacted]") && !shown.contains("password"),
        "{shown}"
    );
}

#[test]
fn of_a_scope_no_commit_of_others_is_said_to_be_gone() {
    let bench = Bench::new();
    let store = bench.five("store");
    succeed(&["scope", "create", "draft", "--store", &store]);
    let log = succeed(&["log", "--scope", "draft", "--store", &store]).out;
    assert!(!log.contains("gone"), "{log}");
    succeed(&["items", "--at", "1", "--store", &store]);
}

#[test]
fn items_held_as_several_snapshots_count_as_compact() {
    let bench = Bench::new();
    let store = bench.five("store");
    let compacted = thin_out(&store);
    let (items, snapshots) = (
        &compacted["items_compacted"],
        &compacted["snapshots_created"],
    );
    assert!(snapshots.as_u64() > items.as_u64(), "{compacted}");
    let stats = json(&["stats", "--store", &store]);
    assert_eq!(&stats["items_compact"], items, "{stats}");
}

#[test]
fn a_page_tells_what_a_snapshot_by_bones_stands_for() {
    let bench = Bench::new();
    let lines = finished("bn-done", 0);
    let store = bench.store("whole", "wall", &lines);
    compact(&store);
    let exported = bench.text("exported.events");
    succeed(&[
        "export", "--store", &store, "--format", "bones", "--out", &exported,
    ]);
    let other = bench.text("other");
    succeed(&["import", &exported, "--store", &other]);
    let page = succeed(&["show", "bn-done", "--store", &other]).out;
    let told = "3 events not at hand, 1 comment among them, as a snapshot by lattice at";
    assert!(page.contains(told), "{page}");
    let whole = succeed(&["show", "bn-done", "--store", &store]).out;
    assert!(!whole.contains("not at hand"), "{whole}");
}

/// What a loss of power may leave at the end of a log.
#[test]
fn a_line_beyond_any_length_is_skipped_with_little_memory() {
    let bench = Bench::new();
    let log = bench.log("log.events", &project());
    let mut text = fs::read(&log).unwrap();
    text.resize(text.len() + (17 << 20), 0);
    text.push(b'\n');
    fs::write(&log, text).unwrap();
    let skip = [
        "fold",
        &log,
        "--output",
        &bench.text("folded"),
        "--bad-lines",
        "skip",
        "--memory",
        "64M",
    ];
    let run = lattice(&skip);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains("longer than 16777216 bytes"), "{run:?}");
    let stop = [
        "fold",
        &log,
        "--output",
        &bench.text("other"),
        "--memory",
        "64M",
    ];
    fail(&stop, &["longer than 16777216 bytes"]);
}
