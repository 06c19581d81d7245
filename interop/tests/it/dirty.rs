//! The committed synthetic log, as far as `bones-core` reads it.

use std::collections::{BTreeMap, BTreeSet};

use bones_snapshot::EventData;
use interop::{logs, ours};

use crate::support::{Compared, in_hex};

#[test]
fn visible_state_equals_canonical_replay_where_nothing_is_redacted() {
    let lines = logs::lines(&logs::dirty()).unwrap();
    // Events that only their hashes tell apart are here on purpose. In hex form bytes and text
    // order alike, so that the known difference stays out of it.
    let lines: Vec<String> = lines.iter().map(|line| in_hex(line)).collect();
    let skipped = items_with_redacted_events(&lines);
    let mut compared = Compared::new(lines.iter().map(String::as_str));
    compared.peer.retain(|id, _| !skipped.contains(id));
    compared.ours.retain(|id, _| !skipped.contains(id));
    assert_eq!(compared.differences(), Vec::<String>::new());
    assert!(compared.events > 300, "{} events", compared.events);
    assert!(
        compared.refused_by_peer > 40,
        "{} refused",
        compared.refused_by_peer
    );
    assert!(compared.ours.len() > 60, "{} items", compared.ours.len());
}

/// `bones-core` does not hide redacted events in its state.
pub(crate) fn items_with_redacted_events(lines: &[String]) -> BTreeSet<String> {
    let events: Vec<_> = lines
        .iter()
        .filter_map(|line| ours::parse(line).unwrap())
        .collect();
    let owner: BTreeMap<_, _> = events.iter().map(|e| (e.hash, &e.item_id)).collect();
    let targets = events.iter().filter_map(|e| match e.data {
        EventData::Redact(target) => owner.get(&target),
        _ => None,
    });
    targets.map(ToString::to_string).collect()
}
