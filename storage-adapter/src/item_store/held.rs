//! What is held of an item.

use std::sync::Arc;

use bones_compact::{ItemSources, LatticeEvent};
use bones_snapshot::{EventHash, ItemState, Order, Stamped};
use lattice_core::Bottom;

/// An event together with its line, word for word.
#[derive(Debug, Clone)]
pub struct HeldEvent<S: Order> {
    line: Arc<[u8]>,
    event: Stamped<S>,
}

impl<S: Order> HeldEvent<S> {
    /// An event and the line it was read from, with or without its line end.
    pub fn new(line: &[u8], event: Stamped<S>) -> Self {
        let end = line
            .iter()
            .rposition(|b| !matches!(b, b'\n' | b'\r'))
            .map_or(0, |last| last.saturating_add(1));
        Self {
            line: line.get(..end).unwrap_or(line).into(),
            event,
        }
    }

    /// The line without its line end.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The event.
    pub fn event(&self) -> &Stamped<S> {
        &self.event
    }
}

impl<S: Order> LatticeEvent for HeldEvent<S> {
    type State = ItemState<S>;

    fn item_id(&self) -> &str {
        self.event.item_id()
    }

    fn hash(&self) -> EventHash {
        self.event.hash()
    }

    fn wall_ts(&self) -> i64 {
        self.event.wall_ts()
    }

    fn delta(&self) -> ItemState<S> {
        self.event.delta()
    }

    fn fold<'a>(events: impl IntoIterator<Item = &'a Self>) -> ItemState<S>
    where
        Self: 'a,
    {
        ItemState::fold(events.into_iter().map(Self::event))
    }
}

/// What is held of one item, and its state.
#[derive(Clone)]
pub(super) struct Item<S: Order> {
    pub(super) sources: ItemSources<HeldEvent<S>>,
    // INVARIANT: the join of the sources under the redactions of the store.
    pub(super) state: ItemState<S>,
}

impl<S: Order> Item<S> {
    pub(super) fn empty() -> Self {
        Self {
            sources: ItemSources {
                events: Vec::new(),
                states: Vec::new(),
                bytes: 0,
            },
            state: ItemState::bottom(),
        }
    }
}
