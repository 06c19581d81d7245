//! `lattice explain`.

use lattice_lww::ItcClock;

use crate::support::{Bench, compact, event, fail, hash, json, stamped, succeed};

fn retitle(at: i64, agent: &str, title: &str) -> String {
    let data = format!(r#"{{"field":"title","value":"{title}"}}"#);
    event(at, agent, "item.update", "bn-1", &data)
}

#[test]
fn the_winner_the_losers_and_the_rule() {
    let bench = Bench::new();
    let lines = [
        retitle(1, "ada", "first"),
        retitle(3, "ada", "last"),
        retitle(3, "bob", "tie"),
        retitle(2, "bob", "second"),
    ];
    let store = bench.store("store", "wall", &lines);
    let report = json(&["explain", "bn-1", "title", "--store", &store]);
    assert_eq!(report["winner"]["value"], "tie");
    assert_eq!(report["winner"]["author"], "bob");
    assert_eq!(report["winner"]["hash"], hash(&lines[2]));
    assert_eq!(report["whole"], true);
    let losers: Vec<_> = report["losers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["value"].as_str().unwrap())
        .collect();
    assert_eq!(losers, ["last", "second", "first"]);
    assert!(
        report["losers"][0]["rule"]
            .as_str()
            .unwrap()
            .contains("greater agent id")
    );
    assert!(
        report["losers"][1]["rule"]
            .as_str()
            .unwrap()
            .contains("later by wall clock")
    );
    let out = succeed(&["explain", "bn-1", "title", "--store", &store]).out;
    assert!(out.contains("won     tie\n"), "{out}");
    assert!(out.contains("lost    second\n"), "{out}");
    assert!(
        out.contains(&format!(
            "because {} is concurrent, and later by wall clock",
            hash(&lines[2])
        )),
        "{out}"
    );
}

/// The clock of the later writer is behind: by causality it wins all the same.
#[test]
fn causality_decides_before_the_clock() {
    let bench = Bench::new();
    let mut clock = ItcClock::seed();
    let mut update = |at, title| {
        let data = format!(r#"{{"field":"title","value":"{title}"}}"#);
        stamped(&mut clock, at, "ada", "item.update", "bn-1", &data)
    };
    let lines = [update(900, "old"), update(100, "new")];
    let causal = bench.store("causal", "itc", &lines);
    let report = json(&["explain", "bn-1", "title", "--store", &causal]);
    assert_eq!(report["winner"]["value"], "new");
    assert_eq!(report["winner"]["stamp"], "2");
    assert_eq!(report["losers"][0]["rule"], "causally later");
    let wall = bench.store("wall", "wall", &lines);
    let report = json(&["explain", "bn-1", "title", "--store", &wall]);
    assert_eq!(report["winner"]["value"], "old");
    assert_eq!(report["winner"]["stamp"], serde_json::Value::Null);
}

#[test]
fn concurrent_losers_are_held_through_compaction() {
    let bench = Bench::new();
    let mut ada = ItcClock::seed();
    let mut bob = ada.fork().unwrap();
    let update = |clock: &mut ItcClock, at, agent, title| {
        let data = format!(r#"{{"field":"title","value":"{title}"}}"#);
        stamped(clock, at, agent, "item.update", "bn-1", &data)
    };
    let mut lines = vec![
        update(&mut ada, 1, "ada", "before"),
        update(&mut ada, 2, "ada", "mine"),
        update(&mut bob, 3, "bob", "yours"),
    ];
    for n in 4..12 {
        let body = format!(
            r#"{{"body":"a comment that is long enough for a snapshot to pay, number {n}"}}"#
        );
        lines.push(stamped(&mut ada, n, "ada", "item.comment", "bn-1", &body));
    }
    lines.push(stamped(
        &mut ada,
        20,
        "ada",
        "item.move",
        "bn-1",
        r#"{"state":"done"}"#,
    ));
    let store = bench.store("store", "itc", &lines);
    assert_eq!(compact(&store)["items_compacted"], 1);
    let report = json(&["explain", "bn-1", "title", "--store", &store]);
    assert_eq!(report["winner"]["value"], "yours");
    assert_eq!(report["whole"], false);
    let losers = report["losers"].as_array().unwrap();
    assert_eq!(losers.len(), 1, "what can never win is gone: {losers:?}");
    assert_eq!(losers[0]["value"], "mine");
}

#[test]
fn moves_stand_in_the_order_of_the_fold() {
    let bench = Bench::new();
    let step = |at, state| {
        event(
            at,
            "ada",
            "item.move",
            "bn-1",
            &format!(r#"{{"reason":"r{at}","state":"{state}"}}"#),
        )
    };
    let store = bench.store(
        "store",
        "wall",
        &[step(3, "doing"), step(1, "doing"), step(2, "done")],
    );
    let report = json(&["explain", "bn-1", "phase", "--store", &store]);
    assert_eq!(
        (&report["phase"], &report["epoch"]),
        (&"doing".into(), &1.into())
    );
    let moves: Vec<_> = report["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            (
                m["state"].as_str().unwrap(),
                m["epoch"].as_u64().unwrap(),
                m["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        moves,
        [("doing", 0, "r1"), ("done", 0, "r2"), ("doing", 1, "r3")]
    );
    let out = succeed(&["explain", "bn-1", "phase", "--store", &store]).out;
    assert!(out.contains("epoch 1 doing: r3"), "{out}");
}

#[test]
fn sets_say_what_shows_and_what_took_the_rest() {
    let bench = Bench::new();
    let labels = |at, value: &str| {
        event(
            at,
            "ada",
            "item.update",
            "bn-1",
            &format!(r#"{{"field":"labels","value":{value}}}"#),
        )
    };
    let lines = [
        labels(1, r#"{"action":"add","label":"early"}"#),
        labels(2, r#"["kept"]"#),
        labels(3, r#"{"action":"add","label":"removed"}"#),
        labels(4, r#"{"action":"remove","label":"removed"}"#),
    ];
    let store = bench.store("store", "wall", &lines);
    let report = json(&["explain", "bn-1", "labels", "--store", &store]);
    assert_eq!(report["adds"][0]["value"], "kept");
    assert_eq!(report["adds"].as_array().unwrap().len(), 1);
    assert_eq!(report["removes"][0]["element"], "removed");
    assert_eq!(report["clears"][0]["hash"], hash(&lines[1]));
    let gone: Vec<_> = report["gone"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| {
            (
                g["value"].as_str().unwrap(),
                g["how"].as_str().unwrap(),
                g["by"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(
        gone,
        [
            ("early", "cleared", hash(&lines[1])),
            ("removed", "removed", hash(&lines[3]))
        ]
    );
    let out = succeed(&["explain", "bn-1", "labels", "--store", &store]).out;
    assert!(out.contains("shows   kept"), "{out}");
    assert!(out.contains("gone    early"), "{out}");
}

#[test]
fn links_and_untouched_fields_have_an_answer_too() {
    let bench = Bench::new();
    let link = r#"{"link_type":"blocks","target":"bn-2"}"#;
    let store = bench.store(
        "store",
        "wall",
        &[event(1, "ada", "item.link", "bn-1", link)],
    );
    let report = json(&["explain", "bn-1", "links", "--store", &store]);
    assert_eq!(report["adds"][0]["value"], "blocks bn-2");
    for field in [
        "title",
        "description",
        "kind",
        "size",
        "urgency",
        "parent",
        "deleted",
        "compact_summary",
    ] {
        let report = json(&["explain", "bn-1", field, "--store", &store]);
        assert_eq!(report["winner"], serde_json::Value::Null);
        assert!(
            succeed(&["explain", "bn-1", field, "--store", &store])
                .out
                .contains("nobody wrote it")
        );
    }
    assert!(
        succeed(&["explain", "bn-1", "assignees", "--store", &store])
            .out
            .contains("nothing is in it")
    );
}

#[test]
fn redacted_text_is_not_explained() {
    let bench = Bench::new();
    let lines = [
        retitle(1, "ada", "canary one"),
        retitle(2, "ada", "canary two"),
        retitle(3, "ada", "fine"),
    ];
    let store = bench.store("store", "wall", &lines);
    for line in &lines[..2] {
        succeed(&["redact", &hash(line), "--reason", "r", "--store", &store]);
    }
    let report = json(&["explain", "bn-1", "title", "--store", &store]);
    assert_eq!(report["winner"]["value"], "fine");
    assert!(!report.to_string().contains("canary"), "{report}");
}

#[test]
fn an_unknown_field_lists_those_there_are() {
    let bench = Bench::new();
    let store = bench.store("store", "wall", &[retitle(1, "ada", "t")]);
    fail(
        &["explain", "bn-1", "colour", "--store", &store],
        &["no field `colour`", "title, ", "links"],
    );
}
