//! Who won, and why.

use lattice_core::Cell;
use lattice_lww::{Explanation, Lamport, Rule, Unstamped, VersionVector, Write};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{Register, any_write, version_vector, write};

fn stamp(actor: &str) -> VersionVector {
    VersionVector::from_iter([(actor, 1)])
}

fn rules<S>(explanation: &Explanation<'_, u8, S, u8>) -> Vec<(u8, Rule)> {
    let named = |write: &Write<u8, S, u8>| write.key.event_hash.0[0];
    explanation
        .losers
        .iter()
        .map(|loser| (named(loser.write), loser.rule))
        .collect()
}

#[test]
fn an_unwritten_register_has_no_winner() {
    let register = Register::<Unstamped>::new();
    let explanation = register.explain();
    assert_eq!((explanation.winner, explanation.rule()), (None, None));
    assert!(explanation.losers.is_empty());
}

#[test]
fn a_single_write_has_no_losers() {
    let register = Register::from_write(write(Lamport(1), 2, 3, 4, 5));
    assert_eq!(register.explain().rule(), Some(Rule::Sole));
}

#[test]
fn the_first_component_that_differs_decides() {
    let register = Register::from_iter([
        write(stamp("a"), 9, 9, 9, 0),
        write(stamp("b"), 9, 9, 8, 0),
        write(stamp("c"), 9, 8, 10, 0),
        write(stamp("d"), 8, 10, 11, 0),
    ]);
    let explanation = register.explain();
    assert_eq!(
        explanation.winner.map(|write| write.key.event_hash.0[0]),
        Some(9)
    );
    assert_eq!(
        rules(&explanation),
        [
            (8, Rule::EventHash),
            (10, Rule::AgentId),
            (11, Rule::WallTs)
        ],
    );
    assert_eq!(explanation.rule(), Some(Rule::EventHash));
}

#[test]
fn one_event_with_two_stamps_is_decided_by_their_bytes() {
    let register =
        Register::from_iter([write(stamp("a"), 1, 1, 1, 0), write(stamp("b"), 1, 1, 1, 0)]);
    assert_eq!(rules(&register.explain()), [(1, Rule::StampBytes)]);
}

#[test]
fn history_tells_of_writes_that_were_dropped() {
    let history = [
        write(Lamport(1), 900, 0, 1, 0),
        write(Lamport(3), 10, 0, 2, 0),
        write(Lamport(3), 20, 0, 3, 7),
        // The same event with a smaller value, and with none: corrupt, or redacted elsewhere.
        write(Lamport(3), 20, 0, 3, 6),
        // Not joined yet.
        write(Lamport(9), 0, 0, 4, 0),
    ];
    let register = Register::from_iter(history[..4].to_vec());
    let explanation = register.explain_history(&history);
    assert_eq!(explanation.winner, Some(&history[2]));
    assert_eq!(
        rules(&explanation),
        [(1, Rule::Causal), (3, Rule::Cell), (2, Rule::WallTs)]
    );
    assert!(
        explanation
            .losers
            .iter()
            .all(|loser| loser.to == &history[2])
    );
    // Without the history there is nothing to tell.
    assert!(register.explain().losers.is_empty());
}

#[test]
fn a_redacted_winner_shows_the_value_it_had() {
    let mut register = Register::from_write(write(Unstamped, 1, 1, 1, 5));
    let history = [write(Unstamped, 1, 1, 1, 5)];
    register.redact(|_| true);
    let explanation = register.explain_history(&history);
    assert_eq!(
        explanation.winner.map(|write| write.cell),
        Some(Cell::Redacted)
    );
    assert_eq!(rules(&explanation), [(1, Rule::Cell)]);
}

#[test]
fn a_loser_names_the_write_that_displaced_it() {
    // `c` knows `a` only, and loses to `b` by wall clock: what displaced `a` is `c`, not the winner.
    let [a, b] = [
        write(stamp("a"), 50, 0, 1, 0),
        write(stamp("b"), 90, 0, 2, 0),
    ];
    let c = write(VersionVector::from_iter([("a", 2)]), 10, 0, 3, 0);
    let history = [a, b, c];
    let register = Register::from_iter(history.clone());
    let explanation = register.explain_history(&history);
    assert_eq!(explanation.winner, Some(&history[1]));
    let to = |at: usize| {
        explanation
            .losers
            .iter()
            .find(|loser| loser.write == &history[at])
            .map(|it| (it.to, it.rule))
    };
    assert_eq!(to(0), Some((&history[2], Rule::Causal)));
    assert_eq!(to(2), Some((&history[1], Rule::WallTs)));
}

#[test]
fn rules_say_themselves() {
    let said = [
        Rule::Sole,
        Rule::Causal,
        Rule::WallTs,
        Rule::AgentId,
        Rule::EventHash,
        Rule::StampBytes,
        Rule::Cell,
    ]
    .map(|rule| rule.to_string());
    assert_eq!(said[1], "causally later");
    assert!(
        said.iter()
            .all(|text| !text.ends_with('.') && text.chars().all(|c| !c.is_uppercase()))
    );
}

proptest! {
    /// Every write of a history is the winner, or loses once, to a write that is held.
    #[test]
    fn nobody_is_forgotten(history in vec(any_write(version_vector()), 0..8)) {
        let register = Register::from_iter(history.clone());
        let explanation = register.explain_history(&history);
        for write in &history {
            let wins = explanation.winner == Some(write);
            let lost = explanation.losers.iter().filter(|loser| loser.write == write).count();
            prop_assert_eq!(usize::from(wins) + lost, 1, "{:?}", write);
        }
        for loser in &explanation.losers {
            prop_assert!(register.writes().any(|held| held == loser.to));
            prop_assert_ne!(loser.write, loser.to);
            prop_assert_ne!(loser.rule, Rule::Sole);
        }
        let sorted = explanation.losers.is_sorted_by(|a, b| a.write.key.read_cmp(&b.write.key).is_ge());
        prop_assert!(sorted);
    }
}
