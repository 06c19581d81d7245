//! Clock texts: exact both ways, and strict.

use lattice_lww::{ItcClock, ItcError, Stamp, StampError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::run;

/// One clock in both forms: golden, never edited.
#[test]
fn golden_texts() {
    let golden = [
        ("(1, 0)", "itc:v1:010240010001 00", "itc:v3:AQJAAQAA"),
        (
            "((1, 0), (0, 2, 0))",
            "itc:v1:0105a0038003000200",
            "itc:v3:AQWgA4ABAQI",
        ),
        (
            "((1, 0), (0, 1, 0))",
            "itc:v1:0105a0038003000100",
            "itc:v3:AQWgA4ABAQE",
        ),
        (
            "((0, 1), (0, 0, 1))",
            "itc:v1:010588038003000001",
            "itc:v3:AQWIA4ABAgE",
        ),
    ];
    for (notation, v1, v3) in golden {
        let v1 = v1.replace(' ', "");
        for text in [v1.as_str(), v3] {
            let clock = ItcClock::from_text(text).expect(text);
            assert_eq!(format!("{clock:?}"), notation);
            assert_eq!(
                (clock.to_text_v1(), clock.to_text_v3()),
                (v1.clone(), v3.to_owned())
            );
            assert_eq!(clock.to_string(), v3);
            assert_eq!(text.parse(), Ok(clock));
        }
    }
}

fn refusal(text: &str) -> String {
    ItcClock::from_text(text).expect_err(text).to_string()
}

/// The v1 text of hex with spaces.
fn v1(hex: &str) -> String {
    format!("itc:v1:{}", hex.replace(' ', ""))
}

#[test]
fn texts_of_no_known_form() {
    for text in ["", "itc", "itc:v2:00", "ITC:v1:00", " itc:v1:00", "itc:AQ"] {
        assert_eq!(ItcClock::from_text(text), Err(ItcError::UnknownForm));
    }
    assert_eq!(
        refusal(""),
        "clock text begins with neither itc:v1: nor itc:v3:"
    );
}

#[test]
fn digits() {
    let hex = "expected pairs of lower-case hex digits";
    assert_eq!(
        refusal("itc:v1:0"),
        format!("clock text is broken at byte 8: {hex}")
    );
    assert_eq!(
        refusal("itc:v1:0g"),
        format!("clock text is broken at byte 8: {hex}")
    );
    // One text for each clock: upper case is another.
    assert_eq!(
        refusal("itc:v1:A0"),
        format!("clock text is broken at byte 7: {hex}")
    );

    let base64 = "expected unpadded base64url";
    assert_eq!(
        refusal("itc:v3:A"),
        format!("clock text is broken at byte 7: {base64}")
    );
    assert_eq!(
        refusal("itc:v3:AQ+A"),
        format!("clock text is broken at byte 9: {base64}")
    );
    assert_eq!(
        refusal("itc:v3:AQWgA4ABAQI="),
        format!("clock text is broken at byte 18: {base64}")
    );
    // The last digit has bits to spare, and they are not 0.
    assert_eq!(
        refusal("itc:v3:AQWgA4ABAQJ"),
        format!("clock text is broken at byte 17: {base64}")
    );
    assert_eq!(
        refusal("itc:v3:\u{e9}"),
        format!("clock text is broken at byte 7: {base64}")
    );
}

#[test]
fn bytes() {
    let cases = [
        ("", "stamp ends at byte 0: expected a layout number"),
        (
            "02",
            "stamp is not canonical at byte 0: expected layout number 1",
        ),
        ("01", "stamp ends at byte 1: expected bits of an id tree"),
        (
            "01 05 a0",
            "stamp ends at byte 3: expected nodes of an event tree",
        ),
        (
            "01 ff01 a0",
            "stamp ends at byte 3: expected bits of an id tree",
        ),
        // Bits set beyond the last.
        (
            "01 05 a1 01 00 01 00",
            "stamp is not canonical at byte 2: expected zeros after the last bit",
        ),
        (
            "01 05 a0 03 81 03 000200",
            "stamp is not canonical at byte 4: expected zeros after the last bit",
        ),
        // An id that is cut, one that goes on, one with two equal halves.
        (
            "01 01 80 01 00 01 00",
            "stamp ends at byte 2: expected a node of an id tree",
        ),
        (
            "01 04 40 01 00 01 00",
            "stamp is not canonical at byte 2: expected the end of the id tree",
        ),
        (
            "01 05 80 01 00 01 00",
            "stamp is not canonical at byte 2: expected equal leaves merged into their parent",
        ),
        (
            "01 05 a8 01 00 01 00",
            "stamp is not canonical at byte 2: expected equal leaves merged into their parent",
        ),
        // An event tree that is cut, and one that goes on.
        (
            "01 02 40 00 00",
            "stamp ends at byte 4: expected a node of an event tree",
        ),
        (
            "01 02 40 01 80 01 00",
            "stamp ends at byte 4: expected a node of an event tree",
        ),
        (
            "01 02 40 02 00 02 0000",
            "stamp is not canonical at byte 4: expected the end of the event tree",
        ),
        // The length of the values is wrong, or a value is missing, or in a long form.
        (
            "01 02 40 01 00 02 00",
            "stamp is not canonical at byte 5: expected the length of the values that follow",
        ),
        (
            "01 02 40 01 00 01 00 00",
            "stamp is not canonical at byte 5: expected the length of the values that follow",
        ),
        (
            "01 02 40 01 00 00",
            "stamp ends at byte 6: expected the value of a node",
        ),
        (
            "01 02 40 01 00 02 00 00",
            "stamp ends at byte 7, but 1 more bytes follow",
        ),
        (
            "01 02 40 01 00 02 80 00",
            "stamp is not canonical at byte 6: expected a number in its shortest form",
        ),
        // Not in normal form.
        (
            "01 02 40 03 80 03 000101",
            "stamp is not canonical at byte 4: expected a child with value 0 below every branch",
        ),
        (
            "01 02 40 03 80 03 010102",
            "stamp is not canonical at byte 4: expected a child with value 0 below every branch",
        ),
        (
            "01 02 40 03 80 03 010000",
            "stamp is not canonical at byte 4: expected equal leaves merged into their parent",
        ),
        // Sums above 64 bits.
        (
            "01 02 40 03 80 0c ffffffffffffffffff01 0100",
            "stamp holds a number above 64 bits at byte 4",
        ),
        (
            "01 02 40 01 00 0a ffffffffffffffffff02",
            "stamp holds a number above 64 bits at byte 6",
        ),
    ];
    for (hex, expected) in cases {
        assert_eq!(refusal(&v1(hex)), expected, "{hex}");
    }
}

/// The v3 text of hex with spaces.
fn v3(hex: &str) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .flat_map(|digit| {
            [3, 2, 1, 0].map(|place| u8::try_from(digit >> place & 1).expect("a bit"))
        })
        .collect();
    let sextet =
        |bits: &[u8]| (0..6).fold(0, |sum, at| sum * 2 + bits.get(at).copied().unwrap_or(0));
    let text: String = bits
        .chunks(6)
        .map(|bits| char::from(digits[usize::from(sextet(bits))]))
        .collect();
    format!("itc:v3:{text}")
}

#[test]
fn sparse_values() {
    let read = |hex: &str| {
        let clock = ItcClock::from_text(&v3(hex)).expect(hex);
        assert_eq!(clock.to_text_v3(), v3(hex));
        format!("{clock:?}")
    };
    assert_eq!(read("01 02 40 03 80 01 01 05"), "(1, (0, 5, 0))");
    // Distances count from the node before.
    assert_eq!(
        read("01 02 40 05 a0 02 02 07 01 05"),
        "(1, (0, 0, (7, 5, 0)))"
    );

    let cases = [
        (
            "01 02 40 03 80 01 01 00",
            "stamp is not canonical at byte 7: expected no entry for a value of 0",
        ),
        (
            "01 02 40 03 80 02 01 05 00 05",
            "stamp is not canonical at byte 8: expected one value for each node",
        ),
        (
            "01 02 40 03 80 02 01 05 02 05",
            "stamp is not canonical at byte 10: expected values of nodes that exist",
        ),
        (
            "01 02 40 03 80 01 01 05 00",
            "stamp ends at byte 8, but 1 more bytes follow",
        ),
        (
            "01 02 40 03 80 02 01 05",
            "stamp ends at byte 8: expected nodes of an event tree",
        ),
        (
            "01 02 40 03 80 ffffffff0f",
            "stamp has more than 65535 values at byte 5",
        ),
    ];
    for (hex, expected) in cases {
        assert_eq!(refusal(&v3(hex)), expected, "{hex}");
    }
}

/// Lengths that promise more than there is reserve nothing, and depths beyond the limit stop early.
#[test]
fn hostile_sizes() {
    let huge = "ffffffffffffffff7f";
    let cases = [
        (
            format!("01 {huge}"),
            "stamp has more than 131070 bits of an id tree at byte 1",
        ),
        (
            format!("01 02 40 {huge}"),
            "stamp has more than 65535 nodes of an event tree at byte 3",
        ),
        (
            format!("01 02 40 01 00 {huge}"),
            "stamp has more than 655350 bytes of values at byte 5",
        ),
        // An id of 4,096 levels.
        (
            format!("01 8020 {}", "ff".repeat(512)),
            "stamp has more than 128 levels at byte 19",
        ),
    ];
    for (hex, expected) in cases {
        assert_eq!(refusal(&v1(&hex)), expected);
    }
    // An event tree of 4,096 levels.
    let deep = v3(&format!("01 02 40 8020 {} 00", "ff".repeat(512)));
    assert_eq!(refusal(&deep), "stamp has more than 128 levels at byte 21");
    // A megabyte of nothing.
    assert!(ItcClock::from_text(&format!("itc:v3:{}", "_".repeat(1_000_000))).is_err());
    assert!(ItcClock::from_text(&format!("itc:v1:{}", "ff".repeat(1_000_000))).is_err());
}

#[test]
fn the_cause_is_kept() {
    use std::error::Error as _;

    let error = ItcClock::from_text("itc:v1:02").expect_err("no layout 2");
    let expected = StampError::NotCanonical {
        offset: 0,
        expected: "layout number 1",
    };
    assert_eq!(error, ItcError::Bytes(expected));
    assert_eq!(
        error.source().map(ToString::to_string),
        Some(expected.to_string())
    );
}

proptest! {
    #[test]
    fn both_forms_read_back(steps in vec((0_usize..6, 0_usize..6, 0_u8..8), 0..40)) {
        for clock in run(&steps) {
            let (v1, v3) = (clock.to_text_v1(), clock.to_text_v3());
            prop_assert_eq!(ItcClock::from_text(&v1), Ok(clock.clone()));
            prop_assert_eq!(ItcClock::from_text(&v3), Ok(clock.clone()));
            let stamp = clock.stamp();
            prop_assert_eq!(ItcClock::from_text(&v3).map(|back| back.stamp()), Ok(stamp.clone()));
            let mut bytes = Vec::new();
            stamp.encode(&mut bytes);
            prop_assert_eq!(lattice_lww::Itc::decode(&bytes), Ok(stamp));
        }
    }

    /// Any text: no panic, and what is read is written back as it was.
    #[test]
    fn any_text(form in prop_oneof![Just("itc:v1:"), Just("itc:v3:")], body in "[0-9a-fA-Z_-]{0,60}") {
        let text = format!("{form}{body}");
        if let Ok(clock) = ItcClock::from_text(&text) {
            let back = if form == "itc:v1:" { clock.to_text_v1() } else { clock.to_text_v3() };
            prop_assert_eq!(back, text);
        }
    }

    /// Texts near legal ones.
    #[test]
    fn mutated_text(
        steps in vec((0_usize..6, 0_usize..6, 0_u8..8), 0..20),
        at in any::<prop::sample::Index>(),
        with in "[0-9a-f]",
    ) {
        for clock in run(&steps) {
            for text in [clock.to_text_v1(), clock.to_text_v3()] {
                let at = at.index(text.len() - 7) + 7;
                let mut changed = text.clone();
                changed.replace_range(at..=at, &with);
                if let Ok(other) = ItcClock::from_text(&changed) {
                    prop_assert_eq!(other == clock, changed == text);
                }
            }
        }
    }
}
