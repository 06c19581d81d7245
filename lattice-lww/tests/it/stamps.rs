//! Every stamp: a partial order, a second total one, and bytes with one spelling.

use core::cmp::Ordering;
use core::fmt::Debug;

use lattice_lww::{Hlc, Itc, Lamport, Stamp, StampError, Unstamped, VersionVector};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{hlc, itc, lamport, unstamped, version_vector};

fn bytes<S: Stamp>(stamp: &S) -> Vec<u8> {
    let mut bytes = Vec::new();
    stamp.encode(&mut bytes);
    bytes
}

fn check<S: Stamp + Debug>(stamps: &[S]) {
    for a in stamps {
        assert!(a.leq(a) && !a.precedes(a), "reflexive: {a:?}");
        assert_eq!(S::decode(&bytes(a)).as_ref(), Ok(a));
        for b in stamps {
            let order = match (a.leq(b), b.leq(a)) {
                (true, true) => Some(Ordering::Equal),
                (true, false) => Some(Ordering::Less),
                (false, true) => Some(Ordering::Greater),
                (false, false) => None,
            };
            assert_eq!(a.causal_cmp(b), order, "{a:?} {b:?}");
            assert_eq!(
                order == Some(Ordering::Equal),
                a == b,
                "antisymmetric: {a:?} {b:?}"
            );
            assert_eq!(a.precedes(b), order == Some(Ordering::Less));
            assert_eq!(
                a.cmp(b),
                bytes(a).cmp(&bytes(b)),
                "order of the bytes: {a:?} {b:?}"
            );
            for c in stamps {
                assert!(
                    !(a.leq(b) && b.leq(c)) || a.leq(c),
                    "transitive: {a:?} {b:?} {c:?}"
                );
            }
        }
    }
}

/// Whatever is accepted is what would be written; what is refused is refused without a panic.
fn check_bytes<S: Stamp + Debug>(input: &[u8]) {
    if let Ok(stamp) = S::decode(input) {
        assert_eq!(bytes(&stamp), input);
    }
}

/// Every mutation of a stamp's bytes is refused, or is another stamp's bytes.
fn check_mutations<S: Stamp + Debug>(stamp: &S) {
    let good = bytes(stamp);
    for len in 0..good.len() {
        assert_ne!(S::decode(&good[..len]).as_ref(), Ok(stamp), "cut to {len}");
        check_bytes::<S>(&good[..len]);
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(S::decode(&longer).is_err(), "a byte more");
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[at] ^= 1 << bit;
            check_bytes::<S>(&changed);
            assert_ne!(S::decode(&changed).as_ref(), Ok(stamp));
        }
    }
}

proptest! {
    #[test]
    fn unstamped_stamps(stamps in vec(unstamped(), 3)) { check(&stamps); }

    #[test]
    fn lamport_stamps(stamps in vec(lamport(), 3)) { check(&stamps); check_mutations(&stamps[0]); }

    #[test]
    fn hlc_stamps(stamps in vec(hlc(), 3)) { check(&stamps); check_mutations(&stamps[0]); }

    #[test]
    fn version_vector_stamps(stamps in vec(version_vector(), 3)) {
        check(&stamps);
        check_mutations(&stamps[0]);
    }

    #[test]
    fn itc_stamps(stamps in vec(itc(), 3)) { check(&stamps); check_mutations(&stamps[0]); }

    #[test]
    fn any_bytes(input in vec(prop_oneof![any::<u8>(), 0_u8..4], 0..40)) {
        check_bytes::<Unstamped>(&input);
        check_bytes::<Lamport>(&input);
        check_bytes::<Hlc>(&input);
        check_bytes::<VersionVector>(&input);
        check_bytes::<Itc>(&input);
    }
}

#[test]
fn names_are_fixed() {
    let names = [
        Unstamped::ID,
        Lamport::ID,
        Hlc::ID,
        VersionVector::ID,
        Itc::ID,
    ];
    assert_eq!(
        names,
        ["unstamped", "lamport", "hlc", "version-vector", "itc"]
    );
    const { assert!(!Unstamped::CAUSAL && Lamport::CAUSAL && Hlc::CAUSAL) };
    const { assert!(VersionVector::CAUSAL && Itc::CAUSAL) };
}

/// Golden bytes: appended to, never edited.
#[test]
fn bytes_are_fixed() {
    assert!(bytes(&Unstamped).is_empty());
    assert_eq!(bytes(&Lamport(0x0102)), [0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(
        bytes(&Hlc { wall: 1, count: 2 }),
        [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    );
    let vector = VersionVector::from_iter([("b", 1), ("", 128), ("aa", 3), ("gone", 0)]);
    assert_eq!(bytes(&vector), [0, 128, 1, 2, b'a', b'a', 3, 1, b'b', 1]);
    assert!(bytes(&VersionVector::default()).is_empty());
    assert_eq!(bytes(&Itc::default()), [1, 0, 0]);
}

#[test]
fn refusals_say_where_and_why() {
    let trailing = Unstamped::decode(&[9]);
    assert_eq!(
        trailing,
        Err(StampError::Trailing {
            offset: 0,
            found: 1
        })
    );
    let short = Lamport::decode(&[0; 7]);
    assert_eq!(
        short,
        Err(StampError::Truncated {
            offset: 0,
            expected: "an 8-byte counter"
        })
    );
    let short = Hlc::decode(&[0; 11]);
    assert_eq!(
        short,
        Err(StampError::Truncated {
            offset: 8,
            expected: "a 4-byte count"
        })
    );

    let said = |bytes: &[u8]| {
        VersionVector::decode(bytes)
            .expect_err("must be refused")
            .to_string()
    };
    assert_eq!(said(&[1, b'a']), "stamp ends at byte 2: expected a count");
    assert_eq!(
        said(&[200, 1, b'a']),
        "stamp ends at byte 2: expected an actor"
    );
    assert_eq!(
        said(&[1, b'a', 0]),
        "stamp is not canonical at byte 2: expected no entry for a count of 0",
    );
    let order = "stamp is not canonical at byte 3: expected actors in strictly increasing order";
    assert_eq!(said(&[1, b'b', 1, 1, b'a', 1]), order);
    assert_eq!(said(&[1, b'b', 1, 1, b'b', 1]), order);
    assert_eq!(
        said(&[1, b'a', 129, 0]),
        "stamp is not canonical at byte 2: expected a number in its shortest form",
    );
    let eleven = [1, b'a', 255, 255, 255, 255, 255, 255, 255, 255, 255, 2];
    assert_eq!(
        said(&eleven),
        "stamp holds a number above 64 bits at byte 2"
    );
    assert_eq!(
        Unstamped::decode(&[9]).expect_err("refused").to_string(),
        "stamp ends at byte 0, but 1 more bytes follow",
    );
}

mod version_vectors {
    use super::*;

    #[test]
    fn an_actor_can_be_any_bytes() {
        let mut vector = VersionVector::default();
        assert_eq!(vector.tick(&[]), Some(1));
        assert_eq!(vector.tick(&[255, 0]), Some(1));
        assert_eq!(vector.tick(&[]), Some(2));
        assert_eq!(
            vector.iter().collect::<Vec<_>>(),
            [(&[][..], 2), (&[255, 0][..], 1)]
        );
        assert_eq!(
            (vector.get(&[]), vector.get(&[255, 0]), vector.get(b"?")),
            (2, 1, 0)
        );
        assert_eq!(format!("{vector:?}"), r#"{"": 2, "\\xff\\x00": 1}"#);
    }

    #[test]
    fn a_counter_ends_rather_than_wraps() {
        let mut vector = VersionVector::from_iter([("a", u64::MAX)]);
        let before = vector.clone();
        assert_eq!(vector.tick(b"a"), None);
        assert_eq!(vector, before);
        assert_eq!(VersionVector::decode(&bytes(&vector)), Ok(before));
    }

    proptest! {
        /// `observe` is the least vector above both.
        #[test]
        fn observing_is_the_least_upper_bound(
            a in version_vector(),
            b in version_vector(),
            c in version_vector(),
        ) {
            let mut both = a.clone();
            both.observe(&b);
            prop_assert!(a.leq(&both) && b.leq(&both));
            prop_assert_eq!(a.leq(&c) && b.leq(&c), both.leq(&c));
        }

        /// The order against its definition.
        #[test]
        fn the_order_is_pointwise(a in version_vector(), b in version_vector()) {
            prop_assert_eq!(a.leq(&b), a.iter().all(|(actor, count)| count <= b.get(actor)));
        }
    }
}
