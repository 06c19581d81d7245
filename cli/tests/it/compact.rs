//! `lattice compact`.

use crate::support::{Bench, LATER, compact, digest, fail, files, json, project, succeed};

fn shown(store: &str) -> String {
    succeed(&["items", "--store", store, "--json"]).out
}

#[test]
fn compaction_is_invisible_and_done_once() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let (before, view) = (digest(&store), shown(&store));
    let report = compact(&store);
    assert_eq!(report["items_compacted"], 1);
    assert_eq!(report["events_replaced"], 7);
    assert_eq!(report["changed"], true);
    assert_eq!(report["skipped"]["bn-work"], "phase");
    assert_eq!(report["skipped"]["bn-gone"], "deleted");
    assert!(report["disk_after"].as_u64() < report["disk_before"].as_u64());
    assert_eq!((digest(&store), shown(&store)), (before, view));
    let on_disk = files(&store);
    let again = compact(&store);
    assert_eq!(again["changed"], false);
    assert_eq!(again["skipped"]["bn-done"], "already-compact");
    assert_eq!(files(&store), on_disk);
}

#[test]
fn a_dry_run_reports_and_changes_nothing() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let before = files(&store);
    let arguments = [
        "compact",
        "--store",
        &store,
        "--min-age-days",
        "0",
        "--now",
        LATER,
        "--dry-run",
    ];
    let report = json(&arguments);
    assert_eq!(report["items_compacted"], 1);
    assert_eq!(report["changed"], false);
    assert!(succeed(&arguments).out.contains("would compact 1 item"));
    assert_eq!(files(&store), before);
}

#[test]
fn the_age_counts_from_now() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    // The last event of the finished item is 7 us into 2026; the default age is 30 days.
    let early = json(&[
        "compact",
        "--store",
        &store,
        "--now",
        "2026-01-31T00:00:00.000006Z",
    ]);
    assert_eq!(early["items_compacted"], 0);
    assert_eq!(early["skipped"]["bn-done"], "too-young");
    let ripe = json(&[
        "compact",
        "--store",
        &store,
        "--now",
        "2026-01-31T01:00:00.000007+01:00",
    ]);
    assert_eq!(ripe["items_compacted"], 1);
}

#[test]
fn deleted_items_are_compacted_when_named() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let arguments = ["compact", "--store", &store, "--now", LATER];
    let out = succeed(&arguments).out;
    assert!(
        out.contains("compacted 1 item: 7 events by one snapshot each"),
        "{out}"
    );
    assert!(
        out.contains("left     1 item (deleted; --include-deleted compacts them)"),
        "{out}"
    );
    let mut arguments = arguments.to_vec();
    arguments.push("--include-deleted");
    let report = json(&arguments);
    assert_ne!(report["skipped"]["bn-gone"], "deleted");
}

#[test]
fn a_time_that_is_none_is_refused_before_anything() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let before = files(&store);
    for (text, why) in [
        ("yesterday", "2027-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59Z", "before 1970"),
    ] {
        fail(&["compact", "--store", &store, "--now", text], &[text, why]);
    }
    assert_eq!(files(&store), before);
}

#[test]
fn often_it_writes_only_what_is_worth_it() {
    let bench = Bench::new();
    let lines: Vec<String> = (0..60)
        .flat_map(|n| crate::support::finished(&format!("bn-{n:02}"), n * 10))
        .collect();
    let store = bench.store("store", "wall", &lines);
    let often = |store: &str| {
        json(&[
            "compact",
            "--store",
            store,
            "--now",
            LATER,
            "--no-history",
            "--worthwhile",
        ])
    };
    assert_eq!(often(&store)["items_compacted"], 60);
    let base: Vec<_> = files(&store);
    let more = crate::support::event(9_000, "ada", "item.comment", "bn-07", r#"{"body":"late"}"#);
    succeed(&["import", &bench.log("more", &[more]), "--store", &store]);
    let truth = digest(&store);
    let report = often(&store);
    assert_eq!(
        (&report["items_compacted"], &report["changed"]),
        (&1.into(), &true.into())
    );
    assert_eq!(report["skipped"]["bn-08"], "untouched");
    assert_eq!(digest(&store), truth);
    // The file of the first compaction is still there, as it was.
    let largest = base.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    assert!(files(&store).contains(largest));
    // A copy is as good.
    let copy = bench.text("copy");
    succeed(&["fsck", "--store", &store, "--repair-into", &copy]);
    assert_eq!(digest(&copy), truth);
    assert_eq!(often(&copy)["changed"], false);
    // Without the word everything is joined.
    let all = ["compact", "--store", &copy, "--now", LATER, "--no-history"];
    assert_eq!(json(&all)["items_compacted"], 1);
    assert_eq!(digest(&copy), truth);
}
