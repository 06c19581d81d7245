//! A snapshot against the events it covers.

use bones_compact::{Verdict, verify_compaction, verify_lattice_join};
use bones_snapshot::{EventHash, ItemState, Order};
use lattice_core::Set;

use crate::book::Book;
use crate::failure::{Failure, ensure};
use crate::held::Blob;
use crate::replica::Replica;
use crate::tally::Tally;

/// A snapshot is true: it verifies against the events it covers, and says so where some are gone.
///
/// # Errors
///
/// [`Failure`] by the name `verify`.
pub(crate) fn snapshot<S: Order>(
    book: &Book<S>,
    item: usize,
    blob: &Blob,
    redactions: &Set<EventHash>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let state: ItemState<S> = blob.read(name)?;
    let expected = book.state(&blob.told, redactions);
    let lattice = verify_lattice_join(&expected, &state);
    ensure(lattice.is_ok(), "verify", || {
        format!("a snapshot of {name} is not the join of what it was made of")
    })?;
    let all = book.events().map(|(_, event)| &event.held);
    let verdict = verify_compaction(name, &blob.bytes, all, redactions);
    let plain = book.is_plain(&blob.told, redactions);
    let join = joined_coverage(book, item, state.coverage(), redactions);
    let holds = !state.coverage().is_empty() && join == state;
    ensure(!plain || holds, "verify", || {
        format!("a snapshot of {name} is not the join of the events it covers")
    })?;
    ensure(
        matches!(verdict, Ok(Verdict::Verified)) == holds,
        "verify",
        || {
            let outcome = verdict.map_or_else(|e| e.to_string(), |v| format!("{v:?}"));
            format!("a snapshot of {name} that is true: {holds}, is called: {outcome}")
        },
    )?;
    tally.count(if holds {
        "snapshots verified"
    } else {
        "snapshots found false"
    });
    if !plain {
        return Ok(());
    }
    // Without some of the events nobody can say: which ones are missing is told exactly.
    let odd = book.events().filter(|(id, _)| id % 2 == 1);
    let odd: Vec<_> = odd.map(|(_, event)| &event.held).collect();
    let missing: Set<EventHash> = state
        .coverage()
        .difference(&odd.iter().map(|event| event.event().event().hash).collect());
    let verdict = verify_compaction(name, &blob.bytes, odd, redactions);
    let right = match &verdict {
        Ok(Verdict::Verified) => missing.is_empty(),
        Ok(Verdict::Unverifiable { missing: named }) => !missing.is_empty() && *named == missing,
        _ => false,
    };
    ensure(right, "verify", || {
        let outcome = verdict.map_or_else(|e| e.to_string(), |v| format!("{v:?}"));
        format!(
            "a snapshot of {name} with {} events missing is called: {outcome}",
            missing.len()
        )
    })?;
    tally.count("snapshots unverifiable");
    Ok(())
}

/// The join of the events of a coverage, as far as there are such events.
pub(crate) fn joined_coverage<S: Order>(
    book: &Book<S>,
    item: usize,
    coverage: &Set<EventHash>,
    redactions: &Set<EventHash>,
) -> ItemState<S> {
    let covered = book.events_of(item).map(|(_, event)| event.held.event());
    let covered = covered.filter(|event| coverage.contains(&event.event().hash));
    let mut state = ItemState::join_all(covered.map(bones_snapshot::Stamped::delta));
    state.redact(redactions);
    state
}
