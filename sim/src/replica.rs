//! One replica: lines, payload bytes and redactions, the way a store holds them, on the public API
//! of `bones-snapshot` and `bones-compact` alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{CompactState, ItemSources, LatticeEvent};
use bones_snapshot::{EventHash, ItemState, Order};
use lattice_core::{Bottom, JoinSemilattice, Set};
use lattice_lww::ItcClock;

use crate::atom::Atom;
use crate::book::{Book, EventId, Told};
use crate::failure::Failure;
use crate::held::{Blob, HeldEvent};
use crate::laws::{joins_masked, no_leak, orders_as_it_joins};
use crate::message::Message;
use crate::step::ITEMS;

/// What is held of one item.
#[derive(Debug, Clone)]
pub(crate) struct Held<S: Order> {
    /// Event lines.
    pub events: Vec<HeldEvent<S>>,
    /// Payloads.
    pub blobs: Vec<Blob>,
    // INVARIANT: the join of the above under the redactions of the replica.
    state: ItemState<S>,
    /// What the oracle knows the replica was told, also of what it no longer holds.
    pub told: Told,
}

impl<S: Order> Held<S> {
    fn new() -> Self {
        Self {
            events: Vec::new(),
            blobs: Vec::new(),
            state: ItemState::bottom(),
            told: Told::default(),
        }
    }

    /// The state of the item.
    pub(crate) fn state(&self) -> &ItemState<S> {
        &self.state
    }

    fn learn(&mut self, state: ItemState<S>, redactions: &Set<EventHash>) {
        self.state.join(state);
        self.state.redact(redactions);
    }
}

/// One replica.
#[derive(Debug, Clone)]
pub(crate) struct Replica<S: Order> {
    /// The items, by their place in [`ITEMS`].
    pub items: BTreeMap<usize, Held<S>>,
    /// Every redaction it knows of.
    pub redactions: Set<EventHash>,
    /// The redactions that the oracle knows it was told.
    pub told: BTreeSet<EventHash>,
    /// Its clock.
    pub clock: ItcClock,
    /// The events its clock has heard of.
    pub heard: BTreeSet<EventId>,
}

impl<S: Order> Replica<S> {
    /// An empty replica with a clock.
    pub(crate) fn new(clock: ItcClock) -> Self {
        Self {
            items: BTreeMap::new(),
            redactions: Set::bottom(),
            told: BTreeSet::new(),
            clock,
            heard: BTreeSet::new(),
        }
    }

    /// The name of an item.
    pub(crate) fn name(item: usize) -> &'static str {
        ITEMS.get(item).copied().unwrap_or("?")
    }

    /// Reads everything again, as after a restart.
    ///
    /// # Errors
    ///
    /// When something held does not read.
    pub(crate) fn reopen(&mut self) -> Result<(), Failure> {
        for (item, held) in &mut self.items {
            let events: Result<_, _> = held.events.iter().map(HeldEvent::reread).collect();
            held.events = events?;
            held.state = sources(*item, held)?.state(&self.redactions);
        }
        Ok(())
    }

    /// Takes in what a message brings, redactions first.
    ///
    /// # Errors
    ///
    /// When a payload does not read, a join leaves text under a redaction it knows of, or text is
    /// taken in that is redacted.
    pub(crate) fn receive(&mut self, book: &Book<S>, message: &Message<S>) -> Result<(), Failure> {
        let mut states = Vec::new();
        let mut redactions = self.redactions.clone();
        if let Some(known) = &message.redactions {
            redactions.join_ref(known);
            self.told.extend(known);
        }
        for (item, event) in &message.lines {
            redactions.join(event.delta().redacted().clone());
            let target = book.atom(event.atom()).and_then(Atom::target);
            self.told.extend(target);
            self.held(*item).told.atoms.extend(event.atoms());
        }
        for (item, blob) in &message.blobs {
            let state: ItemState<S> = blob.read(Self::name(*item))?;
            redactions.join_ref(state.redacted());
            self.told.extend(&blob.told.listed);
            orders_as_it_joins(self.held(*item).state(), &state)?;
            states.push((*item, blob, state));
        }
        self.learn(&redactions);
        for (item, blob, state) in states {
            self.take_state(book, item, blob, state)?;
        }
        for (item, event) in &message.lines {
            self.take_event(book, *item, event.reread()?)?;
        }
        Ok(())
    }

    fn held(&mut self, item: usize) -> &mut Held<S> {
        self.items.entry(item).or_insert_with(Held::new)
    }

    /// Learns redactions: what is shown is masked at once, what is held at the next compaction.
    pub(crate) fn learn(&mut self, redactions: &Set<EventHash>) {
        if self.redactions.join_ref(redactions) {
            for held in self.items.values_mut() {
                held.state.redact(&self.redactions);
            }
        }
    }

    /// Takes in one line, unless the state holds already what it says.
    fn take_event(
        &mut self,
        book: &Book<S>,
        item: usize,
        event: HeldEvent<S>,
    ) -> Result<(), Failure> {
        let redactions = self.redactions.clone();
        let held = self.held(item);
        let mut delta = event.delta();
        delta.redact(&redactions);
        // A claim to cover the event is not enough: what it wrote must be there.
        let known = held.state.coverage().contains(&event.hash()) && delta.leq(&held.state);
        if known {
            return Ok(());
        }
        if event.tells_redacted(&redactions) {
            let told = Told {
                atoms: event.atoms().collect(),
                ..Told::default()
            };
            let told = book.under(told, &redactions);
            let blob = Blob::new(Self::name(item), &delta, &redactions, told);
            no_leak(book, &blob.bytes, &redactions, "a masked delta")?;
            held.blobs.push(blob);
        } else {
            no_leak(book, event.line().as_bytes(), &redactions, "a line kept")?;
            held.events.push(event);
        }
        held.learn(delta, &redactions);
        Ok(())
    }

    /// Joins a state, and keeps its payload if it tells anything new.
    fn take_state(
        &mut self,
        book: &Book<S>,
        item: usize,
        blob: &Blob,
        theirs: ItemState<S>,
    ) -> Result<(), Failure> {
        let redactions = self.redactions.clone();
        let held = self.held(item);
        held.told.join(&blob.told);
        joins_masked(&held.state, &theirs, &redactions)?;
        let mut state = theirs;
        // Masked before anything is kept.
        state.redact(&redactions);
        if state.leq(&held.state) {
            return Ok(());
        }
        let told = book.under(blob.told.clone(), &redactions);
        let blob = Blob::new(Self::name(item), &state, &redactions, told);
        no_leak(book, &blob.bytes, &redactions, "a payload")?;
        held.blobs.push(blob);
        held.learn(state, &redactions);
        Ok(())
    }

    /// Drops the lines and payloads that the other payloads held make needless. How many went.
    ///
    /// # Errors
    ///
    /// When a payload does not read.
    pub(crate) fn prune(&mut self) -> Result<usize, Failure> {
        let redactions = self.redactions.clone();
        let mut dropped = 0;
        for (item, held) in &mut self.items {
            let before = held.events.len() + held.blobs.len();
            let mut whole: ItemState<S> = ItemState::bottom();
            for blob in std::mem::take(&mut held.blobs) {
                let mut state: ItemState<S> = blob.read(Self::name(*item))?;
                state.redact(&redactions);
                if !state.leq(&whole) {
                    whole.join(state);
                    held.blobs.push(blob);
                }
            }
            whole.redact(&redactions);
            held.events
                .retain(|event| !holds(&whole, event, &redactions));
            dropped += before - held.events.len() - held.blobs.len();
        }
        Ok(dropped)
    }

    /// Puts a snapshot in the place of all it was made of, so far as it holds it.
    ///
    /// # Errors
    ///
    /// When a payload does not read.
    pub(crate) fn replace(&mut self, item: usize, snapshot: &Blob) -> Result<(), Failure> {
        let redactions = self.redactions.clone();
        let held = self.held(item);
        let state: ItemState<S> = snapshot.read(Self::name(item))?;
        held.events
            .retain(|event| !holds(&state, event, &redactions));
        let mut blobs = vec![snapshot.clone()];
        for blob in std::mem::take(&mut held.blobs) {
            let mut old: ItemState<S> = blob.read(Self::name(item))?;
            old.redact(&redactions);
            if !old.leq(&state) {
                blobs.push(blob);
            }
        }
        held.blobs = blobs;
        Ok(())
    }

    /// Takes redacted text out of what is held of an item.
    ///
    /// # Errors
    ///
    /// When a payload does not read.
    pub(crate) fn mask(&mut self, book: &Book<S>, item: usize) -> Result<bool, Failure> {
        let redactions = self.redactions.clone();
        let held = self.held(item);
        let masked = bones_compact::masked_deltas(&sources(item, held)?, &redactions);
        let mut blobs = Vec::new();
        let mut changed = !masked.is_empty();
        for blob in std::mem::take(&mut held.blobs) {
            let mut state: ItemState<S> = blob.read(Self::name(item))?;
            changed |= state.redact(&redactions);
            let told = book.under(blob.told, &redactions);
            blobs.push(Blob::new(Self::name(item), &state, &redactions, told));
        }
        for (place, delta) in masked {
            if let Some(event) = held.events.get(place) {
                let told = Told {
                    atoms: event.atoms().collect(),
                    ..Told::default()
                };
                let told = book.under(told, &redactions);
                blobs.push(Blob {
                    bytes: delta_bytes(Self::name(item), &delta),
                    told,
                });
            }
        }
        held.events
            .retain(|event| !event.tells_redacted(&redactions));
        held.blobs = blobs;
        Ok(changed)
    }

    /// Everything it holds, byte for byte.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.items.values().flat_map(|held| {
            let lines = held.events.iter().map(|event| event.line().as_bytes());
            lines.chain(held.blobs.iter().map(|blob| &*blob.bytes))
        })
    }
}

/// The payload of a masked delta as it was given: whoever masks must have masked all of it.
fn delta_bytes<S: Order>(item: &str, delta: &ItemState<S>) -> Arc<[u8]> {
    CompactState::encode(delta, item).into()
}

/// Whether a state makes a line needless: it covers the event, and holds what it wrote.
fn holds<S: Order>(
    state: &ItemState<S>,
    event: &HeldEvent<S>,
    redactions: &Set<EventHash>,
) -> bool {
    let mut delta = event.delta();
    delta.redact(redactions);
    state.coverage().contains(&event.hash()) && delta.leq(state)
}

/// What is held of an item, as compaction takes it.
///
/// # Errors
///
/// When a payload does not read.
pub(crate) fn sources<S: Order>(
    item: usize,
    held: &Held<S>,
) -> Result<ItemSources<HeldEvent<S>>, Failure> {
    let name = Replica::<S>::name(item);
    let states: Result<Vec<_>, _> = held.blobs.iter().map(|blob| blob.read(name)).collect();
    let lines = held.events.iter().map(|event| event.line().len());
    let blobs = held.blobs.iter().map(|blob| blob.bytes.len());
    Ok(ItemSources {
        events: held.events.clone(),
        states: states?,
        bytes: lines.chain(blobs).map(|len| len as u64).sum(),
    })
}
