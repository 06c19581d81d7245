//! The bulk fold against what it stands for: the join of the deltas.

use bones_snapshot::{Event, ItemState, Order, Stamped};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;

use crate::events::{deltas, histories};

fn stamped<S: Order>(events: &[Event]) -> Vec<Stamped<S>> {
    let stamp = |event: &Event| Stamped::new(event.clone()).unwrap();
    events.iter().map(stamp).collect()
}

fn fold_is_the_join_of_deltas<S: Order>(events: &[Event]) {
    let folded = ItemState::<S>::fold(&stamped(events));
    assert_eq!(folded, ItemState::join_all(deltas(events)));
    // In parts of equal state, not only of equal bytes: what is encoded is the same as well.
    let twice: Vec<Event> = events.iter().rev().chain(events).cloned().collect();
    assert_eq!(
        ItemState::<S>::fold(&stamped(&twice)),
        folded,
        "twice, backwards first"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn under_wall(events in histories(40)) {
        fold_is_the_join_of_deltas::<Unstamped>(&events);
    }

    #[test]
    fn under_itc(events in histories(40)) {
        fold_is_the_join_of_deltas::<Itc>(&events);
    }
}

#[test]
fn of_nothing_is_bottom() {
    assert_eq!(ItemState::<Unstamped>::fold([]), ItemState::join_all([]));
}
