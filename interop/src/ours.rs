//! Our side: the parser and the fold of `bones-snapshot`, unstamped.

use std::collections::{BTreeMap, BTreeSet};

use bones_snapshot::{Event, ItemState, ItemView, LineError, StampTextError, Stamped, parse_line};
use lattice_lww::Unstamped;
use serde_json::Value;

use crate::view::{Views, sorted, text_or_none};

/// Parses one line; `None` for comments and blank lines.
///
/// # Errors
///
/// Whatever is wrong with the line.
pub fn parse(line: &str) -> Result<Option<Event>, LineError> {
    parse_line(line.as_bytes())
}

/// Why events have no view.
#[derive(Debug)]
#[non_exhaustive]
pub enum FoldError {
    /// A stamp could not be read; an unstamped order reads none.
    Stamp(StampTextError),
    /// The view did not serialise.
    Json(serde_json::Error),
}

/// Joins the deltas of each item, in the order given.
///
/// # Errors
///
/// [`FoldError::Stamp`]; none is expected.
pub fn states(events: &[Event]) -> Result<BTreeMap<String, ItemState<Unstamped>>, FoldError> {
    let mut items: BTreeMap<&str, Vec<ItemState<Unstamped>>> = BTreeMap::new();
    for event in events {
        let stamped = Stamped::<Unstamped>::new(event.clone()).map_err(FoldError::Stamp)?;
        items
            .entry(&event.item_id)
            .or_default()
            .push(stamped.delta());
    }
    Ok(items
        .into_iter()
        .map(|(id, deltas)| (id.to_owned(), ItemState::join_all(deltas)))
        .collect())
}

/// The visible state of each item.
///
/// # Errors
///
/// [`FoldError`]; none is expected.
pub fn fold(events: &[Event]) -> Result<Views, FoldError> {
    let states = states(events)?;
    let view = |(id, state): (String, ItemState<Unstamped>)| Ok((id.clone(), view(&id, &state)?));
    states.into_iter().map(view).collect()
}

/// The visible state of one item.
///
/// # Errors
///
/// [`FoldError::Json`]; none is expected.
pub fn view(id: &str, state: &ItemState<Unstamped>) -> Result<Value, FoldError> {
    let view = serde_json::to_value(ItemView::new(id, state)).map_err(FoldError::Json)?;
    Ok(comparable(view))
}

/// The view in the form that can be compared: comments by hash alone, and no summary for the empty
/// one, which `bones-core` cannot tell from none.
pub fn comparable(mut view: Value) -> Value {
    let hashes: BTreeSet<&str> = view
        .get("comments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|comment| comment.get("hash")?.as_str())
        .collect();
    let comments = sorted(hashes);
    let summary = view
        .get("compact_summary")
        .and_then(Value::as_str)
        .map_or(Value::Null, text_or_none);
    if let Some(members) = view.as_object_mut() {
        members.insert("comments".to_owned(), comments);
        members.insert("compact_summary".to_owned(), summary);
    }
    view
}
