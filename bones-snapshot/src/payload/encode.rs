//! State to canonical bytes.

use std::slice;

use lattice_core::{Bottom, Max, Min, Set};
use lattice_lww::{Stamp, Write};

use super::tables::Tables;
use super::value::{Value, WireElement, write_cell};
use super::{FORMAT, field};
use crate::delta::Order;
use crate::hash::EventHash;
use crate::observed::{Adds, ElementId, Key, Link, ObservedSet, Removes};
use crate::state::{Content, ItemState, Moves, Register, Texts};
use crate::wire::Writer;

pub(super) fn encode<S: Order>(item_id: &str, state: &ItemState<S>) -> Vec<u8> {
    let tables = Tables::of(state);
    // About what it comes to: of the texts, comments are by far the most.
    let comments = state.content().comments.values();
    let texts: usize = comments
        .filter_map(|c| c.present())
        .map(|text| text.len())
        .sum();
    let size = texts + 32 * state.coverage().len() + 16 * tables.keys.len() + 512;
    let mut out = Encoder {
        writes: tables.places.iter(),
        tables: &tables,
        out: Writer::with_capacity(size),
    };
    out.out.array(8);
    out.out.uint(FORMAT);
    out.out.uint(u64::from(S::CODE));
    out.out.str(item_id);
    out.agents();
    out.hashes(state.coverage());
    out.hashes(state.redacted());
    out.keys();
    out.fields(state.content());
    debug_assert!(
        out.writes.len() == 0,
        "for_each_key and fields go the same way"
    );
    out.out.into_bytes()
}

pub(super) struct Encoder<'a, S: Order> {
    pub(super) tables: &'a Tables<'a, S>,
    /// The places of the keys of the writes that are still to come.
    // INVARIANT: writes are written in the order of `ItemState::for_each_key`.
    writes: slice::Iter<'a, usize>,
    pub(super) out: Writer,
}

impl<S: Order> Encoder<'_, S> {
    fn agents(&mut self) {
        self.out.array(self.tables.agents.len());
        for agent in &self.tables.agents {
            self.out.str(agent);
        }
    }

    fn hashes(&mut self, hashes: &Set<EventHash>) {
        self.out.bin_of(hashes.iter().map(|hash| &hash.0));
    }

    /// The key table, in the order of event hashes. A covered event is named by its place in the
    /// coverage.
    fn keys(&mut self) {
        self.out.array(self.tables.keys.len());
        let mut stamp = Vec::new();
        for (key, agent, place) in self.tables.placed() {
            self.out.array(if S::CAUSAL { 4 } else { 3 });
            match place {
                Some(place) => self.out.index(place),
                None => self.out.bin(&key.event_hash.0),
            }
            self.out.uint(key.wall_ts);
            self.out.index(agent);
            if S::CAUSAL {
                stamp.clear();
                key.stamp.encode(&mut stamp);
                self.out.bin(&stamp);
            }
        }
    }

    fn fields(&mut self, c: &Content<S>) {
        let times = times(c);
        let present = [
            !c.title.is_bottom(),
            !c.description.is_bottom(),
            !c.kind.is_bottom(),
            !c.size.is_bottom(),
            !c.urgency.is_bottom(),
            !c.parent.is_bottom(),
            !c.deleted.is_bottom(),
            !c.compact_summary.is_bottom(),
            !c.moves.is_bottom(),
            !c.assignees.is_bottom(),
            !c.labels.is_bottom(),
            !c.links.is_bottom(),
            !c.comments.is_bottom(),
            !c.other.is_bottom(),
            times.is_some(),
            !c.legacy.is_bottom(),
        ];
        self.out.map(present.iter().filter(|p| **p).count());
        self.register(field::TITLE, &c.title);
        self.register(field::DESCRIPTION, &c.description);
        self.register(field::KIND, &c.kind);
        self.register(field::SIZE, &c.size);
        self.register(field::URGENCY, &c.urgency);
        self.register(field::PARENT, &c.parent);
        self.register(field::DELETED, &c.deleted);
        self.register(field::COMPACT_SUMMARY, &c.compact_summary);
        self.moves(&c.moves);
        self.set_field(field::ASSIGNEES, &c.assignees);
        self.set_field(field::LABELS, &c.labels);
        if !c.links.is_empty() {
            self.out.uint(field::LINKS);
            self.out.array(c.links.len());
            for (target, set) in &c.links {
                self.links_of(*target, set);
            }
        }
        self.texts(field::COMMENTS, &c.comments);
        self.texts(field::OTHER, &c.other);
        if let Some(times) = times {
            self.out.uint(field::TIMES);
            self.out.array(times.len());
            for time in times {
                match time {
                    Time::Unknown => self.out.nil(),
                    Time::Same => self.out.bool(true),
                    Time::At(t) => self.out.uint(t),
                }
            }
        }
        self.legacy(&c.legacy);
    }

    /// The place of the key of the next write, which is `key`.
    pub(super) fn key(&mut self, key: &Key<S>) {
        let place = self.writes.next().copied().unwrap_or_default();
        debug_assert!(self.tables.keys.get(place) == Some(&key));
        self.out.index(place);
    }

    /// One write stands flat; several, which are concurrent, each in an array of its own.
    fn register<V: Value>(&mut self, number: u64, register: &Register<V, S>) {
        let len = register.writes().count();
        if len == 0 {
            return;
        }
        self.out.uint(number);
        if len > 1 {
            self.out.array(len);
        }
        for Write { key, cell } in register.writes() {
            self.out.array(2);
            self.key(key);
            write_cell(cell, &mut self.out);
        }
    }

    fn moves(&mut self, moves: &Moves<S>) {
        if moves.is_empty() {
            return;
        }
        self.out.uint(field::MOVES);
        self.out.array(moves.len());
        for (m, reason) in moves {
            self.out.array(3);
            self.key(&m.key.0);
            m.target.write(&mut self.out);
            write_cell(reason, &mut self.out);
        }
    }

    fn texts(&mut self, number: u64, texts: &Texts<S>) {
        if texts.is_empty() {
            return;
        }
        self.out.uint(number);
        self.out.array(texts.len());
        for (key, cell) in texts {
            self.out.array(2);
            self.key(&key.0);
            write_cell(cell, &mut self.out);
        }
    }

    fn set_field<T: WireElement>(&mut self, number: u64, set: &ObservedSet<T, S>) {
        if set.is_bottom() {
            return;
        }
        self.out.uint(number);
        self.out.array(parts(set));
        self.set_parts(set);
    }

    /// The links to one target: its id where no link in the set tells it, then the set.
    fn links_of(&mut self, target: ElementId, set: &ObservedSet<Link, S>) {
        self.out.array(parts(set).saturating_add(1));
        if set.elements().is_empty() {
            self.out.bin(&target.0);
        } else {
            self.out.nil();
        }
        self.set_parts(set);
    }

    /// Adds, removes and clears, as many of them as are needed.
    fn set_parts<T: WireElement>(&mut self, set: &ObservedSet<T, S>) {
        let parts = parts(set);
        self.out.array(set.adds().len());
        for (id, adds) in set.adds() {
            self.adds(*id, adds);
        }
        if parts > 1 {
            self.out.array(set.removes().len());
            for (id, removes) in set.removes() {
                self.out.array(removes.len().saturating_add(1));
                self.out.bin(&id.0);
                self.removes(removes);
            }
        }
        if parts > 2 {
            self.out.array(set.clears().len());
            self.removes(set.clears());
        }
    }

    /// The element (its id when every add of it is redacted), then the keys of its adds, redacted
    /// ones in an array of one.
    fn adds<T: WireElement>(&mut self, id: ElementId, adds: &Adds<T, S>) {
        self.out.array(adds.len().saturating_add(1));
        match adds.iter().find_map(|add| add.cell.present()) {
            Some(element) => element.write_element(&mut self.out),
            None => self.out.bin(&id.0),
        }
        for add in adds {
            if add.cell.is_redacted() {
                self.out.array(1);
            }
            self.key(&add.key);
        }
    }

    fn removes(&mut self, removes: &Removes<S>) {
        for key in removes {
            self.key(key);
        }
    }
}

/// How many of adds, removes and clears are written: up to the last that is not empty.
fn parts<T: WireElement, S: Stamp>(set: &ObservedSet<T, S>) -> usize {
    if !set.clears().is_empty() {
        3
    } else if !set.removes().is_empty() {
        2
    } else {
        1
    }
}

/// One of the four times of an item.
enum Time {
    Unknown,
    /// As the time it is written against.
    Same,
    At(u64),
}

/// Earliest, latest, created (against earliest), updated (against latest).
fn times<S: Stamp>(c: &Content<S>) -> Option<[Time; 4]> {
    let against = |time: Option<u64>, other: Option<u64>| match time {
        None => Time::Unknown,
        _ if time == other => Time::Same,
        Some(t) => Time::At(t),
    };
    let earliest = c.earliest.map(|Min(t)| t);
    let latest = c.latest.map(|Max(t)| t);
    let created = c.created.map(|Min(t)| t);
    let updated = c.updated.map(|Max(t)| t);
    let known = [earliest, latest, created, updated];
    known.iter().any(Option::is_some).then(|| {
        [
            against(earliest, None),
            against(latest, None),
            against(created, earliest),
            against(updated, latest),
        ]
    })
}
