//! Writing registers as canonical bytes and naming them by their hash, against MessagePack tuples in a buffer that is
//! reused and the same hash.

use std::rc::Rc;

use bones_snapshot::{ItemState, SnapshotId, SnapshotPayload, write_line};
use lattice_core::{Bottom, JoinSemilattice, Set};
use lattice_lww::Unstamped;
use serde::Serialize;
use serde::ser::SerializeTuple;

use crate::fold::workload::parsed;
use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// Registers of an item.
const REGISTERS: usize = 8;

/// The tuple of a write and its value, hash and agent as bytes.
#[derive(Clone)]
struct Tuple {
    stamp: u64,
    wall_ts: u64,
    agent: [u8; 16],
    hash: [u8; 32],
    value: u64,
}

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl Serialize for Tuple {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(5)?;
        tuple.serialize_element(&self.stamp)?;
        tuple.serialize_element(&self.wall_ts)?;
        tuple.serialize_element(&Bytes(&self.agent))?;
        tuple.serialize_element(&Bytes(&self.hash))?;
        tuple.serialize_element(&self.value)?;
        tuple.end()
    }
}

/// Everyone who encodes and hashes so many registers, eight to an item.
pub fn contenders(registers: usize, seed: u64) -> Vec<Contender> {
    let mut random = Random::new(seed);
    let payloads: Vec<SnapshotPayload<Unstamped>> = (0..registers / REGISTERS)
        .map(|item| payload(&format!("bn-{item:06}"), &mut random))
        .collect();
    let payloads = Rc::new(payloads);
    let own = Contender::made(Role::Own, "SnapshotPayload encode and id", || (), {
        let payloads = Rc::clone(&payloads);
        move |()| {
            payloads
                .iter()
                .map(|payload| SnapshotId::of(&payload.encode()).0[0])
                .fold(0, u8::wrapping_add)
        }
    })
    .goal(Goal::Time("tuples in a buffer, a hash per item", 1.5));
    let tuples: Vec<Tuple> = (0..registers)
        .map(|_| {
            let mut agent = [0; 16];
            agent[0] = random.below(16) as u8;
            Tuple {
                stamp: random.below(1_000),
                wall_ts: random.next() >> 14,
                agent,
                hash: random.hash(),
                value: random.next(),
            }
        })
        .collect();
    let tuples = Rc::new(tuples);
    let buffered = |name: &str, per_hash: usize| {
        let tuples = Rc::clone(&tuples);
        Contender::ongoing(
            Role::Floor,
            name,
            Vec::new(),
            || (),
            move |buffer: &mut Vec<u8>, ()| {
                let mut all = 0_u8;
                for group in tuples.chunks(per_hash) {
                    buffer.clear();
                    for tuple in group {
                        rmp_serde::encode::write(buffer, tuple).expect("memory");
                    }
                    all = all.wrapping_add(blake3::hash(buffer).as_bytes()[0]);
                }
                all
            },
        )
    };
    vec![
        own,
        buffered("tuples in a buffer, a hash per item", REGISTERS),
        buffered("tuples in a buffer, a hash per 64 KiB", 800),
    ]
}

/// An item all of whose registers are written, each by an event of its own.
fn payload(id: &str, random: &mut Random) -> SnapshotPayload<Unstamped> {
    let mut state = ItemState::<Unstamped>::bottom();
    let mut write = |event_type: &str, data: &str| {
        let at = 1_700_000_000_000_000 + random.below(1 << 40) as i64;
        let agent = format!("agent-{:010}", random.below(16));
        let line = write_line(at, &agent, "itc:AQ", &[], event_type, id, data);
        state.join(parsed(&line).delta());
    };
    for (field, value) in [
        ("title", "\"mend the\""),
        ("description", "\"it leaks\""),
        ("kind", "\"bug\""),
        ("size", "\"s\""),
        ("urgency", "\"urgent\""),
        ("parent", "\"bn-000001\""),
    ] {
        write(
            "item.update",
            &format!(r#"{{"field":"{field}","value":{value}}}"#),
        );
    }
    write("item.delete", "{}");
    write("item.compact", r#"{"summary":"repaired"}"#);
    SnapshotPayload::new(id, state, &Set::bottom())
}
