//! The state of one item, record by record, within a bound.

use bones_snapshot::{EventHash, ItemState, Order, SnapshotPayload, Stamped, parse_line};
use lattice_core::{Bottom, JoinSemilattice, Set};

use super::error::{FoldError, Heavy};
use super::meter::{Held, Meter};
use super::plan::{line_weight, payload_weight, state_weight};
use super::record::{Kind, Record};

/// How much more is held at once than needed at the moment, so that not every record is an entry.
const STEP: u64 = 1 << 16;
/// The rank of what was measured: no run of deltas is ever as long.
const MEASURED: u32 = u32::MAX;

/// Why a record is not taken in.
pub(super) enum Refused {
    /// The state may not fit into the bound.
    TooHeavy,
    /// The record does not read.
    Damaged,
    /// There is no memory left.
    Memory(FoldError),
}

/// Joins the records of an item.
///
/// Deltas are joined like the digits of a binary counter, as [`lattice_core::join_all`] does. An
/// estimate of what they take grows with each. When it reaches the bound, everything is joined to one
/// state and that is measured: writes that others supersede are gone by then. Between two measurements
/// at least a quarter of the bound is taken in, so the work stays linear in the records.
pub(super) struct ItemFold<'a, S: Order> {
    bound: u64,
    // INVARIANT: ranks fall strictly from bottom to top; a state of rank r is the join of 2^r deltas,
    // but for the lowest, which may be everything up to the last measurement.
    stack: Vec<(u32, ItemState<S>)>,
    /// What the stack takes, at most.
    weight: u64,
    held: Held<'a>,
    held_bytes: u64,
}

impl<'a, S: Order> ItemFold<'a, S> {
    pub(super) fn new(bound: u64, meter: &'a Meter) -> Self {
        Self {
            bound,
            stack: Vec::new(),
            weight: 0,
            held: meter.entry(),
            held_bytes: 0,
        }
    }

    /// Takes a record in. One that is refused was not taken in, and the state is as before.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Result<(), Refused> {
        let length = record.body.len() as u64;
        let at_most = match record.kind {
            Kind::Line => line_weight(record.body),
            Kind::Payload => payload_weight(length),
        };
        if self.weight.saturating_add(at_most) > self.bound {
            self.measure(record.item_id);
            if self.weight > self.bound / 4 * 3 || self.weight.saturating_add(at_most) > self.bound
            {
                return Err(Refused::TooHeavy);
            }
        }
        self.hold(self.weight.saturating_add(at_most), record.item_id)?;
        let delta = delta(record).ok_or(Refused::Damaged)?;
        let weight = state_weight(length, keys(&delta));
        self.weight = self.weight.saturating_add(weight.min(at_most));
        self.push(0, delta);
        Ok(())
    }

    fn hold(&mut self, bytes: u64, item_id: &str) -> Result<(), Refused> {
        if bytes <= self.held_bytes {
            return Ok(());
        }
        let bytes = bytes.saturating_add(STEP).min(self.bound);
        self.held_bytes = bytes;
        self.held
            .set(bytes, Heavy::Item(item_id.into()))
            .map_err(Refused::Memory)
    }

    fn push(&mut self, rank: u32, state: ItemState<S>) {
        let mut carry = (rank, state);
        while let Some((rank, mut earlier)) = self.stack.pop_if(|(rank, _)| *rank == carry.0) {
            earlier.join(carry.1);
            carry = (rank.saturating_add(1), earlier);
        }
        self.stack.push(carry);
    }

    fn joined(&mut self) -> ItemState<S> {
        let mut all = ItemState::bottom();
        while let Some((_, state)) = self.stack.pop() {
            all.join(state);
        }
        all
    }

    /// Joins everything and finds out what that takes.
    fn measure(&mut self, item_id: &str) {
        let all = self.joined();
        let keys = keys(&all);
        let payload = SnapshotPayload::new(item_id, all, &Set::bottom());
        self.weight = state_weight(payload.encode().len() as u64, keys);
        self.push(MEASURED, payload.into_parts().1);
    }

    /// The payload of the item, masked.
    pub(super) fn payload(mut self, item_id: &str, redactions: &Set<EventHash>) -> Vec<u8> {
        SnapshotPayload::new(item_id, self.joined(), redactions).encode()
    }
}

fn delta<S: Order>(record: &Record<'_>) -> Option<ItemState<S>> {
    match record.kind {
        Kind::Line => {
            let event = parse_line(record.body).ok()??;
            Some(Stamped::new(event).ok()?.delta())
        }
        Kind::Payload => Some(SnapshotPayload::decode(record.body).ok()?.into_parts().1),
    }
}

fn keys<S: Order>(state: &ItemState<S>) -> u64 {
    let mut keys = 0_u64;
    state.for_each_key(|_| keys = keys.saturating_add(1));
    keys
}
