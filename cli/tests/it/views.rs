//! `lattice items`, `show` and `stats`.

use bones_snapshot::ItemView;

use crate::support::{Bench, event, fail, json, project, succeed};

#[test]
fn items_are_a_table() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let out = succeed(&["items", "--store", &store]).out;
    let expected = "\
ITEM     PHASE    KIND  URGENCY  TITLE
bn-done  done     task  default  Finished
bn-gone  deleted  task  default  Deleted
bn-work  doing    task  default  At work
3 items
";
    assert_eq!(out, expected);
}

#[test]
fn items_as_json_are_what_show_prints_of_each() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let all = json(&["items", "--store", &store]);
    let ids = ["bn-done", "bn-gone", "bn-work"];
    assert_eq!(all.as_array().unwrap().len(), ids.len());
    for (item, id) in all.as_array().unwrap().iter().zip(ids) {
        assert_eq!(*item, json(&["show", id, "--store", &store]));
    }
}

#[test]
fn an_item_as_json_has_every_member() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let item = json(&["show", "bn-done", "--store", &store]);
    // Shown only where bones itself compacted.
    for member in ItemView::FIELDS.iter().filter(|name| **name != "legacy") {
        assert!(item.get(member).is_some(), "{member}");
    }
    assert_eq!(item["phase"], "done");
    assert_eq!(item["labels"], serde_json::json!(["docs"]));
    assert_eq!(item["assignees"], serde_json::json!(["bob"]));
    assert_eq!(
        item["comments"][0]["body"],
        "Half of it is there.\nThe rest follows."
    );
    assert_eq!(item["size"], serde_json::Value::Null);
    assert_eq!(item["compacted_from"], 7);
}

#[test]
fn an_item_is_a_page() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let out = succeed(&["show", "BN-DONE", "--store", &store]).out;
    for line in [
        "bn-done  Finished",
        "  phase      done",
        "  labels     docs",
        "  created    2026-01-01T00:00:00.000001Z",
        "    What Finished is about.",
        "    The rest follows.",
        "  moved      2026-01-01T00:00:00.000007Z to done by bob: it works",
    ] {
        assert!(out.lines().any(|l| l == line), "`{line}` in {out}");
    }
}

#[test]
fn an_unknown_item_gets_a_hint() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    fail(
        &["show", "bn-wrok", "--store", &store],
        &["no item `bn-wrok`", "did you mean bn-work?"],
    );
    fail(
        &["show", "something", "--store", &store],
        &["`lattice items` lists them"],
    );
}

/// Logs are written by others: what they hold must not move the cursor or set the title of a window.
#[test]
fn a_terminal_is_told_nothing_but_text() {
    let bench = Bench::new();
    let title = r#"{"description":"a\u001b[2Jb","title":"red \u001b[31m\u0007 and\nmore"}"#;
    let lines = [event(1, "ada\u{1b}c", "item.create", "bn-1", title)];
    let store = bench.store("store", "wall", &lines);
    for command in [
        &["items"][..],
        &["show", "bn-1"],
        &["explain", "bn-1", "title"],
    ] {
        let mut arguments = command.to_vec();
        arguments.extend(["--store", &store]);
        let out = succeed(&arguments).out;
        assert!(
            !out.contains(|c: char| c.is_control() && c != '\n'),
            "{out:?}"
        );
    }
    let item = json(&["show", "bn-1", "--store", &store]);
    assert_eq!(item["title"], "red \u{1b}[31m\u{7} and\nmore");
}

#[test]
fn stats_add_up() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &project());
    let raw = json(&["stats", "--store", &store]);
    assert_eq!(
        (&raw["items"], &raw["events_raw"], &raw["states"]),
        (&3.into(), &12.into(), &0.into())
    );
    crate::support::compact(&store);
    let compact = json(&["stats", "--store", &store]);
    assert_eq!(
        (&compact["events_covered"], &compact["events_raw"]),
        (&12.into(), &5.into())
    );
    assert_eq!(
        (&compact["items_compact"], &compact["states"]),
        (&1.into(), &1.into())
    );
    let out = succeed(&["stats", "--store", &store]).out;
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = out.lines().map(words).collect();
    for line in [
        "items 3 1 of them compact",
        "commits 1 readable of 1",
        "exact from commit 1 on",
    ] {
        assert!(lines.iter().any(|l| l == line), "`{line}` in {out}");
    }
}

/// One commit an hour: recent within the hour of the cutoff, then one an hour, then one in two hours.
#[test]
fn stats_chart_the_tiers() {
    let bench = Bench::new();
    let commits: Vec<Vec<String>> = (0..12)
        .map(|n| {
            vec![event(
                n,
                "ada",
                "item.create",
                &format!("bn-{n}"),
                r#"{"title":"T"}"#,
            )]
        })
        .collect();
    let store = bench.history("store", &commits);
    let arguments = [
        "stats",
        "--store",
        &store,
        "--clock",
        "2026-01-01T12:30:00Z",
    ];
    let stats = json(&arguments);
    let tiers = serde_json::json!([
        {"tier": null, "width": null, "commits": 2},
        {"tier": 0, "width": "1h", "commits": 7},
        {"tier": 1, "width": "2h", "commits": 3},
    ]);
    assert_eq!(stats["tiers"], tiers);
    assert_eq!(stats["oldest"]["time"], "2026-01-01T01:00:00Z");
    let out = succeed(&arguments).out;
    let bar = |name: &str, length: usize| {
        let line = out.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line.matches('#').count(), length, "{out}");
    };
    bar("recent", 2);
    bar("tier 0", 7);
    bar("tier 1", 3);
    let other = json(&[
        "stats",
        "--store",
        &store,
        "--clock",
        "2026-01-01T12:30:00Z",
        "--cutoff",
        "1d",
    ]);
    assert_eq!(other["tiers"].as_array().unwrap().len(), 1);
}
