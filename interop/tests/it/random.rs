//! Adversarial random logs: few agents, few times, few values, so that everything collides.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::support::{Compared, line};

const CASES: u32 = 3_000;

/// What one event is made of, before its line is written.
#[derive(Debug, Clone)]
struct Draft {
    wall_ts: i64,
    agent: &'static str,
    item: &'static str,
    kind: &'static str,
    data: Value,
}

impl Draft {
    fn line(&self, hex: bool) -> String {
        line(
            self.wall_ts,
            self.agent,
            self.kind,
            self.item,
            &self.data.to_string(),
            hex,
        )
    }
}

/// Times that collide, run backwards, and leave every scale.
fn wall_ts() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0..6_i64,
        2 => 1_700_000_000_000_000..1_700_000_000_000_004_i64,
        1 => select(vec![i64::MIN, -1, 0, i64::MAX - 1, i64::MAX]),
    ]
}

/// Names that are each other's prefix, and that bytes and UTF-16 units order differently.
fn agent() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "ab", "A", "a b", "\u{ffee}", "\u{1f600}"])
}

fn item() -> impl Strategy<Value = &'static str> {
    select(vec!["bn-1", "bn-1", "bn-2", " BN-1 "])
}

/// Set members, blank ones among them.
fn member() -> impl Strategy<Value = Value> {
    select(vec![
        "x", "y", "X", "", "  ", "\u{0}x", " x", "x\u{0}", "\u{a0}", "é", "e\u{301}",
    ])
    .prop_map(Value::from)
}

fn item_ref() -> impl Strategy<Value = Value> {
    select(vec![
        "bn-1", "bn-2", "bn-3", "abc-9", "abcd-1", "BN-3", "", "no id", "bn-", "b-1",
    ])
    .prop_map(Value::from)
}

/// A value for any field: good ones of every field, words in odd forms, and what is no value.
fn any_value() -> impl Strategy<Value = Value> {
    let words = select(vec![
        "task",
        "goal",
        " BUG ",
        "tas\u{212a}",
        "epic",
        "xs",
        "XXL",
        "m",
        "size",
        "urgent",
        "Punt",
        "default\n",
        "\u{1f}punt",
        "\u{3000}goal",
        "open",
        "",
        "text",
    ]);
    prop_oneof![
        6 => words.prop_map(Value::from),
        2 => item_ref(),
        1 => Just(Value::Null),
        1 => Just(json!(5)),
        1 => Just(json!({"x": [1]})),
        2 => prop::collection::vec(prop_oneof![4 => member(), 1 => Just(json!(7))], 0..4).prop_map(Value::from),
        3 => (select(vec!["add", "add", "remove", "toggle"]), member())
            .prop_map(|(action, label)| json!({"action": action, "label": label})),
        1 => Just(json!({"action": "add"})),
    ]
}

/// The members of a create, each there or not.
fn create() -> impl Strategy<Value = Value> {
    let member_of = |name: &'static str, values: BoxedStrategy<Value>| {
        prop::option::weighted(0.6, values).prop_map(move |value| (name, value))
    };
    let words = |all: &[&'static str]| select(all.to_vec()).prop_map(Value::from).boxed();
    (
        words(&["t1", "t2", ""]),
        words(&["task", "goal", "bug"]),
        member_of("size", words(&["xxs", "s", "xl"])),
        member_of("urgency", words(&["urgent", "punt", "default"])),
        member_of(
            "description",
            prop_oneof![3 => words(&["d1", "d2", ""]), 1 => Just(Value::Null)].boxed(),
        ),
        member_of(
            "parent",
            prop_oneof![3 => item_ref(), 1 => Just(Value::Null)].boxed(),
        ),
        member_of(
            "labels",
            prop::collection::vec(member(), 0..4)
                .prop_map(Value::from)
                .boxed(),
        ),
        member_of("unknown", any_value().boxed()),
    )
        .prop_map(|(title, kind, a, b, c, d, e, f)| {
            let mut data = json!({"title": title, "kind": kind});
            for (name, value) in [a, b, c, d, e, f] {
                if let Some(value) = value {
                    data[name] = value;
                }
            }
            data
        })
}

fn kind_and_data() -> impl Strategy<Value = (&'static str, Value)> {
    let fields = vec![
        "title",
        "description",
        "kind",
        "size",
        "urgency",
        "parent",
        "labels",
        "labels",
        "labels",
        "other",
    ];
    let link_types = vec![
        "blocks",
        "blocked_by",
        "related_to",
        "related",
        "relates",
        "x",
        " ",
        "\u{0}",
    ];
    prop_oneof![
        2 => create().prop_map(|data| ("item.create", data)),
        6 => (select(fields), any_value()).prop_map(|(field, value)| ("item.update", json!({"field": field, "value": value}))),
        4 => (select(vec!["open", "doing", "done", "archived"]), any_value())
            .prop_map(|(state, reason)| ("item.move", json!({"state": state, "reason": reason.as_str()}))),
        2 => (select(vec!["assign", "assign", "unassign"]), member())
            .prop_map(|(action, agent)| ("item.assign", json!({"action": action, "agent": agent}))),
        1 => member().prop_map(|body| ("item.comment", json!({"body": body}))),
        4 => (item_ref(), select(link_types.clone()))
            .prop_map(|(target, t)| ("item.link", json!({"link_type": t, "target": target}))),
        3 => (item_ref(), prop::option::of(select(link_types)))
            .prop_map(|(target, t)| ("item.unlink", json!({"link_type": t, "target": target}))),
        1 => Just(("item.delete", json!({"reason": "r"}))),
        1 => member().prop_map(|summary| ("item.compact", json!({"summary": summary}))),
        // Of an event that is nowhere: hides nothing on either side.
        1 => Just(("item.redact", json!({"reason": "r", "target_hash": format!("blake3:{}", "0".repeat(64))}))),
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    (wall_ts(), agent(), item(), kind_and_data()).prop_map(
        |(wall_ts, agent, item, (kind, data))| Draft {
            wall_ts,
            agent,
            item,
            kind,
            data,
        },
    )
}

/// Lines with some of them repeated, in an order of their own.
fn arrival(lines: Vec<String>, repeats: &[(Index, Index)]) -> Vec<String> {
    let mut out = lines;
    for (which, place) in repeats {
        if !out.is_empty() {
            let again = out[which.index(out.len())].clone();
            out.insert(place.index(out.len()), again);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    /// In hex form text and bytes of a hash order alike, so the sides agree on everything.
    #[test]
    fn hex_hashes_with_every_tie(
        drafts in prop::collection::vec(draft(), 0..40),
        repeats in prop::collection::vec(any::<(Index, Index)>(), 0..6),
    ) {
        let lines = arrival(drafts.iter().map(|d| d.line(true)).collect(), &repeats);
        let compared = Compared::new(lines.iter().map(String::as_str));
        prop_assert_eq!(compared.differences(), Vec::<String>::new());
    }

    /// Both forms, also of one event, as long as the hash has nothing to decide.
    #[test]
    fn both_text_forms_without_ties(
        drafts in prop::collection::vec((draft(), any::<bool>(), any::<bool>()), 0..30),
    ) {
        let mut lines = Vec::new();
        let mut taken = std::collections::BTreeSet::new();
        for (draft, hex, twice) in &drafts {
            if taken.insert((draft.wall_ts.max(0), draft.agent)) {
                lines.push(draft.line(*hex));
                if *twice {
                    lines.push(draft.line(!*hex));
                }
            }
        }
        let compared = Compared::new(lines.iter().map(String::as_str));
        prop_assert_eq!(compared.differences(), Vec::<String>::new());
    }
}
