//! What replicas send each other.

use std::collections::BTreeSet;

use bones_compact::{ItemSources, LatticeEvent, compact_item};
use bones_snapshot::{EventHash, Order};
use lattice_core::Set;
use lattice_lww::ItcClock;

use crate::atom::Part;
use crate::book::{Book, EventId, Told};
use crate::failure::Failure;
use crate::held::{Blob, HeldEvent};
use crate::laws::no_leak;
use crate::replica::{Held, Replica, sources};
use crate::step::Form;

/// A message on its way.
#[derive(Debug, Clone)]
pub(crate) struct Message<S: Order> {
    /// From where; nobody of the replicas where it is forged.
    pub from: Option<usize>,
    /// To where.
    pub to: usize,
    /// Lines, each of an item.
    pub lines: Vec<(usize, HeldEvent<S>)>,
    /// Payloads, each of an item.
    pub blobs: Vec<(usize, Blob)>,
    /// The redactions of the sender.
    pub redactions: Option<Set<EventHash>>,
    /// The clock of the sender, without its id, and what it has heard of.
    pub clock: Option<(ItcClock, BTreeSet<EventId>)>,
}

impl<S: Order> Message<S> {
    /// A message that carries nothing yet.
    pub(crate) fn empty(from: Option<usize>, to: usize) -> Self {
        Self {
            from,
            to,
            lines: Vec::new(),
            blobs: Vec::new(),
            redactions: None,
            clock: None,
        }
    }

    /// What a replica sends.
    ///
    /// # Errors
    ///
    /// When something held does not read, or a text would go out that is redacted.
    pub(crate) fn of(
        book: &Book<S>,
        replica: &Replica<S>,
        form: Form,
        pick: u64,
        with_redactions: bool,
    ) -> Result<Self, Failure> {
        let mut message = Self::empty(None, 0);
        message.redactions = with_redactions.then(|| replica.redactions.clone());
        if form == Form::Export {
            message.clock = Some((replica.clock.peek(), replica.heard.clone()));
        }
        for (item, held) in &replica.items {
            let lines = |pick| picked(&held.events, pick);
            match form {
                Form::Lines => message.send_lines(*item, lines(pick), &replica.redactions),
                Form::Held => {
                    for blob in picked(&held.blobs, pick) {
                        message.send_blob(book, *item, blob, &replica.redactions)?;
                    }
                }
                Form::Export => {
                    let told = book.under(held.told.clone(), &replica.redactions);
                    let name = Replica::<S>::name(*item);
                    let blob = Blob::new(name, held.state(), &replica.redactions, told);
                    message.blobs.push((*item, blob));
                }
                Form::Folded => {
                    message
                        .blobs
                        .extend(fold(book, replica, *item, held, pick)?.map(|b| (*item, b)));
                }
                Form::Mixed => {
                    message.send_lines(*item, lines(pick), &replica.redactions);
                    message
                        .blobs
                        .extend(fold(book, replica, *item, held, !pick)?.map(|b| (*item, b)));
                }
                Form::Redactions => {}
            }
        }
        for (_, event) in &message.lines {
            no_leak(
                book,
                event.line().as_bytes(),
                &replica.redactions,
                "a line sent",
            )?;
        }
        for (_, blob) in &message.blobs {
            no_leak(book, &blob.bytes, &replica.redactions, "a payload sent")?;
        }
        Ok(message)
    }

    /// Lines go out as they are, but not those that tell redacted text.
    fn send_lines(&mut self, item: usize, lines: Vec<HeldEvent<S>>, redactions: &Set<EventHash>) {
        let may = lines
            .into_iter()
            .filter(|event| !event.tells_redacted(redactions));
        self.lines.extend(may.map(|event| (item, event)));
    }

    /// A payload goes out under the redactions known now.
    fn send_blob(
        &mut self,
        book: &Book<S>,
        item: usize,
        blob: Blob,
        redactions: &Set<EventHash>,
    ) -> Result<(), Failure> {
        let name = Replica::<S>::name(item);
        let state = blob.read::<S>(name)?;
        let told = book.under(blob.told, redactions);
        self.blobs
            .push((item, Blob::new(name, &state, redactions, told)));
        Ok(())
    }

    /// The events whose stamps it brings: those it carries whole.
    pub(crate) fn stamped(&self, book: &Book<S>) -> BTreeSet<EventId> {
        let lines = self.lines.iter().flat_map(|(_, event)| event.atoms());
        let blobs = self
            .blobs
            .iter()
            .flat_map(|(_, blob)| blob.told.atoms.iter().copied());
        let atoms: BTreeSet<_> = lines.chain(blobs).collect();
        book.atoms(&atoms)
            .filter(|(_, atom)| atom.part == Part::Event)
            .map(|(_, atom)| atom.event)
            .collect()
    }
}

/// The things whose bit is set; the bits are repeated.
pub(crate) fn picked<T: Clone>(all: &[T], pick: u64) -> Vec<T> {
    let chosen = (0_u32..)
        .zip(all)
        .filter(|(n, _)| pick >> (n % 64) & 1 == 1);
    chosen.map(|(_, thing)| thing.clone()).collect()
}

/// The snapshot of some of what a replica holds of an item.
///
/// # Errors
///
/// When something held does not read, or equal sources in another order give other bytes.
pub(crate) fn fold<S: Order>(
    book: &Book<S>,
    replica: &Replica<S>,
    item: usize,
    held: &Held<S>,
    pick: u64,
) -> Result<Option<Blob>, Failure> {
    let mut part = held.clone();
    part.events = picked(&held.events, pick);
    part.blobs = picked(&held.blobs, pick.rotate_left(17));
    let mut sources = sources(item, &part)?;
    let name = Replica::<S>::name(item);
    let Some(snapshot) = compact_item(name, &sources, &replica.redactions) else {
        return Ok(None);
    };
    turned(&mut sources);
    let again = compact_item(name, &sources, &replica.redactions);
    if again.as_ref() != Some(&snapshot) {
        let what = format!("the same sources of {name} in another order give other bytes");
        return Err(Failure::new("order", what));
    }
    Ok(Some(Blob {
        bytes: snapshot.payload.into(),
        told: told_by(book, &part, &replica.redactions),
    }))
}

/// The same sources in another order, and one of them twice.
fn turned<S: Order>(sources: &mut ItemSources<HeldEvent<S>>) {
    sources.events.reverse();
    sources.states.reverse();
    sources.events.extend(sources.events.first().cloned());
    sources.states.extend(sources.states.first().cloned());
}

/// What lines and payloads tell together.
pub(crate) fn told_by<S: Order>(
    book: &Book<S>,
    held: &Held<S>,
    redactions: &Set<EventHash>,
) -> Told {
    let mut told = Told::default();
    for blob in &held.blobs {
        told.join(&blob.told);
    }
    told.atoms
        .extend(held.events.iter().flat_map(HeldEvent::atoms));
    book.under(told, redactions)
}
