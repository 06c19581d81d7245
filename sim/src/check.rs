//! What must hold of a replica, and of a snapshot, at any time.

mod policy;
mod snapshot;
mod writes;

use std::collections::BTreeSet;

use bones_snapshot::{ItemState, ItemView, Order, SnapshotPayload};
use lattice_core::JoinSemilattice;
use serde_json::Value;

pub(crate) use self::policy::policy;
pub(crate) use self::snapshot::{joined_coverage, snapshot};
use self::writes::kept;
use crate::atom::Part;
use crate::book::{Book, Told};
use crate::fact::Hash;
use crate::failure::{Failure, ensure};
use crate::naive::{Entry, Known};
use crate::replica::{Held, Replica, sources};

/// Asks the oracle about what was told of an item.
pub(crate) fn known<S: Order, T>(
    book: &Book<S>,
    item: usize,
    told: &Told,
    redactions: &BTreeSet<Hash>,
    ask: impl FnOnce(&Known<'_>) -> T,
) -> T {
    let leq = |a, b| book.stamp_leq(a, b);
    let mut claims = BTreeSet::new();
    let mut entries = Vec::new();
    for (id, atom) in book.atoms(&told.atoms) {
        if atom.part == Part::Claim {
            claims.insert(atom.fact.hash);
            continue;
        }
        entries.push(Entry {
            fact: &atom.fact,
            stamp: atom.event,
            redacted: atom.fact.falls_to(|hash| redactions.contains(hash))
                || told.masked.contains(&id),
            covered: atom.covers(),
        });
    }
    ask(&Known {
        item: Replica::<S>::name(item),
        entries,
        claims,
        redactions,
        leq: S::CAUSAL.then_some(&leq),
    })
}

/// The redactions that the oracle knows a replica was told.
fn redactions<S: Order>(replica: &Replica<S>) -> BTreeSet<Hash> {
    replica.told.iter().map(|hash| hash.0).collect()
}

/// One item at a replica is what it was told, no more and no less, in every way of asking.
///
/// # Errors
///
/// [`Failure`] by the name of the way that differs.
pub(crate) fn item<S: Order>(
    book: &Book<S>,
    at: usize,
    replica: &Replica<S>,
    item: usize,
) -> Result<(), Failure> {
    let name = Replica::<S>::name(item);
    let wrong = |what: &str| format!("r{at}, {name}: {what}");
    ensure(
        replica.redactions.iter().eq(&replica.told),
        "redactions",
        || wrong("the redactions known are not those it was told"),
    )?;
    let Some(held) = replica.items.get(&item) else {
        return Ok(());
    };
    let redactions = redactions(replica);
    let (view, writes) = known(book, item, &held.told, &redactions, |known| {
        (known.view(), known.writes())
    });
    same_view(&view, name, held.state()).map_err(|what| Failure::new("view", wrong(&what)))?;
    let kept = kept(book, item, held.state().content());
    ensure(kept == writes, "writes", || {
        let differ = |(part, writes): &(&String, &BTreeSet<Hash>)| kept.get(*part) != Some(writes);
        let part = writes.iter().find(differ).map(|(part, _)| part.clone());
        let extra = kept
            .keys()
            .find(|part| !writes.contains_key(*part))
            .cloned();
        wrong(&format!(
            "other writes are held than count, in {:?}",
            part.or(extra)
        ))
    })?;
    let plain = book.state(&held.told, &replica.redactions);
    let bytes = |state: &ItemState<S>| {
        SnapshotPayload::new(name, state.clone(), &replica.redactions).encode()
    };
    ensure(bytes(held.state()) == bytes(&plain), "bytes", || {
        wrong("other bytes than those of the state that was never compacted")
    })?;
    ensure(
        *held.state() == sources(item, held)?.state(&replica.redactions),
        "sources",
        || wrong("what is held joins to another state than is shown"),
    )?;
    bounds(book, item, replica, held).map_err(|what| Failure::new("order", wrong(&what)))
}

/// The order of the lattice agrees: every event that was told is below the state, no other is.
fn bounds<S: Order>(
    book: &Book<S>,
    item: usize,
    replica: &Replica<S>,
    held: &Held<S>,
) -> Result<(), String> {
    for (event, written) in book.events_of(item) {
        let mut delta = written.held.event().delta();
        delta.redact(&replica.redactions);
        let told = held.told.atoms.contains(&written.held.atom());
        let below = delta.leq(held.state());
        if told && !below {
            return Err(format!("event {event} was told and is not below the state"));
        }
        let covered = held
            .state()
            .coverage()
            .contains(&written.held.event().event().hash);
        if below && !covered {
            return Err(format!(
                "event {event} was never told and is below the state"
            ));
        }
    }
    Ok(())
}

/// Compares key by key, and says which one differs.
fn same_view<S: Order>(expected: &Value, name: &str, state: &ItemState<S>) -> Result<(), String> {
    let shown = serde_json::to_value(ItemView::new(name, state)).map_err(|e| e.to_string())?;
    let (Value::Object(expected), Value::Object(shown)) = (expected, shown) else {
        return Err("a view is no object".to_owned());
    };
    for (key, value) in expected {
        let found = shown.get(key).unwrap_or(&Value::Null);
        if found != value {
            return Err(format!("`{key}` is {found}, and by definition {value}"));
        }
    }
    match shown.keys().find(|key| !expected.contains_key(*key)) {
        Some(key) => Err(format!("`{key}` is shown, and the oracle does not know it")),
        None => Ok(()),
    }
}
