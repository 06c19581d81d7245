//! The side of `bones-core`: its parser and its canonical replay.

use std::collections::BTreeMap;

use bones_core::compact::extract_snapshot_payload;
use bones_core::crdt::item_state::WorkItemState;
use bones_core::event::Event;
use bones_core::event::hash_text::decode_blake3_hash;
use bones_core::event::parser::{ParseError, ParsedLine, parse_line};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::view::{Views, links, sorted, text_or_none};

/// Parses one line; `None` for comments and blank lines.
///
/// # Errors
///
/// Whatever `bones-core` finds wrong with the line.
pub fn parse(line: &str) -> Result<Option<Event>, ParseError> {
    match parse_line(line)? {
        ParsedLine::Event(event) => Ok(Some(*event)),
        ParsedLine::Comment(_) | ParsedLine::Blank => Ok(None),
    }
}

/// Replays the events of each item in canonical order.
pub fn states(events: &[Event]) -> BTreeMap<String, WorkItemState> {
    let mut items: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        items.entry(event.item_id.as_str()).or_default().push(event);
    }
    items
        .into_iter()
        .map(|(id, events)| (id.to_owned(), WorkItemState::from_events(events)))
        .collect()
}

/// The visible state of each item after replay.
pub fn replay(events: &[Event]) -> Views {
    let states = states(events);
    states
        .iter()
        .map(|(id, state)| (id.clone(), view(state)))
        .collect()
}

/// The state that an `item.snapshot` event holds.
///
/// # Errors
///
/// When `bones-core` cannot read the snapshot.
pub fn restore(event: &Event) -> anyhow::Result<WorkItemState> {
    extract_snapshot_payload(event).map(|payload| WorkItemState::from_snapshot_payload(&payload))
}

/// What `bones-core` wants to know of redactions: the texts of their hashes.
#[allow(clippy::disallowed_types)] // its type, and nobody iterates over it
pub fn nothing_redacted() -> std::collections::HashSet<String> {
    std::collections::HashSet::new()
}

/// What is visible of a state.
pub fn view(state: &WorkItemState) -> Value {
    let link_keys = state.link_keys();
    let comments: Vec<String> = state
        .comment_hashes()
        .iter()
        .map(|text| one_text(text))
        .collect();
    json!({
        "title": state.title.value,
        "description": text_or_none(&state.description.value),
        "kind": state.kind.value,
        "size": state.size.value,
        "urgency": state.urgency.value,
        "parent": text_or_none(&state.parent.value),
        "deleted": state.is_deleted(),
        "phase": state.phase().as_str(),
        "epoch": state.epoch(),
        "labels": sorted(state.label_names().into_iter().map(String::as_str)),
        "assignees": sorted(state.assignee_names().into_iter().map(String::as_str)),
        "links": links(link_keys.iter().map(|key| (&*key.target, &*key.link_type))),
        "blocked_by": sorted(state.blocked_by_ids().into_iter().map(String::as_str)),
        "related_to": sorted(state.related_to_ids().into_iter().map(String::as_str)),
        "comments": sorted(comments.iter().map(String::as_str)),
        "compact_summary": text_or_none(&state.compact_summary.value),
        "created_at": state.created_at,
        "updated_at": state.updated_at,
    })
}

/// The base64url text of a hash, whichever text it had: `bones-core` keeps comments by text.
fn one_text(text: &str) -> String {
    decode_blake3_hash(text).map_or_else(
        || text.to_owned(),
        |bytes| format!("blake3:{}", BASE64URL_NOPAD.encode(&bytes)),
    )
}
