//! The least thing that a replica can be told: an event, or what a forger made of one.

use std::mem::swap;

use bones_snapshot::{Content, EventHash, ItemState, Order, Stamped};
use lattice_core::{Bottom, Set};

use crate::book::EventId;
use crate::fact::Fact;
use crate::failure::Failure;

/// How much of an event an atom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Event,
    /// The claim that it was folded in, without what it wrote.
    Claim,
    /// What it wrote, without the claim that it was folded in.
    Foreign,
    /// Something else under its key.
    Twist,
    /// One register of it, as a snapshot by bones repeats it.
    Repeated,
}

/// The least thing that a replica can be told.
#[derive(Debug, Clone)]
pub(crate) struct Atom<S: Order> {
    /// How much of the event it is.
    pub part: Part,
    /// The event it is, or pretends to be.
    pub event: EventId,
    /// What it says.
    pub fact: Fact,
    /// Its state.
    pub delta: ItemState<S>,
}

impl<S: Order> Atom<S> {
    /// Whether it says that the event was folded in.
    pub(crate) fn covers(&self) -> bool {
        !matches!(self.part, Part::Foreign | Part::Repeated)
    }

    /// Whether it says what the event wrote.
    pub(crate) fn writes(&self) -> bool {
        self.part != Part::Claim
    }

    /// The name of the event.
    pub(crate) fn hash(&self) -> EventHash {
        EventHash(self.fact.hash)
    }

    /// Whether these redactions take its text away.
    pub(crate) fn falls_to(&self, redactions: &Set<EventHash>) -> bool {
        self.fact
            .falls_to(|hash| redactions.contains(&EventHash(*hash)))
    }

    /// The event it redacts.
    pub(crate) fn target(&self) -> Option<EventHash> {
        let target = self.fact.reading.redacts.filter(|_| self.writes());
        target.map(EventHash)
    }

    /// Its state with the text taken away, but without saying that it was: what a state brings
    /// along that was masked by somebody who could not say why.
    pub(crate) fn masked(&self) -> ItemState<S> {
        let mut content = self.delta.content().clone();
        let coverage = std::mem::replace(&mut content.coverage, Set::bottom());
        let mut state = ItemState::new(content, self.delta.redacted().clone());
        state.redact(&Set::singleton(self.hash()));
        let mut content = state.content().clone();
        content.coverage = coverage;
        ItemState::new(content, state.redacted().clone())
    }
}

/// A state that claims to cover an event and holds nothing of it.
pub(crate) fn claim<S: Order>(hash: EventHash) -> ItemState<S> {
    let mut content = Content::bottom();
    content.coverage = Set::singleton(hash);
    ItemState::new(content, Set::bottom())
}

/// The writes of an event without its coverage, and without the times that go with coverage.
pub(crate) fn foreign<S: Order>(delta: &ItemState<S>) -> ItemState<S> {
    let mut content = delta.content().clone();
    content.coverage = Set::bottom();
    content.earliest = None;
    content.latest = None;
    ItemState::new(content, delta.redacted().clone())
}

/// The delta of other data under the key of an event.
///
/// # Errors
///
/// When the event cannot be read.
pub(crate) fn twisted<S: Order>(
    event: &Stamped<S>,
    kind: &str,
    data: &str,
) -> Result<(Fact, ItemState<S>), Failure> {
    let event = event.event();
    let line = bones_snapshot::write_line(
        event.wall_ts,
        &event.agent,
        &event.stamp_text,
        &[],
        kind,
        &event.item_id,
        data,
    );
    let mut fact = Fact::of_line(&line)
        .ok_or_else(|| Failure::new("line", "the oracle cannot read the forged line"))?;
    fact.hash = event.hash.0;
    let mut forged = bones_snapshot::parse_line(line.as_bytes())
        .ok()
        .flatten()
        .ok_or_else(|| Failure::new("line", "the forged line does not parse"))?;
    forged.hash = event.hash;
    let forged = Stamped::new(forged).map_err(|e| Failure::new("line", e.to_string()))?;
    Ok((fact, forged.delta()))
}

/// Takes one register out of the content of a snapshot by bones: what repeats the event that wrote it.
pub(crate) fn taken<S: Order>(content: &mut Content<S>, register: &str) -> ItemState<S> {
    let mut one = Content::bottom();
    match register {
        "title" => swap(&mut one.title, &mut content.title),
        "description" => swap(&mut one.description, &mut content.description),
        "kind" => swap(&mut one.kind, &mut content.kind),
        "size" => swap(&mut one.size, &mut content.size),
        "urgency" => swap(&mut one.urgency, &mut content.urgency),
        "parent" => swap(&mut one.parent, &mut content.parent),
        "deleted" => swap(&mut one.deleted, &mut content.deleted),
        _ => swap(&mut one.compact_summary, &mut content.compact_summary),
    }
    ItemState::new(one, Set::bottom())
}
