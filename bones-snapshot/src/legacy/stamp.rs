//! The stamps of registers in snapshots of bones 0.25: interval tree clocks as JSON.

use lattice_lww::{Itc, Stamp};
use serde::Deserialize;

/// A clock as bones 0.25 writes it. Of the id nothing is read: stamps compare by their events.
#[derive(Deserialize)]
struct ClockJson {
    event: TreeJson,
}

#[derive(Deserialize)]
enum TreeJson {
    Leaf(u64),
    Branch(u64, Box<Self>, Box<Self>),
}

/// Reads the stamp; `None` when it is no clock, or its tree is not in normal form.
pub(crate) fn itc_of_json(json: &str) -> Option<Itc> {
    // Depth is bounded: the data of an event is checked before, and so is recursion in serde_json.
    let clock: ClockJson = serde_json::from_str(json).ok()?;
    let mut nodes = Vec::new();
    clock.event.preorder(&mut nodes);
    Itc::decode(&canonical(&nodes)).ok()
}

impl TreeJson {
    /// Appends each node: whether it is a branch, and its value.
    fn preorder(&self, nodes: &mut Vec<(bool, u64)>) {
        match self {
            Self::Leaf(value) => nodes.push((false, *value)),
            Self::Branch(base, left, right) => {
                nodes.push((true, *base));
                left.preorder(nodes);
                right.preorder(nodes);
            }
        }
    }
}

/// The canonical bytes of a tree, as [`Itc`] documents them.
fn canonical(nodes: &[(bool, u64)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb128(nodes.len() as u64, &mut bytes);
    for eight in nodes.chunks(8) {
        let bit = |(place, (branch, _)): (usize, &(bool, u64))| u8::from(*branch) << (7 - place);
        bytes.push(
            eight
                .iter()
                .enumerate()
                .map(bit)
                .fold(0, |byte, bit| byte | bit),
        );
    }
    let values = nodes.iter().map(|(_, value)| *value).enumerate();
    let values: Vec<(usize, u64)> = values.filter(|(_, value)| *value != 0).collect();
    leb128(values.len() as u64, &mut bytes);
    let mut before = 0;
    for (place, value) in values {
        leb128(place.saturating_sub(before) as u64, &mut bytes);
        leb128(value, &mut bytes);
        before = place;
    }
    bytes
}

fn leb128(mut value: u64, bytes: &mut Vec<u8>) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}
