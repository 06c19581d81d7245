//! Payloads made by hand to be refused, one way at a time.

mod sets;

use std::collections::BTreeSet;

use bones_snapshot::{DecodeErrorKind, SnapshotPayload};
use lattice_lww::{Itc, ItcClock, Stamp, Unstamped};

use crate::pack::{Bytes, Parts, array, bin, hashes, nil, numbers, text, uint, yes};

/// A payload, and the message that refuses it as a `wall` payload.
type Case = (Bytes, &'static str);

fn changed(change: impl FnOnce(&mut Parts)) -> Bytes {
    let mut parts = Parts::valid();
    change(&mut parts);
    parts.bytes()
}

/// A field in place of the title, over two keys.
fn field(number: u64, value: Bytes) -> Bytes {
    Parts::with_field(number, value).bytes()
}

/// The header and every table before the fields.
#[allow(clippy::too_many_lines)] // a table
fn tables() -> Vec<Case> {
    vec![
        (vec![], "offset 0: payload ends here, expected a payload"),
        (nil(), "offset 0: expected a payload, found marker 0xc0"),
        (
            vec![0xdc, 0, 8],
            "offset 0: not the shortest way to write a payload",
        ),
        (
            changed(|p| p.format = uint(2)),
            "offset 2: payload format 2 is newer than the supported format 1",
        ),
        (
            vec![0x93, 0x02, 0xc0, 0xc0],
            "offset 2: payload format 2 is newer than the supported format 1",
        ),
        (
            changed(|p| p.format = uint(0)),
            "offset 2: format 0 does not exist",
        ),
        (
            vec![0x97, 0x01, 0x00],
            "offset 2: length of a payload is 7, expected 8",
        ),
        (
            changed(|p| p.format = vec![0xcc, 1]),
            "offset 1: not the shortest way to write a format version",
        ),
        (
            changed(|p| p.format = vec![0xff]),
            "offset 1: expected a format version, found marker 0xff",
        ),
        (
            changed(|p| p.format = vec![0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
            "offset 1: expected a format version, found marker 0xcb",
        ),
        (
            changed(|p| p.order = uint(1)),
            "offset 3: payload is ordered by `itc`, expected `wall`: orders cannot be mixed",
        ),
        (
            changed(|p| p.order = uint(9)),
            "offset 3: payload is ordered by `unknown order 9`, expected `wall`: orders cannot be \
             mixed",
        ),
        (
            changed(|p| p.item = vec![0xd9, 4, b'b', b'n', b'-', b'1']),
            "offset 3: not the shortest way to write an item id",
        ),
        (
            changed(|p| p.item = vec![0xa2, 0xc3, 0x28]),
            "offset 3: text is not valid UTF-8",
        ),
        (
            changed(|p| p.item = bin(b"bn-1")),
            "offset 3: expected an item id, found marker 0xc4",
        ),
        (
            changed(|p| p.agents.reverse()),
            "offset 19: agents not strictly increasing",
        ),
        (
            changed(|p| p.agents[1] = text("alice")),
            "offset 21: agents not strictly increasing",
        ),
        (
            changed(|p| p.agents.push(text("carol"))),
            "offset 102: an agent that nothing refers to",
        ),
        (
            changed(|p| p.coverage = hashes(&[2, 1])),
            "offset 85: coverage not strictly increasing",
        ),
        (
            changed(|p| p.coverage = bin(&[1; 33])),
            "offset 54: length of coverage is 33, expected a multiple of 32 bytes",
        ),
        (
            changed(|p| p.coverage = [&[0xc5, 0, 64][..], &[1; 64]].concat()),
            "offset 19: not the shortest way to write coverage",
        ),
        (
            changed(|p| p.redacted = hashes(&[9, 9])),
            "offset 151: redactions not strictly increasing",
        ),
        (
            changed(|p| p.keys.reverse()),
            "offset 96: keys not strictly increasing",
        ),
        (
            changed(|p| p.keys[0] = numbers(&[0, 5, 0, 0])),
            "offset 89: length of a key is 4, expected 3 without stamp, 4 with one",
        ),
        (
            changed(|p| p.keys[0] = numbers(&[2, 5, 0])),
            "offset 89: covered event 2 does not exist",
        ),
        (
            changed(|p| p.keys[0] = numbers(&[0, 5, 2])),
            "offset 91: agent 2 does not exist",
        ),
        (
            changed(|p| p.keys[0] = array(&[hashes(&[1]), uint(5), uint(0)])),
            "offset 123: not the shortest way to write a covered event",
        ),
        (
            changed(|p| p.keys[0] = array(&[bin(&[1; 31]), uint(5), uint(0)])),
            "offset 89: length of an event hash is 31, expected 32 bytes",
        ),
        (
            changed(|p| p.keys.push(array(&[hashes(&[3]), uint(9), uint(1)]))),
            "offset 151: a key that nothing refers to",
        ),
        (
            changed(|p| p.tail = nil()),
            "offset 114: 1 bytes follow the payload",
        ),
    ]
}

/// Every way to write a number that is not the shortest.
fn numbers_too_long() -> Vec<Case> {
    let message = "offset 90: not the shortest way to write a wall clock";
    let widths: [&[u8]; 4] = [
        &[0xcc, 0x7f],
        &[0xcd, 0, 0xff],
        &[0xce, 0, 0, 0xff, 0xff],
        &[0xcf, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    ];
    let key = |number: &[u8]| changed(|p| p.keys[0] = array(&[uint(0), number.into(), uint(0)]));
    widths
        .into_iter()
        .map(|number| (key(number), message))
        .collect()
}

#[allow(clippy::too_many_lines)] // a table
fn registers_and_texts() -> Vec<Case> {
    let title = |value: Bytes| field(0, value);
    vec![
        (
            title(array(&[])),
            "offset 99: length of a register is 0, expected at least 1",
        ),
        (
            title(array(&[uint(1)])),
            "offset 99: length of a write is 1, expected 2",
        ),
        (
            title(array(&[array(&[uint(1), text("t")])])),
            "offset 99: not the shortest way to write a register of one write",
        ),
        (
            title(array(&[
                array(&[uint(0), text("s")]),
                array(&[uint(1), text("t")]),
            ])),
            "offset 107: register not in normal form",
        ),
        (
            title(array(&[uint(7), text("t")])),
            "offset 99: key 7 does not exist",
        ),
        (
            title(array(&[uint(1), nil()])),
            "offset 100: expected a text, found marker 0xc0",
        ),
        (
            title(array(&[uint(1), array(&[nil()])])),
            "offset 101: length of a redacted cell is 1, expected 0",
        ),
        (
            field(2, numbers(&[1, 3])),
            "offset 101: a kind 3 does not exist",
        ),
        (
            field(3, numbers(&[1, 5])),
            "offset 101: a size 5 does not exist",
        ),
        (
            field(4, numbers(&[1, 3])),
            "offset 101: an urgency 3 does not exist",
        ),
        (
            field(6, numbers(&[1, 1])),
            "offset 100: expected a bool, found marker 0x01",
        ),
        (
            changed(|p| p.redacted = hashes(&[2])),
            "offset 134: a cell and the list of redactions disagree",
        ),
        (
            changed(|p| p.fields.swap(0, 1)),
            "offset 104: fields not strictly increasing",
        ),
        (
            changed(|p| p.fields[1].0 = 0),
            "offset 103: fields not strictly increasing",
        ),
        (
            changed(|p| p.fields[2].0 = 16),
            "offset 109: field 16 does not exist",
        ),
        (
            [&changed(|p| p.fields.clear())[..96], &[0xde, 0, 0]].concat(),
            "offset 96: not the shortest way to write the fields",
        ),
        (
            field(8, array(&[])),
            "offset 99: length of the moves is 0, expected at least 1",
        ),
        (
            field(8, array(&[numbers(&[1, 0])])),
            "offset 100: length of a move is 2, expected 3",
        ),
        (
            field(8, array(&[array(&[uint(1), uint(4), nil()])])),
            "offset 102: a phase 4 does not exist",
        ),
        (
            field(
                8,
                array(&[
                    array(&[uint(1), uint(2), nil()]),
                    array(&[uint(1), uint(2), nil()]),
                ]),
            ),
            "offset 107: moves not strictly increasing",
        ),
        (
            changed(|p| p.fields[1].1 = array(&[array(&[uint(0)])])),
            "offset 105: length of a text under its key is 1, expected 2",
        ),
        (
            changed(|p| {
                let comment = array(&[uint(0), text("c")]);
                p.fields[1].1 = array(&[comment.clone(), comment]);
            }),
            "offset 112: texts not strictly increasing",
        ),
        (
            field(13, array(&[array(&[uint(1), text("free text")])])),
            "offset 117: text of an event that no rule understands not in normal form",
        ),
        (
            field(
                13,
                array(&[array(&[uint(1), text(r#"{"data":[],"type":"x"}"#)])]),
            ),
            "offset 130: text of an event that no rule understands not in normal form",
        ),
        (
            field(
                13,
                array(&[array(&[
                    uint(1),
                    text(r#"{"data":{"n":1e400},"type":"x"}"#),
                ])]),
            ),
            "offset 139: text of an event that no rule understands not in normal form",
        ),
    ]
}

fn times() -> Vec<Case> {
    let times = |times: [Bytes; 4]| changed(|p| p.fields[2].1 = array(&times));
    vec![
        (
            changed(|p| p.fields[2].1 = numbers(&[5, 7, 9])),
            "offset 110: length of the times is 3, expected 4",
        ),
        (
            times([nil(), nil(), nil(), nil()]),
            "offset 114: times not in normal form",
        ),
        (
            times([uint(5), uint(7), uint(5), yes()]),
            "offset 113: not the shortest way to write a time",
        ),
        (
            times([nil(), uint(7), yes(), yes()]),
            "offset 112: expected a time, found marker 0xc3",
        ),
        (
            times([yes(), uint(7), yes(), yes()]),
            "offset 110: expected a time, found marker 0xc3",
        ),
    ]
}

fn cases() -> Vec<Case> {
    [
        tables(),
        numbers_too_long(),
        registers_and_texts(),
        times(),
        sets::sets(),
        sets::links(),
    ]
    .concat()
}

/// Every payload that is refused here.
pub(crate) fn payloads() -> Vec<Bytes> {
    cases().into_iter().map(|(bytes, _)| bytes).collect()
}

#[test]
fn every_fault_is_refused_by_place_and_reason() {
    let mut kinds = BTreeSet::new();
    let mut wrong = Vec::new();
    for (bytes, expected) in cases() {
        match SnapshotPayload::<Unstamped>::decode(&bytes) {
            Err(error) => {
                assert!(error.offset <= bytes.len());
                kinds.insert(name(&error.kind));
                if error.to_string() != expected {
                    wrong.push(format!("expected {expected}\n   found {error}"));
                }
            }
            Ok(_) => wrong.push(format!("expected {expected}\n   found a payload")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let expected = [
        "Length",
        "NewerFormat",
        "NotNormal",
        "NotShortest",
        "NotSorted",
        "NotUtf8",
        "Order",
        "Redaction",
        "Trailing",
        "Truncated",
        "Unexpected",
        "Unknown",
        "Unused",
    ];
    // `Stamp` has a test of its own below.
    assert_eq!(Vec::from_iter(kinds), expected);
}

/// The name of the variant.
fn name(kind: &DecodeErrorKind) -> String {
    let debug = format!("{kind:?}");
    debug
        .split([' ', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn stamped(stamps: [&[u8]; 2]) -> Bytes {
    let mut parts = Parts::valid();
    parts.order = uint(1);
    parts.keys = (0..)
        .zip([5, 7])
        .zip(stamps)
        .map(|((index, ts), stamp)| array(&[uint(index), uint(ts), uint(index), bin(stamp)]))
        .collect();
    parts.bytes()
}

fn stamp(events: usize) -> Bytes {
    let mut clock = ItcClock::seed();
    let mut bytes = Vec::new();
    (0..events).for_each(|_| clock.event().unwrap());
    clock.stamp().encode(&mut bytes);
    bytes
}

#[test]
fn stamps_are_read_strictly() {
    let good = stamped([&stamp(1), &stamp(2)]);
    let payload = SnapshotPayload::<Itc>::decode(&good).unwrap();
    assert_eq!(payload.encode(), good);
    let trailing = [stamp(1), vec![0]].concat();
    let padded = [&[0x81, 0x00][..], &stamp(1)[1..]].concat();
    for bad in [&[][..], &trailing, &padded, &[0xff; 40]] {
        let error = SnapshotPayload::<Itc>::decode(&stamped([bad, &stamp(2)])).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Stamp, "{bad:?}");
        assert_eq!(error.kind.to_string(), "stamp is not canonical");
    }
    let wall = SnapshotPayload::<Itc>::decode(&Parts::valid().bytes()).unwrap_err();
    let expected = "offset 3: payload is ordered by `wall`, expected `itc`: orders cannot be mixed";
    assert_eq!(wall.to_string(), expected);
}

/// Lengths of four thousand million: reserving for any of them would end the process.
#[test]
fn hostile_lengths_ask_for_no_memory() {
    let huge = |marker: u8| vec![marker, 0xff, 0xff, 0xff, 0xff];
    let (array32, str32, bin32) = (huge(0xdd), huge(0xdb), huge(0xc6));
    let tail = vec![0xc0; 64];
    let mut payloads = vec![array32.clone(), changed(|p| p.item.clone_from(&str32))];
    for whole in [
        changed(|p| p.agents = vec![str32.clone()]),
        changed(|p| p.coverage.clone_from(&bin32)),
        changed(|p| p.redacted.clone_from(&bin32)),
        changed(|p| p.keys[0] = array(std::slice::from_ref(&bin32))),
    ] {
        payloads.push(whole);
    }
    // The tables of agents and keys themselves.
    let valid = Parts::valid().bytes();
    payloads.push([&valid[..8], &array32, &tail].concat());
    payloads.push([&valid[..87], &array32, &tail].concat());
    for number in 0..16 {
        payloads.push(field(number, array32.clone()));
        let inner = [vec![0x91], array32.clone(), tail.clone()].concat();
        payloads.push(field(number, inner.clone()));
        payloads.push(field(number, [vec![0x91], inner].concat()));
        payloads.push(field(number, array(&[uint(1), str32.clone()])));
    }
    for bytes in payloads {
        let error = SnapshotPayload::<Unstamped>::decode(&bytes).unwrap_err();
        assert!(error.offset <= bytes.len());
    }
}
