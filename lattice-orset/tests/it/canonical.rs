//! Canonical bytes: one for each state, and nothing else is accepted.

use std::fmt::Debug;

use lattice_core::{CausalContext, Cell, Dot, JoinSemilattice, Run, laws};
use lattice_orset::canonical::{Canonical, DecodeError, Limits, Reader, put_number};
use lattice_orset::{GSet, OrSet, Replica};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::naive::Naive;
use crate::states::adversarial;

type Set = OrSet<u8, u8>;

fn decode(bytes: &[u8]) -> Result<Set, DecodeError> {
    Set::decode(bytes, Limits::DEFAULT)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn round_trip(states in vec(adversarial(), 1..4)) {
        let states: Vec<Set> = states.iter().map(Naive::to_orset).collect();
        laws::check_round_trip(&states, OrSet::encode, |bytes| decode(bytes));
    }

    #[test]
    fn round_trip_of_grow_only_sets(states in vec(vec(any::<i16>(), 0..9), 1..4)) {
        let states: Vec<_> = states.into_iter().map(GSet::from_iter).collect();
        laws::check_round_trip(&states, GSet::encode, |bytes| GSet::decode(bytes, Limits::DEFAULT));
    }

    /// How a state came to be leaves no trace in its bytes.
    #[test]
    fn history_does_not_show(left in adversarial(), right in adversarial()) {
        let (a, b) = (left.to_orset(), right.to_orset());
        prop_assert_eq!(a.clone().joined(b.clone()).encode(), b.joined(a).encode());
    }

    #[test]
    fn noise_is_refused_or_canonical(bytes in vec(prop_oneof![0..5_u8, any::<u8>()], 0..24), kind in prop_oneof![Just(0x21), Just(0x11)]) {
        let bytes = [vec![kind], bytes].concat();
        strict(&bytes, decode, OrSet::encode);
        strict(&bytes, |bytes| OrSet::<String, (u16, bool)>::decode(bytes, Limits::DEFAULT), OrSet::encode);
        strict(&bytes, |bytes| GSet::<Option<i32>>::decode(bytes, Limits::DEFAULT), GSet::encode);
    }

    #[test]
    fn values(
        unsigned in any::<(u8, u16, u32, u64, u128)>(),
        signed in any::<(i8, i16, i32, i64, i128)>(),
        text in any::<(bool, char, String, Option<String>)>(),
        bytes in any::<(Vec<u8>, [u8; 7])>(),
        pair in any::<((u8, i16), (char, bool, u64))>(),
    ) {
        let (a, b, c, d, e) = unsigned;
        value(&a); value(&b); value(&c); value(&d); value(&e);
        let (a, b, c, d, e) = signed;
        value(&a); value(&b); value(&c); value(&d); value(&e);
        let (a, b, c, d) = text;
        value(&a); value(&b); value(&c.clone().into_boxed_str()); value(&c); value(&d);
        let (a, b) = bytes;
        value(&a.clone().into_boxed_slice()); value(&a); value(&b);
        value(&pair.0); value(&pair.1);
    }
}

/// Accepted bytes are what the encoder writes.
#[track_caller]
fn strict<S: Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<S, DecodeError>,
    encode: impl Fn(&S) -> Vec<u8>,
) {
    if let Ok(state) = decode(bytes) {
        assert_eq!(encode(&state), bytes, "{state:?} has two forms");
    }
}

/// A value comes back, alone and with something behind it; cut short, it is refused.
#[track_caller]
fn value<T: Canonical + PartialEq + Debug>(value: &T) {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    assert!(!bytes.is_empty());
    let len = bytes.len();
    for cut in 0..len {
        assert!(
            T::decode(&mut Reader::new(&bytes[..cut])).is_err(),
            "{value:?} cut"
        );
    }
    bytes.push(0xff);
    let mut reader = Reader::new(&bytes);
    assert_eq!(T::decode(&mut reader).as_ref(), Ok(value));
    assert_eq!((reader.offset(), reader.remaining()), (len, 1));
}

#[test]
fn numbers_at_every_edge() {
    let edges = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
    let mut forms = Vec::new();
    for number in edges.chain([u64::MAX]) {
        value(&number);
        value(&number.cast_signed());
        let mut form = Vec::new();
        put_number(number, &mut form);
        forms.push((number, form));
    }
    forms.sort();
    assert!(
        forms.is_sorted_by_key(|(_, form)| form),
        "bytes stand in the order of the numbers"
    );
    let lens = [
        (127, 1),
        (128, 2),
        (1 << 14, 3),
        (u64::MAX >> 8, 8),
        (1 << 56, 9),
    ];
    for (number, len) in lens {
        let form = forms.iter().find(|(known, _)| *known == number);
        assert_eq!(form.unwrap().1.len(), len);
    }
    // 5, in two bytes and in nine.
    for long in [&[0x80, 5][..], &[0xff, 0, 0, 0, 0, 0, 0, 0, 5]] {
        let refused = Reader::new(long).number("a number");
        let expected = "a number in its shortest form";
        assert_eq!(
            refused,
            Err(DecodeError::NotCanonical {
                offset: 0,
                expected
            })
        );
    }
}

#[test]
fn narrow_values_refuse_what_they_cannot_hold() {
    let mut big = Vec::new();
    put_number(70_000, &mut big);
    let expected = "a number of type u16";
    let refused = DecodeError::Invalid {
        offset: 0,
        expected,
        found: 70_000,
    };
    assert_eq!(u16::decode(&mut Reader::new(&big)), Err(refused));
    assert_eq!(
        refused.to_string(),
        "expected a number of type u16 at byte 0, found 70000"
    );
    assert!(i16::decode(&mut Reader::new(&big)).is_err());
    let mut surrogate = Vec::new();
    put_number(0xd800, &mut surrogate);
    assert!(char::decode(&mut Reader::new(&surrogate)).is_err());
    assert!(bool::decode(&mut Reader::new(&[2])).is_err());
    let refused = String::decode(&mut Reader::new(&[3, b'a', 0xff, b'b']));
    assert_eq!(
        refused,
        Err(DecodeError::NotCanonical {
            offset: 2,
            expected: "text in UTF-8"
        })
    );
}

/// One agent with every fate and a gap, one that only removed.
fn sample() -> Set {
    let run = |agent, first, last| Run { agent, first, last };
    let seen = CausalContext::from_runs(vec![
        run(1, 1, 4),
        run(1, 7, 7),
        run(2, 3, u64::from(u32::MAX)),
    ]);
    let cells = [
        (Dot::new(1, 1), Cell::Present(10)),
        (Dot::new(1, 3), Cell::Redacted),
        (Dot::new(1, 4), Cell::Present(11)),
        (Dot::new(1, 7), Cell::Present(10)),
    ];
    OrSet::from_parts(&seen.unwrap(), cells).unwrap()
}

/// Samples are appended, never edited: what was written once is read for ever.
#[test]
fn golden() {
    let sample_bytes = [
        0x21, 2, // an OrSet of two agents
        1, 6, 0b01, 0b11, 0b10, 0b01, 0b1_00,
        0b01, // live, removed, redacted, live, two not seen, live
        2, 2, 0b1_00, 0xf3, 0xff, 0xff, 0xff, 0xf3, // two not seen, all others removed
        10, 11, 10,
    ];
    let sets: [(Set, &[u8]); 2] = [(OrSet::new(), &[0x21, 0]), (sample(), &sample_bytes)];
    for (set, bytes) in sets {
        assert_eq!(set.encode(), bytes);
        assert_eq!(decode(bytes), Ok(set));
    }
    let words = GSet::from_iter(["b".to_owned(), "aé".to_owned(), String::new()]);
    let bytes = b"\x11\x03\x00\x03a\xc3\xa9\x01b";
    assert_eq!(words.encode(), bytes);
    assert_eq!(GSet::decode(bytes, Limits::DEFAULT), Ok(words));
    let numbers = GSet::from_iter([-1_i64, 0, 64, i64::MIN]);
    let bytes = b"\x11\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x80\x80";
    assert_eq!(numbers.encode(), bytes);
    assert_eq!(GSet::decode(bytes, Limits::DEFAULT), Ok(numbers));
}

/// Every byte changed to every other, taken out, doubled, and everything cut off behind it.
#[test]
fn every_edit_is_refused_or_canonical() {
    let mut accepted = 0;
    let bytes = sample().encode();
    let mut check = |edited: &[u8]| {
        strict(edited, decode, OrSet::encode);
        accepted += usize::from(decode(edited).is_ok());
    };
    for at in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            let mut edited = bytes.clone();
            edited[at] = byte;
            check(&edited);
            edited.insert(at, bytes[at]);
            check(&edited);
        }
        let mut edited = bytes.clone();
        edited.remove(at);
        check(&edited);
        assert!(decode(&bytes[..at]).is_err(), "cut at {at}");
    }
    // Elements are free, and so are most lengths: edits there give other states.
    assert!(accepted > 500, "{accepted}");
    let long = [&bytes[..], &[0]].concat();
    let refused = DecodeError::Trailing {
        offset: bytes.len(),
        found: 1,
    };
    assert_eq!(decode(&long), Err(refused));
    assert_eq!(
        refused.to_string(),
        "expected the end at byte 21, found 1 more bytes"
    );
}

#[test]
fn refusals_say_what_and_where() {
    let not_canonical = |offset, expected| DecodeError::NotCanonical { offset, expected };
    let cases: [(&[u8], DecodeError, &str); 10] = [
        (
            &[],
            DecodeError::Truncated {
                offset: 0,
                expected: "a format",
                found: 0,
            },
            "expected a format at byte 0, found the end after 0 more",
        ),
        (
            &[0x11, 0],
            DecodeError::Format {
                expected: 0x21,
                found: 0x11,
            },
            "expected format 0x21, found 0x11",
        ),
        (
            &[0x21, 1, 7, 0],
            not_canonical(3, "runs that end with a dot seen"),
            "expected runs that end with a dot seen at byte 3, found another form",
        ),
        (
            &[0x21, 1, 7, 2, 0b11, 0b00],
            not_canonical(3, "runs that end with a dot seen"),
            "expected runs that end with a dot seen at byte 3, found another form",
        ),
        (
            &[0x21, 1, 7, 2, 0b11, 0b11],
            not_canonical(5, "a run of another fate than the one before"),
            "expected a run of another fate than the one before at byte 5, found another form",
        ),
        (
            &[0x21, 2, 7, 1, 0b11, 7, 1, 0b11],
            not_canonical(5, "an agent greater than the one before"),
            "expected an agent greater than the one before at byte 5, found another form",
        ),
        (
            &[0x21, 1, 7, 1, 0b01],
            DecodeError::Truncated {
                offset: 5,
                expected: "elements",
                found: 0,
            },
            "expected elements at byte 5, found the end after 0 more",
        ),
        (
            // One dot more than there are.
            &[0x21, 1, 7, 1, 0xf3, 0xff, 0xff, 0xff, 0xff],
            DecodeError::Invalid {
                offset: 4,
                expected: "a run that ends by 4294967295",
                found: 1 << 32,
            },
            "expected a run that ends by 4294967295 at byte 4, found 4294967296",
        ),
        (
            // All dots redacted: more than anybody allows.
            &[0x21, 1, 7, 1, 0xf3, 0xff, 0xff, 0xff, 0xfa],
            DecodeError::TooLarge {
                offset: 4,
                what: "live and redacted dots",
                limit: 1 << 24,
                found: u64::from(u32::MAX),
            },
            "expected at most 16777216 live and redacted dots at byte 4, found 4294967295",
        ),
        (
            // 2^64 - 1 agents.
            &[0x21, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            DecodeError::TooLarge {
                offset: 1,
                what: "agents",
                limit: 1 << 16,
                found: u64::MAX,
            },
            "expected at most 65536 agents at byte 1, found 18446744073709551615",
        ),
    ];
    for (bytes, refusal, text) in cases {
        assert_eq!(decode(bytes), Err(refusal), "{bytes:?}");
        assert_eq!(refusal.to_string(), text);
    }
}

/// The longest context there is: legal, and it costs nothing.
#[test]
fn a_context_of_all_dots() {
    let bytes = [0x21, 1, 7, 1, 0xf3, 0xff, 0xff, 0xff, 0xfb];
    let set = decode(&bytes).unwrap();
    assert!(set.has_seen(&Dot::new(7, u64::from(u32::MAX))) && set.is_empty());
    assert_eq!(set.encode(), bytes);
}

#[test]
fn limits_are_kept_at_the_edge() {
    let bytes = sample().encode();
    let exact = Limits {
        bytes: bytes.len(),
        agents: 2,
        dots: 4,
    };
    assert!(Set::decode(&bytes, exact).is_ok());
    let tight = [
        (
            Limits {
                bytes: bytes.len() - 1,
                ..exact
            },
            "bytes",
        ),
        (Limits { agents: 1, ..exact }, "agents"),
        (Limits { dots: 3, ..exact }, "live and redacted dots"),
    ];
    for (limits, expected) in tight {
        let refused = Set::decode(&bytes, limits);
        let named = matches!(refused, Err(DecodeError::TooLarge { what, .. }) if what == expected);
        assert!(named, "{expected}: {refused:?}");
    }
    assert_eq!(Limits::default(), Limits::DEFAULT);
}

/// Two replicas with half of 100,000 adds of sixteen agents in common, a tenth removed on each: the
/// hundredths of bytes that a live element takes, before or after they exchange.
fn encoded_per_element(mut element: impl FnMut(u64) -> u64) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut replicas: Vec<_> = (0..16_u64).map(Replica::new).collect();
    let mut sides = [const { Vec::new() }; 2];
    for _ in 0..100_000 {
        let replica = &mut replicas[(random() >> 7) as usize % 16];
        let (dot, element) = (replica.mint().unwrap(), element(random()));
        let dot = Dot::new(*dot.dot().agent, dot.dot().seq);
        let shared = random() >> 9 & 1 == 0;
        let side = (random() >> 9 & 1) as usize;
        for at in [0, 1] {
            if shared || at == side {
                sides[at].push((dot, (random() >> 9) % 10 != 0, element));
            }
        }
    }
    let [mut here, there] = sides.map(|events| {
        let seen = events.iter().map(|&(dot, ..)| dot).collect();
        let live = events.into_iter().filter(|event| event.1);
        OrSet::from_parts(
            &seen,
            live.map(|(dot, _, element)| (dot, Cell::Present(element))),
        )
        .unwrap()
    });
    let size = |set: &OrSet<u64>| set.encode().len() * 100 / set.live_dots();
    // Before the exchange every fourth dot is a gap; afterwards there are none.
    let before = size(&here);
    here.join(there);
    assert_eq!(
        OrSet::decode(&here.encode(), Limits::DEFAULT).as_ref(),
        Ok(&here)
    );
    before.max(size(&here))
}

#[test]
fn a_live_element_takes_few_bytes() {
    let random = encoded_per_element(|random| random);
    assert!((900..1_000).contains(&random), "random: {random}");
    let small = encoded_per_element(|random| random >> 32);
    assert!((500..600).contains(&small), "small: {small}");
}
