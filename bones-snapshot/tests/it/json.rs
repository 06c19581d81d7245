//! The data column against `serde_json`: the same documents are read, to the same members and texts.

use bones_snapshot::{Event, EventData, parse_line, write_line};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

fn parse(kind: &str, data: &str) -> Option<Event> {
    let line = write_line(7, "a", "itc:AQ", &[], kind, "bn-1", data);
    parse_line(line.as_bytes()).ok().flatten()
}

/// Bits of JSON, right and wrong, to be put together at random.
fn pieces() -> impl Strategy<Value = &'static str> {
    select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\"",
        "\\",
        "\"a\":",
        "\"b\":",
        "\"\":",
        "\"\\u0061\":",
        "\"k\\n\":",
        "1",
        "-",
        "0",
        "-0",
        "01",
        "1.5",
        ".5",
        "1.",
        "2e3",
        "2E+1",
        "2e",
        "1.7e308",
        "-2e308",
        "2e-400",
        "0e400",
        "true",
        "tru",
        "false",
        "null",
        "nul",
        "\"x\"",
        "\"\\n\\\"\\/\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83dx\"",
        "\"\\u12\"",
        "\"\\u+123\"",
        "\"\\x\"",
        "\"é€😀\"",
        "\"\u{1}\"",
        "\r",
        "\u{7f}",
        "[1,2]",
        "{\"a\":1}",
        "[]",
        "{}",
        "[1,]",
        "{\"a\":}",
    ])
}

/// Documents: objects with members that are mostly right, one piece in some of them changed.
fn documents() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        3 => select(vec!["1", "-2.5e3", "2e311", "true", "null", "[]", "{}", "[1, {\"a\":[]}]", "{\"a\":{\"b\":[{}]}}"])
            .prop_map(str::to_owned),
        3 => text(),
        1 => vec(pieces(), 0..4).prop_map(|p| p.concat()),
    ];
    let key = prop_oneof![
        8 => select(vec!["\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\""]).prop_map(str::to_owned),
        1 => text(),
    ];
    let space = select(vec!["", "", "", " ", "  "]);
    let member = (key, space.clone(), value, space)
        .prop_map(|(key, before, value, after)| format!("{key}{before}:{after}{value}{before}"));
    let object = vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(",")));
    prop_oneof![
        4 => object.clone(),
        2 => (object, any::<prop::sample::Index>(), pieces(), any::<bool>()).prop_map(
            |(object, at, piece, replaces)| {
                let (at, c) = object.char_indices().nth(at.index(object.chars().count())).unwrap();
                let after = if replaces { at + c.len_utf8() } else { at };
                format!("{}{piece}{}", &object[..at], &object[after..])
            }
        ),
        1 => vec(pieces(), 0..12).prop_map(|p| p.concat()),
    ]
}

/// A JSON string, or nearly.
fn text() -> impl Strategy<Value = String> {
    let part = select(vec![
        "a",
        "é",
        "😀",
        " ",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\r",
        "\\t",
        "\\u0041",
        "\\u00e9",
        "\\uD83D\\uDE00",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\ude00",
        "\\u123",
        "\\u+041",
        "\\x",
        "\\",
        "\u{1}",
        "\u{7f}",
        "plain words",
        "\\u0000",
    ]);
    let whole = vec(part.clone(), 0..6).prop_map(|p| p.concat());
    whole.prop_map(|inner| format!("\"{inner}\""))
}

/// True iff `serde_json` reads an object of members whose keys differ.
fn is_object(json: &str) -> bool {
    let keys = |json: &str| -> Option<Vec<String>> {
        struct Keys(Vec<String>);
        impl<'de> serde::Deserialize<'de> for Keys {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = Keys;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<M: serde::de::MapAccess<'de>>(
                        self,
                        mut map: M,
                    ) -> Result<Keys, M::Error> {
                        let mut keys = Vec::new();
                        while let Some((key, _)) = map.next_entry::<String, Value>()? {
                            keys.push(key);
                        }
                        Ok(Keys(keys))
                    }
                }
                from.deserialize_map(Visitor)
            }
        }
        serde_json::from_str::<Keys>(json).ok().map(|keys| keys.0)
    };
    keys(json).is_some_and(|mut keys| {
        let count = keys.len();
        keys.sort();
        keys.dedup();
        keys.len() == count
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_same_objects_are_read(json in documents()) {
        prop_assume!(!json.contains('\r')); // ends a line where it stands last
        let read = parse("x.y", &json);
        prop_assert_eq!(read.is_some(), is_object(&json), "{}", json);
        if let Some(event) = read {
            let rest: Value = serde_json::from_str(&event.rest.unwrap()).unwrap();
            let expected: Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&rest["data"], &expected);
        }
    }

    #[test]
    fn the_same_texts_are_read(raw in text()) {
        let read = parse("item.comment", &format!(r#"{{"body":{raw}}}"#)).map(|event| event.data);
        let expected = serde_json::from_str::<String>(&raw).ok();
        match read {
            Some(EventData::Comment(text)) => prop_assert_eq!(Some(&*text), expected.as_deref()),
            other => prop_assert!(expected.is_none(), "{:?} of {}", other, raw),
        }
    }

    #[test]
    fn the_same_labels_are_read(raw in arrays()) {
        let data = format!(r#"{{"title":"t","labels":{raw}}}"#);
        let read = parse("item.create", &data);
        prop_assert_eq!(read.is_some(), serde_json::from_str::<Value>(&data).is_ok(), "{}", raw);
        let Some(event) = read else { return Ok(()) };
        let EventData::Create(create) = &event.data else { panic!("{:?}", event.data) };
        let expected: Vec<Value> = serde_json::from_str(&raw).unwrap_or_default();
        let texts: Vec<&str> = expected.iter().filter_map(Value::as_str).collect();
        let labels: Vec<&str> = texts.iter().copied().filter(|t| is_label(t)).collect();
        prop_assert_eq!(create.labels.iter().map(|l| &**l).collect::<Vec<_>>(), &labels[..]);
        let understood = raw.starts_with('[') && labels.len() == expected.len();
        prop_assert_eq!(event.rest.is_none(), understood, "{}", raw);
    }
}

/// Neither blank nor a NUL first.
fn is_label(text: &str) -> bool {
    let text = text.trim_matches(' ');
    !text.is_empty() && !text.starts_with('\0')
}

/// What may stand where labels do.
fn arrays() -> impl Strategy<Value = String> {
    let element = prop_oneof![
        6 => text(),
        1 => select(vec!["7", "1e3", "null", "[]", "[[\"x\"],2]", "{\"a\":[\"]\"]}"]).prop_map(str::to_owned),
    ];
    let space = select(vec!["", "", " "]);
    let element = (space.clone(), element, space)
        .prop_map(|(before, e, after)| format!("{before}{e}{after}"));
    prop_oneof![
        8 => vec(element, 0..5).prop_map(|elements| format!("[{}]", elements.join(","))),
        1 => select(vec!["\"x\"", "7", "null", "{}", "[ ]"]).prop_map(str::to_owned),
    ]
}

/// The deepest nesting that is read, and one level more, in arrays and in objects.
#[test]
fn depth() {
    let max = bones_snapshot::MAX_JSON_DEPTH;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = |levels: usize| {
            let inner = if open == "[" { "" } else { "1" };
            format!(
                r#"{{"a":{}{inner}{}}}"#,
                open.repeat(levels - 1),
                close.repeat(levels - 1)
            )
        };
        assert!(parse("x.y", &nested(max)).is_some());
        assert!(parse("x.y", &nested(max + 1)).is_none());
    }
}
