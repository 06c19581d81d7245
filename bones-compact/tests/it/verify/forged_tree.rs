//! Forgeries made from the format: every leaf and every element of the payload's MessagePack tree
//! changed, removed, doubled and swapped.

use bones_snapshot::Order;
use lattice_lww::{Itc, Unstamped};
use rmpv::Value;

use super::Rich;

/// Everything that one change can make of a value.
fn forgeries(value: &Value) -> Vec<(String, Value)> {
    let mut forged: Vec<(String, Value)> = replacements(value)
        .into_iter()
        .map(|(what, value)| (what.to_owned(), value))
        .collect();
    match value {
        Value::Array(elements) => {
            sequence(elements, Value::Array, &mut forged);
            for (at, element) in elements.iter().enumerate() {
                for (what, element) in forgeries(element) {
                    let mut elements = elements.clone();
                    elements[at] = element;
                    forged.push((format!("{at}.{what}"), Value::Array(elements)));
                }
            }
        }
        Value::Map(entries) => {
            sequence(entries, Value::Map, &mut forged);
            for (at, (key, value)) in entries.iter().enumerate() {
                let keys = forgeries(key)
                    .into_iter()
                    .map(|(what, key)| (what, key, value.clone()));
                let values = forgeries(value)
                    .into_iter()
                    .map(|(what, value)| (what, key.clone(), value));
                for (what, key, value) in keys.chain(values) {
                    let mut entries = entries.clone();
                    entries[at] = (key, value);
                    forged.push((format!("{{{at}}}.{what}"), Value::Map(entries)));
                }
            }
        }
        _ => {}
    }
    forged
}

/// One element removed, one doubled, two swapped, one added.
fn sequence<T: Clone + PartialEq>(
    elements: &[T],
    build: impl Fn(Vec<T>) -> Value,
    forged: &mut Vec<(String, Value)>,
) {
    for at in 0..elements.len() {
        let mut less = elements.to_vec();
        let removed = less.remove(at);
        forged.push((format!("{at} removed"), build(less)));
        let mut more = elements.to_vec();
        more.insert(at, removed.clone());
        forged.push((format!("{at} doubled"), build(more)));
        let mut last = elements.to_vec();
        last.push(removed);
        forged.push((format!("{at} again at the end"), build(last)));
        for other in at + 1..elements.len() {
            let mut swapped = elements.to_vec();
            swapped.swap(at, other);
            forged.push((format!("{at} and {other} swapped"), build(swapped)));
        }
    }
    if elements.len() > 1 {
        forged.push(("emptied".into(), build(vec![])));
    }
}

/// The value as another value of its type, and as one of another type.
fn replacements(value: &Value) -> Vec<(&'static str, Value)> {
    let mut out = vec![
        ("nil", Value::Nil),
        ("true", Value::from(true)),
        ("false", Value::from(false)),
        ("zero", Value::from(0)),
        ("float", Value::F64(1.0)),
        ("text", Value::from("x")),
        ("bytes", Value::Binary(vec![7; 32])),
        ("empty array", Value::Array(vec![])),
        ("wrapped", Value::Array(vec![value.clone()])),
    ];
    match value {
        Value::Integer(int) => {
            let int = int.as_u64().unwrap();
            out.push(("plus one", Value::from(int + 1)));
            out.push((
                "minus one",
                int.checked_sub(1).map_or(Value::from(-1), Value::from),
            ));
            out.push(("negated", Value::from(-1 - i64::try_from(int).unwrap_or(0))));
            out.push(("largest", Value::from(u64::MAX)));
        }
        Value::String(text) => {
            let text = text.as_str().unwrap();
            let shorter: String = text.chars().skip(1).collect();
            out.push(("longer", Value::from(format!("{text}x"))));
            out.push(("shorter", Value::from(shorter)));
            out.push(("other case", Value::from(text.to_uppercase())));
        }
        Value::Binary(bytes) => {
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1;
                out.push(("one bit", Value::Binary(flipped)));
            }
            for at in (0..bytes.len()).step_by(32) {
                let (head, tail) = bytes.split_at(at);
                let (hash, rest) = tail.split_at(32.min(tail.len()));
                out.push(("hash removed", Value::Binary([head, rest].concat())));
                out.push((
                    "hash doubled",
                    Value::Binary([head, hash, hash, rest].concat()),
                ));
                out.push((
                    "hash moved to the end",
                    Value::Binary([head, rest, hash].concat()),
                ));
            }
            for added in [[0_u8; 32], [0xff; 32]] {
                out.push(("hash before", Value::Binary([&added[..], bytes].concat())));
                out.push(("hash behind", Value::Binary([bytes, &added[..]].concat())));
            }
            out.push(("one byte more", Value::Binary([bytes, &[0][..]].concat())));
        }
        _ => {}
    }
    out
}

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).unwrap();
    bytes
}

fn every_forgery_is_refused<S: Order>() -> usize {
    let rich = Rich::<S>::new();
    let tree = rmpv::decode::read_value(&mut rich.payload.as_slice()).unwrap();
    assert_eq!(
        encode(&tree),
        rich.payload,
        "the tree does not write what it read"
    );
    let mut tried = 0;
    for (what, forged) in forgeries(&tree) {
        let forged = encode(&forged);
        // Some changes change nothing: a zero set to zero, equal neighbours swapped.
        if forged != rich.payload {
            rich.assert_refused(&what, &forged);
            tried += 1;
        }
    }
    tried
}

#[test]
fn every_leaf_and_element_counts() {
    let (wall, itc) = (
        every_forgery_is_refused::<Unstamped>(),
        every_forgery_is_refused::<Itc>(),
    );
    println!("{wall} forgeries under `wall`, {itc} under `itc`");
    assert!(wall > 5_000, "only {wall} forgeries");
    assert!(itc > 5_000, "only {itc} forgeries");
}
