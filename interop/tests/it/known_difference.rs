//! On equal wall clock and agent we order by the bytes of the hash, `bones-core` by its text.

use serde_json::json;

use crate::support::{Compared, line};

/// Two titles by one agent in one microsecond, whose hashes sort one way as bytes and the other
/// way as base64url text. In that alphabet `-` stands for 62 and `_` for 63, but they sort before
/// and between the letters.
fn contradicting_titles() -> [(String, String); 2] {
    let titles = (0..).map(|n| {
        let title = format!("title {n}");
        let data = json!({"field": "title", "value": title}).to_string();
        (data, title)
    });
    let mut seen: Vec<(Vec<u8>, String, String, String)> = Vec::new();
    for (data, title) in titles {
        let hex = line(5, "alice", "item.update", "bn-1", &data, true);
        let base64 = line(5, "alice", "item.update", "bn-1", &data, false);
        let bytes = hex.rsplit(':').next().unwrap().as_bytes().to_vec();
        let text = base64.rsplit(':').next().unwrap().to_owned();
        if let Some(other) = seen.iter().find(|o| (o.0 < bytes) != (o.1 < text)) {
            return [(other.2.clone(), other.3.clone()), (data, title)];
        }
        seen.push((bytes, text, data, title));
    }
    unreachable!("some hash text starts with a dash")
}

#[test]
fn equal_wall_and_agent_in_base64url_form_order_by_bytes_here_and_by_text_there() {
    let titles = contradicting_titles();
    let lines = titles
        .each_ref()
        .map(|(data, _)| line(5, "alice", "item.update", "bn-1", data, false));
    let compared = Compared::new(lines.iter().map(String::as_str));
    let hashes = lines.each_ref().map(|l| {
        bones_snapshot::parse_line(l.as_bytes())
            .unwrap()
            .unwrap()
            .hash
            .0
    });
    let by_bytes = usize::from(hashes[0] < hashes[1]);
    assert_eq!(compared.ours["bn-1"]["title"], json!(titles[by_bytes].1));
    assert_eq!(
        compared.peer["bn-1"]["title"],
        json!(titles[1 - by_bytes].1)
    );
    // Nothing else differs.
    assert_eq!(compared.differences().len(), 1);
}

#[test]
fn the_same_events_in_hex_form_do_not_differ() {
    let lines = contradicting_titles()
        .map(|(data, _)| line(5, "alice", "item.update", "bn-1", &data, true));
    let compared = Compared::new(lines.iter().map(String::as_str));
    assert_eq!(compared.differences(), Vec::<String>::new());
}
