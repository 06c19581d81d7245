//! The fold as users of other crates write it: one small state merged into the state of the item per event.

use std::collections::{BTreeMap, HashMap, HashSet};

use bones_snapshot::EventHash;
use crdts::{CvRDT, GSet, LWWReg};
use lattices::collections::{SingletonMap, SingletonSet};
use lattices::map_union::{MapUnion, MapUnionHashMap};
use lattices::set_union::{SetUnion, SetUnionHashSet};
use lattices::{DomPair, IsBot, LatticeFrom, Max, Merge, Min, Pair, WithBot};

use super::floor::{Op, key, op};
use super::image::{Image, Key, Member, Value};
use super::workload::Event;

/// A tuple as a key of `lattices`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Marker<'a>(Key<'a>);

impl Merge<Self> for Marker<'_> {
    fn merge(&mut self, other: Self) -> bool {
        let grows = *self < other;
        if grows {
            *self = other;
        }
        grows
    }
}

impl LatticeFrom<Self> for Marker<'_> {
    fn lattice_from(other: Self) -> Self {
        other
    }
}

impl IsBot for Marker<'_> {
    fn is_bot(&self) -> bool {
        false
    }
}

/// A value as a lattice that has no least element.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Chain<T>(T);

impl<T: Ord> Merge<Self> for Chain<T> {
    fn merge(&mut self, other: Self) -> bool {
        let grows = *self < other;
        if grows {
            *self = other;
        }
        grows
    }
}

impl<T> LatticeFrom<Self> for Chain<T> {
    fn lattice_from(other: Self) -> Self {
        other
    }
}

impl<T> IsBot for Chain<T> {
    fn is_bot(&self) -> bool {
        false
    }
}

type Register<'a> = WithBot<DomPair<Marker<'a>, Chain<Value<'a>>>>;
type Maximum<'a> = WithBot<Marker<'a>>;
type Comment<'a> = DomPair<Marker<'a>, Chain<&'a str>>;

fn maximum(held: Maximum<'_>) -> Option<Key<'_>> {
    held.into_reveal().map(|marker| marker.0)
}

/// One merge into a map, of a map of one entry.
fn one<K, V>(key: K, value: V) -> MapUnion<SingletonMap<K, V>> {
    MapUnion::new(SingletonMap(key, value))
}

/// Folds with `lattices`.
pub fn lattices(events: &[Event]) -> Image<'_> {
    let mut registers: [Register<'_>; 8] = std::array::from_fn(|_| WithBot::default());
    let mut labels: MapUnionHashMap<&str, Pair<Maximum<'_>, Maximum<'_>>> = MapUnion::default();
    let mut comments: MapUnionHashMap<EventHash, Comment<'_>> = MapUnion::default();
    let mut coverage: SetUnionHashSet<EventHash> = SetUnion::default();
    let mut times = (Min::new(u64::MAX), Max::new(0));
    for event in events {
        let key = key(event);
        coverage.merge(SetUnion::new(SingletonSet(*key.hash)));
        times.0.merge(Min::new(key.ts));
        times.1.merge(Max::new(key.ts));
        let marker = || WithBot::new(Some(Marker(key)));
        match op(event) {
            Op::Write(number, value) => {
                let write = WithBot::new(Some(DomPair::new(Marker(key), Chain(value))));
                registers[number].merge(write);
            }
            Op::Add(label) => {
                labels.merge(one(label, Pair::new(marker(), WithBot::default())));
            }
            Op::Remove(label) => {
                labels.merge(one(label, Pair::new(WithBot::default(), marker())));
            }
            Op::Comment(body) => {
                comments.merge(one(*key.hash, DomPair::new(Marker(key), Chain(body))));
            }
        }
    }
    let labels: HashMap<_, _> = labels.into_reveal();
    let coverage: HashSet<_> = coverage.into_reveal();
    let comments: HashMap<_, _> = comments.into_reveal();
    image(
        registers.map(|r| r.into_reveal().map(|r| (r.key.0, r.into_reveal().1.0))),
        labels
            .into_iter()
            .map(|(label, pair)| {
                let (add, remove) = (maximum(pair.a), maximum(pair.b));
                (label, Member { add, remove })
            })
            .collect(),
        comments
            .into_values()
            .map(|comment| (comment.key.0, comment.into_reveal().1.0))
            .collect(),
        coverage.into_iter().collect(),
        (*times.0.as_reveal_ref(), *times.1.as_reveal_ref()),
    )
}

/// Folds with `crdts`.
pub fn crdts(events: &[Event]) -> Image<'_> {
    type Reg<'a, V> = LWWReg<V, Key<'a>>;
    fn merge<'a, V: PartialEq>(held: &mut Option<Reg<'a, V>>, new: Reg<'a, V>) {
        match held {
            Some(held) => held.merge(new),
            None => *held = Some(new),
        }
    }
    type Labels<'a> = HashMap<&'a str, (Option<Reg<'a, ()>>, Option<Reg<'a, ()>>)>;
    let mut registers: [Option<Reg<'_, Value<'_>>>; 8] = std::array::from_fn(|_| None);
    let mut labels: Labels<'_> = HashMap::new();
    let mut comments: BTreeMap<EventHash, Reg<'_, &str>> = BTreeMap::new();
    let mut coverage: GSet<EventHash> = GSet::new();
    let mut times = (u64::MAX, 0);
    for event in events {
        let marker = key(event);
        coverage.insert(*marker.hash);
        times = (times.0.min(marker.ts), times.1.max(marker.ts));
        match op(event) {
            Op::Write(number, val) => merge(&mut registers[number], LWWReg { val, marker }),
            Op::Add(label) => merge(
                &mut labels.entry(label).or_default().0,
                LWWReg { val: (), marker },
            ),
            Op::Remove(label) => merge(
                &mut labels.entry(label).or_default().1,
                LWWReg { val: (), marker },
            ),
            Op::Comment(val) => {
                comments
                    .entry(*marker.hash)
                    .or_insert(LWWReg { val, marker });
            }
        }
    }
    image(
        registers.map(|r| r.map(|r| (r.marker, r.val))),
        labels
            .into_iter()
            .map(|(label, (add, remove))| {
                let (add, remove) = (add.map(|r| r.marker), remove.map(|r| r.marker));
                (label, Member { add, remove })
            })
            .collect(),
        comments.into_values().map(|r| (r.marker, r.val)).collect(),
        coverage.read().into_iter().collect(),
        times,
    )
}

/// Sorts what came in the order of a hash table.
fn image<'a>(
    registers: [Option<(Key<'a>, Value<'a>)>; 8],
    labels: Vec<(&'a str, Member<'a>)>,
    mut comments: Vec<(Key<'a>, &'a str)>,
    mut coverage: Vec<EventHash>,
    times: (u64, u64),
) -> Image<'a> {
    if !coverage.is_sorted() {
        coverage.sort_unstable();
        comments.sort_unstable_by(|a, b| a.0.hash.cmp(b.0.hash));
    }
    Image {
        registers,
        labels,
        comments,
        coverage,
        times,
    }
}
