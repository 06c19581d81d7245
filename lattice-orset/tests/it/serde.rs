//! Serde: the parts out, canonical and readable; the parts in, and nothing else.

use lattice_core::{Dot, laws};
use lattice_orset::{GSet, OrSet, Replica, Suspended};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::naive::{Fate, Naive};
use crate::states::adversarial;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn round_trip(states in vec(adversarial(), 1..4)) {
        let states: Vec<OrSet<u8, u8>> = states.iter().map(Naive::to_orset).collect();
        let to_json = |set: &_| serde_json::to_string(set).unwrap();
        laws::check_round_trip(&states, to_json, |text| serde_json::from_str(text));
        let to_bytes = |set: &_| rmp_serde::to_vec(set).unwrap();
        laws::check_round_trip(&states, to_bytes, |bytes| rmp_serde::from_slice(bytes));
        let to_named = |set: &_| rmp_serde::to_vec_named(set).unwrap();
        laws::check_round_trip(&states, to_named, |bytes| rmp_serde::from_slice(bytes));
    }

    #[test]
    fn round_trip_of_grow_only_sets(states in vec(vec(".{0,3}", 0..9), 1..4)) {
        let states: Vec<_> = states.into_iter().map(GSet::from_iter).collect();
        laws::check_round_trip(&states, |set| serde_json::to_string(set).unwrap(), |text| serde_json::from_str(text));
        laws::check_round_trip(&states, |set| rmp_serde::to_vec(set).unwrap(), |bytes| rmp_serde::from_slice(bytes));
    }

    #[cfg(feature = "im")]
    #[test]
    fn persistent_sets_have_the_same_form(states in vec(adversarial(), 1..4), elements in vec(0..9_u8, 0..9)) {
        use lattice_orset::im;

        let chunked: Vec<OrSet<u8, u8>> = states.iter().map(Naive::to_orset).collect();
        let persistent: Vec<im::OrSet<u8, u8>> = chunked.iter().map(Into::into).collect();
        let to_json = |set: &_| serde_json::to_string(set).unwrap();
        laws::check_round_trip(&persistent, to_json, |text| serde_json::from_str(text));
        for (chunked, persistent) in chunked.iter().zip(&persistent) {
            prop_assert_eq!(serde_json::to_string(chunked).unwrap(), to_json(persistent));
        }
        let (chunked, persistent): (GSet<u8>, im::GSet<u8>) = (elements.iter().copied().collect(), elements.into_iter().collect());
        let text = serde_json::to_string(&persistent).unwrap();
        prop_assert_eq!(&text, &serde_json::to_string(&chunked).unwrap());
        prop_assert_eq!(serde_json::from_str::<im::GSet<u8>>(&text).unwrap(), persistent);
        prop_assert!(text == "[]" || serde_json::from_str::<im::GSet<u8>>(&text.replacen('[', "[9,", 1)).is_err());
    }

    /// Whatever bytes are read as a state are the bytes that the state is written as.
    #[test]
    fn noise_is_refused_or_canonical(numbers in vec(0..6_u8, 0..8), place in any::<prop::sample::Index>()) {
        let mut dots = Naive::<u8, u8>::new();
        dots.dots.insert(Dot::new(1, 2), Fate::Live(3));
        dots.dots.insert(Dot::new(1, 3), Fate::Redacted);
        dots.dots.insert(Dot::new(2, 5), Fate::Removed);
        let mut bytes = rmp_serde::to_vec(&dots.to_orset()).unwrap();
        for (at, number) in (place.index(bytes.len())..bytes.len()).zip(numbers) {
            bytes[at] = number;
        }
        if let Ok(set) = rmp_serde::from_slice::<OrSet<u8, u8>>(&bytes) {
            let again = rmp_serde::to_vec(&set).unwrap();
            prop_assert_eq!(&again[..], &bytes[..again.len()]);
        }
    }
}

#[test]
fn people_can_read_it() {
    let (mut set, mut ada) = (OrSet::new(), Replica::new("ada".to_owned()));
    for element in ["milk", "eggs", "secret"] {
        set.insert(ada.mint().unwrap(), element.to_owned());
    }
    set.remove("milk");
    set.redact(|dot| dot.seq == 3);
    let text = serde_json::to_string(&set).unwrap();
    let expected = r#"[{"agent":"ada","seen":[[1,3]],"live":[[2,"eggs"]],"redacted":[3]}]"#;
    assert_eq!(text, expected);
    assert_eq!(
        serde_json::from_str::<OrSet<String, String>>(&text).unwrap(),
        set
    );

    let words = GSet::from_iter(["b", "a"]);
    assert_eq!(serde_json::to_string(&words).unwrap(), r#"["a","b"]"#);
}

#[test]
fn refuses_what_it_would_not_write() {
    let agent = |parts: &str| format!(r#"[{{"agent":1,{parts}}}]"#);
    let cases = [
        (agent(r#""seen":[],"live":[],"redacted":[]"#), "an agent of whom nothing was seen"),
        (agent(r#""seen":[[0,2]],"live":[],"redacted":[]"#), "runs of dots are not sorted and apart"),
        (agent(r#""seen":[[3,2]],"live":[],"redacted":[]"#), "runs of dots are not sorted and apart"),
        (agent(r#""seen":[[1,2],[3,4]],"live":[],"redacted":[]"#), "runs of dots are not sorted and apart"),
        (agent(r#""seen":[[5,5],[1,2]],"live":[],"redacted":[]"#), "runs of dots are not sorted and apart"),
        (agent(r#""seen":[[1,4294967295],[4294967295,4294967295]],"live":[],"redacted":[]"#), "runs of dots are not sorted and apart"),
        (agent(r#""seen":[[1,2]],"live":[[2,0],[1,0]],"redacted":[]"#), "dots do not strictly increase"),
        (agent(r#""seen":[[1,2]],"live":[[1,0],[1,0]],"redacted":[]"#), "dots do not strictly increase"),
        (agent(r#""seen":[[1,2]],"live":[],"redacted":[2,1]"#), "dots do not strictly increase"),
        (agent(r#""seen":[[1,2]],"live":[[1,0]],"redacted":[1]"#), "a dot is live and redacted"),
        (agent(r#""seen":[[1,2]],"live":[[3,0]],"redacted":[]"#), "a dot with a cell was not seen"),
        (agent(r#""seen":[[1,2]],"live":[],"redacted":[4294967295]"#), "a dot with a cell was not seen"),
        (agent(r#""seen":[[1,4294967296]],"live":[],"redacted":[]"#), "invalid value: integer `4294967296`, expected u32"),
        (agent(r#""seen":[[1,2]],"live":[],"redacted":[],"more":1"#), "unknown field `more`"),
        (
            r#"[{"agent":1,"seen":[[1,1]],"live":[],"redacted":[]},{"agent":1,"seen":[[2,2]],"live":[],"redacted":[]}]"#.to_owned(),
            "agents do not strictly increase",
        ),
    ];
    for (text, reason) in cases {
        let refused = serde_json::from_str::<OrSet<u8, u8>>(&text)
            .unwrap_err()
            .to_string();
        assert!(refused.starts_with(reason), "{text}: {refused}");
    }
    for list in ["[2,1]", "[1,1]"] {
        let refused = serde_json::from_str::<GSet<u8>>(list)
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("set elements do not strictly increase"),
            "{refused}"
        );
    }
}

#[test]
fn a_handle_at_rest() {
    let mut ada = Replica::new("ada".to_owned());
    let _ = ada.mint().unwrap();
    let text = serde_json::to_string(&ada.suspend()).unwrap();
    let back: Suspended<String> = serde_json::from_str(&text).unwrap();
    let mut ada = back.resume(&OrSet::<u8, String>::new().context()).unwrap();
    assert_eq!(ada.mint().unwrap().dot().seq, 2);
}
