//! What is held of an item.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bones_compact::{Dated, LatticeEvent, Source, state_at};
use bones_snapshot::{EventHash, ItemState, Order, Stamped, parse_line};
use lattice_core::{JoinSemilattice, Set};

use super::items::Outline;
use crate::source::BadLineReason;

/// An event together with its line, word for word. Clones share both.
#[derive(Debug, Clone)]
pub struct HeldEvent<S: Order> {
    /// Beside the pointer, so that events are told apart without going after it.
    hash_begin: [u8; 8],
    held: Arc<Held<S>>,
}

#[derive(Debug)]
struct Held<S: Order> {
    line: Box<[u8]>,
    event: Stamped<S>,
}

impl<S: Order> HeldEvent<S> {
    /// Reads an event from its line, with or without the line end.
    ///
    /// # Errors
    ///
    /// [`BadLineReason`] when it is none, or has no stamp under an order that needs one.
    ///
    /// ```
    /// use lattice_lww::Unstamped;
    /// use storage_adapter::{BadLineReason, HeldEvent};
    ///
    /// let line = bones_snapshot::write_line(
    ///     5, "alice", "itc:AQ", &[], "item.comment", "bn-1", r#"{"body":"hello"}"#,
    /// );
    /// let held = HeldEvent::<Unstamped>::parse(format!("{line}\n").as_bytes())?;
    /// assert_eq!(held.line(), line.as_bytes());
    /// let comment = HeldEvent::<Unstamped>::parse(b"# a comment");
    /// assert!(matches!(comment, Err(BadLineReason::NoEvent)));
    /// # Ok::<(), BadLineReason>(())
    /// ```
    pub fn parse(line: &[u8]) -> Result<Self, BadLineReason> {
        let event = parse_line(line).map_err(BadLineReason::Line)?;
        let event = event.ok_or(BadLineReason::NoEvent)?;
        let event = Stamped::new(event).map_err(BadLineReason::Stamp)?;
        Ok(Self::new(line, event))
    }

    /// An event and the line it was read from, with or without its line end.
    // INVARIANT: the line alone is written down, so it is to read back as this event.
    pub(crate) fn new(line: &[u8], event: Stamped<S>) -> Self {
        let end = line
            .iter()
            .rposition(|b| !matches!(b, b'\n' | b'\r'))
            .map_or(0, |last| last.saturating_add(1));
        let line = line.get(..end).unwrap_or(line).into();
        let EventHash(hash) = event.event().hash;
        Self {
            hash_begin: hash.first_chunk().copied().unwrap_or_default(),
            held: Arc::new(Held { line, event }),
        }
    }

    /// The line without its line end.
    pub fn line(&self) -> &[u8] {
        &self.held.line
    }

    /// The event.
    pub fn event(&self) -> &Stamped<S> {
        &self.held.event
    }

    fn is_same(&self, other: &Self) -> bool {
        self.hash_begin == other.hash_begin && self.hash() == other.hash()
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

    fn tells_redacted(&self, redactions: &Set<EventHash>) -> bool {
        self.event().tells_redacted(redactions)
    }

    fn fold<'a>(events: impl IntoIterator<Item = &'a Self>) -> ItemState<S>
    where
        Self: 'a,
    {
        ItemState::fold(events.into_iter().map(Self::event))
    }
}

/// What is held of one item. Its state is joined when it is first asked for.
pub(super) struct Item<S: Order> {
    // INVARIANT: ascending by commit.
    sources: Arc<Vec<Dated<HeldEvent<S>>>>,
    // INVARIANT: if it is there, the join of the sources under the redactions of every view that shares it.
    state: OnceLock<Arc<ItemState<S>>>,
    /// Whether a reader wanted it.
    is_wanted: AtomicBool,
}

impl<S: Order> Clone for Item<S> {
    fn clone(&self) -> Self {
        Self {
            sources: Arc::clone(&self.sources),
            state: self.state.clone(),
            is_wanted: AtomicBool::new(self.is_wanted()),
        }
    }
}

/// More sources than this are not looked through one by one for a single event.
const FEW: usize = 64;

impl<S: Order> Item<S> {
    /// An item of which this is held, ascending by commit.
    pub(super) fn new(sources: Vec<Dated<HeldEvent<S>>>) -> Self {
        Self {
            sources: Arc::new(sources),
            state: OnceLock::new(),
            is_wanted: AtomicBool::new(false),
        }
    }

    /// The item, held otherwise: as sources of which the join is the same, under these redactions.
    pub(super) fn held_as(
        &self,
        sources: Vec<Dated<HeldEvent<S>>>,
        redactions: &Set<EventHash>,
    ) -> Self {
        let mut item = Self::new(sources);
        item.is_wanted = AtomicBool::new(self.is_wanted());
        if let Some(state) = self.state.get()
            && item.only_state(redactions).is_none()
        {
            item.state = OnceLock::from(Arc::clone(state));
        }
        item
    }

    /// The same, which nobody wanted yet.
    pub(super) fn unwanted(&self) -> Self {
        Self {
            is_wanted: AtomicBool::new(false),
            ..self.clone()
        }
    }

    /// Notes that a reader wants it.
    pub(super) fn want(&self) {
        // Readers share the line this lies in, and nearly all of them find it set.
        if !self.is_wanted() {
            self.is_wanted.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a reader wanted it, of this view or another that shares it.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    /// What is held, ascending by commit.
    pub(super) fn sources(&self) -> &[Dated<HeldEvent<S>>] {
        &self.sources
    }

    /// The state under the redactions of the view that holds the item. A join of all sources the first time.
    pub(super) fn state(&self, redactions: &Set<EventHash>) -> &ItemState<S> {
        if let Some(state) = self.only_state(redactions) {
            return state;
        }
        self.state
            .get_or_init(|| Arc::new(state_at(self.sources(), u64::MAX, redactions)))
    }

    /// As [`state`](Self::state), but a join is not kept.
    pub(super) fn state_in_passing(&self, redactions: &Set<EventHash>) -> Cow<'_, ItemState<S>> {
        match self.joined(redactions) {
            Some(state) => Cow::Borrowed(state),
            None => Cow::Owned(state_at(self.sources(), u64::MAX, redactions)),
        }
    }

    /// The state, if it has been joined.
    pub(super) fn joined(&self, redactions: &Set<EventHash>) -> Option<&ItemState<S>> {
        let joined = || self.state.get().map(|state| &**state);
        self.only_state(redactions).or_else(joined)
    }

    /// How many events it covers. O(n log n) for n of them.
    pub(super) fn covered(&self) -> usize {
        let events = self.events().map(|event| event.event().event().hash);
        let states = self.states().flat_map(|state| state.coverage().iter());
        let mut covered: Vec<EventHash> = events.chain(states.copied()).collect();
        covered.sort_unstable();
        covered.dedup();
        covered.len()
    }

    /// What each of the sources is.
    pub(super) fn outlines(&self) -> impl Iterator<Item = Outline> {
        self.sources.iter().map(Outline::of)
    }

    /// The one state that is held, if it is all, and as it is to be shown. It is not held twice.
    fn only_state(&self, redactions: &Set<EventHash>) -> Option<&ItemState<S>> {
        match self.sources() {
            [one] if redactions.is_empty() => match &one.source {
                Source::State(state) => Some(state),
                Source::Event(_) => None,
            },
            _ => None,
        }
    }

    /// Whether an event is known: not just claimed to be covered, but with what it wrote.
    pub(super) fn knows(&self, event: &HeldEvent<S>, redactions: &Set<EventHash>) -> bool {
        if self.sources.len() <= FEW {
            let mut events = self.events();
            let is_raw = self.states().next().is_none();
            let is_held = events.any(|held| held.is_same(event));
            if is_held || is_raw {
                return is_held;
            }
        }
        let state = self.state(redactions);
        state.coverage().contains(&event.hash()) && event.delta().leq(state)
    }

    /// Holds more, all of it newer. `joined` is the join of that.
    pub(super) fn extend(
        &mut self,
        more: impl IntoIterator<Item = Dated<HeldEvent<S>>>,
        joined: impl FnOnce() -> ItemState<S>,
        redactions: &Set<EventHash>,
    ) {
        Arc::make_mut(&mut self.sources).extend(more);
        if let Some(mut held) = self.state.take() {
            let state = Arc::make_mut(&mut held);
            state.join(joined());
            state.redact(redactions);
            self.state = OnceLock::from(held);
        }
    }

    /// The item when these redactions are known as well, if that is not this one.
    pub(super) fn redacted(&self, grew: &Set<EventHash>) -> Option<Self> {
        // SUBTLE: an item without a state must not be shared with views that know fewer redactions: whoever
        // asks first would join it for all.
        let state = match self.state.get() {
            None => OnceLock::new(),
            Some(state) => {
                let mut state = ItemState::clone(state);
                if !state.redact(grew) {
                    return None;
                }
                OnceLock::from(Arc::new(state))
            }
        };
        Some(Self {
            sources: Arc::clone(&self.sources),
            state,
            is_wanted: AtomicBool::new(self.is_wanted()),
        })
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
            Source::State(state) => Some(&**state),
            Source::Event(_) => None,
        })
    }
}
