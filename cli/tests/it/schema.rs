//! `lattice schema`, `pin` and `unpin`: what stays readable whatever its age.

use crate::support::{Bench, fail, files, json, succeed, thin_out};

/// Whether a commit is still told apart.
fn exact(store: &str, commit: &str) -> bool {
    json(&["items", "--store", store, "--at", commit])["exact"] == true
}

#[test]
fn a_pinned_commit_stays_until_it_is_unpinned() {
    let bench = Bench::new();
    let store = bench.five("store");
    let report = json(&["pin", "3", "--store", &store]);
    assert_eq!(
        report,
        serde_json::json!({"commit": 3, "pinned": true, "changed": true})
    );
    let before = files(&store);
    let out = succeed(&["pin", "3", "--store", &store]).out;
    assert!(out.contains("nothing was written"), "{out}");
    assert_eq!(files(&store), before);
    // The commits of the pins are of today: no clock of the tests lets go of them.
    thin_out(&store);
    assert!(exact(&store, "3") && !exact(&store, "2"));
    assert_eq!(
        json(&["stats", "--store", &store])["pins"],
        serde_json::json!([3])
    );
    let out = succeed(&["unpin", "3", "--store", &store]).out;
    assert_eq!(out, "commit 3 ages like any other\n");
    let out = succeed(&["unpin", "3", "--store", &store]).out;
    assert!(out.contains("was not pinned"), "{out}");
    thin_out(&store);
    assert!(!exact(&store, "3"));
    fail(
        &["pin", "3", "--store", &store],
        &["commit 3 cannot be pinned", "`lattice log`"],
    );
}

#[test]
fn a_migration_keeps_its_state_until_it_ends() {
    let bench = Bench::new();
    let store = bench.five("store");
    let schema = |action: &[&str]| {
        let mut arguments = vec!["schema"];
        arguments.extend(action);
        arguments.extend(["--store", &store]);
        json(&arguments)
    };
    assert_eq!(
        schema(&["status"]),
        serde_json::json!({"active": null, "pending": null})
    );
    let begun = schema(&["begin", "v2"]);
    assert_eq!(
        (&begun["pending"]["name"], &begun["pending"]["commit"]),
        (&"v2".into(), &6.into())
    );
    fail(
        &["schema", "begin", "v3", "--store", &store],
        &["a migration to schema `v2` is under way"],
    );
    succeed(&["pin", "1", "--store", &store]);
    succeed(&["compact", "--store", &store, "--no-history"]);
    assert!(exact(&store, "6"));
    let done = schema(&["complete"]);
    assert_eq!(
        (&done["active"]["name"], &done["active"]["commit"]),
        (&"v2".into(), &8.into())
    );
    assert_eq!(done["pending"], serde_json::Value::Null);
    succeed(&["unpin", "1", "--store", &store]);
    succeed(&["compact", "--store", &store, "--no-history"]);
    fail(
        &["items", "--store", &store, "--at", "6"],
        &["history before commit 8 is gone"],
    );
    assert!(exact(&store, "8"));
}

#[test]
fn a_migration_that_is_given_up_leaves_the_schema() {
    let bench = Bench::new();
    let store = bench.five("store");
    succeed(&["schema", "begin", "v2", "--store", &store]);
    let out = succeed(&["schema", "abort", "--store", &store]).out;
    assert_eq!(out, "in force   none\nmigration  none\n");
    for action in ["abort", "complete"] {
        fail(
            &["schema", action, "--store", &store],
            &[
                "no schema migration is under way",
                "`lattice schema begin NAME`",
            ],
        );
    }
}
