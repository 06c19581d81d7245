//! Payloads under damage: refused with a place, or, where the change makes another payload, read to
//! another state that is written as exactly these bytes.

use bones_snapshot::{
    DecodeErrorKind, ItemState, Order, SnapshotId, SnapshotPayload, Stamped, parse_line, write_line,
};
use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::events::{ITEM, histories, redactions, state};
use crate::golden;

/// True iff the bytes are read. What is read is written as these bytes again, so two spellings of one
/// payload would fail here.
fn refused_or_itself<S: Order + std::fmt::Debug>(bytes: &[u8]) -> bool {
    match SnapshotPayload::<S>::decode(bytes) {
        Err(error) => {
            assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
            false
        }
        Ok(payload) => {
            assert_eq!(payload.encode(), bytes, "read, and not what is written");
            true
        }
    }
}

fn either(name: &str, bytes: &[u8]) -> bool {
    if name.starts_with("itc") {
        refused_or_itself::<Itc>(bytes)
    } else {
        refused_or_itself::<Unstamped>(bytes)
    }
}

#[test]
fn golden_payloads_read_back() {
    for golden in golden::all() {
        assert!(either(golden.name, &golden.bytes), "{}", golden.name);
    }
}

/// The decoder takes agents in order only, each once and each referred to.
#[test]
fn any_number_of_agents_is_written_in_order() {
    for agents in [1, 2, 31, 32, 33, 34, 100] {
        let events = (0..3 * agents).map(|n| {
            let agent = format!("agent-{}", n * 37 % agents);
            let data = format!(r#"{{"body":"{n}"}}"#);
            let line = write_line(n, &agent, "itc:AQ", &[], "item.comment", ITEM, &data);
            let event = parse_line(line.as_bytes()).unwrap().unwrap();
            Stamped::<Unstamped>::new(event).unwrap()
        });
        let events: Vec<_> = events.collect();
        let state = ItemState::fold(&events);
        let payload = SnapshotPayload::new(ITEM, state, &Set::default());
        assert_eq!(
            SnapshotPayload::decode(&payload.encode()),
            Ok(payload),
            "{agents}"
        );
    }
}

#[test]
fn truncated_at_every_length() {
    for golden in golden::all() {
        for len in 0..golden.bytes.len() {
            let cut = &golden.bytes[..len];
            let error = if golden.name.starts_with("itc") {
                SnapshotPayload::<Itc>::decode(cut).unwrap_err()
            } else {
                SnapshotPayload::<Unstamped>::decode(cut).unwrap_err()
            };
            assert!(
                matches!(error.kind, DecodeErrorKind::Truncated { .. }),
                "{len}: {error}"
            );
            assert!(error.offset <= len);
        }
    }
}

#[test]
fn every_byte_changed_to_every_other() {
    for golden in golden::all() {
        let mut bytes = golden.bytes.clone();
        let mut read = 0_usize;
        for at in 0..bytes.len() {
            for _ in 0..255 {
                bytes[at] = bytes[at].wrapping_add(1);
                read += usize::from(either(golden.name, &bytes));
            }
            bytes[at] = bytes[at].wrapping_add(1);
        }
        assert_eq!(bytes, golden.bytes);
        // Letters of texts and digits of clocks make other payloads; the test would show nothing if
        // none did.
        assert!(read > 0, "{}", golden.name);
    }
}

#[test]
fn every_byte_removed_or_doubled() {
    for golden in golden::all() {
        for at in 0..golden.bytes.len() {
            let mut shorter = golden.bytes.clone();
            shorter.remove(at);
            either(golden.name, &shorter);
            let mut longer = golden.bytes.clone();
            longer.insert(at, golden.bytes[at]);
            either(golden.name, &longer);
        }
    }
}

#[test]
fn ids_are_of_the_bytes_under_a_domain() {
    let payload = SnapshotPayload::new(ITEM, state::<Unstamped>(&[]), &Set::new());
    let bytes = payload.encode();
    assert_eq!(payload.id(), SnapshotId::of(&bytes));
    assert_ne!(payload.id().0, *blake3::hash(&bytes).as_bytes());
    let text = payload.id().to_string();
    assert_eq!(format!("{:?}", payload.id()), format!("SnapshotId({text})"));
    assert_eq!(text.len(), 64);
    assert_eq!(payload.compacted_from(), 0);
    assert_eq!(payload.item_id(), ITEM);
}

fn spliced<S: Order + std::fmt::Debug>(
    bytes: &[u8],
    other: &[u8],
    splices: &[(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
        usize,
    )],
) {
    let mut changed = bytes.to_vec();
    for (start, end, from, len) in splices {
        let (start, end) = (start.index(changed.len() + 1), end.index(changed.len() + 1));
        let from = from.index(other.len());
        let piece = &other[from..other.len().min(from + len)];
        changed.splice(
            start.min(end)..start.max(end).min(start.min(end) + 8),
            piece.iter().copied(),
        );
    }
    refused_or_itself::<S>(&changed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn pieces_of_payloads_in_other_payloads(
        (one, two) in (histories(6), histories(6)),
        mask in any::<u64>(),
        splices in vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..12),
            1..4,
        ),
    ) {
        let redactions = redactions(&one, mask & mask >> 5);
        let wall = |events: &[_]| {
            SnapshotPayload::new(ITEM, state::<Unstamped>(events), &redactions).encode()
        };
        spliced::<Unstamped>(&wall(&one), &wall(&two), &splices);
        let itc = |events: &[_]| {
            SnapshotPayload::new(ITEM, state::<Itc>(events), &redactions).encode()
        };
        spliced::<Itc>(&itc(&one), &itc(&two), &splices);
    }

    #[test]
    fn any_bytes_are_refused_or_a_payload(bytes in vec(any::<u8>(), 0..64)) {
        refused_or_itself::<Unstamped>(&bytes);
        let framed = [&[0x98, 1, 1, 0xa0][..], &bytes].concat();
        refused_or_itself::<Itc>(&framed);
    }
}
