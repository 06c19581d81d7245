//! The fold as one would write it by hand for this workload and no other: one winner per register, one pass.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use bones_snapshot::{EventData, EventHash, UpdateData};

use super::image::{Image, Key, Member, Value, prefix};
use super::workload::Event;

/// What an event does.
pub enum Op<'a> {
    /// Writes a register.
    Write(usize, Value<'a>),
    /// Adds a label.
    Add(&'a str),
    /// Removes a label.
    Remove(&'a str),
    /// Comments.
    Comment(&'a str),
}

/// The tuple of an event.
pub fn key(event: &Event) -> Key<'_> {
    let event = event.event();
    Key {
        ts: event.order_ts(),
        agent: &event.agent,
        hash: &event.hash,
    }
}

/// What an event of the workload does.
///
/// # Panics
///
/// On events that are not of the workload.
pub fn op(event: &Event) -> Op<'_> {
    match &event.event().data {
        EventData::Update(update) => match update {
            UpdateData::Title(text) => Op::Write(0, Value::Text(text)),
            UpdateData::Description(text) => {
                Op::Write(1, text.as_deref().map_or(Value::Nil, Value::Text))
            }
            UpdateData::Kind(kind) => Op::Write(2, Value::Code(kind.code())),
            UpdateData::Size(size) => {
                Op::Write(3, size.map_or(Value::Nil, |s| Value::Code(s.code())))
            }
            UpdateData::Urgency(urgency) => Op::Write(4, Value::Code(urgency.code())),
            UpdateData::Parent(text) => {
                Op::Write(5, text.as_deref().map_or(Value::Nil, Value::Text))
            }
            UpdateData::AddLabel(label) => Op::Add(label),
            UpdateData::RemoveLabel(label) => Op::Remove(label),
            other => panic!("not of the workload: {other:?}"),
        },
        EventData::Delete => Op::Write(6, Value::Yes),
        EventData::Compact(summary) => Op::Write(7, Value::Text(summary)),
        EventData::Comment(body) => Op::Comment(body),
        other => panic!("not of the workload: {other:?}"),
    }
}

/// Folds by hand.
pub fn fold(events: &[Event]) -> Image<'_> {
    let mut registers = [None; 8];
    let mut labels: HashMap<&str, Member<'_>, BuildHasherDefault<Fast>> = HashMap::default();
    let mut comments = Vec::new();
    let mut hashes: Vec<(u64, &EventHash)> = Vec::with_capacity(events.len());
    let mut times = (u64::MAX, 0);
    for event in events {
        let key = key(event);
        hashes.push((prefix(key.hash), key.hash));
        times = (times.0.min(key.ts), times.1.max(key.ts));
        match op(event) {
            Op::Write(number, value) => {
                let register = &mut registers[number];
                if register.is_none_or(|(held, _)| held < key) {
                    *register = Some((key, value));
                }
            }
            Op::Add(label) => raise(&mut labels.entry(label).or_default().add, key),
            Op::Remove(label) => raise(&mut labels.entry(label).or_default().remove, key),
            Op::Comment(body) => comments.push((prefix(key.hash), key, body)),
        }
    }
    // No two hashes of the workload begin with the same eight bytes; the whole hash decides if they did.
    hashes.sort_unstable();
    comments.sort_unstable_by(|a, b| (a.0, a.1.hash).cmp(&(b.0, b.1.hash)));
    Image {
        registers,
        labels: labels.into_iter().collect(),
        comments: comments
            .into_iter()
            .map(|(_, key, body)| (key, body))
            .collect(),
        coverage: hashes.into_iter().map(|(_, hash)| *hash).collect(),
        times,
    }
}

fn raise<'a>(held: &mut Option<Key<'a>>, key: Key<'a>) {
    if held.is_none_or(|held| held < key) {
        *held = Some(key);
    }
}

/// A hash for short texts that nobody chose to collide.
#[derive(Default)]
struct Fast(u64);

impl Hasher for Fast {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word))
                .wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}
