//! "When the winning write is redacted, drop it and show the next best."
//!
//! The next best is gone on replicas that merged before they redacted, and there on those that did it
//! the other way round.

use lattice_core::{Cell, JoinSemilattice, Map, Max, laws};

use crate::kit::assert_caught;

/// Time and hash of the winner.
type Register = Option<Max<(u8, u8)>>;

fn drop_redacted(hash: u8) -> impl Fn(Register) -> Register {
    move |winner| winner.filter(|Max((_, id))| *id != hash)
}

#[test]
fn dropping_the_winner_depends_on_when() {
    let registers: [Register; 3] = [None, Some(Max((1, 10))), Some(Max((2, 20)))];
    laws::check_all(&registers);
    assert_caught("homomorphism", || {
        laws::check_homomorphism(&registers, drop_redacted(20));
    });
}

/// Dropping it from a map of all writes fares no better: the unredacted copy brings it back.
#[test]
fn dropping_the_entry_is_undone_by_the_next_join() {
    let full = Map::from_iter([(10, Cell::Present("best")), (20, Cell::Present("secret"))]);
    let mut dropped = full.clone();
    dropped.retain(|hash, _| *hash != 20);
    assert_eq!(
        dropped.joined(full).get(&20),
        Some(&Cell::Present("secret"))
    );
}

#[test]
fn a_redacted_cell_keeps_its_place() {
    let states = [
        Map::singleton(10, Cell::Present("best")),
        Map::singleton(20, Cell::Present("secret")),
    ];
    laws::check_homomorphism(&states, |mut state| {
        if let Some(cell) = state.get_mut(&20) {
            cell.redact();
        }
        state
    });
}
