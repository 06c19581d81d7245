//! Canonical bytes to state, refusing everything that [`encode`](super::encode) would not write.

use lattice_core::{Antichain, Bottom, Cell, Map, Max, Min, Ranked, Set};
use lattice_lww::{LwwRegister, Stamp, Write};

use super::value::{Value, WireElement, read_cell};
use super::{FORMAT, SnapshotPayload, field};
use crate::delta::Order;
use crate::event::AgentId;
use crate::hash::EventHash;
use crate::observed::{Adds, ByHash, ElementId, Key, Link, ObservedSet, Removes};
use crate::state::{Content, ItemState, Links, Move, Moves, Register, Texts};
use crate::value::Phase;
use crate::wire::{DecodeError, DecodeErrorKind, Reader};

pub(super) fn decode<S: Order>(bytes: &[u8]) -> Result<SnapshotPayload<S>, DecodeError> {
    let mut from = Reader::new(bytes);
    header::<S>(&mut from)?;
    let item_id = from.str("an item id")?.into();
    let agents = agents(&mut from)?;
    let coverage = hashes(&mut from, "coverage")?;
    let redacted = hashes(&mut from, "redactions")?;
    let keys = keys::<S>(&mut from, &agents, &coverage)?;
    let mut decoder = Decoder {
        used: vec![false; keys.len()],
        keys,
        redacted: &redacted,
        coverage: &coverage,
        from,
    };
    let mut content = decoder.fields()?;
    if decoder.used.contains(&false) {
        return decoder.from.fail(DecodeErrorKind::Unused { what: "a key" });
    }
    decoder.from.finish()?;
    content.coverage = coverage.clone();
    Ok(SnapshotPayload {
        item_id,
        state: ItemState::new(content, redacted.clone()),
    })
}

fn header<S: Order>(from: &mut Reader<'_>) -> Result<(), DecodeError> {
    // SUBTLE: the version is judged before the length, which another version may change.
    let len = from.array("a payload")?;
    let found = from.uint("a format version")?;
    if found > FORMAT {
        return from.fail(DecodeErrorKind::NewerFormat {
            found,
            supported: FORMAT,
        });
    }
    if found < FORMAT {
        return from.fail(DecodeErrorKind::Unknown {
            what: "format",
            found,
        });
    }
    if len != 8 {
        return from.fail(DecodeErrorKind::Length {
            what: "a payload",
            found: len,
            expected: "8",
        });
    }
    let order = from.uint("an order")?;
    if order != u64::from(S::CODE) {
        let found = match order {
            0 => "wall".to_owned(),
            1 => "itc".to_owned(),
            other => format!("unknown order {other}"),
        };
        return from.fail(DecodeErrorKind::Order {
            found,
            expected: S::WORD,
        });
    }
    Ok(())
}

/// The agent table: strictly increasing. Which of them are used, the key table tells.
fn agents(from: &mut Reader<'_>) -> Result<Vec<AgentId>, DecodeError> {
    let len = from.array("the agents")?;
    let mut agents: Vec<AgentId> = Vec::with_capacity(from.capacity(len));
    for _ in 0..len {
        let agent = from.str("an agent")?;
        if agents.last().is_some_and(|last| **last >= *agent) {
            return from.fail(DecodeErrorKind::NotSorted { what: "agents" });
        }
        agents.push(agent.into());
    }
    Ok(agents)
}

fn hashes(from: &mut Reader<'_>, what: &'static str) -> Result<Set<EventHash>, DecodeError> {
    let bytes = from.bin(what)?;
    let (hashes, odd) = bytes.as_chunks::<32>();
    if !odd.is_empty() {
        return from.fail(DecodeErrorKind::Length {
            what,
            found: bytes.len(),
            expected: "a multiple of 32 bytes",
        });
    }
    let hashes = hashes.iter().map(|h| EventHash(*h)).collect();
    Set::from_sorted(hashes).map_or_else(|| from.fail(DecodeErrorKind::NotSorted { what }), Ok)
}

fn keys<S: Order>(
    from: &mut Reader<'_>,
    agents: &[AgentId],
    coverage: &Set<EventHash>,
) -> Result<Vec<Key<S>>, DecodeError> {
    let len = from.array("the keys")?;
    let mut keys: Vec<Key<S>> = Vec::with_capacity(from.capacity(len));
    let mut used = vec![false; agents.len()];
    for _ in 0..len {
        let width = if S::CAUSAL { 4 } else { 3 };
        from.array_of("a key", width, "3 without stamp, 4 with one")?;
        let event_hash = event(from, coverage)?;
        let wall_ts = from.uint("a wall clock")?;
        let agent = from.index(agents.len(), "agent")?;
        if let Some(used) = used.get_mut(agent) {
            *used = true;
        }
        let key = Key {
            stamp: stamp::<S>(from)?,
            wall_ts,
            agent_id: agents.get(agent).cloned().unwrap_or_default(),
            event_hash,
        };
        if keys
            .last()
            .is_some_and(|last| last.canonical_cmp(&key).is_ge())
        {
            return from.fail(DecodeErrorKind::NotSorted { what: "keys" });
        }
        keys.push(key);
    }
    if used.contains(&false) {
        return from.fail(DecodeErrorKind::Unused { what: "an agent" });
    }
    Ok(keys)
}

/// A covered event by its place, any other by its hash.
pub(super) fn event(
    from: &mut Reader<'_>,
    coverage: &Set<EventHash>,
) -> Result<EventHash, DecodeError> {
    if !from.is_bin() {
        let index = from.index(coverage.len(), "covered event")?;
        return Ok(coverage
            .as_slice()
            .get(index)
            .copied()
            .unwrap_or(EventHash([0; 32])));
    }
    let hash = EventHash(from.bin32("an event hash")?);
    if coverage.contains(&hash) {
        return from.fail(DecodeErrorKind::NotShortest {
            what: "a covered event",
        });
    }
    Ok(hash)
}

fn stamp<S: Order>(from: &mut Reader<'_>) -> Result<S, DecodeError> {
    let bytes = if S::CAUSAL { from.bin("a stamp")? } else { &[] };
    S::decode(bytes).or_else(|_| from.fail(DecodeErrorKind::Stamp))
}

pub(super) struct Decoder<'a, S: Stamp> {
    pub(super) from: Reader<'a>,
    pub(super) coverage: &'a Set<EventHash>,
    keys: Vec<Key<S>>,
    used: Vec<bool>,
    redacted: &'a Set<EventHash>,
}

impl<S: Order> Decoder<'_, S> {
    fn fields(&mut self) -> Result<Content<S>, DecodeError> {
        let len = self.from.map("the fields")?;
        let mut c = Content::bottom();
        let mut last = None;
        for _ in 0..len {
            let number = self.from.uint("a field number")?;
            if last.is_some_and(|last| last >= number) {
                return self
                    .from
                    .fail(DecodeErrorKind::NotSorted { what: "fields" });
            }
            last = Some(number);
            match number {
                field::TITLE => c.title = self.register()?,
                field::DESCRIPTION => c.description = self.register()?,
                field::KIND => c.kind = self.register()?,
                field::SIZE => c.size = self.register()?,
                field::URGENCY => c.urgency = self.register()?,
                field::PARENT => c.parent = self.register()?,
                field::DELETED => c.deleted = self.register()?,
                field::COMPACT_SUMMARY => c.compact_summary = self.register()?,
                field::MOVES => c.moves = self.moves()?,
                field::ASSIGNEES => c.assignees = self.set_field()?,
                field::LABELS => c.labels = self.set_field()?,
                field::LINKS => c.links = self.links()?,
                field::COMMENTS => c.comments = self.texts()?,
                field::OTHER => {
                    c.other = self.texts()?;
                    self.check_other(&c.other)?;
                }
                field::TIMES => self.times(&mut c)?,
                field::LEGACY => c.legacy = self.legacy()?,
                found => {
                    return self.from.fail(DecodeErrorKind::Unknown {
                        what: "field",
                        found,
                    });
                }
            }
        }
        Ok(c)
    }

    fn fail<T>(&self, kind: DecodeErrorKind) -> Result<T, DecodeError> {
        self.from.fail(kind)
    }

    /// Header of a part that is only written when it holds something.
    pub(super) fn some(&mut self, what: &'static str) -> Result<usize, DecodeError> {
        let found = self.from.array(what)?;
        if found > 0 {
            return Ok(found);
        }
        self.fail(DecodeErrorKind::Length {
            what,
            found,
            expected: "at least 1",
        })
    }

    pub(super) fn key(&mut self) -> Result<Key<S>, DecodeError> {
        let index = self.from.index(self.keys.len(), "key")?;
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        match self.keys.get(index) {
            Some(key) => Ok(key.clone()),
            None => self.fail(DecodeErrorKind::Unknown {
                what: "key",
                found: index as u64,
            }),
        }
    }

    /// A cell under a key: redacted where the list of redactions says so.
    fn cell<V: Value>(&mut self, key: &Key<S>) -> Result<Cell<V>, DecodeError> {
        let cell = read_cell(&mut self.from)?;
        self.check_redaction(&key.event_hash, cell.is_redacted())?;
        Ok(cell)
    }

    /// What is listed must be redacted.
    // SUBTLE: not the other way round. A snapshot may bring a masked write of an event that it does
    // not cover, so that its redaction is not listed; joined with a state that covers the event, the
    // cell stays redacted and the list as it was.
    pub(super) fn check_redaction(
        &self,
        event: &EventHash,
        is_redacted: bool,
    ) -> Result<(), DecodeError> {
        if is_redacted || !self.redacted.contains(event) {
            return Ok(());
        }
        self.fail(DecodeErrorKind::Redaction)
    }

    fn write<V: Value>(&mut self) -> Result<Write<V, S, AgentId>, DecodeError> {
        let key = self.key()?;
        let cell = self.cell(&key)?;
        Ok(Write { key, cell })
    }

    fn register<V: Value>(&mut self) -> Result<Register<V, S>, DecodeError> {
        let len = self.some("a register")?;
        let mut writes = Vec::with_capacity(self.from.capacity(len));
        if self.from.is_array() {
            if len < 2 {
                return self.fail(DecodeErrorKind::NotShortest {
                    what: "a register of one write",
                });
            }
            for _ in 0..len {
                self.from.array_of("a write", 2, "2")?;
                writes.push(self.write()?);
            }
        } else if len == 2 {
            writes.push(self.write()?);
        } else {
            return self.fail(DecodeErrorKind::Length {
                what: "a write",
                found: len,
                expected: "2",
            });
        }
        LwwRegister::from_canonical(writes).map_or_else(
            || self.fail(DecodeErrorKind::NotNormal { what: "register" }),
            Ok,
        )
    }

    fn moves(&mut self) -> Result<Moves<S>, DecodeError> {
        let len = self.some("the moves")?;
        let mut moves = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            self.from.array_of("a move", 3, "3")?;
            let key = self.key()?;
            let target = Phase::read(&mut self.from)?;
            let reason = self.cell(&key)?;
            let key = ByHash(key);
            moves.push((Move { key, target }, reason));
        }
        self.sorted(moves, "moves")
    }

    fn texts(&mut self) -> Result<Texts<S>, DecodeError> {
        let len = self.some("texts")?;
        let mut texts = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            self.from.array_of("a text under its key", 2, "2")?;
            let Write { key, cell } = self.write()?;
            texts.push((ByHash(key), cell));
        }
        self.sorted(texts, "texts")
    }

    pub(super) fn sorted<K: Ord, V>(
        &self,
        entries: Vec<(K, V)>,
        what: &'static str,
    ) -> Result<Map<K, V>, DecodeError> {
        Map::from_sorted(entries).map_or_else(|| self.fail(DecodeErrorKind::NotSorted { what }), Ok)
    }

    /// What no rule understands must still be what [`crate::Event::rest`] says.
    fn check_other(&self, other: &Texts<S>) -> Result<(), DecodeError> {
        let fits = other
            .values()
            .all(|cell| cell.present().is_none_or(|text| crate::view::is_rest(text)));
        if fits {
            return Ok(());
        }
        self.fail(DecodeErrorKind::NotNormal {
            what: "text of an event that no rule understands",
        })
    }

    fn set_field<T: WireElement>(&mut self) -> Result<ObservedSet<T, S>, DecodeError> {
        let parts = self.some("a set")?;
        self.set_parts(parts)
    }

    fn links(&mut self) -> Result<Links<S>, DecodeError> {
        let len = self.some("the links")?;
        let mut links = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            links.push(self.links_of()?);
        }
        self.sorted(links, "link targets")
    }

    fn links_of(&mut self) -> Result<(ElementId, ObservedSet<Link, S>), DecodeError> {
        let parts = self.some("the links to a target")?;
        let told = if self.from.is_nil("a link target or nil")? {
            None
        } else {
            Some(ElementId(self.from.bin32("a link target")?))
        };
        let set: ObservedSet<Link, S> = self.set_parts(parts.saturating_sub(1))?;
        let targets: Vec<ElementId> = set
            .elements()
            .into_iter()
            .map(|link| Link::target_id(&link.target))
            .collect();
        match (told, targets.split_first()) {
            (Some(target), None) => Ok((target, set)),
            (None, Some((target, others))) if others.iter().all(|t| t == target) => {
                Ok((*target, set))
            }
            _ => self.fail(DecodeErrorKind::NotNormal {
                what: "target of links",
            }),
        }
    }

    /// Adds, removes and clears, the last of those written not empty.
    fn set_parts<T: WireElement>(
        &mut self,
        parts: usize,
    ) -> Result<ObservedSet<T, S>, DecodeError> {
        if parts == 0 || parts > 3 {
            return self.fail(DecodeErrorKind::Length {
                what: "a set",
                found: parts,
                expected: "1 to 3",
            });
        }
        let adds = self.adds()?;
        let removes = if parts > 1 {
            self.removes()?
        } else {
            Map::new()
        };
        let clears = if parts > 2 {
            let len = self.from.array("clears")?;
            self.antichain_of_keys(len)?
        } else {
            Antichain::new()
        };
        let last_is_empty = match parts {
            1 => adds.is_empty(),
            2 => removes.is_empty(),
            _ => clears.is_empty(),
        };
        let set = ObservedSet::from_canonical(adds, removes, clears);
        set.filter(|_| !last_is_empty)
            .map_or_else(|| self.fail(DecodeErrorKind::NotNormal { what: "set" }), Ok)
    }

    fn adds<T: WireElement>(&mut self) -> Result<Map<ElementId, Adds<T, S>>, DecodeError> {
        let len = self.from.array("adds")?;
        let mut adds = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            adds.push(self.adds_of()?);
        }
        self.sorted(adds, "elements")
    }

    fn adds_of<T: WireElement>(&mut self) -> Result<(ElementId, Adds<T, S>), DecodeError> {
        let len = self.some("the adds of an element")?.saturating_sub(1);
        let (id, element) = if self.from.is_bin() {
            (ElementId(self.from.bin32("an element id")?), None)
        } else {
            let element = T::read_element(&mut self.from)?;
            (element.id(), Some(element))
        };
        let mut writes = Vec::with_capacity(self.from.capacity(len));
        let mut any_present = false;
        for _ in 0..len {
            let is_redacted = self.from.is_array();
            if is_redacted {
                self.from.array_of("a redacted add", 1, "1")?;
            }
            let key = self.key()?;
            self.check_redaction(&key.event_hash, is_redacted)?;
            let cell = match &element {
                _ if is_redacted => Cell::Redacted,
                Some(element) => Cell::Present(element.clone()),
                None => return self.fail(DecodeErrorKind::Redaction),
            };
            any_present |= !is_redacted;
            writes.push(Write { key, cell });
        }
        if element.is_some() != any_present {
            return self.fail(DecodeErrorKind::Redaction);
        }
        Ok((id, self.antichain(writes)?))
    }

    fn removes(&mut self) -> Result<Map<ElementId, Removes<S>>, DecodeError> {
        let len = self.from.array("removes")?;
        let mut removes = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            let keys = self.some("the removes of an element")?.saturating_sub(1);
            let id = ElementId(self.from.bin32("an element id")?);
            removes.push((id, self.antichain_of_keys(keys)?));
        }
        self.sorted(removes, "elements")
    }

    fn antichain_of_keys(&mut self, len: usize) -> Result<Removes<S>, DecodeError> {
        let mut keys = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            keys.push(self.key()?);
        }
        self.antichain(keys)
    }

    fn antichain<T: Ranked>(&self, elements: Vec<T>) -> Result<Antichain<T>, DecodeError> {
        Antichain::from_canonical(elements).map_or_else(
            || self.fail(DecodeErrorKind::NotNormal { what: "writes" }),
            Ok,
        )
    }

    /// Earliest, latest, created (`true`: as earliest), updated (`true`: as latest).
    fn times(&mut self, c: &mut Content<S>) -> Result<(), DecodeError> {
        self.from.array_of("the times", 4, "4")?;
        let earliest = self.time(None)?;
        let latest = self.time(None)?;
        let created = self.time(earliest)?;
        let updated = self.time(latest)?;
        if [earliest, latest, created, updated] == [None; 4] {
            return self.fail(DecodeErrorKind::NotNormal { what: "times" });
        }
        c.earliest = earliest.map(Min);
        c.latest = latest.map(Max);
        c.created = created.map(Min);
        c.updated = updated.map(Max);
        Ok(())
    }

    fn time(&mut self, against: Option<u64>) -> Result<Option<u64>, DecodeError> {
        if self.from.is_nil("a time")? {
            return Ok(None);
        }
        if against.is_some() && self.from.is_true("a time")? {
            return Ok(against);
        }
        let time = self.from.uint("a time")?;
        if against == Some(time) {
            return self.fail(DecodeErrorKind::NotShortest { what: "a time" });
        }
        Ok(Some(time))
    }
}
