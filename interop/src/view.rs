//! What is compared: one JSON object per item, keyed by item id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The visible state of every item.
pub type Views = BTreeMap<String, Value>;

/// Members of a view, in the order of the documentation.
pub const MEMBERS: [&str; 18] = [
    "title",
    "description",
    "kind",
    "size",
    "urgency",
    "parent",
    "deleted",
    "phase",
    "epoch",
    "labels",
    "assignees",
    "links",
    "blocked_by",
    "related_to",
    "comments",
    "compact_summary",
    "created_at",
    "updated_at",
];

/// Text, where the empty one is none.
pub(crate) fn text_or_none(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

/// Texts as a JSON array, sorted by bytes.
pub(crate) fn sorted<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    json!(texts.into_iter().collect::<BTreeSet<_>>())
}

/// Links as JSON objects, sorted by target and type.
pub(crate) fn links<'a>(links: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let sorted: BTreeSet<_> = links.into_iter().collect();
    sorted
        .into_iter()
        .map(|(target, link_type)| json!({"link_type": link_type, "target": target}))
        .collect()
}

/// Every difference between two sets of views, one line each.
pub fn differences(peer: &Views, ours: &Views) -> Vec<String> {
    let ids: BTreeSet<_> = peer.keys().chain(ours.keys()).collect();
    let mut found = Vec::new();
    for id in ids {
        match (peer.get(id), ours.get(id)) {
            (Some(peer), Some(ours)) => found.extend(
                MEMBERS
                    .iter()
                    .filter(|m| peer.get(**m) != ours.get(**m))
                    .map(|m| {
                        format!(
                            "{id}.{m}: bones-core {:?}, ours {:?}",
                            peer.get(*m),
                            ours.get(*m)
                        )
                    }),
            ),
            (peer, _) => found.push(format!(
                "{id}: only in {}",
                if peer.is_some() { "bones-core" } else { "ours" }
            )),
        }
    }
    found
}
