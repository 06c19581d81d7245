//! What the tests share.

use std::collections::BTreeMap;

use bones_compact::{CompactionPolicy, ItemSources, LatticeEvent};
use bones_snapshot::{EventHash, ItemState, Order, Stamped, parse_line, write_line};
use lattice_core::Set;

/// A day in microseconds.
pub(crate) const DAY: u64 = 86_400_000_000;

/// A policy under which everything may be compacted.
pub(crate) fn everything() -> CompactionPolicy {
    CompactionPolicy {
        min_age_days: 0,
        target_phases: ["open", "doing", "done", "archived"]
            .map(Into::into)
            .to_vec(),
        include_deleted: true,
        dry_run: false,
        max_snapshot_bytes: u64::MAX,
    }
}

/// One event line of `bn-1`, with a stamp that both orders read.
pub(crate) fn line(wall_ts: i64, agent: &str, event_type: &str, data: &str) -> String {
    let stamp = crate::history::stamp(usize::try_from(wall_ts.unsigned_abs() % 32).unwrap());
    write_line(wall_ts, agent, &stamp, &[], event_type, "bn-1", data)
}

pub(crate) fn event<S: Order>(line: &str) -> Stamped<S> {
    Stamped::new(parse_line(line.as_bytes()).unwrap().unwrap()).unwrap()
}

pub(crate) fn events<S: Order>(lines: &[String]) -> Vec<Stamped<S>> {
    lines.iter().map(|line| event(line)).collect()
}

pub(crate) fn by_item<S: Order>(events: &[Stamped<S>]) -> BTreeMap<String, Vec<Stamped<S>>> {
    let mut items: BTreeMap<String, Vec<Stamped<S>>> = BTreeMap::new();
    for event in events {
        let id = event.item_id().to_owned();
        items.entry(id).or_default().push(event.clone());
    }
    items
}

/// Sources that never keep a snapshot from being written for its size.
pub(crate) fn sources<S: Order>(
    events: Vec<Stamped<S>>,
    states: Vec<ItemState<S>>,
) -> ItemSources<Stamped<S>> {
    ItemSources {
        events,
        states,
        bytes: u64::MAX,
    }
}

pub(crate) fn state<S: Order>(events: &[Stamped<S>]) -> ItemState<S> {
    ItemState::join_all(events.iter().map(Stamped::delta))
}

/// The hashes of some events, chosen by the bits of `mask`.
pub(crate) fn chosen<S: Order>(events: &[Stamped<S>], mask: u32) -> Set<EventHash> {
    let bits = (0..32).cycle();
    let chosen = events
        .iter()
        .zip(bits)
        .filter(|(_, bit)| mask >> bit & 1 == 1);
    chosen.map(|(event, _)| event.hash()).collect()
}
