//! `lattice scope`, and reading and writing in scopes.

use crate::support::{Bench, event, exists, fail, holds, json, project, succeed};

fn items(store: &str, more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["items", "--store", store];
    arguments.extend(more);
    let items = json(&arguments);
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| format!("{} {}", item["item_id"], item["title"]).replace('"', ""))
        .collect()
}

/// A store with a scope that changes one item and brings another.
fn draft(bench: &Bench) -> String {
    let store = bench.store("store", "wall", &project());
    succeed(&["scope", "create", "draft", "--store", &store]);
    let lines = [
        event(
            20,
            "eve",
            "item.update",
            "bn-work",
            r#"{"field":"title","value":"In a draft"}"#,
        ),
        event(
            21,
            "eve",
            "item.create",
            "bn-new",
            r#"{"title":"Only drafted"}"#,
        ),
    ];
    let log = bench.log("draft.events", &lines);
    let report = json(&["import", &log, "--store", &store, "--scope", "draft"]);
    assert_eq!(
        (&report["events_added"], &report["scope"]),
        (&2.into(), &"draft".into())
    );
    store
}

#[test]
fn a_scope_is_seen_only_by_who_reads_it() {
    let bench = Bench::new();
    let store = draft(&bench);
    let base = ["bn-done Finished", "bn-gone Deleted", "bn-work At work"];
    assert_eq!(items(&store, &[]), base);
    let over = [
        "bn-done Finished",
        "bn-gone Deleted",
        "bn-new Only drafted",
        "bn-work In a draft",
    ];
    assert_eq!(items(&store, &["--scope", "draft"]), over);
    let then = json(&["items", "--store", &store, "--scope", "draft", "--at", "2"]);
    assert_eq!(
        (&then["scope"], then["items"].as_array().unwrap().len()),
        (&"draft".into(), 3)
    );
    fail(
        &["show", "bn-new", "--store", &store],
        &["no item `bn-new`"],
    );
    succeed(&["show", "bn-new", "--store", &store, "--scope", "draft"]);
    let listed = json(&["scope", "list", "--store", &store]);
    assert_eq!(
        listed["scopes"],
        serde_json::json!([{"scope": "draft", "created": 2}])
    );
}

#[test]
fn the_log_of_a_scope_is_what_made_and_changed_it() {
    let bench = Bench::new();
    let store = draft(&bench);
    let lines = [event(
        30,
        "ada",
        "item.create",
        "bn-base",
        r#"{"title":"Base"}"#,
    )];
    let log = bench.log("base.events", &lines);
    succeed(&["import", &log, "--store", &store]);
    let commits = |more: &[&str]| {
        let mut arguments = vec!["log", "--store", &store];
        arguments.extend(more);
        let log = json(&arguments);
        let commits = log["commits"].as_array().unwrap().iter();
        commits
            .map(|row| row["commit"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(commits(&[]), [4, 3, 2, 1]);
    assert_eq!(commits(&["--scope", "draft"]), [3, 2]);
    succeed(&["compact", "--store", &store, "--no-history"]);
    assert_eq!(commits(&["--scope", "draft"]), [4]);
}

#[test]
fn a_deleted_scope_is_gone_at_once_and_from_the_disk_after_compaction() {
    let bench = Bench::new();
    let store = draft(&bench);
    assert!(holds(&store, "Only drafted"));
    let out = succeed(&["scope", "delete", "draft", "--store", &store]).out;
    assert!(out.contains("run `lattice compact`"), "{out}");
    for arguments in [
        &["items", "--scope", "draft"][..],
        &["show", "bn-new", "--scope", "draft"],
        &["log", "--scope", "draft"],
        &["scope", "delete", "draft"],
        &["import", &bench.text("draft.events"), "--scope", "draft"],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--store", &store]);
        fail(
            &arguments,
            &["there is no scope `draft`", "`lattice scope list`"],
        );
    }
    succeed(&["compact", "--store", &store]);
    assert!(!holds(&store, "Only drafted"));
    assert_eq!(
        json(&["scope", "list", "--store", &store])["scopes"],
        serde_json::json!([])
    );
}

#[test]
fn names_that_cannot_be_are_refused() {
    let bench = Bench::new();
    let store = draft(&bench);
    fail(
        &["scope", "create", "draft", "--store", &store],
        &["there is a scope `draft` already"],
    );
    fail(
        &["scope", "create", "", "--store", &store],
        &["it is empty"],
    );
    fail(
        &["scope", "create", "a\nb", "--store", &store],
        &["control characters"],
    );
}

/// A scope of a store that is not there cannot be either, so none is made.
#[test]
fn an_import_into_no_scope_makes_no_store() {
    let bench = Bench::new();
    let log = bench.log("log.events", &project());
    let store = bench.text("new");
    fail(
        &["import", &log, "--store", &store, "--scope", "draft"],
        &["there is no scope `draft`", "`lattice scope create`"],
    );
    assert!(!exists(&store));
}
