//! Lines: what is refused, where, and in which words; and that nothing panics.

use bones_snapshot::{
    EventData, FIELD_COMMENT, LineErrorKind, MAX_JSON_DEPTH, MAX_LINE_BYTES, SHARD_HEADER,
    SnapshotPayload, format_hash, parse_hash, parse_line, write_line,
};
use lattice_core::Set;
use lattice_lww::Unstamped;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::events::{ITEM, state};

const HASH: &str = "blake3:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Text that no message may hold.
const CANARY: &str = "c4n4ry";

/// A line with a right hash.
fn hashed(wall_ts: &str, agent: &str, kind: &str, item: &str, data: &str) -> String {
    let line = write_line(7, agent, "itc:AQ", &[], kind, item, data);
    let (_, rest) = line.split_once('\t').unwrap();
    let (body, _) = rest.rsplit_once('\t').unwrap();
    let body = format!("{wall_ts}\t{body}");
    let hash = blake3::hash(format!("{body}\n").as_bytes());
    format!("{body}\t{}", format_hash(&(*hash.as_bytes()).into()))
}

fn comment(data: &str) -> String {
    hashed("7", "a", "item.comment", "bn-1", data)
}

fn message(line: &[u8]) -> String {
    parse_line(line).unwrap_err().to_string()
}

#[test]
#[allow(clippy::too_many_lines)] // a table
fn bad_lines_are_refused_by_place_and_reason() {
    let table = [
        (
            format!("7\ta\titc:AQ\t\titem.move\tbn-1\t{HASH}"),
            "byte 0: expected 8 tab-separated columns, found 7",
        ),
        (
            format!("7\ta\titc:AQ\t\titem.move\tbn-1\t{{}}\t{HASH}\t"),
            "byte 0: expected 8 tab-separated columns, found 9",
        ),
        (
            format!("seven\ta\titc:AQ\t\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 0: column 1 (wall_ts_us) is not a 64-bit integer",
        ),
        (
            format!("9223372036854775808\ta\titc:AQ\t\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 0: column 1 (wall_ts_us) is not a 64-bit integer",
        ),
        (
            format!("7\t\titc:AQ\t\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 2: column 2 (agent) is empty",
        ),
        (
            format!("7\ta\t\t\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 4: column 3 (itc) is empty",
        ),
        (
            format!("7\ta\titc:AQ\tsha1:00\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 11: column 4 (parents): hash text does not start with `blake3:`",
        ),
        (
            format!("7\ta\titc:AQ\t{HASH},\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 11: column 4 (parents): hash text does not start with `blake3:`",
        ),
        (
            format!("7\ta\titc:AQ\t\t\tbn-1\t{{}}\t{HASH}"),
            "byte 12: column 5 (type) is empty",
        ),
        (
            format!("7\ta\titc:AQ\t\titem.move\t\t{{}}\t{HASH}"),
            "byte 22: column 6 (item_id) is empty",
        ),
        (
            format!("7\ta\titc:AQ\t\titem.move\t \u{3000}\t{{}}\t{HASH}"),
            "byte 22: column 6 (item_id) holds white space or control characters",
        ),
        (
            format!("7\ta\titc:AQ\t\titem.move\tbn 1\t{{}}\t{HASH}"),
            "byte 22: column 6 (item_id) holds white space or control characters",
        ),
        (
            "7\ta\titc:AQ\t\titem.move\tbn-1\t{}\tblake3:AAAA".into(),
            "byte 30: column 8 (event_hash): expected 64 hex digits or 43 base64url characters \
             after `blake3:`, found 4 characters that are neither",
        ),
        (
            // The last character of 43 has two bits to spare, which must be 0.
            format!("7\ta\titc:AQ\t\titem.move\tbn-1\t{{}}\t{}B", &HASH[..49]),
            "byte 30: column 8 (event_hash): expected 64 hex digits or 43 base64url characters \
             after `blake3:`, found 43 characters that are neither",
        ),
        (
            format!("7\ta\titc:AQ\t\titem.move\tbn-1\t{{}}\t{HASH}"),
            "byte 30: event hash does not match columns 1 to 7: the line was damaged or changed \
             after it was written",
        ),
        (
            comment("[]"),
            "byte 30: column 7 (data): not a valid JSON object (not an object at byte 0 of the \
             column)",
        ),
        (
            comment(r#"{"body":"x"} 1"#),
            "byte 43: column 7 (data): not a valid JSON object (syntax error at byte 13 of the \
             column)",
        ),
        (
            comment(r#"{"body":"x""#),
            "byte 40: column 7 (data): not a valid JSON object (unexpected end at byte 10 of the \
             column)",
        ),
        (
            comment(r#"{"body":NaN}"#),
            "byte 38: column 7 (data): not a valid JSON object (syntax error at byte 8 of the \
             column)",
        ),
        (
            comment(r#"{"body":"\u00e4\ud83e\udd80\ud83e"}"#),
            "byte 57: column 7 (data): not a valid JSON object (lone surrogate at byte 27 of the \
             column)",
        ),
        (
            comment(r#"{"body":"-2e400","n":[1e5,-2.5e400]}"#),
            "byte 56: column 7 (data): not a valid JSON object (number out of range at byte 26 of \
             the column)",
        ),
        (
            comment(r#"{"body":"x","b\u006fdy":"y"}"#),
            "byte 30: column 7 (data): the same key stands twice in the JSON object",
        ),
        (
            comment(&format!(r#"{{"x":{}"#, "[".repeat(10_000))),
            "byte 154: column 7 (data): JSON nested deeper than 120 levels",
        ),
        (
            "# bones event log v2".into(),
            "byte 19: event log format version 2 is newer than the supported version 1",
        ),
        (
            "# bones event log v".into(),
            "byte 19: event log header names no format version",
        ),
        (
            "# bones event log v1.5".into(),
            "byte 19: event log header names no format version",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(message(line.as_bytes()), expected, "{line:.200}");
    }
    assert_eq!(message(b"7\ta\xff"), "byte 3: not valid UTF-8");
    assert_eq!(
        message(&vec![b'x'; MAX_LINE_BYTES + 1]),
        "byte 16777216: line is longer than 16777216 bytes"
    );
}

#[test]
fn a_text_that_no_text_can_be_is_refused_everywhere() {
    for data in [
        r#"{"body":"\ud800"}"#,
        r#"{"zz":["\ud800"]}"#,
        r#"{"zz":{"\udc00x":1}}"#,
    ] {
        let error = parse_line(comment(data).as_bytes()).unwrap_err();
        assert!(matches!(error.kind, LineErrorKind::Data(_)), "{data}");
    }
    let pair = parse_line(comment(r#"{"body":"\ud83e\udd80","zz":"\\ud800"}"#).as_bytes());
    assert_eq!(pair.unwrap().unwrap().data, EventData::Comment("🦀".into()));
}

/// Whether a document holds an escape or not: that decides which of two readers takes it.
#[test]
fn a_number_beyond_a_double_is_refused_everywhere() {
    let long = |digits: usize| format!("1{}", "0".repeat(digits));
    let read = |number: &str| {
        let plain = format!(r#"{{"zz":[{number}]}}"#);
        let escaped = format!(r#"{{"z\u007a":[{number}]}}"#);
        let read = [plain, escaped].map(|data| parse_line(comment(&data).as_bytes()));
        read.map(|event| event.map(|event| event.unwrap().rest))
    };
    for number in ["1.7e308", "-1e-999", "0e999", &long(200), &long(308)] {
        for rest in read(number) {
            assert!(rest.unwrap().unwrap().contains(number), "{number}");
        }
    }
    for number in ["1.8e308", "-1e309", "1.5E+400", &long(309), &long(2_000)] {
        for event in read(number) {
            let text = event.unwrap_err().to_string();
            assert!(text.contains("number out of range"), "{number}: {text}");
        }
    }
}

#[test]
fn a_newer_header_is_told_from_a_bad_line() {
    assert!(
        parse_line(b"# bones event log v9")
            .unwrap_err()
            .is_version()
    );
    assert!(
        parse_line(b"# bones event log vX")
            .unwrap_err()
            .is_version()
    );
    assert!(!parse_line(b"7").unwrap_err().is_version());
    // Behind what some editors put in front of it, too; one that is read is a bad line there.
    for hidden in ["\u{feff}", " ", " \t\u{feff}"] {
        let newer = parse_line(format!("{hidden}# bones event log v2").as_bytes()).unwrap_err();
        assert!(newer.is_version(), "{newer}");
        assert_eq!(newer.byte, hidden.len() + "# bones event log v".len());
        let read = parse_line(format!("{hidden}# bones event log v1").as_bytes()).unwrap_err();
        assert!(!read.is_version(), "{read}");
    }
}

#[test]
fn comments_blank_lines_and_headers_are_no_events() {
    for line in [
        "",
        " \u{3000}",
        "\r\n",
        "#",
        "# x\ty",
        SHARD_HEADER,
        FIELD_COMMENT,
    ] {
        assert_eq!(parse_line(line.as_bytes()), Ok(None), "{line:?}");
    }
    assert_eq!(
        parse_line(b"# \xff"),
        Ok(None),
        "comments may hold any bytes"
    );
}

#[test]
fn both_hash_forms_are_one_event_and_line_ends_do_not_matter() {
    let line = comment(r#"{"body":"x"}"#);
    let event = parse_line(line.as_bytes()).unwrap().unwrap();
    let (body, text) = line.rsplit_once('\t').unwrap();
    for digest in [
        event.hash.to_string(),
        event.hash.to_string().to_uppercase(),
    ] {
        let hex = format!("{body}\tblake3:{digest}");
        assert_eq!(parse_line(hex.as_bytes()).unwrap().unwrap(), event);
    }
    assert_eq!(parse_hash(text), Ok(event.hash));
    for end in ["\n", "\r\n", "\r"] {
        let ended = format!("{line}{end}");
        assert_eq!(parse_line(ended.as_bytes()).unwrap().unwrap(), event);
    }
}

#[test]
fn wall_clocks_are_kept_as_written_and_order_from_zero() {
    for (text, wall_ts, order_ts) in [
        ("0", 0, 0),
        ("-1", -1, 0),
        ("-9223372036854775808", i64::MIN, 0),
        ("9223372036854775807", i64::MAX, 9_223_372_036_854_775_807),
    ] {
        let line = hashed(text, "a", "item.delete", "bn-1", "{}");
        let event = parse_line(line.as_bytes()).unwrap().unwrap();
        assert_eq!((event.wall_ts, event.order_ts()), (wall_ts, order_ts));
    }
}

#[test]
fn item_ids_are_trimmed_and_lowered() {
    let line = hashed("1", "a", "item.delete", " BN-Ä1 ", "{}");
    let event = parse_line(line.as_bytes()).unwrap().unwrap();
    assert_eq!(&*event.item_id, "bn-ä1");
}

/// What stands in `rest` is one level deeper than in the line: the deepest line that is read must
/// still make a payload that is read.
#[test]
fn the_deepest_data_that_is_read_survives_a_snapshot() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        hashed(
            "1",
            "a",
            "item.wave",
            ITEM,
            &format!(r#"{{"x":{open}{close}}}"#),
        )
    };
    let deepest = nested(MAX_JSON_DEPTH - 1);
    let event = parse_line(deepest.as_bytes()).unwrap().unwrap();
    let payload = SnapshotPayload::new(ITEM, state::<Unstamped>(&[event]), &Set::new());
    assert_eq!(SnapshotPayload::decode(&payload.encode()), Ok(payload));
    assert!(parse_line(nested(MAX_JSON_DEPTH).as_bytes()).is_err());
}

/// Every message about a line that holds the canary in every column.
#[test]
fn messages_never_quote_the_line() {
    let c = CANARY;
    let line = format!("{c}\t{c}\t{c}\t{c}\t{c}\t{c} {c}\t{{\"{c}\":\"{c}\\x\"}}\t{c}");
    let mut lines = vec![
        line.clone(),
        format!("{line}\t{c}"),
        format!("# bones event log v{c}"),
    ];
    for kind in ["item.comment", c] {
        for data in [
            format!("{{\"{c}\":\"{c}\\x\"}}"),
            format!("{{\"{c}\":1,\"{c}\":2}}"),
            format!("{{\"{c}\":\"{c}"),
            format!("\"{c}\""),
            c.to_owned(),
        ] {
            lines.push(hashed("7", c, kind, c, &data));
        }
        lines.push(hashed("7", c, kind, &format!("{c} {c}"), "{}"));
    }
    // The same line with more and more columns mended, so that each column is reached.
    let mended = ["7", c, "itc:AQ", "", "item.move", "bn-1", "{}", HASH];
    let columns: Vec<&str> = line.split('\t').collect();
    for upto in 0..mended.len() {
        lines.push([&mended[..upto], &columns[upto..]].concat().join("\t"));
    }
    lines.push(mended.join("\t"));
    for line in lines {
        let error = parse_line(line.as_bytes()).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains(CANARY), "{told}");
    }
}

/// Bytes that come close to a line.
fn almost_lines() -> impl Strategy<Value = Vec<u8>> {
    let column = prop_oneof![
        Just("7".to_owned()),
        Just(String::new()),
        Just("item.create".to_owned()),
        Just("bn-1".to_owned()),
        Just(r#"{"title":"x","labels":[1,"a"]}"#.to_owned()),
        Just(HASH.to_owned()),
        "\\PC{0,12}",
    ];
    let columns = vec(column, 6..10).prop_map(|columns| columns.join("\t").into_bytes());
    prop_oneof![vec(any::<u8>(), 0..200), columns]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn any_bytes_are_read_or_refused_within_the_line(line in almost_lines()) {
        if let Err(error) = parse_line(&line) {
            prop_assert!(error.byte <= line.len());
        }
    }

    #[test]
    fn any_data_is_read_or_refused_within_the_line(
        kind in prop::sample::select(vec!["item.create", "item.update", "item.link", "item.wave"]),
        data in "[\\[\\]{}\":,\\\\a-f0-9.eE\\-u ]{0,40}",
    ) {
        let line = hashed("7", "a", kind, "bn-1", &data);
        match parse_line(line.as_bytes()) {
            Err(error) => prop_assert!(error.byte <= line.len()),
            Ok(event) => {
                let state = state::<Unstamped>(&[event.unwrap()]);
                let payload = SnapshotPayload::new(ITEM, state, &Set::new());
                prop_assert_eq!(SnapshotPayload::decode(&payload.encode()), Ok(payload));
            }
        }
    }

    #[test]
    fn what_is_written_is_read(
        wall_ts in any::<i64>(),
        agent in "[^\t\r\n]{1,8}",
        item in "bn-[a-z0-9]{1,6}",
        body in any::<String>(),
    ) {
        prop_assume!(!agent.starts_with('#'));
        let data = serde_json::json!({"body": body}).to_string();
        let line = write_line(wall_ts, &agent, "itc:AQ", &[], "item.comment", &item, &data);
        let event = parse_line(line.as_bytes()).unwrap().unwrap();
        prop_assert_eq!(event.wall_ts, wall_ts);
        prop_assert_eq!(&*event.agent, agent);
        prop_assert_eq!(&*event.item_id, item);
        prop_assert_eq!(event.data, EventData::Comment(body.into()));
        prop_assert_eq!(event.rest, None);
    }
}
