//! MessagePack by hand, and payloads put together from it: what the writer would never write.

use bones_snapshot::{EventHash, SnapshotPayload};
use lattice_lww::Unstamped;

/// Canonical bytes of one value.
pub(crate) type Bytes = Vec<u8>;

pub(crate) fn uint(value: u64) -> Bytes {
    let wide = value.to_be_bytes();
    match value {
        0..=0x7f => vec![wide[7]],
        0x80..=0xff => [&[0xcc], &wide[7..]].concat(),
        0x100..=0xffff => [&[0xcd], &wide[6..]].concat(),
        0x1_0000..=0xffff_ffff => [&[0xce], &wide[4..]].concat(),
        _ => [&[0xcf], &wide[..]].concat(),
    }
}

pub(crate) fn text(text: &str) -> Bytes {
    let len = u8::try_from(text.len()).unwrap();
    let header = if len < 32 {
        vec![0xa0 | len]
    } else {
        vec![0xd9, len]
    };
    [&header, text.as_bytes()].concat()
}

pub(crate) fn bin(bytes: &[u8]) -> Bytes {
    if let Ok(len) = u8::try_from(bytes.len()) {
        return [&[0xc4, len], bytes].concat();
    }
    let len = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0xc5], &len[..], bytes].concat()
}

pub(crate) fn nil() -> Bytes {
    vec![0xc0]
}

pub(crate) fn yes() -> Bytes {
    vec![0xc3]
}

pub(crate) fn array(elements: &[Bytes]) -> Bytes {
    let len = u16::try_from(elements.len()).unwrap();
    let header = match u8::try_from(len) {
        Ok(len) if len < 16 => vec![0x90 | len],
        _ => [&[0xdc], &len.to_be_bytes()[..]].concat(),
    };
    [header, elements.concat()].concat()
}

/// An array of small numbers.
pub(crate) fn numbers(numbers: &[u64]) -> Bytes {
    array(&numbers.iter().map(|n| uint(*n)).collect::<Vec<_>>())
}

/// The event hash of repeated bytes.
pub(crate) fn hash(byte: u8) -> EventHash {
    EventHash([byte; 32])
}

pub(crate) fn hashes(bytes: &[u8]) -> Bytes {
    bin(&bytes
        .iter()
        .flat_map(|byte| [*byte; 32])
        .collect::<Vec<_>>())
}

/// A payload in its parts.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) format: Bytes,
    pub(crate) order: Bytes,
    pub(crate) item: Bytes,
    pub(crate) agents: Vec<Bytes>,
    pub(crate) coverage: Bytes,
    pub(crate) redacted: Bytes,
    pub(crate) keys: Vec<Bytes>,
    pub(crate) fields: Vec<(u64, Bytes)>,
    pub(crate) tail: Bytes,
}

impl Parts {
    /// A valid payload of order `wall`: a title by bob under key 1, a comment by alice under key 0,
    /// and the times.
    pub(crate) fn valid() -> Self {
        Self {
            format: uint(1),
            order: uint(0),
            item: text("bn-1"),
            agents: vec![text("alice"), text("bob")],
            coverage: hashes(&[1, 2]),
            redacted: hashes(&[]),
            keys: vec![numbers(&[0, 5, 0]), numbers(&[1, 7, 1])],
            fields: vec![
                (0, array(&[uint(1), text("t")])),
                (12, array(&[array(&[uint(0), text("c")])])),
                (14, array(&[uint(5), uint(7), yes(), yes()])),
            ],
            tail: vec![],
        }
    }

    /// Puts a field beside the comment, in place of the title.
    pub(crate) fn with_field(number: u64, value: Bytes) -> Self {
        let mut parts = Self::valid();
        parts.fields[0] = (number, value);
        parts.fields.sort_by_key(|(number, _)| *number);
        parts
    }

    /// With the keys of three events, the third covered too and by bob at 9.
    pub(crate) fn with_three_keys(number: u64, value: Bytes) -> Self {
        let mut parts = Self::with_field(number, value);
        parts.coverage = hashes(&[1, 2, 3]);
        parts.keys.push(numbers(&[2, 9, 1]));
        parts
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let fields = self.fields.iter();
        let fields: Bytes = fields
            .flat_map(|(number, value)| [uint(*number), value.clone()].concat())
            .collect();
        let count = 0x80 | u8::try_from(self.fields.len()).unwrap();
        [
            vec![0x98],
            self.format.clone(),
            self.order.clone(),
            self.item.clone(),
            array(&self.agents),
            self.coverage.clone(),
            self.redacted.clone(),
            array(&self.keys),
            [vec![count], fields].concat(),
            self.tail.clone(),
        ]
        .concat()
    }
}

#[test]
fn the_valid_payload_is_valid() {
    let bytes = Parts::valid().bytes();
    let payload = SnapshotPayload::<Unstamped>::decode(&bytes).unwrap();
    assert_eq!(payload.encode(), bytes);
    assert_eq!(payload.state().coverage().as_slice(), [hash(1), hash(2)]);
}
