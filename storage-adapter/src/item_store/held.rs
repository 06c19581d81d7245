//! What is held of an item.

use std::sync::Arc;

use bones_compact::{Dated, LatticeEvent, Source};
use bones_snapshot::{EventHash, ItemState, Order, Stamped};
use lattice_core::Bottom;

/// An event together with its line, word for word. Clones share both.
#[derive(Debug, Clone)]
pub struct HeldEvent<S: Order>(Arc<Held<S>>);

#[derive(Debug)]
struct Held<S: Order> {
    line: Box<[u8]>,
    event: Stamped<S>,
}

impl<S: Order> HeldEvent<S> {
    /// An event and the line it was read from, with or without its line end.
    pub fn new(line: &[u8], event: Stamped<S>) -> Self {
        let end = line
            .iter()
            .rposition(|b| !matches!(b, b'\n' | b'\r'))
            .map_or(0, |last| last.saturating_add(1));
        let line = line.get(..end).unwrap_or(line).into();
        Self(Arc::new(Held { line, event }))
    }

    /// The line without its line end.
    pub fn line(&self) -> &[u8] {
        &self.0.line
    }

    /// The event.
    pub fn event(&self) -> &Stamped<S> {
        &self.0.event
    }
}

impl<S: Order> LatticeEvent for HeldEvent<S> {
    type State = ItemState<S>;

    fn item_id(&self) -> &str {
        self.event().item_id()
    }

    fn hash(&self) -> EventHash {
        self.event().hash()
    }

    fn wall_ts(&self) -> i64 {
        self.event().wall_ts()
    }

    fn delta(&self) -> ItemState<S> {
        self.event().delta()
    }

    fn fold<'a>(events: impl IntoIterator<Item = &'a Self>) -> ItemState<S>
    where
        Self: 'a,
    {
        ItemState::fold(events.into_iter().map(Self::event))
    }
}

/// Items by id. A clone is O(1), and a change copies only the way to what it changes.
pub(super) type Items<S> = im::OrdMap<Arc<str>, Arc<Item<S>>>;

/// What is held of one item, and its state.
#[derive(Clone)]
pub(super) struct Item<S: Order> {
    // INVARIANT: ascending by commit.
    pub(super) sources: Vec<Dated<HeldEvent<S>>>,
    // INVARIANT: the join of the sources under the redactions of the store.
    pub(super) state: ItemState<S>,
}

impl<S: Order> Item<S> {
    pub(super) fn empty() -> Self {
        Self {
            sources: Vec::new(),
            state: ItemState::bottom(),
        }
    }

    /// The events among the sources, in the order they came.
    pub(super) fn events(&self) -> impl Iterator<Item = &HeldEvent<S>> {
        self.sources.iter().filter_map(|held| match &held.source {
            Source::Event(event) => Some(event),
            Source::State(_) => None,
        })
    }

    /// The states among the sources.
    pub(super) fn states(&self) -> impl Iterator<Item = &ItemState<S>> {
        self.sources.iter().filter_map(|held| match &held.source {
            Source::State(state) => Some(state),
            Source::Event(_) => None,
        })
    }
}
