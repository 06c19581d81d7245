//! Payloads that were changed after they were made, and must be found out.

use bones_compact::{Verdict, verify_compaction, verify_lattice_join};
use bones_snapshot::{Content, EventHash, ItemState, Order, SnapshotPayload};
use lattice_core::{Bottom, JoinSemilattice, Max, Min, Set};

use crate::book::Book;
use crate::check::joined_coverage;
use crate::failure::{Failure, ensure};
use crate::held::{Blob, HeldEvent};
use crate::replica::Replica;
use crate::step::ITEMS;
use crate::tally::Tally;

/// How a state is changed. Whether the result is false is asked of the events, not taken for
/// granted: to drop what counts for nothing changes nothing.
type Change<S> = fn(&mut Content<S>, &Book<S>, usize);

/// Tries some of the changes on a snapshot: each must be refused, with all events at hand and, where
/// that can be known, with none.
///
/// # Errors
///
/// [`Failure`] by the name `tampered`.
pub(crate) fn refused<S: Order>(
    book: &Book<S>,
    item: usize,
    blob: &Blob,
    redactions: &Set<EventHash>,
    pick: u64,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let state: ItemState<S> = blob.read(name)?;
    let ways: [(&str, Change<S>); 10] = [
        ("without its titles", |c, _, _| {
            c.title = Bottom::bottom();
        }),
        ("without its comments", |c, _, _| {
            c.comments = Bottom::bottom();
        }),
        ("without its moves", |c, _, _| {
            c.moves = Bottom::bottom();
        }),
        ("without its labels", |c, _, _| {
            c.labels = Bottom::bottom();
        }),
        ("with an earlier first event", |c, _, _| {
            _ = c.earliest.join(Some(Min(0)));
        }),
        ("with a later update", |c, _, _| {
            _ = c.updated.join(Some(Max(u64::MAX)));
        }),
        ("with an earlier creation", |c, _, _| {
            _ = c.created.join(Some(Min(1)));
        }),
        ("with one covered event less", drop_last_covered),
        ("with one covered event more", cover_more),
        ("with a write too much", write_more),
    ];
    let tried = (0..3).filter_map(|n| ways.get(usize::try_from((pick >> (8 * n)) % 10).ok()?));
    for (what, change) in tried {
        let mut content = state.content().clone();
        change(&mut content, book, item);
        let changed = ItemState::new(content, state.redacted().clone());
        tally.count("tampered");
        judge(book, item, &state, &changed, redactions, what)?;
    }
    another_item(book, item, &state, redactions)?;
    uncovered_write(book, item, &state, redactions)?;
    unmasked(book, item, &state, redactions)?;
    lacking(book, item, &state, redactions)
}

fn drop_last_covered<S: Order>(content: &mut Content<S>, _: &Book<S>, _: usize) {
    let mut covered = std::mem::replace(&mut content.coverage, Set::bottom()).into_vec();
    covered.pop();
    content.coverage = covered.into_iter().collect();
}

fn cover_more<S: Order>(content: &mut Content<S>, book: &Book<S>, item: usize) {
    let hashes = book
        .events_of(item)
        .map(|(_, event)| event.held.event().event().hash);
    content.coverage.extend(hashes.last());
}

fn write_more<S: Order>(content: &mut Content<S>, book: &Book<S>, item: usize) {
    let hashes: Vec<_> = content.coverage.iter().copied().collect();
    let covered = book
        .events_of(item)
        .filter(|(_, e)| hashes.contains(&e.held.event().event().hash));
    // A second text under the key of an event that has one already.
    for (_, event) in covered {
        let forged =
            crate::atom::twisted(event.held.event(), "item.comment", r#"{"body":"forged"}"#);
        if let Ok((_, delta)) = forged {
            content.comments.join(delta.content().comments.clone());
        }
    }
}

fn verify<'a, S: Order>(
    name: &str,
    state: &ItemState<S>,
    events: impl IntoIterator<Item = &'a HeldEvent<S>>,
    redactions: &Set<EventHash>,
) -> Result<Verdict, String> {
    let payload = SnapshotPayload::new(name, state.clone(), &Set::bottom());
    verify_compaction(name, &payload.encode(), events, redactions).map_err(|e| e.to_string())
}

/// With all events at hand the verdict is "verified" for the join of the covered events, and a
/// refusal for everything else.
fn judge<S: Order>(
    book: &Book<S>,
    item: usize,
    state: &ItemState<S>,
    changed: &ItemState<S>,
    redactions: &Set<EventHash>,
    what: &str,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let join = joined_coverage(book, item, changed.coverage(), redactions);
    let holds = !changed.coverage().is_empty() && join == *changed;
    let all = book.events().map(|(_, event)| &event.held);
    let verdict = verify(name, changed, all, redactions);
    ensure(
        (verdict == Ok(Verdict::Verified)) == holds && (holds || verdict.is_err()),
        "tampered",
        || format!("a snapshot of {name} {what}, which is true: {holds}, is called: {verdict:?}"),
    )?;
    let lattice = verify_lattice_join(state, changed).is_ok();
    ensure(lattice == (state == changed), "tampered", || {
        format!("a state of {name} {what} is taken for the same: {lattice}")
    })
}

/// A snapshot of one item is none of another, whatever is at hand.
fn another_item<S: Order>(
    book: &Book<S>,
    item: usize,
    state: &ItemState<S>,
    redactions: &Set<EventHash>,
) -> Result<(), Failure> {
    let other = ITEMS
        .iter()
        .find(|name| **name != Replica::<S>::name(item))
        .copied()
        .unwrap_or("?");
    let payload = SnapshotPayload::new(other, state.clone(), &Set::bottom()).encode();
    let name = Replica::<S>::name(item);
    let none: [&HeldEvent<S>; 0] = [];
    let blind = verify_compaction(name, &payload, none, redactions);
    let all = book.events().map(|(_, event)| &event.held);
    let renamed = verify_compaction(other, &payload, all, redactions);
    ensure(blind.is_err() && renamed.is_err(), "tampered", || {
        format!("a snapshot of {name} under the name of {other} is not refused")
    })
}

/// A write of an event that is not covered is refused with no event at hand.
fn uncovered_write<S: Order>(
    book: &Book<S>,
    item: usize,
    state: &ItemState<S>,
    redactions: &Set<EventHash>,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let stranger = book.events_of(item).find(|(_, event)| {
        let hash = event.held.event().event().hash;
        !state.coverage().contains(&hash)
            && !event.held.event().delta().content().comments.is_bottom()
    });
    let Some((_, stranger)) = stranger else {
        return Ok(());
    };
    let mut content = state.content().clone();
    let comments = stranger.held.event().delta().content().comments.clone();
    content.comments.join(comments);
    let changed = ItemState::new(content, state.redacted().clone());
    let verdict = verify(name, &changed, [], redactions);
    ensure(verdict.is_err(), "tampered", || {
        format!("a snapshot of {name} with an uncovered write is called: {verdict:?}")
    })
}

/// A snapshot that still has the text of a redacted event is refused with no event at hand.
fn unmasked<S: Order>(
    book: &Book<S>,
    item: usize,
    state: &ItemState<S>,
    redactions: &Set<EventHash>,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let nothing = Set::bottom();
    let changed = joined_coverage(book, item, state.coverage(), &nothing);
    let listed = redactions.intersection(changed.coverage());
    if changed.coverage().is_empty() || listed.leq(changed.redacted()) {
        return Ok(());
    }
    let verdict = verify(name, &changed, [], redactions);
    ensure(verdict.is_err(), "tampered", || {
        format!("a snapshot of {name} that is not masked is called: {verdict:?}")
    })
}

/// A snapshot that claims an event at hand and lacks what it wrote is refused, though others are
/// gone.
fn lacking<S: Order>(
    book: &Book<S>,
    item: usize,
    state: &ItemState<S>,
    redactions: &Set<EventHash>,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let claimed = book.events_of(item).find(|(_, event)| {
        let hash = event.held.event().event().hash;
        !state.coverage().contains(&hash)
    });
    let Some((_, claimed)) = claimed else {
        return Ok(());
    };
    let mut content = state.content().clone();
    content.coverage.insert(claimed.held.event().event().hash);
    let mut changed = ItemState::new(content, state.redacted().clone());
    changed.redact(redactions);
    let mut delta = claimed.held.event().delta();
    delta.redact(redactions);
    if delta.leq(&changed) {
        return Ok(());
    }
    let verdict = verify(name, &changed, [&claimed.held], redactions);
    ensure(verdict.is_err(), "tampered", || {
        format!("a snapshot of {name} that lacks what it claims is called: {verdict:?}")
    })
}

/// Damaged copies of the bytes: one bit turned, bytes cut off, bytes put on.
pub(crate) fn damaged(bytes: &[u8], pick: u64) -> Vec<Vec<u8>> {
    let place = |n: u32| usize::try_from(pick.rotate_right(n)).unwrap_or(0) % bytes.len().max(1);
    let mut all = Vec::new();
    for n in 0..12 {
        let mut turned = bytes.to_vec();
        if let Some(byte) = turned.get_mut(place(n * 5)) {
            *byte ^= 1 << (n % 8);
        }
        all.push(turned);
    }
    all.push(bytes.get(..place(7)).unwrap_or_default().to_vec());
    let mut longer = bytes.to_vec();
    longer.push(0xc0);
    all.push(longer);
    all
}
