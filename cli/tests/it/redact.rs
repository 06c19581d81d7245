//! `lattice redact`.

use bones_snapshot::parse_hash;
use data_encoding::HEXLOWER;

use crate::support::{
    Bench, compact, digest, event, fail, files, hash, holds, json, lattice, project, succeed,
};

const SECRET: &str = "canary-4711";

/// The project with a secret in a comment of the finished item; the line with the secret.
fn leaky() -> (Vec<String>, String) {
    let mut lines = project();
    let data = format!(r#"{{"body":"the password is {SECRET}"}}"#);
    let line = event(20, "bob", "item.comment", "bn-done", &data);
    lines.push(line.clone());
    (lines, line)
}

fn shown(store: &str) -> String {
    succeed(&["show", "bn-done", "--store", store, "--json"]).out
}

#[test]
fn the_text_is_hidden_at_once_and_leaves_the_disk_with_compaction() {
    let bench = Bench::new();
    let (lines, line) = leaky();
    let store = bench.store("store", "wall", &lines);
    assert!(shown(&store).contains(SECRET) && holds(&store, SECRET));
    let out = succeed(&[
        "redact",
        &hash(&line),
        "--reason",
        "a \"password\"",
        "--store",
        &store,
    ])
    .out;
    assert!(out.contains(&format!("redacted {}", hash(&line))), "{out}");
    assert!(out.contains("next: run `lattice compact`"), "{out}");
    assert!(!shown(&store).contains(SECRET));
    compact(&store);
    assert!(!holds(&store, SECRET));
    succeed(&["import", &bench.text("store.events"), "--store", &store]);
    assert!(!shown(&store).contains(SECRET) && !holds(&store, SECRET));
    assert!(shown(&store).contains(&hash(&line)));
}

/// Items that are not eligible lose the text as well.
#[test]
fn also_of_items_that_stay_uncompacted() {
    let bench = Bench::new();
    let (lines, line) = leaky();
    let store = bench.store("store", "wall", &lines);
    succeed(&["redact", &hash(&line), "--reason", "r", "--store", &store]);
    let report = json(&[
        "compact",
        "--store",
        &store,
        "--now",
        "2026-01-01T00:00:01Z",
    ]);
    assert_eq!(
        (&report["items_compacted"], &report["items_masked"]),
        (&0.into(), &1.into())
    );
    assert!(!holds(&store, SECRET));
}

#[test]
fn the_event_says_who_when_and_why() {
    let bench = Bench::new();
    let (lines, line) = leaky();
    let store = bench.store("store", "wall", &lines);
    let hex = HEXLOWER.encode(&parse_hash(&hash(&line)).unwrap().0);
    let report = json(&[
        "redact",
        &hex,
        "--reason",
        "tab\tand \"quote\"",
        "--agent",
        "eve",
        "--now",
        "2026-02-03T04:05:06Z",
        "--store",
        &store,
    ]);
    assert_eq!(report["item"], "bn-done");
    assert_eq!(report["redacted"], hash(&line));
    let file = bench.text("back.events");
    succeed(&[
        "export", "--store", &store, "--format", "json", "--out", &file,
    ]);
    let item = json(&["show", "bn-done", "--store", &store]);
    assert_eq!(item["updated_at"], 1_770_091_506_000_000_u64);
    assert_eq!(item["redacted"], serde_json::json!([hash(&line)]));
}

#[test]
fn redacting_twice_writes_once() {
    let bench = Bench::new();
    let (lines, line) = leaky();
    let store = bench.store("store", "wall", &lines);
    succeed(&["redact", &hash(&line), "--reason", "r", "--store", &store]);
    let before = files(&store);
    let again = json(&[
        "redact",
        &hash(&line),
        "--reason",
        "other",
        "--store",
        &store,
    ]);
    assert_eq!(again["already_redacted"], true);
    assert_eq!(files(&store), before);
}

#[test]
fn an_event_that_is_not_there_yet_is_redacted_when_it_comes() {
    let bench = Bench::new();
    let (lines, line) = leaky();
    let store = bench.store("store", "wall", &project());
    let run = lattice(&["redact", &hash(&line), "--reason", "r", "--store", &store]);
    assert_eq!(run.code, Some(0));
    assert!(run.err.starts_with("warning: no event blake3:"), "{run:?}");
    assert!(run.out.contains("in the store alone"), "{run:?}");
    let log = bench.log("late.events", &lines);
    succeed(&["import", &log, "--store", &store]);
    assert!(!shown(&store).contains(SECRET) && !holds(&store, SECRET));
}

#[test]
fn an_item_can_be_named_for_an_event_that_is_not_there() {
    let bench = Bench::new();
    let (_, line) = leaky();
    let store = bench.store("store", "wall", &project());
    let run = lattice(&[
        "redact",
        &hash(&line),
        "--reason",
        "r",
        "--item",
        "bn-work",
        "--store",
        &store,
        "--json",
    ]);
    assert_eq!(run.code, Some(0));
    assert_eq!(run.json()["item"], "bn-work");
    assert_eq!(
        json(&["show", "bn-work", "--store", &store])["redacted"][0],
        hash(&line)
    );
    fail(
        &[
            "redact",
            &hash(&line),
            "--reason",
            "r",
            "--item",
            "bn-wark",
            "--store",
            &store,
        ],
        &["did you mean bn-work?"],
    );
}

#[test]
fn a_causal_store_takes_the_event_too() {
    let bench = Bench::new();
    let mut clock = lattice_lww::ItcClock::seed();
    let line = crate::support::stamped(
        &mut clock,
        1,
        "ada",
        "item.comment",
        "bn-1",
        r#"{"body":"canary"}"#,
    );
    let store = bench.store("store", "itc", std::slice::from_ref(&line));
    succeed(&["redact", &hash(&line), "--reason", "r", "--store", &store]);
    assert_eq!(
        json(&["show", "bn-1", "--store", &store])["comments"][0]["body"],
        serde_json::Value::Null
    );
}

#[test]
fn what_is_no_hash_and_what_is_no_agent_is_refused() {
    let bench = Bench::new();
    let (lines, line) = leaky();
    let store = bench.store("store", "wall", &lines);
    let before = digest(&store);
    fail(
        &["redact", "blake3:xyz", "--reason", "r", "--store", &store],
        &["`blake3:xyz`", "64 hex digits"],
    );
    fail(
        &[
            "redact",
            &hash(&line),
            "--reason",
            "r",
            "--agent",
            "two words",
            "--store",
            &store,
        ],
        &["`two words`"],
    );
    assert_eq!(digest(&store), before);
}
