//! What a fold comes to, and its bytes: a writer of the payload format by hand, for this workload only.

use bones_snapshot::{ElementId, EventHash, FORMAT, SnapshotId};
use rmp::encode::{self as mp, ByteBuf};

/// The tuple of a write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a> {
    /// Wall clock.
    pub ts: u64,
    /// Who wrote.
    pub agent: &'a str,
    /// In which event.
    pub hash: &'a EventHash,
}

/// What a register holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value<'a> {
    /// None.
    Nil,
    /// A text.
    Text(&'a str),
    /// A word, by its number.
    Code(u8),
    /// True.
    Yes,
}

/// The greatest add and the greatest remove of an element.
#[derive(Clone, Copy, Default)]
pub struct Member<'a> {
    /// Greatest add.
    pub add: Option<Key<'a>>,
    /// Greatest remove.
    pub remove: Option<Key<'a>>,
}

/// The state of an item, ready to be written.
pub struct Image<'a> {
    /// The registers, by number.
    pub registers: [Option<(Key<'a>, Value<'a>)>; 8],
    /// The labels, in any order.
    pub labels: Vec<(&'a str, Member<'a>)>,
    /// The comments, sorted by the hash of their event.
    pub comments: Vec<(Key<'a>, &'a str)>,
    /// The hashes of all events, sorted, each once.
    pub coverage: Vec<EventHash>,
    /// Least and greatest wall clock.
    pub times: (u64, u64),
}

/// A payload and its id.
#[derive(PartialEq, Eq)]
pub struct SnapshotBytes {
    /// The id.
    pub id: SnapshotId,
    /// The bytes.
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for SnapshotBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes {:02x?}", self.payload.len(), self.payload)
    }
}

/// A label with its id and the places of its keys.
struct Placed<'a> {
    id: ElementId,
    label: &'a str,
    add: Option<usize>,
    remove: Option<usize>,
}

impl<'a> Image<'a> {
    /// The bytes and their id.
    pub fn write(mut self, item_id: &str) -> SnapshotBytes {
        // Keys that are written, in the order they are referred to in, with the order of their hashes.
        let mut keys: Vec<Key<'a>> = self.registers.iter().flatten().map(|r| r.0).collect();
        let mut labels = Vec::with_capacity(self.labels.len());
        for (label, member) in &mut self.labels {
            if member
                .remove
                .is_some_and(|r| member.add.is_some_and(|a| a < r))
            {
                member.add = None;
            }
            let mut place = |key: Option<Key<'a>>| {
                key.map(|key| {
                    keys.push(key);
                    keys.len() - 1
                })
            };
            labels.push(Placed {
                id: bones_snapshot::Element::id(&bones_snapshot::Text::from(*label)),
                label,
                add: place(member.add),
                remove: place(member.remove),
            });
        }
        labels.sort_unstable_by_key(|l| l.id);
        let first_comment = keys.len();
        keys.extend(self.comments.iter().map(|c| c.0));
        let mut order: Vec<(u64, u32)> = keys
            .iter()
            .enumerate()
            .map(|(slot, key)| (prefix(key.hash), slot as u32))
            .collect();
        order.sort_unstable();
        let mut places = vec![0_u32; keys.len()];
        for (place, (_, slot)) in order.iter().enumerate() {
            places[*slot as usize] = place as u32;
        }
        let mut agents: Vec<&str> = Vec::new();
        for key in &keys {
            if let Err(at) = agents.binary_search(&key.agent) {
                agents.insert(at, key.agent);
            }
        }

        let mut out = ByteBuf::with_capacity(self.coverage.len() * 32 + keys.len() * 48 + 1024);
        let done = |result: Result<(), _>| {
            let _: Result<(), mp::ValueWriteError<std::convert::Infallible>> = result;
        };
        array(&mut out, 8);
        uint(&mut out, FORMAT);
        uint(&mut out, 0);
        done(mp::write_str(&mut out, item_id));
        array(&mut out, agents.len());
        for agent in &agents {
            done(mp::write_str(&mut out, agent));
        }
        _ = mp::write_bin_len(&mut out, (self.coverage.len() * 32) as u32);
        for hash in &self.coverage {
            out.as_mut_vec().extend_from_slice(&hash.0);
        }
        _ = mp::write_bin_len(&mut out, 0);
        array(&mut out, keys.len());
        let mut covered = 0;
        for (_, slot) in &order {
            let key = keys[*slot as usize];
            while self.coverage[covered] < *key.hash {
                covered += 1;
            }
            array(&mut out, 3);
            uint(&mut out, covered as u64);
            uint(&mut out, key.ts);
            uint(
                &mut out,
                agents.binary_search(&key.agent).unwrap_or_default() as u64,
            );
        }

        let fields = self.registers.iter().flatten().count()
            + usize::from(!labels.is_empty())
            + usize::from(!self.comments.is_empty())
            + 1;
        _ = mp::write_map_len(&mut out, fields as u32);
        let mut slots = places.iter();
        for (number, register) in self.registers.iter().enumerate() {
            let Some((_, value)) = register else { continue };
            uint(&mut out, number as u64);
            array(&mut out, 2);
            uint(&mut out, u64::from(*slots.next().unwrap_or(&0)));
            match value {
                Value::Nil => _ = mp::write_nil(&mut out),
                Value::Text(text) => done(mp::write_str(&mut out, text)),
                Value::Code(code) => uint(&mut out, u64::from(*code)),
                Value::Yes => _ = mp::write_bool(&mut out, true),
            }
        }
        if !labels.is_empty() {
            uint(&mut out, 10);
            let adds = labels.iter().filter(|l| l.add.is_some()).count();
            let removes = labels.iter().filter(|l| l.remove.is_some()).count();
            array(&mut out, 1 + usize::from(removes > 0));
            array(&mut out, adds);
            for label in &labels {
                if let Some(slot) = label.add {
                    array(&mut out, 2);
                    done(mp::write_str(&mut out, label.label));
                    uint(&mut out, u64::from(places[slot]));
                }
            }
            if removes > 0 {
                array(&mut out, removes);
                for label in &labels {
                    if let Some(slot) = label.remove {
                        array(&mut out, 2);
                        _ = mp::write_bin_len(&mut out, 32);
                        out.as_mut_vec().extend_from_slice(&label.id.0);
                        uint(&mut out, u64::from(places[slot]));
                    }
                }
            }
        }
        if !self.comments.is_empty() {
            uint(&mut out, 12);
            array(&mut out, self.comments.len());
            for ((_, body), place) in self.comments.iter().zip(&places[first_comment..]) {
                array(&mut out, 2);
                uint(&mut out, u64::from(*place));
                done(mp::write_str(&mut out, body));
            }
        }
        uint(&mut out, 14);
        array(&mut out, 4);
        uint(&mut out, self.times.0);
        uint(&mut out, self.times.1);
        _ = mp::write_bool(&mut out, true);
        _ = mp::write_bool(&mut out, true);
        let payload = out.into_vec();
        SnapshotBytes {
            id: SnapshotId::of(&payload),
            payload,
        }
    }
}

/// The first eight bytes of a hash, in its order.
pub fn prefix(hash: &EventHash) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.0[..8]);
    u64::from_be_bytes(first)
}

fn array(out: &mut ByteBuf, len: usize) {
    _ = mp::write_array_len(out, len as u32);
}

fn uint(out: &mut ByteBuf, value: u64) {
    _ = mp::write_uint(out, value);
}
