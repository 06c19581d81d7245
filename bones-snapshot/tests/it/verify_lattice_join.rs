//! `verify_lattice_join` on item states: exactly the join of the deltas, nothing less, nothing more.

use bones_snapshot::{Event, ItemState, Order};
use lattice_core::{Bottom, JoinMismatch, JoinSemilattice, Set, verify_lattice_join};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;

use crate::events::{deltas, histories, redactions};

/// One of the events is kept aside: it is what the greater claim has too much.
fn exact<S: Order + std::fmt::Debug>(events: &[Event], mask: u64, aside: usize, lost: usize) {
    let redactions = redactions(events, mask & mask >> 11);
    let mut all = deltas::<S>(events);
    for delta in &mut all {
        delta.redact(&redactions);
    }
    let extra = all.remove(aside % all.len());
    let join = ItemState::join_all(all.iter().cloned());
    assert_eq!(verify_lattice_join(&join, &all), Ok(()));

    let bigger = join.clone().joined(extra.clone());
    if bigger != join {
        assert_eq!(
            verify_lattice_join(&bigger, &all),
            Err(JoinMismatch::TooBig)
        );
    }
    if all.is_empty() {
        return;
    }
    assert_eq!(
        verify_lattice_join(&ItemState::bottom(), &all),
        Err(JoinMismatch::TooSmall { first_missing: 0 })
    );
    let lost = lost % all.len();
    let mut rest = all.clone();
    rest.remove(lost);
    let smaller = ItemState::join_all(rest);
    if smaller == join {
        return;
    }
    let found = verify_lattice_join(&smaller, &all);
    let Err(JoinMismatch::TooSmall { first_missing }) = found else {
        panic!("a smaller state gave {found:?}");
    };
    assert!(!all[first_missing].leq(&smaller));
    let other = smaller.joined(extra.clone());
    if !all.iter().all(|delta| delta.leq(&other)) && !extra.leq(&join) {
        let found = verify_lattice_join(&other, &all);
        assert!(
            matches!(found, Err(JoinMismatch::Unrelated { .. })),
            "{found:?}"
        );
    }
}

/// Forgeries that cover the right events and lie about what they wrote.
fn forged<S: Order + std::fmt::Debug>(events: &[Event], mask: u64) {
    let all = deltas::<S>(events);
    let join = ItemState::join_all(all.iter().cloned());
    let mut silent = join.content().clone();
    silent.title = Bottom::bottom();
    let silent = ItemState::new(silent, join.redacted().clone());
    if silent != join {
        assert!(verify_lattice_join(&silent, &all).is_err());
    }
    let mut hushed = join.clone();
    if hushed.redact(&redactions(events, mask)) {
        assert!(verify_lattice_join(&hushed, &all).is_err());
    }
    let mut claimed = join.content().clone();
    claimed.coverage.join(Set::singleton(crate::events::UNSEEN));
    let claimed = ItemState::new(claimed, join.redacted().clone());
    assert_eq!(
        verify_lattice_join(&claimed, &all),
        Err(JoinMismatch::TooBig)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn wall(events in histories(8), mask in any::<u64>(), aside in any::<usize>(), lost in any::<usize>()) {
        exact::<Unstamped>(&events, mask, aside, lost);
        forged::<Unstamped>(&events, mask);
    }

    #[test]
    fn itc(events in histories(8), mask in any::<u64>(), aside in any::<usize>(), lost in any::<usize>()) {
        exact::<Itc>(&events, mask, aside, lost);
        forged::<Itc>(&events, mask);
    }
}
