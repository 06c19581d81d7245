//! The snapshot that bones would write of what is known.

use serde_json::{Value, json};

use super::{Entry, Known, hash_text};
use crate::fact::{Element, KINDS, PHASES, Reading, SIZES, SetOps, URGENCIES};

impl Known<'_> {
    /// The `state` member of an `item.snapshot`. With a way to write stamps it is one of bones 0.25, which has a stamp
    /// in each register and no format number. One that `forgets` lists what was removed as if it were there.
    pub(crate) fn condensed(&self, stamp: Option<&dyn Fn(usize) -> Value>, forgets: bool) -> Value {
        let word = |words: &'static [&'static str]| {
            move |n: usize| words.get(n).copied().map_or(Value::Null, Value::from)
        };
        let or_empty = |text: Option<String>| Value::from(text.unwrap_or_default());
        let (phase, epoch) = self.lifecycle();
        let walls = || self.entries.iter().map(|entry| entry.fact.wall);
        let mut state = json!({
            "item_id": self.item,
            "title": self.written(|r| r.title.clone(), Value::from, &"".into(), stamp),
            "description": self.written(|r| r.description.clone(), or_empty, &"".into(), stamp),
            "kind": self.written(|r| r.kind, word(&KINDS), &"task".into(), stamp),
            "size": self.written(|r| r.size, |n| n.map_or(Value::Null, word(&SIZES)), &Value::Null, stamp),
            "urgency": self.written(|r| r.urgency, word(&URGENCIES), &"default".into(), stamp),
            "parent": self.written(|r| r.parent.clone(), or_empty, &"".into(), stamp),
            "deleted": self.written(|r| r.deleted.then_some(true), Value::from, &false.into(), stamp),
            "compact_summary": self.written(|r| r.summary.clone(), Value::from, &"".into(), stamp),
            "labels": self.members(forgets, |r| &r.labels, |(name, _)| name.clone().into()),
            "assignees": self.members(forgets, |r| &r.assignees, |(name, _)| name.clone().into()),
            "links": self.members(
                forgets,
                |r| &r.links,
                |(target, link_type)| json!({"target": target, "link_type": link_type}),
            ),
            "blocked_by": {"elements": [], "tombstone": []},
            "related_to": {"elements": [], "tombstone": []},
            "comments": {"elements": self.commented()},
            "state": {"epoch": epoch, "phase": PHASES.get(phase)},
            "created_at": walls().filter(|wall| *wall > 0).min().unwrap_or(0),
            "updated_at": walls().max().unwrap_or(0),
            "_earliest_ts": walls().min().unwrap_or(0),
            "_latest_ts": walls().max().unwrap_or(0),
            "_compacted_from": self.entries.len(),
        });
        if let (None, Some(state)) = (stamp, state.as_object_mut()) {
            state.insert("_format".to_owned(), 3.into());
        }
        state
    }

    fn written<V>(
        &self,
        write: impl Fn(&Reading) -> Option<V>,
        value: impl Fn(V) -> Value,
        unwritten: &Value,
        stamp: Option<&dyn Fn(usize) -> Value>,
    ) -> Value {
        let mut kept = self.kept(write);
        kept.sort_by(|(a, _), (b, _)| a.place().cmp(&b.place()));
        let Some((entry, last)) = kept.pop() else {
            return json!({"value": unwritten, "wall_ts": 0, "agent_id": "", "event_hash": ""});
        };
        let fact = entry.fact;
        let mut register = json!({
            "value": value(last),
            "wall_ts": fact.wall,
            "agent_id": fact.agent,
            "event_hash": hash_text(&fact.hash),
        });
        if let (Some(stamp), Some(register)) = (stamp, register.as_object_mut()) {
            register.insert("stamp".to_owned(), json!({"event": stamp(entry.stamp)}));
        }
        register
    }

    /// Every add under a tag of its own, and again among the tombstones where it counts for nothing.
    fn members(
        &self,
        forgets: bool,
        ops: impl Fn(&Reading) -> &SetOps,
        element: impl Fn(&Element) -> Value,
    ) -> Value {
        let live = self.set(&ops);
        let (mut elements, mut tombstone) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            for add in &ops(entry.reading()).adds {
                let tagged = json!([element(add), tag(entry)]);
                if !forgets && !live.counts(entry, add) {
                    tombstone.push(tagged.clone());
                }
                elements.push(tagged);
            }
        }
        json!({"elements": elements, "tombstone": tombstone})
    }

    fn commented(&self) -> Vec<String> {
        let comments = self
            .entries
            .iter()
            .filter(|e| e.reading().comment.is_some());
        comments.map(|entry| hash_text(&entry.fact.hash)).collect()
    }
}

/// What bones knows an add by.
fn tag(entry: &Entry<'_>) -> Value {
    let fact = entry.fact;
    let event = fact
        .hash
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes));
    json!({"wall": "", "actor": 1, "event_hash": event, "itc": fact.wall})
}
