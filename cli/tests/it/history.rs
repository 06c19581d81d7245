//! The past: `lattice log`, `show --at`, `items --at`, and what `compact` lets go of.

use crate::support::{
    Bench, LATER, digest, event, fail, json, lattice, project, succeed, thin_out,
};

#[test]
fn a_commit_and_a_time_are_read_exactly() {
    let bench = Bench::new();
    let store = bench.five("store");
    for (at, commit, phase) in [
        ("1", 1, "open"),
        ("2", 2, "doing"),
        ("5", 5, "done"),
        ("2026-01-01T02:00:00Z", 2, "doing"),
        ("2026-01-01T02:59:59.999999Z", 2, "doing"),
        ("2026-01-01T04:00:00+01:00", 3, "done"),
        ("2030-01-01T00:00:00Z", 5, "done"),
    ] {
        let then = json(&["show", "bn-done", "--store", &store, "--at", at]);
        assert_eq!(
            (&then["exact"], &then["commit"]),
            (&true.into(), &commit.into()),
            "{at}"
        );
        assert_eq!(then["item"]["phase"], phase, "{at}");
    }
    let out = succeed(&["show", "bn-done", "--store", &store, "--at", "2"]).out;
    assert!(
        out.starts_with("exact: commit 2 of 2026-01-01T02:00:00Z\n\nbn-done  Finished\n"),
        "{out}"
    );
    let now = json(&["show", "bn-done", "--store", &store]);
    assert_eq!(
        json(&["show", "bn-done", "--store", &store, "--at", "5"])["item"],
        now
    );
}

#[test]
fn items_are_those_there_were() {
    let bench = Bench::new();
    let store = bench.five("store");
    let then = json(&["items", "--store", &store, "--at", "4"]);
    let ids = |items: &serde_json::Value| {
        let items = items.as_array().unwrap().iter();
        items
            .map(|item| item["item_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&then["items"]), ["bn-done", "bn-work"]);
    assert_eq!(then["time"], "2026-01-01T04:00:00Z");
    assert_eq!(ids(&json(&["items", "--store", &store])).len(), 3);
    fail(
        &["show", "bn-gone", "--store", &store, "--at", "4"],
        &["nothing was known of `bn-gone` at commit 4"],
    );
    fail(
        &["show", "bn-wrok", "--store", &store, "--at", "4"],
        &["did you mean bn-work?"],
    );
}

#[test]
fn what_is_no_longer_told_apart_is_read_at_the_nearest_commit() {
    let bench = Bench::new();
    let store = bench.five("store");
    let before = digest(&store);
    let report = thin_out(&store);
    assert_eq!(
        (
            &report["floor"],
            &report["commits_kept"],
            &report["commits_dropped"]
        ),
        (&5.into(), &2.into(), &3.into())
    );
    assert_eq!(digest(&store), before);
    for at in ["3", "2026-01-01T03:30:00Z"] {
        let then = json(&["show", "bn-done", "--store", &store, "--at", at]);
        assert_eq!(
            (&then["exact"], &then["commit"]),
            (&false.into(), &1.into()),
            "{at}"
        );
        assert_eq!(then["item"]["phase"], "open");
        let out = succeed(&["show", "bn-done", "--store", &store, "--at", at]).out;
        assert!(
            out.starts_with("nearest: commit 1 of 2026-01-01T01:00:00Z\n"),
            "{out}"
        );
    }
    for at in ["1", "5"] {
        assert_eq!(
            json(&["items", "--store", &store, "--at", at])["exact"],
            true
        );
    }
}

#[test]
fn history_that_is_gone_is_an_error_with_a_hint() {
    let bench = Bench::new();
    let store = bench.five("store");
    let report = json(&["compact", "--store", &store, "--no-history", "--now", LATER]);
    assert_eq!(
        (
            &report["floor"],
            &report["commits_kept"],
            &report["commits_dropped"]
        ),
        (&5.into(), &1.into(), &4.into())
    );
    for (at, says) in [
        ("3", "history before commit 5 is gone"),
        (
            "2026-01-01T03:30:00Z",
            "history before 2026-01-01T05:00:00Z is gone",
        ),
        ("6", "commit 6 is not made yet"),
    ] {
        for command in [&["items"][..], &["show", "bn-done"]] {
            let mut arguments = command.to_vec();
            arguments.extend(["--store", &store, "--at", at]);
            fail(&arguments, &[says, "`lattice log` lists"]);
        }
    }
    fail(
        &["items", "--store", &store, "--at", "yesterday"],
        &["`yesterday` is neither the number of a commit nor a time"],
    );
}

#[test]
fn the_log_says_what_every_commit_changed() {
    let bench = Bench::new();
    let store = bench.five("store");
    succeed(&["schema", "begin", "v2", "--store", &store]);
    succeed(&["pin", "2", "--store", &store]);
    let out = succeed(&["log", "--store", &store]).out;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 7, "{out}");
    assert!(
        lines[0].starts_with("7  ") && lines[0].ends_with("  no item"),
        "{out}"
    );
    assert!(lines[1].contains("[schema v2 migration begun]"), "{out}");
    assert!(
        lines[2].contains("2026-01-01T05:00:00Z")
            && lines[2].ends_with("  1 item, 2 events: bn-gone"),
        "{out}"
    );
    assert!(
        lines[5].contains("[pinned]  1 item, 2 events: bn-done"),
        "{out}"
    );
    assert!(lines[6].ends_with("1 item, 3 events: bn-done"), "{out}");
    let few = succeed(&["log", "--store", &store, "--limit", "2"]).out;
    assert!(
        few.ends_with("and 5 commits before\n") && few.lines().count() == 3,
        "{few}"
    );
}

#[test]
fn the_log_says_what_is_no_longer_told_apart() {
    let bench = Bench::new();
    let store = bench.five("store");
    thin_out(&store);
    let out = succeed(&["log", "--store", &store]).out;
    let expected = "\
5  2026-01-01T05:00:00Z  [floor]
   commits 2 to 4 are no longer told apart
1  2026-01-01T01:00:00Z
";
    assert_eq!(out, expected);
    let log = json(&["log", "--store", &store]);
    assert_eq!((&log["floor"], &log["newest"]), (&5.into(), &5.into()));
    assert_eq!(
        log["commits"][1]["forgotten"],
        serde_json::json!({"first": 2, "last": 4})
    );
    succeed(&["compact", "--store", &store, "--no-history"]);
    let out = succeed(&["log", "--store", &store]).out;
    assert!(out.ends_with("commits 1 to 4 are gone\n"), "{out}");
}

/// The finished item came half an hour ago.
fn fresh(bench: &Bench) -> (String, Vec<&'static str>) {
    let lines = project();
    let store = bench.history("store", &[lines[7..].to_vec(), lines[..7].to_vec()]);
    let flags = vec![
        "--min-age-days",
        "0",
        "--now",
        LATER,
        "--clock",
        "2026-01-01T02:30:00Z",
    ];
    (store, flags)
}

#[test]
fn items_of_the_exact_window_stay_as_they_came() {
    let bench = Bench::new();
    let (store, flags) = fresh(&bench);
    let mut arguments = vec!["compact", "--store", &store];
    arguments.extend(flags);
    let report = json(&arguments);
    assert_eq!(report["skipped"]["bn-done"], "in-window");
    assert_eq!(
        (&report["floor"], &report["items_compacted"]),
        (&1.into(), &0.into())
    );
    let out = succeed(&arguments).out;
    for says in [
        "left     1 item (committed within the last 1h (the cutoff), so every commit stays readable;",
        "--cutoff 0s or --no-history would compact them too",
        "history  exact from commit 1 on; up to there 1 commit kept, 0 let go",
    ] {
        assert!(out.contains(says), "`{says}` in {out}");
    }
    arguments.extend(["--cutoff", "30m"]);
    assert_eq!(json(&arguments)["items_compacted"], 1);
}

#[test]
fn a_cutoff_of_zero_compacts_what_came_just_now() {
    for flag in [&["--cutoff", "0s"][..], &["--no-history"]] {
        let bench = Bench::new();
        let (store, flags) = fresh(&bench);
        let mut arguments = vec!["compact", "--store", &store];
        arguments.extend(flags.iter().take_while(|flag| **flag != "--clock"));
        arguments.extend(flag);
        assert_eq!(json(&arguments)["items_compacted"], 1, "{flag:?}");
    }
}

#[test]
fn the_defaults_are_those_of_the_library() {
    let help = succeed(&["compact", "--help"]).out;
    for (flag, default) in [
        ("--cutoff <SPAN>", "[default: 1h]"),
        ("--base-interval <SPAN>", "[default: 1h]"),
        ("--slots-per-tier <N>", "[default: 8]"),
        ("--multiplier <N>", "[default: 2]"),
    ] {
        let (_, behind) = help.split_once(flag).unwrap();
        let (_, said) = behind.split_once("[default: ").unwrap();
        assert!(
            format!("[default: {said}").starts_with(default),
            "{flag}: {help}"
        );
    }
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let bench = Bench::new();
    let store = bench.five("store");
    for (flag, value, says) in [
        ("--multiplier", "1", "multiplier is 1"),
        ("--slots-per-tier", "1", "slots per tier are 1"),
        ("--base-interval", "0s", "base interval is zero"),
        ("--clock", "noon", "`noon` is no time"),
    ] {
        fail(&["compact", "--store", &store, flag, value], &[says]);
    }
    for flags in [
        &["--cutoff", "soon"][..],
        &["--no-history", "--cutoff", "1h"],
        &["--no-history", "--accept-clock-jump"],
    ] {
        let mut arguments = vec!["compact", "--store", &store];
        arguments.extend(flags);
        assert_eq!(lattice(&arguments).code, Some(2), "{flags:?}");
    }
    assert_eq!(json(&["stats", "--store", &store])["floor"], 0);
}

/// A clock that is far ahead would let go of what is not old.
#[test]
fn a_clock_that_jumps_is_asked_about() {
    let bench = Bench::new();
    let store = bench.five("store");
    thin_out(&store);
    let mut arguments = vec![
        "compact",
        "--store",
        &store,
        "--clock",
        "2026-03-01T00:00:00Z",
    ];
    fail(
        &arguments,
        &[
            "2026-03-01T00:00:00Z",
            "2026-01-03T00:00:00Z",
            "--accept-clock-jump",
        ],
    );
    arguments.push("--accept-clock-jump");
    succeed(&arguments);
}

/// What is redacted now is redacted in every moment.
#[test]
fn the_past_shows_nothing_that_is_redacted() {
    let bench = Bench::new();
    let secret = event(1, "ada", "item.create", "bn-1", r#"{"title":"hunter2"}"#);
    let later = event(
        2,
        "ada",
        "item.update",
        "bn-1",
        r#"{"field":"title","value":"Safe"}"#,
    );
    let store = bench.history("store", &[vec![secret.clone()], vec![later]]);
    assert!(
        succeed(&["items", "--store", &store, "--at", "1"])
            .out
            .contains("hunter2")
    );
    let hash = crate::support::hash(&secret);
    succeed(&["redact", &hash, "--reason", "a password", "--store", &store]);
    for arguments in [
        &["items", "--at", "1"][..],
        &["show", "bn-1", "--at", "1"],
        &["watch", "--from", "0"],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--store", &store]);
        assert!(
            !succeed(&arguments).out.contains("hunter2"),
            "{arguments:?}"
        );
    }
}

/// The finished item changed between the first commit and the pinned one.
#[test]
fn an_item_has_a_snapshot_for_each_commit_kept_that_changed_it() {
    let bench = Bench::new();
    let store = bench.five("store");
    succeed(&["pin", "3", "--store", &store]);
    let arguments = [
        "compact",
        "--store",
        &store,
        "--cutoff",
        "0s",
        "--base-interval",
        "1d",
        "--clock",
        "2026-01-03T00:00:00Z",
    ];
    let dry = [&arguments[..], &["--dry-run"]].concat();
    let mut out = succeed(&dry).out;
    out.push_str(&succeed(&arguments).out);
    for says in [
        "would compact 1 item: 7 events by snapshots, ",
        "history  would be exact from commit 5 on; up to there 3 commits kept, 2 let go\n",
        "\ncompacted 1 item: 7 events by 2 snapshots, ",
    ] {
        assert!(out.contains(says), "`{says}` in {out}");
    }
}
