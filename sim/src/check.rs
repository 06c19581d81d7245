//! What must hold of a replica, and of a snapshot, at any time.

use std::collections::BTreeSet;

use bones_compact::{
    CompactionPolicy, CompactionReport, SkipReason, Verdict, verify_compaction, verify_lattice_join,
};
use bones_snapshot::{
    Content, Element, EventHash, ItemState, ItemView, Key, Link, ObservedSet, Order, Register,
    SnapshotPayload, Text,
};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::Stamp;
use serde_json::Value;

use crate::book::{Book, Part, Told};
use crate::fact::{Element as Named, Hash, PHASES, Removes};
use crate::failure::{Failure, ensure};
use crate::held::Blob;
use crate::naive::{Entry, Kept, Known, element_name, hash_text};
use crate::replica::{Held, Replica, sources};
use crate::tally::Tally;

/// Asks the oracle about what was told of an item.
fn known<S: Order, T>(
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
            redacted: redactions.contains(&atom.fact.hash) || told.masked.contains(&id),
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

/// The writes a state holds, named as the oracle names them.
fn kept<S: Order>(book: &Book<S>, item: usize, content: &Content<S>) -> Kept {
    let mut kept = Kept::new();
    register(&mut kept, "title", &content.title);
    register(&mut kept, "description", &content.description);
    register(&mut kept, "kind", &content.kind);
    register(&mut kept, "size", &content.size);
    register(&mut kept, "urgency", &content.urgency);
    register(&mut kept, "parent", &content.parent);
    register(&mut kept, "deleted", &content.deleted);
    register(&mut kept, "summary", &content.compact_summary);
    let names = Names::of(book, item);
    names.set(&mut kept, "labels", "--", &content.labels);
    names.set(&mut kept, "assignees", "--", &content.assignees);
    for (target, set) in &content.links {
        let clear = format!("--{}", names.target(&target.0));
        names.set(&mut kept, "links", &clear, set);
    }
    kept
}

fn register<V: Ord, S: Stamp>(kept: &mut Kept, part: &str, register: &Register<V, S>) {
    for write in register.writes() {
        let writes = kept.entry(part.to_owned()).or_default();
        writes.insert(write.key.event_hash.0);
    }
}

/// Names for the ids that stand for elements: all that the events of the item speak of.
struct Names {
    ids: Vec<([u8; 32], String)>,
    targets: Vec<([u8; 32], String)>,
}

impl Names {
    fn of<S: Order>(book: &Book<S>, item: usize) -> Self {
        let mut elements: BTreeSet<Named> = BTreeSet::new();
        let mut targets: BTreeSet<String> = BTreeSet::new();
        for (_, atom) in book.all_atoms(item) {
            let reading = &atom.fact.reading;
            for ops in [&reading.labels, &reading.assignees, &reading.links] {
                elements.extend(ops.adds.iter().cloned());
                match &ops.removes {
                    Removes::One(element) => _ = elements.insert(element.clone()),
                    Removes::AllTo(target) => _ = targets.insert(target.clone()),
                    Removes::Nothing | Removes::All => {}
                }
            }
        }
        let id = |(name, link_type): &Named| {
            let text = Text::from(&**name);
            if link_type.is_empty() {
                return text.id().0;
            }
            let link_type = Text::from(&**link_type);
            Link {
                target: text,
                link_type,
            }
            .id()
            .0
        };
        targets.extend(elements.iter().map(|(name, _)| name.clone()));
        let ids = elements
            .iter()
            .map(|element| (id(element), element_name(element)));
        let ids = ids.collect();
        let targets = targets
            .into_iter()
            .map(|name| (Link::target_id(&name).0, name));
        Self {
            ids,
            targets: targets.collect(),
        }
    }

    fn element(&self, id: &[u8; 32]) -> String {
        find(&self.ids, id)
    }

    fn target(&self, id: &[u8; 32]) -> String {
        find(&self.targets, id)
    }

    fn set<T: Element, S: Stamp>(
        &self,
        kept: &mut Kept,
        part: &str,
        clear: &str,
        set: &ObservedSet<T, S>,
    ) {
        let mut keep = |what: String, key: &Key<S>| {
            let writes = kept.entry(format!("{part} {what}")).or_default();
            writes.insert(key.event_hash.0);
        };
        for (id, adds) in set.adds() {
            let element = self.element(&id.0);
            adds.iter()
                .for_each(|add| keep(format!("+{element}"), &add.key));
        }
        for (id, removes) in set.removes() {
            let element = self.element(&id.0);
            removes
                .iter()
                .for_each(|key| keep(format!("-{element}"), key));
        }
        set.clears()
            .iter()
            .for_each(|key| keep(clear.to_owned(), key));
    }
}

fn find(names: &[([u8; 32], String)], id: &[u8; 32]) -> String {
    let found = names.iter().find(|(known, _)| known == id);
    found.map_or_else(
        || format!("unknown {}", hash_text(id)),
        |(_, name)| name.clone(),
    )
}

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

/// The policy was obeyed: what it forbids was left alone for the reason it gives, and nothing else.
///
/// # Errors
///
/// [`Failure`] by the name `policy`.
pub(crate) fn policy<S: Order>(
    book: &Book<S>,
    replica: &Replica<S>,
    item: usize,
    held: &Held<S>,
    policy: &CompactionPolicy,
    now: u64,
    report: &CompactionReport,
) -> Result<(), Failure> {
    const DAY: u128 = 86_400_000_000;
    let redactions = redactions(replica);
    let (deleted, phase, updated) = known(book, item, &held.told, &redactions, |known| {
        let view = known.view();
        let phase = PHASES.iter().position(|phase| view["phase"] == *phase);
        let deleted = view["deleted"] == true;
        (deleted, phase, view["updated_at"].as_u64().unwrap_or(0))
    });
    let phase = phase
        .and_then(|phase| PHASES.get(phase))
        .copied()
        .unwrap_or("?");
    let ripe = u128::from(updated) + u128::from(policy.min_age_days) * DAY;
    let expected = if deleted && !policy.include_deleted {
        Some(SkipReason::Deleted)
    } else if !deleted && !policy.target_phases.iter().any(|target| target == phase) {
        Some(SkipReason::Phase)
    } else if ripe > u128::from(now) {
        Some(SkipReason::TooYoung)
    } else {
        None
    };
    let name = Replica::<S>::name(item);
    let found = report.skipped.get(name).copied();
    let redacted = held
        .events
        .iter()
        .any(|event| replica.redactions.contains(&event.event().event().hash));
    ensure(
        !(redacted && found == Some(SkipReason::WouldGrow)),
        "policy",
        || format!("{name} holds a line that is redacted, and is left alone because it would grow"),
    )?;
    if found == Some(SkipReason::AlreadyCompact) {
        let same = match held.blobs.as_slice() {
            [blob] => held.events.is_empty() && blob.read::<S>(name)? == *held.state(),
            _ => false,
        };
        ensure(same, "policy", || {
            format!("{name} is not one snapshot of what is known")
        })?;
    }
    let fits = match expected {
        Some(_) => found == expected,
        None => matches!(
            found,
            None | Some(SkipReason::WouldGrow | SkipReason::AlreadyCompact)
        ),
    };
    ensure(fits, "policy", || {
        format!("{name} should be left alone: {expected:?}, and was: {found:?}")
    })
}
