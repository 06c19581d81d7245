//! Folding the events of items and writing their snapshots.
//!
//! Every contender reads the same parsed events (`bones-core` its own, parsed from the same lines), keeps the full
//! tuple of every write and the hash of every event, and writes a payload and its id. All of them but `bones-core`,
//! whose form is its own, write the same bytes, which is asserted before they run.

pub mod floor;
pub mod image;
pub mod peers;
pub mod workload;

use std::collections::HashSet;
use std::rc::Rc;

use bones_compact::{ItemSources, compact_item};
use lattice_core::{Bottom, Set};

use self::image::{Image, SnapshotBytes};
use self::workload::{Event, Item};
use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// How many of the items the contender works on whose events take a kilobyte each.
const BONES_SHARE: usize = 10;

/// What our own `compact_item` writes.
pub fn ours(item: &Item) -> SnapshotBytes {
    let snapshot = compact_item(&item.id, &item.sources, &Set::bottom()).expect("events");
    SnapshotBytes {
        id: snapshot.id,
        payload: snapshot.payload,
    }
}

/// Everyone who folds items of `per_item` events each, `n` events in all.
pub fn contenders(n: usize, per_item: usize, seed: u64) -> Vec<Contender> {
    let mut random = Random::new(seed);
    let count = n / per_item;
    let share = (count / BONES_SHARE).max(1);
    let mut theirs = Vec::with_capacity(share);
    let mut items = Vec::with_capacity(count);
    for number in 0..count {
        let id = workload::id(number);
        let lines = workload::lines(&id, per_item, &mut random);
        if number < share {
            theirs.push((id.clone(), workload::bones_events(&lines)));
        }
        items.push(Item::new(id, &lines));
    }
    let items = Rc::new(items);
    let own = contender(Role::Own, "bones-compact compact_item", &items, ours)
        .goal(Goal::Speed("lattices", 2.0))
        .goal(Goal::Speed("bones-core", 15.0))
        .goal(Goal::Time("by hand", 1.5));
    let mut list = vec![own];
    for (role, name, fold) in [
        (Role::Floor, "by hand", floor::fold as Fold),
        (Role::Peer, "lattices", peers::lattices),
        (Role::Peer, "crdts", peers::crdts),
    ] {
        for item in items.iter().take(3) {
            assert_eq!(
                image_of(item, fold),
                ours(item),
                "{name} writes other bytes"
            );
        }
        list.push(contender(role, name, &items, move |item| {
            image_of(item, fold)
        }));
    }
    list.push(bones(theirs, count as f64 / share as f64));
    list
}

type Fold = for<'a> fn(&'a [Event]) -> Image<'a>;

fn image_of(item: &Item, fold: Fold) -> SnapshotBytes {
    fold(&item.sources.events).write(&item.id)
}

fn contender(
    role: Role,
    name: &str,
    items: &Rc<Vec<Item>>,
    mut snapshot: impl FnMut(&Item) -> SnapshotBytes + 'static,
) -> Contender {
    let items = Rc::clone(items);
    Contender::made(
        role,
        name,
        || (),
        // Written and dropped, as a store does that streams what it compacts.
        move |()| {
            items
                .iter()
                .map(|item| snapshot(item).id.0[0])
                .fold(0, u8::wrapping_add)
        },
    )
}

/// `bones-core` on its events of some items; what it takes counts so many times.
fn bones(items: Vec<(String, Vec<bones_core::event::Event>)>, times: f64) -> Contender {
    let mut contender = Contender::made(
        Role::Peer,
        "bones-core compact_item",
        || (),
        move |()| -> usize {
            let none: HashSet<String> = HashSet::new();
            let compact = |(id, events): &(String, Vec<_>)| {
                bones_core::compact::compact_item(id, events, "bench", &none).expect("events")
            };
            items
                .iter()
                .map(|item| compact(item).event_hash.len())
                .sum()
        },
    );
    let mut run = contender.run;
    contender.run = Box::new(move || run().mul_f64(times));
    contender
}

/// One item of so many events, ours and, while one can wait for it, `bones-core`.
pub fn one_item(events: usize, seed: u64) -> Vec<Contender> {
    let id = workload::id(0);
    let lines = workload::lines(&id, events, &mut Random::new(seed));
    let items = Rc::new(vec![Item::new(id.clone(), &lines)]);
    let mut list = vec![contender(
        Role::Own,
        "bones-compact compact_item",
        &items,
        ours,
    )];
    list.push(contender(Role::Floor, "by hand", &items, |item| {
        image_of(item, floor::fold)
    }));
    if events <= 10_000 {
        list.push(bones(vec![(id, workload::bones_events(&lines))], 1.0));
    }
    list
}

/// The sources of an item of ours.
pub type Sources = ItemSources<Event>;
