//! Cases that the random logs found, each told on its own.

use serde_json::json;

use crate::support::{Compared, line};

fn updates(field: &str, values: &[&str]) -> Compared {
    let lines: Vec<String> = (1..)
        .zip(values)
        .map(|(wall_ts, value)| {
            let data = json!({"field": field, "value": value}).to_string();
            line(wall_ts, "a", "item.update", "bn-1", &data, true)
        })
        .collect();
    Compared::new(lines.iter().map(String::as_str))
}

/// U+212A, the Kelvin sign, is `k` in lower case. Words are lowered in ASCII only, so a `task`
/// spelled with it is no kind, and the write before it stands.
#[test]
fn a_task_spelled_with_a_kelvin_sign_is_no_kind() {
    let compared = updates("kind", &["goal", "tas\u{212a}"]);
    assert_eq!(compared.ours["bn-1"]["kind"], json!("goal"));
    assert_eq!(compared.differences(), Vec::<String>::new());
}

/// Words are trimmed of Unicode white space, which U+001F is not and U+00A0 and U+3000 are.
#[test]
fn words_are_trimmed_of_unicode_white_space() {
    let compared = updates("urgency", &["\u{a0}Urgent\u{3000}", "\u{1f}punt"]);
    assert_eq!(compared.ours["bn-1"]["urgency"], json!("urgent"));
    assert_eq!(compared.differences(), Vec::<String>::new());
}
