//! The state of a work item: a product of lattices under a grow-only set of redactions.

use lattice_core::{Bottom, Cell, JoinSemilattice, Map, Max, Min, Set, join_all};
use lattice_lww::{LwwRegister, Stamp, Write};

use crate::event::{AgentId, Text};
use crate::extension::linear_extension;
use crate::hash::EventHash;
use crate::legacy::LegacySnapshots;
use crate::observed::{ByHash, ElementId, Key, Link, ObservedSet};
use crate::value::{Kind, Phase, Size, Urgency};

/// A register of a work item.
pub type Register<V, S> = LwwRegister<V, S, AgentId>;
/// The links of a work item, by the id of their target ([`Link::target_id`]), so that "remove
/// every link to this target" is the clear of one set.
pub type Links<S> = Map<ElementId, ObservedSet<Link, S>>;
/// A grow-only map from the key of an event to a text it carried.
pub type Texts<S> = Map<ByHash<S>, Cell<Text>>;
/// A grow-only map from moves to their reasons.
pub type Moves<S> = Map<Move<S>, Cell<Option<Text>>>;

/// One move: its key and the phase moved to. The phase is part of the identity, so that two moves
/// that claim one event are two moves, and the map of moves is a lattice on all inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move<S: Stamp> {
    /// When, by whom, in which event.
    pub key: ByHash<S>,
    /// The phase moved to.
    pub target: Phase,
}

/// What the events of an item wrote: every component a lattice of its own.
#[derive(Debug, Clone, PartialEq, Eq, JoinSemilattice, Bottom)]
pub struct Content<S: Stamp> {
    /// What the item is called.
    pub title: Register<Text, S>,
    /// What it is about.
    pub description: Register<Option<Text>, S>,
    /// What sort of work it is.
    pub kind: Register<Kind, S>,
    /// How large it is.
    pub size: Register<Option<Size>, S>,
    /// How soon it is wanted.
    pub urgency: Register<Urgency, S>,
    /// The item it is a part of.
    pub parent: Register<Option<Text>, S>,
    /// Whether it is deleted. Nothing writes `false`.
    pub deleted: Register<bool, S>,
    /// What a compact event said of it.
    pub compact_summary: Register<Text, S>,
    /// Every move; [`ItemState::lifecycle`] folds them.
    pub moves: Moves<S>,
    /// Who works on it.
    pub assignees: ObservedSet<Text, S>,
    /// Its labels.
    pub labels: ObservedSet<Text, S>,
    /// Its links, by their targets.
    pub links: Links<S>,
    /// Every comment.
    pub comments: Texts<S>,
    /// What no rule understands: the JSON of [`Event::rest`](crate::Event::rest).
    pub other: Texts<S>,
    /// What bones' own snapshots say beside their registers.
    pub legacy: LegacySnapshots<S>,
    /// Least wall clock above 0.
    pub created: Option<Min<u64>>,
    /// Greatest wall clock.
    pub updated: Option<Max<u64>>,
    /// Least wall clock of a covered event.
    pub earliest: Option<Min<u64>>,
    /// Greatest wall clock of a covered event.
    pub latest: Option<Max<u64>>,
    /// The events folded in.
    pub coverage: Set<EventHash>,
}

/// The state of a work item: the join of the deltas of its events.
///
/// Two parts: what was written, and the set R of events redacted. Their join is
/// `(R1 u R2, mask of R1 u R2 over C1 join C2)`, so no join brings redacted text back.
///
/// ```
/// use bones_snapshot::{ItemState, Stamped, parse_line, write_line};
/// use lattice_core::{JoinSemilattice, Set};
/// use lattice_lww::Unstamped;
/// let title = |at, text: &str| -> Result<_, Box<dyn std::error::Error>> {
///     let data = format!(r#"{{"field":"title","value":"{text}"}}"#);
///     let line = write_line(at, "alice", "-", &[], "item.update", "bn-1", &data);
///     Ok(Stamped::<Unstamped>::new(parse_line(line.as_bytes())?.expect("an event"))?)
/// };
/// let (first, second) = (title(1, "roof")?, title(2, "s3cret")?);
///
/// let mut state = ItemState::join_all([second.delta(), first.delta()]);
/// assert_eq!(state.content().title.get().map(|t| &**t), Some("s3cret"));
/// assert!(!state.join(first.delta())); // known already
///
/// state.redact(&Set::singleton(second.event().hash));
/// assert_eq!(state.content().title.get(), None); // nor is it "roof"
/// state.join(second.delta()); // no join brings it back
/// assert_eq!(state.content().title.get(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemState<S: Stamp> {
    // INVARIANT: every cell written by an event in `redacted` is `Cell::Redacted`.
    content: Content<S>,
    redacted: Set<EventHash>,
}

impl<S: Stamp> ItemState<S> {
    /// Builds a state, masking what `redacted` names.
    ///
    /// The laws hold for any content. Content that no event writes may not be read back once it is
    /// encoded: a link under the id of another target, an empty set of links, a text in
    /// [`other`](Content::other) that is not of the form of [`Event::rest`](crate::Event::rest).
    pub fn new(content: Content<S>, redacted: Set<EventHash>) -> Self {
        let mut state = Self { content, redacted };
        state.mask_own();
        state
    }

    /// The join of many states, in O(n log n) for n small ones.
    pub fn join_all(states: impl IntoIterator<Item = Self>) -> Self {
        join_all(states)
    }

    /// What was written.
    pub fn content(&self) -> &Content<S> {
        &self.content
    }

    /// The events folded in.
    pub fn coverage(&self) -> &Set<EventHash> {
        &self.content.coverage
    }

    /// The redacted events this state knows of: the targets of its own redact events, and those of
    /// its covered events that [`redact`](Self::redact) named.
    pub fn redacted(&self) -> &Set<EventHash> {
        &self.redacted
    }

    /// Masks every cell written by an event in `redactions`, and remembers which of them are
    /// covered. True iff the state changed.
    ///
    /// Commutes with join: redacting two states and joining them is joining them and redacting the
    /// result.
    pub fn redact(&mut self, redactions: &Set<EventHash>) -> bool {
        if redactions.is_empty() {
            return false;
        }
        let covered = redactions.intersection(&self.content.coverage);
        let grew = self.redacted.join(covered);
        mask(&mut self.content, redactions) | grew
    }

    fn mask_own(&mut self) {
        if !self.redacted.is_empty() {
            mask(&mut self.content, &self.redacted);
        }
    }

    /// Phase and epoch: the fold of the moves in the order of their keys.
    ///
    /// With stamps the order is a linear extension of theirs: of the moves that no remaining move
    /// precedes, the one with the least key comes next. Without stamps that is the order of keys.
    /// Costs O(n log n) without stamps. With them also O(n·w) stamp comparisons, w being about how many
    /// agents moved the item at the same time.
    ///
    /// Where [bones' own snapshots](crate::Legacy) still have something to say, the item has come at
    /// least as far as they say once the moves up to their latest source are folded in.
    pub fn lifecycle(&self) -> Lifecycle {
        self.fold_moves(|_, _| ())
    }

    /// Every move in the order they are folded in, each with where the item stands after it: how
    /// [`lifecycle`](Self::lifecycle) comes about. Costs the same.
    pub fn lifecycle_steps(&self) -> Vec<(&Move<S>, Lifecycle)> {
        let mut steps = Vec::with_capacity(self.content.moves.len());
        self.fold_moves(|m, life| steps.push((m, life)));
        steps
    }

    fn fold_moves<'a>(&'a self, mut step: impl FnMut(&'a Move<S>, Lifecycle)) -> Lifecycle {
        let mut moves: Vec<&Move<S>> = self.content.moves.keys().collect();
        moves.sort_by(|a, b| a.key.0.read_cmp(&b.key.0).then(a.target.cmp(&b.target)));
        if S::CAUSAL {
            let stamps: Vec<&S> = moves.iter().map(|m| &m.key.0.stamp).collect();
            let order = linear_extension(&stamps);
            moves = order
                .into_iter()
                .filter_map(|at| moves.get(at).copied())
                .collect();
        }
        let mut life = Lifecycle::START;
        let mut standings = self.open().standings().into_iter().peekable();
        for m in moves {
            while let Some(standing) = standings.next_if(|s| s.at < m.key.0.wall_ts) {
                life = life.max(standing.lifecycle());
            }
            life.step(m.target);
            step(m, life);
        }
        standings.fold(life, |life, standing| life.max(standing.lifecycle()))
    }

    /// True iff the item is deleted. A redacted delete still deletes: that it happened is a fact,
    /// not content.
    pub fn is_deleted(&self) -> bool {
        let winner = self.content.deleted.winner();
        winner.is_some_and(|w| w.cell.present().copied().unwrap_or(true))
    }

    /// Greatest wall clock of any event, in microseconds; 0 when there is none.
    pub fn updated_at(&self) -> u64 {
        self.content.updated.map_or(0, |Max(t)| t)
    }

    /// Calls `f` with the key of every write held, some of them more than once.
    pub fn for_each_key<'a>(&'a self, mut f: impl FnMut(&'a Key<S>)) {
        self.for_each_register_key(&mut f);
        self.for_each_other_key(f);
    }

    /// Calls `f` with the key of every write of a register. Those a snapshot by bones brings, too.
    pub fn for_each_register_key<'a>(&'a self, mut f: impl FnMut(&'a Key<S>)) {
        fn register<'a, V: Ord, S: Stamp>(
            register: &'a Register<V, S>,
            f: &mut impl FnMut(&'a Key<S>),
        ) {
            register.writes().for_each(|w| f(&w.key));
        }
        let c = &self.content;
        register(&c.title, &mut f);
        register(&c.description, &mut f);
        register(&c.kind, &mut f);
        register(&c.size, &mut f);
        register(&c.urgency, &mut f);
        register(&c.parent, &mut f);
        register(&c.deleted, &mut f);
        register(&c.compact_summary, &mut f);
    }

    /// Calls `f` with the key of every write that is none of a register: of moves, set members, comments, what nobody
    /// understands, and snapshots by bones. Only the event of the key brings them.
    pub fn for_each_other_key<'a>(&'a self, mut f: impl FnMut(&'a Key<S>)) {
        let c = &self.content;
        c.moves.keys().for_each(|m| f(&m.key.0));
        c.assignees.for_each_key(&mut f);
        c.labels.for_each_key(&mut f);
        c.links.values().for_each(|set| set.for_each_key(&mut f));
        c.comments.keys().for_each(|key| f(&key.0));
        c.other.keys().for_each(|key| f(&key.0));
        c.legacy.keys().for_each(|id| f(&id.key.0));
    }
}

/// Where in its life an item is. The greater has come further: epochs first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifecycle {
    /// How often the item went back.
    pub epoch: u64,
    /// The phase within the epoch.
    pub phase: Phase,
}

impl Lifecycle {
    /// Before the first move.
    pub const START: Self = Self {
        phase: Phase::Open,
        epoch: 0,
    };

    fn step(&mut self, target: Phase) {
        if target < self.phase {
            self.epoch = self.epoch.saturating_add(1);
        }
        self.phase = target;
    }
}

/// Redacts every cell that an event in `redactions` wrote. True iff a cell changed.
fn mask<S: Stamp>(content: &mut Content<S>, redactions: &Set<EventHash>) -> bool {
    let redacted = |hash: &EventHash| redactions.contains(hash);
    let texts = |texts: &mut Texts<S>| {
        let mut changed = false;
        for (key, cell) in texts.iter_mut() {
            changed |= redacted(&key.0.event_hash) && cell.redact();
        }
        changed
    };
    let mut changed = content.title.redact(redacted)
        | content.description.redact(redacted)
        | content.kind.redact(redacted)
        | content.size.redact(redacted)
        | content.urgency.redact(redacted)
        | content.parent.redact(redacted)
        | content.deleted.redact(redacted)
        | content.compact_summary.redact(redacted)
        | content.assignees.redact(&redacted)
        | content.labels.redact(&redacted)
        | texts(&mut content.comments)
        | texts(&mut content.other);
    for set in content.links.values_mut() {
        changed |= set.redact(&redacted);
    }
    for (id, legacy) in content.legacy.iter_mut() {
        let named = redacted(&id.key.0.event_hash) || id.sources.iter().any(redacted);
        changed |= named && legacy.texts.redact();
    }
    for (m, reason) in content.moves.iter_mut() {
        changed |= redacted(&m.key.0.event_hash) && reason.redact();
    }
    changed
}

impl<S: Stamp> JoinSemilattice for ItemState<S> {
    fn join(&mut self, mut other: Self) -> bool {
        // INVARIANT: each side is masked by its own redactions, so only those of the other are news
        // to it. A delta costs no more than its own size then, whatever it is joined into.
        let news = other.redacted.difference(&self.redacted);
        if !news.is_empty() {
            mask(&mut self.content, &news);
        }
        if !self.redacted.is_empty() {
            mask(&mut other.content, &self.redacted);
        }
        let mut grew = self.content.join(other.content);
        grew |= self.redacted.join(news);
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        // Enough, since both sides are masked by their own redactions: a text that `other` masks
        // is below the redacted cell it holds in its place.
        self.redacted.leq(&other.redacted) && self.content.leq(&other.content)
    }
}

impl<S: Stamp> Bottom for ItemState<S> {
    fn bottom() -> Self {
        Self {
            content: Content::bottom(),
            redacted: Set::bottom(),
        }
    }

    fn is_bottom(&self) -> bool {
        self.redacted.is_bottom() && self.content.is_bottom()
    }
}

/// A register that one event wrote.
pub(crate) fn written<V: Ord, S: Stamp>(key: &Key<S>, value: V) -> Register<V, S> {
    Register::from_write(Write {
        key: key.clone(),
        cell: Cell::Present(value),
    })
}
