//! What a replica holds: event lines word for word, and payload bytes.

use std::ops::Range;
use std::sync::Arc;

use bones_compact::LatticeEvent;
use bones_snapshot::{EventHash, ItemState, Order, SnapshotPayload, Stamped, parse_line};
use lattice_core::Set;

use crate::book::{AtomId, Told};
use crate::failure::{Failure, ensure};

/// An event with its line.
#[derive(Debug, Clone)]
pub(crate) struct HeldEvent<S: Order> {
    line: Arc<str>,
    event: Arc<Stamped<S>>,
    /// The event, and what it repeats of others.
    atoms: Range<AtomId>,
}

impl<S: Order> HeldEvent<S> {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// When the library cannot read it: every line here can be read.
    pub(crate) fn read(line: Arc<str>, atoms: Range<AtomId>) -> Result<Self, Failure> {
        let event = parse_line(line.as_bytes())
            .map_err(|e| Failure::new("line", format!("{e} in {line}")))?
            .ok_or_else(|| Failure::new("line", format!("no event in {line}")))?;
        let event = Stamped::new(event).map_err(|e| Failure::new("line", e.to_string()))?;
        Ok(Self {
            line,
            event: Arc::new(event),
            atoms,
        })
    }

    /// Reads the line again, as after a restart.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn reread(&self) -> Result<Self, Failure> {
        Self::read(Arc::clone(&self.line), self.atoms.clone())
    }

    /// The line.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }

    /// The event.
    pub(crate) fn event(&self) -> &Stamped<S> {
        &self.event
    }

    /// Its number in the book.
    pub(crate) fn atom(&self) -> AtomId {
        self.atoms.start
    }

    /// All that telling it tells.
    pub(crate) fn atoms(&self) -> Range<AtomId> {
        self.atoms.clone()
    }
}

impl<S: Order> LatticeEvent for HeldEvent<S> {
    type State = ItemState<S>;

    fn item_id(&self) -> &str {
        &self.event.event().item_id
    }

    fn hash(&self) -> EventHash {
        self.event.event().hash
    }

    fn wall_ts(&self) -> i64 {
        self.event.event().wall_ts
    }

    fn tells_redacted(&self, redactions: &Set<EventHash>) -> bool {
        self.event.tells_redacted(redactions)
    }

    fn delta(&self) -> ItemState<S> {
        self.event.delta()
    }
}

/// A payload, and beside it what the oracle knows to be in it.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// What they tell.
    pub told: Told,
}

impl Blob {
    /// The payload of a state.
    pub(crate) fn new<S: Order>(
        item: &str,
        state: &ItemState<S>,
        redactions: &Set<EventHash>,
        told: Told,
    ) -> Self {
        let payload = SnapshotPayload::new(item, state.clone(), redactions);
        Self {
            bytes: payload.encode().into(),
            told,
        }
    }

    /// Reads the state back.
    ///
    /// # Errors
    ///
    /// When the payload does not read, is of another item, or does not encode to the same bytes.
    pub(crate) fn read<S: Order>(&self, item: &str) -> Result<ItemState<S>, Failure> {
        let payload = SnapshotPayload::<S>::decode(&self.bytes)
            .map_err(|e| Failure::new("decode", format!("a payload of {item} is refused: {e}")))?;
        ensure(payload.encode()[..] == self.bytes[..], "decode", || {
            format!("a payload of {item} encodes to other bytes than it was read from")
        })?;
        let (id, state) = payload.into_parts();
        ensure(*id == *item, "decode", || {
            format!("a payload of {item} says it is of {id}")
        })?;
        Ok(state)
    }
}
