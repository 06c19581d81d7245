//! What holds of every command.

use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::support::{Bench, fail, lattice, project, succeed};

const COMMANDS: [&str; 19] = [
    "demo", "import", "compact", "verify", "items", "show", "explain", "log", "watch", "redact",
    "stats", "digest", "export", "fold", "scope", "schema", "pin", "unpin", "fsck",
];

#[test]
fn help_has_examples() {
    for command in COMMANDS {
        let help = succeed(&[command, "--help"]).out;
        assert!(help.contains("Examples:\n"), "{help}");
        assert!(
            help.contains(&format!("lattice {command} "))
                || help.contains(&format!("lattice {command}\n")),
            "{help}"
        );
        assert!(help.contains("--json"), "{help}");
    }
    let help = succeed(&["--help"]).out;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command}")), "{help}");
    }
}

#[test]
fn reports_are_one_json_value_each() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let file = bench.text("file");
    let hash = format!("blake3:{}", "0f".repeat(32));
    for command in [
        &["compact"][..],
        &["verify"],
        &["items"],
        &["show", "bn-done"],
        &["explain", "bn-done", "phase"],
        &["redact", &hash, "--reason", "r"],
        &["stats"],
        &["digest"],
        &["log"],
        &["items", "--at", "1"],
        &["show", "bn-done", "--at", "1"],
        &["scope", "create", "draft"],
        &["scope", "list"],
        &["scope", "delete", "draft"],
        &["schema", "begin", "v2"],
        &["schema", "status"],
        &["schema", "abort"],
        &["pin", "1"],
        &["unpin", "1"],
        &["fsck"],
        &["export", "--format", "json", "--out", &file],
    ] {
        let mut arguments = vec!["--json"];
        arguments.extend(command);
        arguments.extend(["--store", &store]);
        let run = lattice(&arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        run.json();
        assert_eq!(run.out.lines().count(), 1, "{run:?}");
    }
}

#[test]
fn a_directory_that_is_no_store_is_said_to_be_none() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    std::fs::write(bench.path("file"), "text").unwrap();
    for name in ["empty", "file", "missing"] {
        let path = bench.text(name);
        for command in [
            &["items"][..],
            &["digest"],
            &["stats"],
            &["verify"],
            &["compact"],
            &["show", "bn-1"],
            &["log"],
            &["watch", "--from", "0"],
            &["watch", "--from", "0", "--follow"],
            &["scope", "list"],
            &["schema", "status"],
            &["pin", "1"],
            &["fsck"],
        ] {
            let mut arguments = command.to_vec();
            arguments.extend(["--store", &path]);
            fail(&arguments, &[name, "not a store", "lattice import"]);
        }
    }
    assert_eq!(std::fs::read_dir(bench.path("empty")).unwrap().count(), 0);
    assert!(!bench.path("missing").exists());
}

#[test]
fn a_store_in_use_is_left_alone() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let (held, _) = storage_adapter::AnyStore::open(store.as_ref()).unwrap();
    fail(&["items", "--store", &store], &["in use"]);
    fail(&["fsck", "--store", &store], &["in use"]);
    drop(held);
    // A child that another test starts just now holds a copy of the lock until it runs.
    let free = || lattice(&["items", "--store", &store]).code == Some(0);
    assert!((0..100).any(|_| free()));
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["items"],
        &["compact", "--min-age-days", "-1", "--store", "s"],
    ] {
        let run = lattice(arguments);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(!run.err.is_empty() && run.out.is_empty(), "{run:?}");
    }
}

/// Whoever reads our output may stop when they have seen enough.
#[test]
fn a_closed_pipe_ends_quietly() {
    let bench = Bench::new();
    let mut lines = project();
    for n in 0..2_000 {
        let data = format!(r#"{{"title":"a title that fills the pipe, number {n}"}}"#);
        lines.push(crate::support::event(
            n,
            "ada",
            "item.create",
            &format!("bn-{n}"),
            &data,
        ));
    }
    let store = bench.store("store", "wall", &lines);
    for form in [&["items"][..], &["items", "--json"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lattice"))
            .args(form)
            .args(["--store", &store])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(0));
        assert_eq!(String::from_utf8(done.stderr).unwrap(), "");
    }
}

/// What was acknowledged is kept; what was not is cut, kept aside, and told of.
#[test]
fn a_torn_tail_is_a_warning() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let (path, _) = crate::support::files(&store)
        .into_iter()
        .find(|(path, _)| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("seg-")
        })
        .unwrap();
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend([7; 5]);
    std::fs::write(&path, torn).unwrap();
    let told = |command: &[&str], kept: &str| {
        let run = lattice(&[command, &["--store", &store]].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        let is_warning = run.err.starts_with("warning: ") && run.err.contains("5 bytes");
        assert!(is_warning && run.err.contains(kept), "{run:?}");
    };
    let before = crate::support::files(&store);
    for _ in 0..2 {
        told(&["stats"], "they are not read");
        assert_eq!(
            crate::support::files(&store),
            before,
            "who reads cuts nothing"
        );
    }
    told(&["pin", "1"], "kept in");
    succeed(&["stats", "--store", &store]);
}

#[test]
fn a_store_in_use_is_waited_for_if_asked() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let log = bench.text("more.events");
    std::fs::write(&log, project().concat()).unwrap();
    let waiting = |command: &[&str], span: &str| {
        lattice(&[command, &["--store", &store, "--wait", span]].concat())
    };
    for command in [
        &["digest"][..],
        &["pin", "1"],
        &["verify"],
        &["watch", "--from", "0"],
        &["import", &log, "--bad-lines", "skip"],
        &["fsck"],
    ] {
        let (held, _) = storage_adapter::AnyStore::open(store.as_ref()).unwrap();
        let refused = waiting(command, "50ms");
        assert_eq!(refused.code, Some(1), "{command:?}");
        assert!(refused.err.contains("in use"), "{refused:?}");
        std::thread::scope(|threads| {
            let waits = threads.spawn(|| waiting(command, "60s"));
            std::thread::sleep(std::time::Duration::from_millis(200));
            drop(held);
            let run = waits.join().unwrap();
            assert_eq!(run.code, Some(0), "{run:?}");
        });
    }
}

/// Every command that only reads: beside others, and without a change to any file.
#[test]
fn who_reads_changes_nothing_and_keeps_no_other_reader_out() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let before = crate::support::files(&store);
    let (held, _) = storage_adapter::AnyStore::open_read_only(store.as_ref()).unwrap();
    let out = bench.path("out").display().to_string();
    for command in [
        &["items"][..],
        &["show", "bn-done"],
        &["show", "bn-done", "--at", "1"],
        &["explain", "bn-done", "title"],
        &["log"],
        &["stats"],
        &["digest"],
        &["verify"],
        &["export", "--format", "json", "--out", &out],
        &["watch", "--from", "0"],
        &["scope", "list"],
        &["schema", "status"],
        &["compact", "--dry-run", "--now", "2027-01-01T00:00:00Z"],
        &["fsck"],
    ] {
        succeed(&[command, &["--store", &store]].concat());
        assert_eq!(crate::support::files(&store), before, "{command:?}");
    }
    fail(&["pin", "1", "--store", &store], &["in use"]);
    fail(&["compact", "--store", &store], &["in use"]);
    drop(held);
}
