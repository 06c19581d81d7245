//! A state as bones-core 0.26 reads it: the JSON of its `item.snapshot` events.
//!
//! One way, for handing a compacted log back to bones. The JSON holds less than the state: one write
//! per register, set members with tags that are 64-bit hashes, comments by hash alone, nothing that
//! bones does not understand. The canonical payload ([`SnapshotPayload`](crate::SnapshotPayload))
//! holds everything.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use lattice_core::{Max, Min};
use lattice_lww::Stamp;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::event::Text;
use crate::hash::format_hash;
use crate::legacy::{AddedBy, Open, Pick, Tag, links_of};
use crate::line::write_line;
use crate::observed::{Key, Link, ObservedSet};
use crate::state::{ItemState, Register};
use crate::value::{Kind, Size, Urgency};

/// Most bytes that bones accepts in the data column of an event.
pub const MAX_BONES_DATA: usize = 1 << 20;

/// Format number of the snapshots that bones-core 0.26 writes and merges.
const BONES_FORMAT: u64 = 3;
/// What bones-core 0.26 writes into the stamp column.
const PLACEHOLDER_STAMP: &str = "itc:AQ";
/// What bones shows in place of redacted text.
const REDACTED: &str = "[redacted]";

/// An item that does not fit into one line for bones.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "item `{item_id}` does not fit into a bones event: its snapshot has {bytes} bytes, bones reads {MAX_BONES_DATA}"
)]
pub struct BonesLimit {
    /// The item.
    pub item_id: Box<str>,
    /// Size of its snapshot.
    pub bytes: usize,
}

/// The snapshot JSON of bones-core 0.26, the `state` member of an `item.snapshot` event.
///
/// Equal states give equal JSON. Redacted texts read as bones shows them, redacted members are left
/// out, redacted words of the closed vocabularies read as their default.
///
/// ```
/// use bones_snapshot::{Stamped, bones_snapshot_json, parse_line, write_line};
/// use lattice_lww::Unstamped;
/// let line = write_line(7, "alice", "itc:AQ", &[], "item.create", "bn-1", r#"{"kind":"bug","title":"T"}"#);
/// let event = parse_line(line.as_bytes())?.expect("an event");
/// let state = Stamped::<Unstamped>::new(event)?.delta();
/// let json = bones_snapshot_json("bn-1", &state);
/// assert_eq!(json["title"]["value"], "T");
/// assert_eq!(json["_compacted_from"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bones_snapshot_json<S: Stamp>(item_id: &str, state: &ItemState<S>) -> Value {
    let content = state.content();
    let life = state.lifecycle();
    let open = state.open();
    let links: BTreeSet<(&Link, Tag)> = links_of(content, &open)
        .map(|(link, added)| {
            let suffix = || format!("{}\0{}", link.target, link.link_type);
            (link, tag(&added, suffix))
        })
        .collect();
    let view = |types: &[&str]| {
        let views = links
            .iter()
            .filter(|(link, _)| types.contains(&&*link.link_type));
        or_set(views.map(|(link, tag)| json!([*link.target, tag_json(tag)])))
    };
    let real = content.comments.keys().map(|key| &key.0.event_hash);
    let legacy = open.snapshots().flat_map(|(_, legacy)| &legacy.comments);
    let hashes: BTreeSet<String> = real.chain(legacy).map(format_hash).collect();
    let mut json = json!({
        "item_id": item_id,
        "title": register(&content.title, json!(""), json!(REDACTED), |title| json!(**title)),
        "description": register(&content.description, json!(""), json!(REDACTED), text_or_empty),
        "kind": register(&content.kind, json!("task"), json!("task"), |kind: &Kind| json!(kind.as_str())),
        "size": register(&content.size, Value::Null, Value::Null, |size: &Option<Size>| json!(size.map(Size::as_str))),
        "urgency": register(&content.urgency, json!("default"), json!("default"), |urgency: &Urgency| json!(urgency.as_str())),
        "parent": register(&content.parent, json!(""), json!(""), text_or_empty),
        "deleted": register(&content.deleted, json!(false), json!(true), |deleted| json!(deleted)),
        "state": {"epoch": life.epoch, "phase": life.phase.as_str()},
        "assignees": texts(&content.assignees, &open, |texts| &texts.assignees),
        "labels": texts(&content.labels, &open, |texts| &texts.labels),
        "blocked_by": view(&["blocks", "blocked_by"]),
        "related_to": view(&["related_to", "related", "relates"]),
        "comments": {"elements": hashes},
        "created_at": content.created.map_or(0, |Min(t)| t),
        "updated_at": state.updated_at(),
        "_compacted_from": state.coverage().len(),
        "_earliest_ts": content.earliest.map_or(0, |Min(t)| t),
        "_latest_ts": content.latest.map_or(0, |Max(t)| t),
        "_format": BONES_FORMAT,
    });
    if let Some(json) = json.as_object_mut() {
        // bones leaves these two out when they are blank.
        if !links.is_empty() {
            let links = links.iter().map(
                |(link, tag)| json!([{"target": *link.target, "link_type": *link.link_type}, tag_json(tag)]),
            );
            json.insert("links".into(), or_set(links));
        }
        if content.compact_summary.winner().is_some() {
            let summary = &content.compact_summary;
            let summary = register(summary, json!(""), json!(REDACTED), |text| json!(**text));
            json.insert("compact_summary".into(), summary);
        }
    }
    json
}

/// The `item.snapshot` line that stands for an item, as bones-core 0.26 would write it: a
/// microsecond after the last event, the covered events as parents, and after it one `item.redact`
/// line for each redaction the item knows of. Without line ends.
///
/// Redacted events are no parents: the snapshot holds nothing of them, so bones need not hide it.
/// Equal states and names give equal lines.
///
/// # Errors
///
/// [`BonesLimit`] when the JSON is larger than bones reads.
///
/// ```
/// use bones_snapshot::{Stamped, bones_snapshot_lines, parse_line, write_line};
/// use lattice_lww::Unstamped;
/// let line = write_line(7, "alice", "itc:AQ", &[], "item.comment", "bn-1", r#"{"body":"hello"}"#);
/// let event = parse_line(line.as_bytes())?.expect("an event");
/// let state = Stamped::<Unstamped>::new(event)?.delta();
/// let lines = bones_snapshot_lines("bn-1", &state, "lattice")?;
/// assert_eq!(lines.len(), 1);
/// assert!(lines[0].starts_with("8\tlattice\titc:AQ\tblake3:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bones_snapshot_lines<S: Stamp>(
    item_id: &str,
    state: &ItemState<S>,
    agent: &str,
) -> Result<Vec<String>, BonesLimit> {
    let data = json!({"state": bones_snapshot_json(item_id, state)}).to_string();
    if data.len() > MAX_BONES_DATA {
        return Err(BonesLimit {
            item_id: item_id.into(),
            bytes: data.len(),
        });
    }
    let latest = state.content().latest.map_or(0, |Max(t)| t);
    let at = i64::try_from(latest).unwrap_or(i64::MAX).saturating_add(1);
    let line = |parents: &[_], event_type, data: &str| {
        write_line(
            at,
            agent,
            PLACEHOLDER_STAMP,
            parents,
            event_type,
            item_id,
            data,
        )
    };
    // bones sorts parents by their text.
    let mut parents: Vec<_> = state
        .coverage()
        .difference(state.redacted())
        .iter()
        .copied()
        .collect();
    parents.sort_by_cached_key(format_hash);
    let redacts = state.redacted().iter().map(|target| {
        let data = json!({"reason": "redacted", "target_hash": format_hash(target)});
        line(&[], "item.redact", &data.to_string())
    });
    let snapshot = line(&parents, "item.snapshot", &data);
    Ok(std::iter::once(snapshot).chain(redacts).collect())
}

/// A register as bones holds it: the write that is read.
fn register<V: Ord, S: Stamp>(
    register: &Register<V, S>,
    unwritten: Value,
    redacted: Value,
    value: impl Fn(&V) -> Value,
) -> Value {
    let winner = register.winner();
    let value = match winner {
        None => unwritten,
        Some(winner) => winner.value().map_or(redacted, value),
    };
    let (wall_ts, agent_id, event_hash) = winner.map_or((0, "", String::new()), |winner| {
        let key = &winner.key;
        (key.wall_ts, &*key.agent_id, format_hash(&key.event_hash))
    });
    json!({"value": value, "wall_ts": wall_ts, "agent_id": agent_id, "event_hash": event_hash})
}

/// bones has no "none" for texts.
#[allow(clippy::ref_option)] // the value of a register, as it is held
fn text_or_empty(text: &Option<Text>) -> Value {
    json!(text.as_deref().unwrap_or(""))
}

fn texts<S: Stamp>(set: &ObservedSet<Text, S>, open: &Open<'_, S>, pick: Pick<Text>) -> Value {
    let members: BTreeSet<(&Text, Tag)> = open
        .all_members(set, pick)
        .map(|(text, added)| (text, tag(&added, || text.to_string())))
        .collect();
    or_set(
        members
            .iter()
            .map(|(text, tag)| json!([***text, tag_json(tag)])),
    )
}

/// An OR-Set with so many elements and no tombstones: what a remove observed is not in the state any
/// more.
fn or_set(elements: impl Iterator<Item = Value>) -> Value {
    let elements: Vec<Value> = elements.collect();
    let mut set = Map::new();
    set.insert("elements".into(), elements.into());
    set.insert("tombstone".into(), Value::Array(Vec::new()));
    set.into()
}

/// The tag of an add: the one it came with, or the one that bones gives it.
fn tag<S: Stamp>(added: &AddedBy<'_, S>, suffix: impl Fn() -> String) -> Tag {
    match added {
        AddedBy::Key(key) => tag_of(key, &suffix()),
        AddedBy::Tag(tag) => *tag,
    }
}

fn tag_json(tag: &Tag) -> Value {
    json!({
        "wall": rfc3339(tag.wall_ts),
        "actor": tag.actor,
        "event_hash": tag.event,
        "itc": tag.wall_ts,
    })
}

fn tag_of<S: Stamp>(key: &Key<S>, suffix: &str) -> Tag {
    // SUBTLE: the standard library's hasher because bones uses it: a tag that differs from the one
    // bones gives the same add would outlive the remove of that add. Its algorithm is not promised
    // to stay; neither is bones' tag. bones hashes the text of the event hash: for an event whose
    // hash stood in hex in the log, which a state does not remember, its tag is another one.
    let mut actor = DefaultHasher::new();
    (*key.agent_id).hash(&mut actor);
    let mut event = DefaultHasher::new();
    format_hash(&key.event_hash).hash(&mut event);
    suffix.hash(&mut event);
    Tag {
        wall_ts: key.wall_ts,
        actor: actor.finish(),
        event: event.finish(),
    }
}

/// Last microsecond of the year 9999, beyond which RFC 3339 has no times.
const LAST_MICROS: u64 = 253_402_300_799_999_999;

/// A time as RFC 3339 text. Later times than the year 9999 read as its end.
fn rfc3339(micros: u64) -> String {
    let micros = micros.min(LAST_MICROS);
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Counted in eras of 400 years from 0000-03-01, so that the leap day is the last of a year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use lattice_core::Set;
    use lattice_lww::Unstamped;

    use super::*;
    use crate::delta::Stamped;
    use crate::line::parse_line;

    fn event(wall_ts: i64, event_type: &str, data: &str) -> Stamped<Unstamped> {
        let line = write_line(wall_ts, "alice", "itc:AQ", &[], event_type, "bn-1", data);
        Stamped::new(parse_line(line.as_bytes()).unwrap().unwrap()).unwrap()
    }

    fn state(events: &[Stamped<Unstamped>]) -> ItemState<Unstamped> {
        ItemState::join_all(events.iter().map(Stamped::delta))
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(951_782_400_000_001), "2000-02-29T00:00:00.000001Z");
        assert_eq!(rfc3339(951_868_799_999_999), "2000-02-29T23:59:59.999999Z");
        assert_eq!(
            rfc3339(1_709_251_199_000_000),
            "2024-02-29T23:59:59.000000Z"
        );
        assert_eq!(
            rfc3339(1_709_251_200_000_000),
            "2024-03-01T00:00:00.000000Z"
        );
        assert_eq!(
            rfc3339(4_107_542_400_000_000),
            "2100-03-01T00:00:00.000000Z"
        );
        assert_eq!(rfc3339(LAST_MICROS), "9999-12-31T23:59:59.999999Z");
        assert_eq!(rfc3339(u64::MAX), rfc3339(LAST_MICROS));
    }

    #[test]
    fn an_unwritten_register_is_the_one_of_no_event() {
        let json = bones_snapshot_json(
            "bn-1",
            &state(&[event(9, "item.comment", r#"{"body":"b"}"#)]),
        );
        let unwritten =
            |value: Value| json!({"value": value, "wall_ts": 0, "agent_id": "", "event_hash": ""});
        assert_eq!(json["title"], unwritten(json!("")));
        assert_eq!(json["kind"], unwritten(json!("task")));
        assert_eq!(json["size"], unwritten(Value::Null));
        assert_eq!(json["deleted"], unwritten(json!(false)));
        assert_eq!(json.get("compact_summary"), None);
        assert_eq!(json.get("links"), None);
    }

    #[test]
    fn members_carry_the_tag_of_their_add() {
        let add = event(
            1_000_007,
            "item.assign",
            r#"{"action":"assign","agent":"bob"}"#,
        );
        let json = bones_snapshot_json("bn-1", &state(&[add]));
        let [element] = json["assignees"]["elements"].as_array().unwrap().as_slice() else {
            panic!("one element");
        };
        assert_eq!(element[0], "bob");
        assert_eq!(element[1]["wall"], "1970-01-01T00:00:01.000007Z");
        assert_eq!(element[1]["itc"], 1_000_007);
    }

    #[test]
    fn links_stand_in_their_views() {
        let link = |t, link_type| {
            event(
                t,
                "item.link",
                &format!(r#"{{"link_type":"{link_type}","target":"bn-2"}}"#),
            )
        };
        let json = bones_snapshot_json(
            "bn-1",
            &state(&[link(1, "blocks"), link(2, "relates"), link(3, "mirrors")]),
        );
        assert_eq!(json["links"]["elements"].as_array().map(Vec::len), Some(3));
        assert_eq!(json["blocked_by"]["elements"][0][0], "bn-2");
        assert_eq!(
            json["related_to"]["elements"].as_array().map(Vec::len),
            Some(1)
        );
    }

    #[test]
    fn redacted_text_stays_behind() {
        let events = [
            event(1, "item.create", r#"{"kind":"bug","title":"canary"}"#),
            event(2, "item.assign", r#"{"action":"assign","agent":"canary"}"#),
            event(3, "item.comment", r#"{"body":"kept"}"#),
        ];
        let mut state = state(&events);
        let hashes: Set<_> = events[..2].iter().map(|e| e.event().hash).collect();
        state.redact(&hashes);
        let lines = bones_snapshot_lines("bn-1", &state, "lattice").unwrap();
        assert!(!lines.concat().contains("canary"));
        assert!(lines[0].contains(r#""value":"[redacted]""#));
        let types: Vec<_> = lines
            .iter()
            .map(|l| l.split('\t').nth(4).unwrap())
            .collect();
        assert_eq!(types, ["item.snapshot", "item.redact", "item.redact"]);
        let parents = lines[0].split('\t').nth(3).unwrap();
        assert_eq!(parents, format_hash(&events[2].event().hash));
    }

    #[test]
    fn equal_states_give_equal_lines_that_read_back() {
        let mut events = vec![
            event(
                5,
                "item.create",
                r#"{"kind":"goal","labels":["b","a"],"title":"T"}"#,
            ),
            event(6, "item.move", r#"{"state":"done"}"#),
            event(7, "item.delete", "{}"),
        ];
        let lines = bones_snapshot_lines("bn-1", &state(&events), "lattice").unwrap();
        events.reverse();
        assert_eq!(
            bones_snapshot_lines("bn-1", &state(&events), "lattice").unwrap(),
            lines
        );
        let parsed = parse_line(lines[0].as_bytes()).unwrap().unwrap();
        assert_eq!(parsed.wall_ts, 8);
    }

    #[test]
    fn an_item_too_large_for_bones_is_refused_by_name() {
        let long = "x".repeat(MAX_BONES_DATA);
        let events = [event(1, "item.create", &format!(r#"{{"title":"{long}"}}"#))];
        let refused = bones_snapshot_lines("bn-1", &state(&events), "lattice").unwrap_err();
        assert_eq!(&*refused.item_id, "bn-1");
        assert!(refused.bytes > MAX_BONES_DATA);
        assert!(
            refused
                .to_string()
                .starts_with("item `bn-1` does not fit into a bones event")
        );
    }
}
