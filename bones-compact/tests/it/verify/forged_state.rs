//! Forgeries by someone who knows the format: states changed in one place and written canonically.

use bones_compact::verify_lattice_join;
use bones_snapshot::{
    AgentId, ByHash, Content, Element, ElementId, EventHash, ItemState, Key, Kind, Link, Links,
    Move, ObservedSet, Order, Phase, Register, Size, Text, Texts, Urgency,
};
use lattice_core::{Antichain, Bottom, Cell, JoinSemilattice, Map, Max, Min, Set, join_all};
use lattice_lww::{Itc, Stamp, Unstamped, Write};

use super::Rich;

/// A name for the change, and what it makes.
type Forged<T> = Vec<(String, T)>;

/// The key with one part changed. `others` are the keys of other writes.
fn keys<S: Stamp>(key: &Key<S>, others: &[Key<S>]) -> Forged<Key<S>> {
    let mut forged = Vec::new();
    let mut add = |what: &str, change: &dyn Fn(&mut Key<S>)| {
        let mut key = key.clone();
        change(&mut key);
        forged.push((what.to_owned(), key));
    };
    add("later", &|k| k.wall_ts += 1);
    add("earlier", &|k| k.wall_ts = k.wall_ts.saturating_sub(1));
    add("at the end of time", &|k| k.wall_ts = u64::MAX);
    add("by nobody", &|k| k.agent_id = "".into());
    add("by mallory", &|k| k.agent_id = "mallory".into());
    add("in an event that is not covered", &|k| {
        k.event_hash = EventHash([9; 32]);
    });
    for other in others {
        add("by another", &|k| k.agent_id = other.agent_id.clone());
        add("in another event", &|k| k.event_hash = other.event_hash);
        add("with another stamp", &|k| k.stamp = other.stamp.clone());
        add("as another", &|k| *k = other.clone());
    }
    forged
}

fn cells<V: Clone>(cell: &Cell<V>, values: &[V]) -> Forged<Cell<V>> {
    let mut forged: Forged<_> = values
        .iter()
        .map(|v| ("other value".to_owned(), Cell::Present(v.clone())))
        .collect();
    if !cell.is_redacted() {
        forged.push(("redacted".to_owned(), Cell::Redacted));
    }
    forged
}

/// The list with one element left out, or changed as `change` says.
fn lists<T: Clone>(list: &[T], change: impl Fn(&T) -> Forged<T>) -> Forged<Vec<T>> {
    let mut forged = Vec::new();
    for (at, element) in list.iter().enumerate() {
        let mut less = list.to_vec();
        less.remove(at);
        forged.push((format!("{at} left out"), less));
        for (what, element) in change(element) {
            let mut added = list.to_vec();
            added.push(element.clone());
            forged.push((format!("{at} also {what}"), added));
            let mut changed = list.to_vec();
            changed[at] = element;
            forged.push((format!("{at} {what}"), changed));
        }
    }
    forged
}

fn registers<V: Ord + Clone, S: Stamp>(
    register: &Register<V, S>,
    values: &[V],
    others: &[Key<S>],
) -> Forged<Register<V, S>> {
    let writes: Vec<Write<V, S, _>> = register.writes().cloned().collect();
    let forged = lists(&writes, |write| {
        let keys = keys(&write.key, others).into_iter().map(|(what, key)| {
            let cell = write.cell.clone();
            (what, Write { key, cell })
        });
        let cells = cells(&write.cell, values).into_iter().map(|(what, cell)| {
            let key = write.key.clone();
            (what, Write { key, cell })
        });
        keys.chain(cells).collect()
    });
    forged
        .into_iter()
        .map(|(what, writes)| (what, writes.into_iter().collect()))
        .collect()
}

/// A map to cells whose keys hold the key of a write.
fn maps<K: Ord + Clone, V: Ord + Clone>(
    map: &Map<K, Cell<V>>,
    values: &[V],
    change: impl Fn(&K) -> Forged<K>,
) -> Forged<Map<K, Cell<V>>> {
    let forged = lists(map.as_slice(), |(key, cell)| {
        let keys = change(key).into_iter();
        let keys = keys.map(|(what, key)| (what, (key, cell.clone())));
        let cells = cells(cell, values).into_iter();
        let cells = cells.map(|(what, cell)| (what, (key.clone(), cell)));
        keys.chain(cells).collect()
    });
    let map = |entries: Vec<(K, Cell<V>)>| {
        join_all(
            entries
                .into_iter()
                .map(|(key, cell)| Map::singleton(key, cell)),
        )
    };
    forged
        .into_iter()
        .map(|(what, entries)| (what, map(entries)))
        .collect()
}

fn texts<S: Stamp>(map: &Texts<S>, value: &str, others: &[Key<S>]) -> Forged<Texts<S>> {
    maps(map, &[Text::from(value)], |key| {
        let keys = keys(&key.0, others).into_iter();
        keys.map(|(what, key)| (what, ByHash(key))).collect()
    })
}

/// What an observed set is the join of.
#[derive(Clone)]
enum Part<T, S: Stamp> {
    Add(ElementId, Write<T, S, AgentId>),
    Remove(ElementId, Key<S>),
    Clear(Key<S>),
}

fn parts<T: Element, S: Stamp>(set: &ObservedSet<T, S>) -> Vec<Part<T, S>> {
    let adds = set.adds().iter();
    let adds = adds.flat_map(|(id, adds)| adds.iter().map(|add| Part::Add(*id, add.clone())));
    let removes = set.removes().iter();
    let removes =
        removes.flat_map(|(id, keys)| keys.iter().map(|key| Part::Remove(*id, key.clone())));
    let clears = set.clears().iter().map(|key| Part::Clear(key.clone()));
    adds.chain(removes).chain(clears).collect()
}

fn assembled<T: Element, S: Stamp>(parts: Vec<Part<T, S>>) -> ObservedSet<T, S> {
    join_all(parts.into_iter().map(|part| match part {
        Part::Add(id, write) => {
            let adds = Map::singleton(id, Antichain::singleton(write));
            ObservedSet::from_canonical(adds, Map::new(), Antichain::new()).unwrap()
        }
        Part::Remove(id, key) => ObservedSet::removed(id, key),
        Part::Clear(key) => ObservedSet::cleared(key),
    }))
}

fn sets<T: Element, S: Stamp>(
    set: &ObservedSet<T, S>,
    value: &T,
    others: &[Key<S>],
) -> Forged<ObservedSet<T, S>> {
    let other_id = value.id();
    let forged = lists(&parts(set), |part| {
        let mut forged = Vec::new();
        match part {
            Part::Add(id, write) => {
                for (what, key) in keys(&write.key, others) {
                    let cell = write.cell.clone();
                    forged.push((what, Part::Add(*id, Write { key, cell })));
                }
                let (key, cell) = (write.key.clone(), Cell::Present(value.clone()));
                forged.push((
                    "of another element".into(),
                    Part::Add(other_id, Write { key, cell }),
                ));
                let hidden = Write::redacted(write.key.clone());
                forged.push((
                    "of a hidden element".into(),
                    Part::Add(other_id, hidden.clone()),
                ));
                forged.push(("redacted".into(), Part::Add(*id, hidden)));
                forged.push(("as a remove".into(), Part::Remove(*id, write.key.clone())));
                forged.push(("as a clear".into(), Part::Clear(write.key.clone())));
            }
            Part::Remove(id, key) => {
                let changed = keys(key, others).into_iter();
                forged.extend(changed.map(|(what, key)| (what, Part::Remove(*id, key))));
                forged.push((
                    "of another element".into(),
                    Part::Remove(other_id, key.clone()),
                ));
                forged.push(("as a clear".into(), Part::Clear(key.clone())));
            }
            Part::Clear(key) => {
                let changed = keys(key, others).into_iter();
                forged.extend(changed.map(|(what, key)| (what, Part::Clear(key))));
                forged.push(("as a remove".into(), Part::Remove(other_id, key.clone())));
            }
        }
        forged
    });
    forged
        .into_iter()
        .map(|(what, parts)| (what, assembled(parts)))
        .collect()
}

/// One side of a time, or none at all.
fn times<T: Clone>(
    time: Option<T>,
    get: impl Fn(&T) -> u64,
    make: impl Fn(u64) -> T,
) -> Forged<Option<T>> {
    let mut forged = vec![
        ("at 0".to_owned(), Some(make(0))),
        ("at the end".into(), Some(make(u64::MAX))),
    ];
    if let Some(time) = time {
        forged.push(("unknown".into(), None));
        forged.push(("plus one".into(), Some(make(get(&time) + 1))));
        forged.push(("minus one".into(), Some(make(get(&time).saturating_sub(1)))));
    }
    forged
}

fn hashes(set: &Set<EventHash>) -> Forged<Set<EventHash>> {
    let mut forged: Forged<Set<EventHash>> = lists(set.as_slice(), |_| vec![])
        .into_iter()
        .map(|(what, hashes)| (what, hashes.into_iter().collect()))
        .collect();
    for hash in [
        EventHash([0; 32]),
        EventHash([9; 32]),
        EventHash([0xff; 32]),
    ] {
        let more: Set<EventHash> = set.iter().copied().chain([hash]).collect();
        forged.push(("one more".into(), more));
    }
    forged.push(("none".into(), Set::bottom()));
    forged
}

/// Every content that one change makes of the content.
fn contents<S: Order>(content: &Content<S>, others: &[Key<S>]) -> Forged<Content<S>> {
    let mut forged = Vec::new();
    let text = |s: &str| Text::from(s);
    macro_rules! field {
        ($field:ident, $changes:expr) => {
            for (what, value) in $changes {
                let mut content = content.clone();
                content.$field = value;
                forged.push((format!("{} {what}", stringify!($field)), content));
            }
        };
    }
    field!(
        title,
        registers(&content.title, &[text("forged"), text("two")], others)
    );
    field!(
        description,
        registers(&content.description, &[None, Some(text("forged"))], others)
    );
    field!(
        kind,
        registers(&content.kind, &[Kind::Task, Kind::Goal, Kind::Bug], others)
    );
    field!(
        size,
        registers(
            &content.size,
            &[None, Some(Size::Xs), Some(Size::Xl)],
            others
        )
    );
    field!(
        urgency,
        registers(
            &content.urgency,
            &[Urgency::Urgent, Urgency::Default],
            others
        )
    );
    field!(
        parent,
        registers(&content.parent, &[None, Some(text("bn-666"))], others)
    );
    field!(deleted, registers(&content.deleted, &[false], others));
    field!(
        compact_summary,
        registers(&content.compact_summary, &[text("forged")], others)
    );
    let reasons = [None, Some(text("forged"))];
    field!(
        moves,
        maps(&content.moves, &reasons, |m: &Move<S>| {
            let changed = keys(&m.key.0, others).into_iter();
            let mut moves: Forged<Move<S>> = changed
                .map(|(what, key)| {
                    (
                        what,
                        Move {
                            key: ByHash(key),
                            target: m.target,
                        },
                    )
                })
                .collect();
            for target in [Phase::Open, Phase::Doing, Phase::Done, Phase::Archived] {
                if target != m.target {
                    moves.push((
                        format!("to {}", target.as_str()),
                        Move {
                            key: m.key.clone(),
                            target,
                        },
                    ));
                }
            }
            moves
        })
    );
    field!(
        assignees,
        sets(&content.assignees, &text("mallory"), others)
    );
    field!(labels, sets(&content.labels, &text("forged"), others));
    field!(links, links(&content.links, others));
    field!(comments, texts(&content.comments, "forged", others));
    field!(
        other,
        texts(&content.other, r#"{"data":{},"type":"forged"}"#, others)
    );
    field!(created, times(content.created, |t| t.0, Min));
    field!(earliest, times(content.earliest, |t| t.0, Min));
    field!(updated, times(content.updated, |t| t.0, Max));
    field!(latest, times(content.latest, |t| t.0, Max));
    field!(coverage, hashes(&content.coverage));
    forged.extend(exchanged(content));
    forged
}

fn links<S: Stamp>(links: &Links<S>, others: &[Key<S>]) -> Forged<Links<S>> {
    let mut forged = Vec::new();
    for (target, set) in links {
        let mut less = links.clone();
        less.retain(|other, _| other != target);
        forged.push(("left out".to_owned(), less.clone()));
        let mut moved = less.clone();
        moved.join(Map::singleton(Link::target_id("bn-666"), set.clone()));
        forged.push(("to another target".into(), moved));
        let link = Link {
            target: "bn-8".into(),
            link_type: "forged".into(),
        };
        for (what, set) in sets(set, &link, others) {
            let mut changed = less.clone();
            if !set.is_bottom() {
                changed.join(Map::singleton(*target, set));
            }
            forged.push((what, changed));
        }
    }
    forged
}

/// Contents of two fields of one type, each in the place of the other, and in both.
fn exchanged<S: Order>(content: &Content<S>) -> Forged<Content<S>> {
    let mut forged = Vec::new();
    macro_rules! pair {
        ($a:ident, $b:ident) => {
            let name = |how: &str| format!("{} {how} {}", stringify!($a), stringify!($b));
            let mut swapped = content.clone();
            std::mem::swap(&mut swapped.$a, &mut swapped.$b);
            forged.push((name("in the place of"), swapped));
            let mut moved = content.clone();
            moved
                .$b
                .join(std::mem::replace(&mut moved.$a, Bottom::bottom()));
            forged.push((name("moved to"), moved));
            let mut copied = content.clone();
            copied.$b.join(copied.$a.clone());
            forged.push((name("copied to"), copied));
        };
    }
    pair!(title, compact_summary);
    pair!(description, parent);
    pair!(assignees, labels);
    pair!(comments, other);
    pair!(earliest, created);
    pair!(latest, updated);
    forged
}

fn every_forgery_is_refused<S: Order>() -> usize {
    let rich = Rich::<S>::new();
    let mut others: Vec<Key<S>> = Vec::new();
    rich.state.for_each_key(|key| others.push(key.clone()));
    // Every fifth is enough to borrow agents, hashes and stamps from.
    let others: Vec<Key<S>> = others.into_iter().step_by(5).collect();
    let redacted = rich.state.redacted();
    let contents = contents(rich.state.content(), &others).into_iter();
    let contents =
        contents.map(|(what, content)| (what, ItemState::new(content, redacted.clone())));
    let redactions = hashes(redacted).into_iter().map(|(what, redacted)| {
        let content = rich.state.content().clone();
        (
            format!("redactions {what}"),
            ItemState::new(content, redacted),
        )
    });
    let mut tried = 0;
    for (what, state) in contents.chain(redactions) {
        // Some changes change nothing: a write that loses, a value set to what it is.
        if state != rich.state {
            assert!(
                verify_lattice_join(&rich.state, &state).is_err(),
                "{what}: joined"
            );
            rich.assert_refused(&what, &Rich::forged(state));
            tried += 1;
        }
    }
    tried
}

#[test]
fn every_part_of_the_state_counts() {
    let (wall, itc) = (
        every_forgery_is_refused::<Unstamped>(),
        every_forgery_is_refused::<Itc>(),
    );
    println!("{wall} forgeries under `wall`, {itc} under `itc`");
    assert!(wall > 1_000, "only {wall} forgeries");
    assert!(itc > 1_000, "only {itc} forgeries");
}

#[test]
fn another_item_is_another_snapshot() {
    let rich = Rich::<Unstamped>::new();
    let forged = bones_snapshot::SnapshotPayload::new("bn-2", rich.state.clone(), &Set::bottom());
    rich.assert_refused("item", &forged.encode());
}
