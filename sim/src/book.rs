//! Everything there ever was in a run: the events, and what forgers made of them. Replicas hold
//! bytes; beside them travel the numbers of what stands in this book, so that the oracle knows what
//! a replica was told without asking the library.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_snapshot::{EventHash, ItemState, Order};
use lattice_core::{Bottom, JoinSemilattice, Set};
use lattice_lww::{Itc, ItcClock, Stamp};
use serde_json::Value;

use crate::atom::{Atom, Part, claim, foreign, taken};
use crate::fact::Fact;
use crate::failure::Failure;
use crate::held::HeldEvent;
use crate::says;
use crate::step::StepId;
use crate::tree::Tree;

/// The number of an atom in the book.
pub(crate) type AtomId = usize;
/// The number of an event in the book.
pub(crate) type EventId = usize;

/// One event that a replica wrote.
pub(crate) struct Written<S: Order> {
    /// As a replica holds it.
    pub held: HeldEvent<S>,
    /// Its item.
    pub item: usize,
    /// Its stamp, whether or not the order looks at it.
    pub stamp: Itc,
    /// The clock it was written by.
    pub clock: ItcClock,
    /// The stamp as what it means.
    tree: Tree,
    /// The events that its writer had heard of, itself among them.
    pub heard: BTreeSet<EventId>,
}

/// What a replica was told of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The atoms.
    pub atoms: BTreeSet<AtomId>,
    /// Those of them that came without their text.
    pub masked: BTreeSet<AtomId>,
    /// The redactions that stand in the state.
    pub listed: BTreeSet<EventHash>,
}

impl Told {
    /// Adds what another was told.
    pub(crate) fn join(&mut self, other: &Self) {
        self.atoms.extend(&other.atoms);
        self.masked.extend(&other.masked);
        self.listed.extend(&other.listed);
    }
}

/// The book of one run.
pub(crate) struct Book<S: Order> {
    atoms: Vec<Atom<S>>,
    events: Vec<Written<S>>,
    /// Which event a step wrote.
    by_step: BTreeMap<StepId, EventId>,
    by_hash: BTreeMap<EventHash, EventId>,
    /// For each event, how it stands to each one before it: below, above.
    order: Vec<Vec<(bool, bool)>>,
    /// The events that carry the canary of a step.
    carriers: BTreeMap<StepId, BTreeSet<EventHash>>,
    /// Whether no clock was ever rolled back, so that stamps say exactly what was heard.
    pub honest_clocks: bool,
}

impl<S: Order> Book<S> {
    /// The empty book.
    pub(crate) fn new() -> Self {
        Self {
            atoms: Vec::new(),
            events: Vec::new(),
            by_step: BTreeMap::new(),
            by_hash: BTreeMap::new(),
            order: Vec::new(),
            carriers: BTreeMap::new(),
            honest_clocks: true,
        }
    }

    /// An atom.
    pub(crate) fn atom(&self, id: AtomId) -> Option<&Atom<S>> {
        self.atoms.get(id)
    }

    /// The atoms of an item.
    pub(crate) fn all_atoms(&self, item: usize) -> impl Iterator<Item = (AtomId, &Atom<S>)> {
        let of_item = move |atom: &Atom<S>| {
            let event = self.events.get(atom.event);
            event.is_some_and(|event| event.item == item)
        };
        let all = self.atoms.iter().enumerate();
        all.filter(move |(_, atom)| of_item(atom))
    }

    /// Atoms by their numbers.
    pub(crate) fn atoms<'a>(
        &'a self,
        ids: impl IntoIterator<Item = &'a AtomId>,
    ) -> impl Iterator<Item = (AtomId, &'a Atom<S>)> {
        let ids = ids.into_iter();
        ids.filter_map(|id| Some((*id, self.atoms.get(*id)?)))
    }

    /// An event.
    pub(crate) fn event(&self, id: EventId) -> Option<&Written<S>> {
        self.events.get(id)
    }

    /// Every event.
    pub(crate) fn events(&self) -> impl Iterator<Item = (EventId, &Written<S>)> {
        self.events.iter().enumerate()
    }

    /// The events of an item that say what they say themselves: all but snapshots by bones.
    pub(crate) fn sayings_of(&self, item: usize) -> impl Iterator<Item = (EventId, &Written<S>)> {
        self.events_of(item)
            .filter(|(_, event)| event.held.event().repeats().is_none())
    }

    /// The stamp of an event as bones 0.25 writes it.
    pub(crate) fn stamp_json(&self, event: EventId) -> Value {
        let event = self.events.get(event);
        event.map_or(Value::Null, |event| event.tree.json())
    }

    /// The events of an item.
    pub(crate) fn events_of(&self, item: usize) -> impl Iterator<Item = (EventId, &Written<S>)> {
        self.events().filter(move |(_, event)| event.item == item)
    }

    /// The event that a step wrote.
    pub(crate) fn of_step(&self, step: StepId) -> Option<(EventId, &Written<S>)> {
        let id = *self.by_step.get(&step)?;
        Some((id, self.events.get(id)?))
    }

    /// Whether the stamp of one event is below or equal that of another, point by point.
    pub(crate) fn stamp_leq(&self, a: EventId, b: EventId) -> bool {
        let row = |of: EventId, to: EventId| self.order.get(of).and_then(|row| row.get(to));
        match a.cmp(&b) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Less => row(b, a).is_some_and(|(below, _)| *below),
            std::cmp::Ordering::Greater => row(a, b).is_some_and(|(_, above)| *above),
        }
    }

    /// Enters an event; one that was written before, to the letter, is the same event.
    ///
    /// # Errors
    ///
    /// When the library and the oracle do not read the same stamp, or the stamp does not say what
    /// was heard.
    pub(crate) fn write(
        &mut self,
        step: StepId,
        item: usize,
        line: &str,
        clock: &ItcClock,
        mut heard: BTreeSet<EventId>,
    ) -> Result<EventId, Failure> {
        let id = self.events.len();
        let fact = Fact::of_line(line)
            .ok_or_else(|| Failure::new("line", "the oracle cannot read the line"))?;
        if let Some(known) = self.by_hash.get(&EventHash(fact.hash)) {
            self.by_step.insert(step, *known);
            return Ok(*known);
        }
        let stamp = clock.stamp();
        let tree = Tree::of_text(&format!("{stamp:?}"))
            .ok_or_else(|| Failure::new("clock", format!("cannot read the tree of {stamp:?}")))?;
        heard.insert(id);
        let condensed = fact.reading.condensed.clone();
        for canary in says::canaries(line.as_bytes()) {
            // What a snapshot repeats falls with the event that said it.
            if condensed.is_none() || canary == step {
                let carriers = self.carriers.entry(canary).or_default();
                carriers.insert(EventHash(fact.hash));
            }
        }
        let says = condensed.and_then(|condensed| condensed.says);
        let repeated = says.map_or(Vec::new(), |says| says.registers);
        let first = self.atoms.len();
        let atoms = first..first.saturating_add(repeated.len()).saturating_add(1);
        let held = HeldEvent::read(Arc::from(line), atoms)?;
        let mut content = held.event().delta().content().clone();
        let mut registers = Vec::new();
        for (name, fact) in repeated {
            let said = self.by_hash.get(&EventHash(fact.hash)).copied();
            registers.push(Atom {
                part: Part::Repeated,
                event: said.ok_or_else(|| Failure::new("line", "a snapshot names no event"))?,
                delta: taken(&mut content, name),
                fact,
            });
        }
        self.atoms.push(Atom {
            part: Part::Event,
            event: id,
            delta: ItemState::new(content, held.event().delta().redacted().clone()),
            fact,
        });
        self.atoms.extend(registers);
        let written = Written {
            held,
            item,
            stamp,
            clock: clock.clone(),
            tree,
            heard,
        };
        let row = self.row(&written)?;
        self.order.push(row);
        self.by_step.insert(step, id);
        self.by_hash.insert(written.held.event().event().hash, id);
        self.events.push(written);
        Ok(id)
    }

    /// How a new event stands to those before it.
    fn row(&self, new: &Written<S>) -> Result<Vec<(bool, bool)>, Failure> {
        let mut row = Vec::with_capacity(self.events.len());
        for (id, old) in self.events() {
            let (below, above) = (old.tree.leq(&new.tree), new.tree.leq(&old.tree));
            let says = |what: &str, leq: bool, geq: bool| {
                if (leq, geq) == (below, above) {
                    return Ok(());
                }
                let (old, new) = (&old.stamp, &new.stamp);
                Err(Failure::new(
                    "clock",
                    format!("{what} compares {old:?} with {new:?} wrongly"),
                ))
            };
            says(
                "Itc::leq",
                old.stamp.leq(&new.stamp),
                new.stamp.leq(&old.stamp),
            )?;
            says(
                "ItcClock::leq",
                old.clock.leq(&new.clock),
                new.clock.leq(&old.clock),
            )?;
            let cmp = old.stamp.causal_cmp(&new.stamp);
            says(
                "Itc::causal_cmp",
                cmp.is_some_and(std::cmp::Ordering::is_le),
                cmp.is_some_and(std::cmp::Ordering::is_ge),
            )?;
            if self.honest_clocks && (below, above) != (new.heard.contains(&id), false) {
                let (old, new) = (&old.stamp, &new.stamp);
                let what = format!("{old:?} and {new:?} do not say who had heard of whom");
                return Err(Failure::new("clock", what));
            }
            row.push((below, above));
        }
        Ok(row)
    }

    /// Enters what somebody made of an event.
    pub(crate) fn forge(
        &mut self,
        part: Part,
        event: EventId,
        other: Option<(Fact, ItemState<S>)>,
    ) -> Option<AtomId> {
        let whole = self.events.get(event)?.held.atom();
        let whole = self.atoms.get(whole)?;
        let (fact, delta) = match (part, other) {
            (_, Some(other)) => other,
            (Part::Claim, None) => (whole.fact.clone(), claim(whole.hash())),
            (Part::Foreign, None) => (whole.fact.clone(), foreign(&whole.delta)),
            (Part::Event | Part::Twist | Part::Repeated, None) => {
                return Some(self.events.get(event)?.held.atom());
            }
        };
        self.atoms.push(Atom {
            part,
            event,
            fact,
            delta,
        });
        Some(self.atoms.len() - 1)
    }

    /// Notes that an event carries the canary of a step.
    pub(crate) fn carries(&mut self, canary: StepId, event: EventHash) {
        self.carriers.entry(canary).or_default().insert(event);
    }

    /// A canary in the bytes that must not be there: everything that carried it was redacted.
    pub(crate) fn leak(&self, bytes: &[u8], redactions: &Set<EventHash>) -> Option<StepId> {
        let gone = |canary: &StepId| {
            self.carriers
                .get(canary)
                .is_some_and(|carriers| carriers.iter().all(|hash| redactions.contains(hash)))
        };
        says::canaries(bytes).into_iter().find(gone)
    }

    /// What a state tells that was made of atoms by somebody who knows these redactions.
    pub(crate) fn under(&self, mut told: Told, redactions: &Set<EventHash>) -> Told {
        for (id, atom) in self.atoms(&told.atoms) {
            if atom.falls_to(redactions) && atom.writes() {
                told.masked.insert(id);
            }
            if redactions.contains(&atom.hash()) && atom.covers() {
                told.listed.insert(atom.hash());
            }
            told.listed.extend(atom.target());
        }
        told
    }

    /// The state of what was told, joined one by one and never compacted.
    pub(crate) fn state(&self, told: &Told, redactions: &Set<EventHash>) -> ItemState<S> {
        let mut state = ItemState::bottom();
        for (id, atom) in self.atoms(&told.atoms) {
            state.join(if told.masked.contains(&id) {
                atom.masked()
            } else {
                atom.delta.clone()
            });
        }
        state.redact(redactions);
        state
    }

    /// Whether only whole events were told, and all text is gone for a reason that is known: then a
    /// snapshot of it must verify.
    pub(crate) fn is_plain(&self, told: &Told, redactions: &Set<EventHash>) -> bool {
        self.atoms(&told.atoms).all(|(id, atom)| {
            let whole = self.events.get(atom.event).map(|event| event.held.atom());
            atom.part != Part::Twist
                && (atom.part == Part::Repeated
                    || whole.is_some_and(|whole| told.atoms.contains(&whole)))
                && (atom.falls_to(redactions) || !told.masked.contains(&id))
        })
    }
}
