//! The side of `bones-core` 0.25, whose snapshots carry stamps: its parser and its compaction.

use std::collections::BTreeMap;

use bones_core_with_stamps::compact::{compact_item, extract_snapshot_payload};
use bones_core_with_stamps::event::Event;
use bones_core_with_stamps::event::parser::{ParsedLine, parse_line};
use bones_core_with_stamps::event::writer::write_line;
use serde_json::Value;

use crate::peer;

/// The events of each item, of the lines it can read.
pub fn items<'a>(lines: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Vec<Event>> {
    let mut items: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for line in lines {
        if let Ok(ParsedLine::Event(event)) = parse_line(line) {
            let id = event.item_id.as_str().to_owned();
            items.entry(id).or_default().push(*event);
        }
    }
    items
}

/// The line of the snapshot it makes of an item, and the JSON of its state.
///
/// # Errors
///
/// When `bones-core` cannot write or read its own snapshot.
pub fn snapshot(item_id: &str, events: &[Event]) -> anyhow::Result<Option<(String, Value)>> {
    let none = peer::nothing_redacted();
    let Some(event) = compact_item(item_id, events, "bones", &none) else {
        return Ok(None);
    };
    let state = serde_json::to_value(extract_snapshot_payload(&event)?)?;
    Ok(Some((write_line(&event)?, state)))
}
