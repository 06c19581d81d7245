//! Serde: one form for each state, hashes as bytes, and no other form is taken.

use core::fmt::Debug;

use lattice_core::laws::check_round_trip;
use lattice_lww::{EventHash, Hlc, Itc, Lamport, LwwMap, Unstamped, VersionVector, WriteKey};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::write::{Register, any_map, any_register, hlc, itc, lamport, version_vector, write};

/// Through a text format that describes itself and a binary one that does not name fields.
fn check<T: Serialize + DeserializeOwned + Eq + Debug>(states: &[T]) {
    check_round_trip(
        states,
        |state| serde_json::to_string(state).expect("writes"),
        |text| serde_json::from_str(text),
    );
    check_round_trip(
        states,
        |state| rmp_serde::to_vec(state).expect("writes"),
        |bytes| rmp_serde::from_slice(bytes),
    );
}

proptest! {
    #[test]
    fn states_round_trip(
        registers in vec(any_register(version_vector()), 3),
        clocks in vec(any_register(itc()), 3),
        maps in vec(any_map(hlc()), 3),
        stamps in vec(lamport(), 3),
    ) {
        check(&registers);
        check(&clocks);
        check(&maps);
        check(&stamps);
    }
}

#[test]
fn hashes_and_stamps_are_bytes() {
    let packed = rmp_serde::to_vec(&EventHash([7; 32])).expect("writes");
    assert_eq!(
        packed,
        [&[0xc4, 32][..], &[7; 32]].concat(),
        "bin8 of 32 bytes"
    );
    let stamp = VersionVector::from_iter([("a", 1)]);
    assert_eq!(
        rmp_serde::to_vec(&stamp).expect("writes"),
        [0xc4, 3, 1, b'a', 1]
    );
    assert_eq!(
        rmp_serde::to_vec(&Itc::default()).expect("writes"),
        [0xc4, 3, 1, 0, 0]
    );

    // For people, hex.
    let json = serde_json::to_string(&EventHash([0xab; 32])).expect("writes");
    assert_eq!(json, format!("\"{}\"", "ab".repeat(32)));
    assert_eq!(serde_json::to_string(&stamp).expect("writes"), "\"016101\"");

    // Formats that know only sequences of numbers are understood.
    let numbers = rmp_serde::to_vec(&vec![7_u8; 32]).expect("writes");
    assert_eq!(
        rmp_serde::from_slice::<EventHash>(&numbers).expect("reads"),
        EventHash([7; 32])
    );
}

#[test]
fn plain_types_round_trip() {
    check(&[EventHash([0; 32]), EventHash([255; 32])]);
    check(&[Unstamped]);
    check(&[Lamport(0), Lamport(u64::MAX)]);
    check(&[
        Hlc::default(),
        Hlc {
            wall: u64::MAX,
            count: u32::MAX,
        },
    ]);
    check(&[write(Lamport(1), 2, 3, 4, 5)]);
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("writes")
}

fn refusal<T: DeserializeOwned + Debug>(json: &str) -> String {
    serde_json::from_str::<T>(json).expect_err(json).to_string()
}

#[test]
fn other_forms_are_refused() {
    let short = refusal::<EventHash>("\"abab\"");
    assert!(short.starts_with("event hash is not 32 bytes"), "{short}");
    let upper = refusal::<EventHash>(&format!("\"{}\"", "AB".repeat(32)));
    assert!(
        upper.starts_with("no pair of lower-case hex digits at 0"),
        "{upper}"
    );
    let tree = refusal::<Itc>("\"0100\"");
    assert!(
        tree.starts_with("stamp ends at byte 2: expected values"),
        "{tree}"
    );
    let vector = refusal::<VersionVector>("\"016100\"");
    assert!(
        vector.starts_with("stamp is not canonical at byte 2"),
        "{vector}"
    );
    let number = refusal::<VersionVector>("7");
    assert!(
        number.contains("expected a byte string, or its lower-case hex"),
        "{number}"
    );
}

#[test]
fn states_that_break_an_invariant_are_refused() {
    let (a, b) = (
        VersionVector::from_iter([("a", 1)]),
        VersionVector::from_iter([("b", 1)]),
    );
    let (first, second) = (write(a.clone(), 1, 0, 1, 0), write(b, 1, 0, 2, 0));
    let later = write(VersionVector::from_iter([("a", 2)]), 1, 0, 3, 0);
    for writes in [
        vec![second.clone(), first.clone()],
        vec![first.clone(), later],
        vec![first.clone(), first.clone()],
    ] {
        let said = refusal::<Register<VersionVector>>(&json(&writes));
        assert!(
            said.starts_with("elements are not a sorted antichain"),
            "{said}"
        );
    }

    let one = Register::from_write(first);
    for entries in [
        vec![(2, one.clone()), (1, one.clone())],
        vec![(1, one.clone()), (1, one)],
        vec![(1, Register::new())],
    ] {
        let said = refusal::<LwwMap<i32, u8, VersionVector, u8>>(&json(&entries));
        assert!(
            said.starts_with("map keys do not strictly increase, or a register was"),
            "{said}"
        );
    }
}

#[test]
fn more_writes_than_are_taken_in() {
    let writes: Vec<_> = (0..4_097_u32)
        .map(|at| {
            let stamp = VersionVector::from_iter([(at.to_be_bytes(), 1)]);
            let mut event_hash = EventHash([0; 32]);
            event_hash.0[..4].copy_from_slice(&at.to_be_bytes());
            let key = WriteKey {
                stamp,
                wall_ts: 0,
                agent_id: 0,
                event_hash,
            };
            lattice_lww::Write::new(key, 0)
        })
        .collect();
    let read = |count: usize| {
        let bytes = rmp_serde::to_vec(&writes[..count]).expect("writes");
        rmp_serde::from_slice::<Register<VersionVector>>(&bytes)
            .map(|register| register.writes().len())
    };
    assert_eq!(read(60).expect("few"), 60);
    assert!(
        read(4_097)
            .expect_err("too many")
            .to_string()
            .contains("too long")
    );
    // What nobody could read back is not written.
    let register: Register<VersionVector> = writes.into_iter().collect();
    assert_eq!(register.writes().len(), 4_097);
    let refused = rmp_serde::to_vec(&register).expect_err("too many");
    assert!(refused.to_string().contains("too long"), "{refused}");
}

#[test]
fn unknown_fields_are_refused() {
    let unknown = |json: String| json.replacen('{', r#"{"junk":1,"#, 1);
    let write = write(Lamport(1), 2, 3, 4, 5);
    let hlc = Hlc { wall: 1, count: 2 };
    assert!(refusal::<Hlc>(&unknown(json(&hlc))).contains("unknown field"));
    assert!(
        refusal::<lattice_lww::Write<u8, Lamport, u8>>(&unknown(json(&write)))
            .contains("unknown field")
    );
    assert!(refusal::<WriteKey<Lamport, u8>>(&unknown(json(&write.key))).contains("unknown field"));
}
