//! Laws that any two states and any bytes must keep, asked wherever states meet.

use bones_snapshot::{EventHash, ItemState, Order};
use lattice_core::{JoinSemilattice, Set};

use crate::book::Book;
use crate::failure::{Failure, ensure};

/// One state is below another iff joining it changes nothing, and the join says so.
pub(crate) fn orders_as_it_joins<S: Order>(
    mine: &ItemState<S>,
    theirs: &ItemState<S>,
) -> Result<(), Failure> {
    let mut joined = mine.clone();
    let grew = joined.join(theirs.clone());
    let below = theirs.leq(mine);
    ensure(below == (joined == *mine) && grew != below, "order", || {
        format!(
            "below: {below}, the join says it grew: {grew}, it is the same: {}",
            joined == *mine
        )
    })
}

/// Joining two states leaves no text that either knows to be redacted, and redacting commutes with
/// it.
pub(crate) fn joins_masked<S: Order>(
    mine: &ItemState<S>,
    theirs: &ItemState<S>,
    redactions: &Set<EventHash>,
) -> Result<(), Failure> {
    let joined = mine.clone().joined(theirs.clone());
    let mut again = joined.clone();
    let changed = again.redact(&joined.redacted().clone());
    ensure(!changed && again == joined, "mask", || {
        "a join left text that it knows to be redacted".to_owned()
    })?;
    let redacted = |state: &ItemState<S>| {
        let mut state = state.clone();
        state.redact(redactions);
        state
    };
    let apart = redacted(mine).joined(redacted(theirs));
    ensure(redacted(&joined) == apart, "mask", || {
        "redacting and joining is not joining and redacting".to_owned()
    })
}

/// No text stands in the bytes that the redactions take away.
///
/// # Errors
///
/// When one does.
pub(crate) fn no_leak<S: Order>(
    book: &Book<S>,
    bytes: &[u8],
    redactions: &Set<EventHash>,
    place: &str,
) -> Result<(), Failure> {
    match book.leak(bytes, redactions) {
        None => Ok(()),
        Some(step) => Err(Failure::new(
            "canary",
            format!("the text of #{step} stands in {place} after it was redacted"),
        )),
    }
}
