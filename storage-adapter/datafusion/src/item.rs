//! Payloads of either order, and the join of many of them.

use bones_snapshot::{
    DecodeError, DecodeErrorKind, EventHash, ItemState, ItemView, Order, SnapshotPayload,
};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::{Itc, Unstamped};

use crate::error::Fault;

/// A payload under whichever order it names.
pub(crate) enum Payload {
    Wall(SnapshotPayload<Unstamped>),
    Itc(SnapshotPayload<Itc>),
}

/// Does the same with a payload of either order.
macro_rules! either {
    ($payload:expr, $p:ident => $body:expr) => {
        match $payload {
            Payload::Wall($p) => $body,
            Payload::Itc($p) => $body,
        }
    };
}

impl Payload {
    /// Reads canonical bytes, strictly.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match SnapshotPayload::decode(bytes).map(Self::Wall) {
            // The order stands at the front: what was in vain is the reading of three bytes.
            Err(error) if matches!(error.kind, DecodeErrorKind::Order { .. }) => {
                SnapshotPayload::decode(bytes).map(Self::Itc)
            }
            decoded => decoded,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        either!(self, p => p.encode())
    }

    pub(crate) fn view(&self) -> ItemView {
        either!(self, p => ItemView::new(p.item_id(), p.state()))
    }

    pub(crate) fn redacted(&self) -> &Set<EventHash> {
        either!(self, p => p.state().redacted())
    }

    /// The payload under more redactions.
    pub(crate) fn masked(self, redactions: &Set<EventHash>) -> Self {
        fn masked<S: Order>(
            payload: SnapshotPayload<S>,
            redactions: &Set<EventHash>,
        ) -> SnapshotPayload<S> {
            let (item_id, state) = payload.into_parts();
            SnapshotPayload::new(&item_id, state, redactions)
        }
        match self {
            Self::Wall(payload) => Self::Wall(masked(payload, redactions)),
            Self::Itc(payload) => Self::Itc(masked(payload, redactions)),
        }
    }
}

/// The join of the payloads of one item.
#[derive(Debug, Default)]
pub(crate) enum Joined {
    /// No payload yet.
    #[default]
    Nothing,
    Wall(Box<Group<Unstamped>>),
    Itc(Box<Group<Itc>>),
}

impl Joined {
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let payload = Payload::decode(bytes).map_err(Fault::Payload)?;
        match (&mut *self, payload) {
            (Self::Nothing, Payload::Wall(p)) => *self = Self::Wall(Group::new(p, bytes)),
            (Self::Nothing, Payload::Itc(p)) => *self = Self::Itc(Group::new(p, bytes)),
            (Self::Wall(group), Payload::Wall(p)) => group.join(p, bytes)?,
            (Self::Itc(group), Payload::Itc(p)) => group.join(p, bytes)?,
            (Self::Wall(_), Payload::Itc(_)) => return Err(orders::<Unstamped, Itc>()),
            (Self::Itc(_), Payload::Wall(_)) => return Err(orders::<Itc, Unstamped>()),
        }
        Ok(())
    }

    /// The canonical payload of the join; `None` of nothing.
    pub(crate) fn encode(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Nothing => None,
            Self::Wall(group) => Some(group.encode()),
            Self::Itc(group) => Some(group.encode()),
        }
    }

    /// Bytes held on the heap, about.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Wall(group) => group.heap,
            Self::Itc(group) => group.heap,
        }
    }
}

fn orders<E: Order, F: Order>() -> Fault {
    Fault::Order {
        expected: E::WORD,
        found: F::WORD,
    }
}

/// Events that are joined one by one before anything is put off.
const LEAF: usize = 64;

/// The payloads of one item, joined but for a logarithmic rest.
#[derive(Debug)]
pub(crate) struct Group<S: Order> {
    item_id: Box<str>,
    /// What came last.
    top: ItemState<S>,
    /// What came before, the largest first.
    // INVARIANT: each covers at least twice what the next covers, so that they are few.
    below: Vec<ItemState<S>>,
    heap: usize,
}

impl<S: Order> Group<S> {
    /// What a decoded payload takes in memory for each of its bytes, about: measured on the deltas and the
    /// snapshots of real logs.
    const GROWTH: usize = 3;

    fn new(payload: SnapshotPayload<S>, bytes: &[u8]) -> Box<Self> {
        let (item_id, top) = payload.into_parts();
        let heap = size_of::<Self>()
            .saturating_add(item_id.len())
            .saturating_add(bytes.len().saturating_mul(Self::GROWTH));
        Box::new(Self {
            item_id,
            top,
            below: Vec::new(),
            heap,
        })
    }

    fn join(&mut self, payload: SnapshotPayload<S>, bytes: &[u8]) -> Result<(), Fault> {
        let (item_id, state) = payload.into_parts();
        if item_id != self.item_id {
            return Err(Fault::Item {
                expected: self.item_id.clone(),
                found: item_id,
            });
        }
        let grown = bytes.len().saturating_mul(Self::GROWTH);
        if weight(&self.top) < LEAF && weight(&state) < LEAF {
            // What is known already takes no room.
            if self.top.join(state) {
                self.heap = self.heap.saturating_add(grown);
            }
        } else {
            // SUBTLE: a join into a sorted container moves all of it, so a hot item would cost O(n²). Put off as a
            // binary counter carries, n events cost O(n log n).
            self.below.push(std::mem::replace(&mut self.top, state));
            let more = grown.saturating_add(size_of::<ItemState<S>>());
            self.heap = self.heap.saturating_add(more);
        }
        self.carry(2);
        Ok(())
    }

    /// Joins neighbours until each covers at least `factor` times what the next one does.
    fn carry(&mut self, factor: usize) {
        while let Some(mut next) = self
            .below
            .pop_if(|next| weight(next) < weight(&self.top).saturating_mul(factor))
        {
            std::mem::swap(&mut next, &mut self.top);
            self.top.join(next);
        }
    }

    fn encode(&mut self) -> Vec<u8> {
        while let Some(next) = self.below.pop() {
            let top = std::mem::replace(&mut self.top, next);
            self.top.join(top);
        }
        self.top.encode(&self.item_id)
    }
}

fn weight<S: Order>(state: &ItemState<S>) -> usize {
    state.coverage().len()
}
