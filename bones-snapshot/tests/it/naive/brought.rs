//! The writes that snapshots by bones bring.

use bones_snapshot::{Event, EventData, Text, UpdateData};
use serde_json::Value;

use crate::events::JSON_STAMPS;

/// The writes that a snapshot by bones names, as events of their own.
pub(super) fn brought(event: &Event) -> Vec<Event> {
    let mut brought = Vec::new();
    let EventData::Snapshot(snapshot) = &event.data else {
        return brought;
    };
    let mut put = |wall_ts: u64, agent: &Text, hash, stamp: Option<&str>, data| {
        let mut write = event.clone();
        write.wall_ts = i64::try_from(wall_ts).unwrap();
        write.agent = agent.clone();
        write.hash = hash;
        write.data = data;
        let stamp: Value = serde_json::from_str(stamp.unwrap()).unwrap();
        let known = JSON_STAMPS.iter().find(|(json, _)| *json == stamp);
        write.stamp_text = known.unwrap().1.as_str().into();
        brought.push(write);
    };
    macro_rules! registers {
        ($($name:ident as $data:expr),+ $(,)?) => { $(
            if let Some(w) = &snapshot.$name {
                let data = ($data)(w.value.clone());
                put(w.wall_ts, &w.agent, w.event_hash, w.stamp.as_deref(), data);
            }
        )+ };
    }
    registers!(
        title as |v| EventData::Update(UpdateData::Title(v)),
        description as |v| EventData::Update(UpdateData::Description(v)),
        kind as |v| EventData::Update(UpdateData::Kind(v)),
        size as |v| EventData::Update(UpdateData::Size(v)),
        urgency as |v| EventData::Update(UpdateData::Urgency(v)),
        parent as |v| EventData::Update(UpdateData::Parent(v)),
        deleted as |v: bool| if v { EventData::Delete } else { EventData::Opaque },
        compact_summary as EventData::Compact,
    );
    brought
}
