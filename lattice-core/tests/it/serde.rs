//! Serde: one form per state, and no other is taken.
#![cfg(feature = "serde")]

use core::fmt::Debug;

use lattice_core::{
    Antichain, CausalContext, Cell, ChunkedMap, Conflict, Dot, Map, Max, Min, Pair, Run, Set,
    VersionVector, laws,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::write::Write;

/// Through a text format that describes itself and a binary one that does not name fields.
fn check_round_trip<L: Serialize + DeserializeOwned + Eq + Debug>(states: &[L]) {
    laws::check_round_trip(
        states,
        |state| serde_json::to_string(state).expect("writes"),
        |text| serde_json::from_str(text),
    );
    laws::check_round_trip(
        states,
        |state| rmp_serde::to_vec(state).expect("writes"),
        |bytes| rmp_serde::from_slice(bytes),
    );
}

#[test]
fn every_type_round_trips() {
    check_round_trip(&[Max(1), Max(2)]);
    check_round_trip(&[Min(1), Min(2)]);
    check_round_trip(&[Cell::Present(Some(1)), Cell::Present(None), Cell::Redacted]);
    check_round_trip(&[Conflict::Agreed(1), Conflict::Conflicting]);
    check_round_trip(&[Pair(true, Set::new()), Pair(false, Set::singleton(1))]);
    check_round_trip(&[Set::new(), Set::from_iter([1, 2]), Set::from_iter([300])]);
    check_round_trip(&[
        Map::new(),
        Map::from_iter([((1, 'a'), Max(1)), ((2, 'b'), Max(0))]),
    ]);
    check_round_trip(&[
        ChunkedMap::new(),
        (0..500_u16).map(|key| (key, Max(key % 7))).collect(),
    ]);
    check_round_trip(&[
        VersionVector::new(),
        VersionVector::from_iter([("a".to_owned(), 1)]),
    ]);
    let dots = [
        ("a".to_owned(), 1),
        ("a".to_owned(), 3),
        ("b".to_owned(), u64::MAX),
    ];
    check_round_trip(&[
        CausalContext::new(),
        dots.into_iter()
            .map(|(agent, seq)| Dot::new(agent, seq))
            .collect(),
    ]);
    check_round_trip(&[Dot::new(1, 2)]);
    check_round_trip(&[Run {
        agent: 1,
        first: 2,
        last: 3,
    }]);
    let (one, other) = (Write::new((1, 0), 0, 1), Write::new((0, 1), 0, 2));
    check_round_trip(&[
        Antichain::new(),
        Antichain::singleton(one.clone()),
        Antichain::from_iter([one, other]),
    ]);
}

#[test]
fn forms_are_plain() {
    let text = |map: &Map<&str, Max<u8>>| serde_json::to_string(map).expect("writes");
    assert_eq!(
        text(&Map::from_iter([("b", Max(2)), ("a", Max(1))])),
        r#"[["a",1],["b",2]]"#
    );
    let context: CausalContext<_> = [1, 2, 5]
        .map(|seq| Dot::new("a", seq))
        .into_iter()
        .collect();
    assert_eq!(
        serde_json::to_string(&context).expect("writes"),
        r#"[["a",1,2],["a",5,5]]"#
    );
}

#[track_caller]
fn refuse<L: DeserializeOwned + Debug>(text: &str, reason: &str) {
    let error = serde_json::from_str::<L>(text)
        .expect_err("must be refused")
        .to_string();
    assert!(error.starts_with(reason), "{error}");
}

#[test]
fn other_forms_are_refused() {
    let map = "map keys do not strictly increase";
    refuse::<Map<u8, Max<u8>>>("[[2,0],[1,0]]", map);
    refuse::<Map<u8, Max<u8>>>("[[1,0],[1,1]]", map);
    refuse::<ChunkedMap<u8, Max<u8>>>("[[2,0],[1,0]]", map);
    refuse::<ChunkedMap<u8, Max<u8>>>("[[1,0],[1,1]]", map);
    refuse::<Set<u8>>("[2,1]", "set elements do not strictly increase");
    refuse::<Set<u8>>("[1,1]", "set elements do not strictly increase");
    let vector = "version vector entries do not strictly increase or are zero";
    refuse::<VersionVector<u8>>("[[2,1],[1,1]]", vector);
    refuse::<VersionVector<u8>>("[[1,0]]", vector);
    let context = "causal context runs are not sorted and apart";
    refuse::<CausalContext<u8>>("[[1,0,3]]", context);
    refuse::<CausalContext<u8>>("[[1,3,2]]", context);
    refuse::<CausalContext<u8>>("[[1,1,3],[1,4,5]]", context);
    refuse::<CausalContext<u8>>("[[2,1,1],[1,1,1]]", context);
}

fn write(first: u8, second: u8, id: u8) -> String {
    format!(r#"{{"stamp":[{first},{second}],"id":{id},"value":{{"Present":0}}}}"#)
}

#[test]
fn what_is_no_antichain_is_refused() {
    let (low, high) = (write(0, 1, 0), write(1, 0, 0));
    let reason = "elements are not a sorted antichain";
    refuse::<Antichain<Write>>(&format!("[{high},{low}]"), reason);
    refuse::<Antichain<Write>>(&format!("[{low},{low}]"), reason);
    refuse::<Antichain<Write>>(&format!("[{low},{}]", write(1, 1, 0)), reason);
    assert!(serde_json::from_str::<Antichain<Write>>(&format!("[{low},{high}]")).is_ok());
    let many = vec![low; Antichain::<Write>::MAX_DECODED + 1].join(",");
    refuse::<Antichain<Write>>(&format!("[{many}]"), "antichain is too long");
}
