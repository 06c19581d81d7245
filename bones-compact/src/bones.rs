//! The bones work item as one implementation of the traits.

use std::borrow::Cow;

use bones_snapshot::{DecodeError, EventHash, ItemState, Order, SnapshotPayload, Stamped};
use lattice_core::Set;

use crate::event::{CompactState, LatticeEvent, Standing};

impl<S: Order> LatticeEvent for Stamped<S> {
    type State = ItemState<S>;

    fn item_id(&self) -> &str {
        &self.event().item_id
    }

    fn hash(&self) -> EventHash {
        self.event().hash
    }

    fn wall_ts(&self) -> i64 {
        self.event().wall_ts
    }

    fn delta(&self) -> ItemState<S> {
        self.delta()
    }

    fn tells_redacted(&self, redactions: &Set<EventHash>) -> bool {
        let repeats = |event: &EventHash| redactions.contains(event);
        repeats(&self.hash())
            || self
                .repeats()
                .is_some_and(|events| events.iter().any(repeats))
    }

    fn fold<'a>(events: impl IntoIterator<Item = &'a Self>) -> ItemState<S>
    where
        S: 'a,
    {
        ItemState::fold(events)
    }
}

impl<S: Order> CompactState for ItemState<S> {
    type DecodeError = DecodeError;

    fn coverage(&self) -> &Set<EventHash> {
        self.coverage()
    }

    fn redacted(&self) -> &Set<EventHash> {
        self.redacted()
    }

    fn redact(&mut self, redactions: &Set<EventHash>) -> bool {
        self.redact(redactions)
    }

    fn uncovered_writes(&self) -> Set<EventHash> {
        // A snapshot that bones wrote brings what its sources wrote into registers, and nothing else of them.
        let legacy = self.content().legacy.iter();
        let understood = legacy.filter(|(_, legacy)| legacy.is_understood());
        let vouched: Set<EventHash> = understood
            .flat_map(|(id, _)| &id.sources)
            .copied()
            .collect();
        let mut uncovered = Vec::new();
        self.for_each_register_key(|key| {
            if !self.coverage().contains(&key.event_hash) && !vouched.contains(&key.event_hash) {
                uncovered.push(key.event_hash);
            }
        });
        self.for_each_other_key(|key| {
            if !self.coverage().contains(&key.event_hash) {
                uncovered.push(key.event_hash);
            }
        });
        uncovered.into_iter().collect()
    }

    fn standing(&self) -> Standing {
        Standing {
            phase: Cow::Borrowed(self.lifecycle().phase.as_str()),
            deleted: self.is_deleted(),
            updated_at: self.updated_at(),
        }
    }

    fn encode(&self, item_id: &str) -> Vec<u8> {
        self.encode(item_id)
    }

    fn decode(bytes: &[u8]) -> Result<(Box<str>, Self), DecodeError> {
        SnapshotPayload::decode(bytes).map(SnapshotPayload::into_parts)
    }
}
