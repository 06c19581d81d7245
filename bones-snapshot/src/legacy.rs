//! What bones' own snapshots leave behind: entries that stand in until the real events arrive.
//!
//! An `item.snapshot` event that bones wrote says what some other events said. Its registers name
//! the writes exactly, and become those writes. The rest it knows by halves: set members under tags
//! of 64-bit hashes, comments without their bodies, where in its life the item stood. All of that is
//! kept here, in a grow-only map from the snapshot event, and shown only as far as no real event
//! tells better: [`open`] says which snapshots still have something to say.
//!
//! A snapshot never counts as having its sources: coverage is what was folded in here, not what
//! somebody claims to have folded in elsewhere.
//!
//! [`open`]: ItemState::open_legacy

mod read;
mod stamp;

use lattice_core::{Cell, JoinSemilattice, Map, Max, Set};
use lattice_lww::Stamp;

pub(crate) use read::read;
pub(crate) use stamp::itc_of_json;

use crate::event::{AgentId, Text};
use crate::hash::EventHash;
use crate::observed::{ByHash, Element, Key, Link, ObservedSet};
use crate::state::{Content, ItemState, Lifecycle};
use crate::value::{Kind, Phase, Size, Urgency};

/// The snapshots that bones wrote of an item, as far as registers do not hold them.
pub type LegacySnapshots<S> = Map<LegacyId<S>, Legacy>;

/// A snapshot event of bones, and the events that it was made of.
///
/// The sources are part of the identity, so that "redacted when a source is" is a rule about one
/// entry, and commutes with joins on all inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegacyId<S: Stamp> {
    /// The snapshot event itself.
    pub key: ByHash<S>,
    /// The events it stands for: its parents, and every event that it names.
    pub sources: Set<EventHash>,
}

/// What a snapshot says beside its registers.
#[derive(Debug, Clone, PartialEq, Eq, JoinSemilattice)]
pub struct Legacy {
    /// Comments among the sources. Their bodies are not in the snapshot.
    pub comments: Set<EventHash>,
    /// Where in its life the item stood.
    pub standing: Option<Max<LegacyStanding>>,
    /// Everything that is text.
    pub texts: Cell<LegacyTexts>,
}

/// Where an item stood when a snapshot was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegacyStanding {
    /// Wall clock of the latest source in microseconds, negatives as 0.
    pub at: u64,
    /// How often the item had gone back.
    pub epoch: u64,
    /// Its phase.
    pub phase: Phase,
}

/// The texts of a snapshot. Redacted together, when the snapshot or any of its sources is: which
/// text came from which source cannot be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegacyTexts {
    /// Who was assigned.
    pub assignees: LegacyMembers<Text>,
    /// The labels.
    pub labels: LegacyMembers<Text>,
    /// The links.
    pub links: LegacyMembers<Link>,
    /// What of the snapshot was not understood, in the form of [`Event::rest`](crate::Event::rest).
    pub rest: Option<Text>,
}

/// The members of a set, each with the tags of the adds that counted.
pub type LegacyMembers<T> = std::collections::BTreeMap<T, Set<Tag>>;

/// What bones knows an add by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// Wall clock of the add in microseconds.
    pub wall_ts: u64,
    /// A 64-bit hash of the agent.
    pub actor: u64,
    /// A 64-bit hash of the event's hash and the member.
    pub event: u64,
}

/// What an `item.snapshot` event of bones says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotData {
    /// The title.
    pub title: Option<LegacyWrite<Text>>,
    /// The description, or none.
    pub description: Option<LegacyWrite<Option<Text>>>,
    /// The kind.
    pub kind: Option<LegacyWrite<Kind>>,
    /// The size, or none.
    pub size: Option<LegacyWrite<Option<Size>>>,
    /// The urgency.
    pub urgency: Option<LegacyWrite<Urgency>>,
    /// The parent, or none.
    pub parent: Option<LegacyWrite<Option<Text>>>,
    /// Whether the item was deleted.
    pub deleted: Option<LegacyWrite<bool>>,
    /// The summary of the latest compact event.
    pub compact_summary: Option<LegacyWrite<Text>>,
    /// Least wall clock above 0 of the sources, 0 when unknown.
    pub created_at: u64,
    /// Greatest wall clock of the sources.
    pub updated_at: u64,
    /// The events the snapshot was made of.
    pub sources: Set<EventHash>,
    /// What is no register.
    pub legacy: Legacy,
}

/// A register in a snapshot: the write that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyWrite<V> {
    /// Its value.
    pub value: V,
    /// Wall clock of the write.
    pub wall_ts: u64,
    /// Who wrote it.
    pub agent: AgentId,
    /// In which event.
    pub event_hash: EventHash,
    /// The stamp, as JSON: snapshots of bones 0.25 have one.
    pub stamp: Option<Box<str>>,
}

impl SnapshotData {
    /// The stamps of all registers that were written.
    #[allow(clippy::option_option)] // of a register that was written, the stamp if it has one
    pub(crate) fn stamps(&self) -> impl Iterator<Item = Option<&str>> {
        fn of<V>(write: Option<&LegacyWrite<V>>) -> Option<Option<&str>> {
            write.map(|write| write.stamp.as_deref())
        }
        [
            of(self.title.as_ref()),
            of(self.description.as_ref()),
            of(self.kind.as_ref()),
            of(self.size.as_ref()),
            of(self.urgency.as_ref()),
            of(self.parent.as_ref()),
            of(self.deleted.as_ref()),
            of(self.compact_summary.as_ref()),
        ]
        .into_iter()
        .flatten()
    }
}

impl Legacy {
    /// Whether the snapshot was read as bones means it: only then does it say where the item stood.
    pub fn is_understood(&self) -> bool {
        self.standing.is_some()
    }

    /// A snapshot of which nothing was understood.
    pub(crate) fn opaque(rest: Text) -> Self {
        let texts = LegacyTexts {
            rest: Some(rest),
            ..LegacyTexts::default()
        };
        Self {
            comments: Set::new(),
            standing: None,
            texts: Cell::Present(texts),
        }
    }
}

/// One of the sets of a snapshot.
pub(crate) type Pick<T> = fn(&LegacyTexts) -> &LegacyMembers<T>;

/// The snapshots of an item that still have something to say, asked about its sets.
pub(crate) struct Open<'a, S: Stamp>(Vec<(&'a LegacyId<S>, &'a Legacy)>);

impl<S: Stamp> ItemState<S> {
    /// The snapshots of bones of which some source is not folded in. Those of which all are say
    /// nothing that the events do not say better.
    ///
    /// Costs a pass over the sources of each and the coverage.
    pub fn open_legacy(&self) -> impl Iterator<Item = (&LegacyId<S>, &Legacy)> {
        let covered = |id: &LegacyId<S>| id.sources.is_subset(self.coverage());
        let legacy = self.content().legacy.iter();
        legacy.filter(move |(id, _)| !covered(id))
    }

    pub(crate) fn open(&self) -> Open<'_, S> {
        Open(self.open_legacy().collect())
    }
}

impl<'a, S: Stamp> Open<'a, S> {
    /// The snapshots, in order.
    pub(crate) fn snapshots(&self) -> impl Iterator<Item = (&'a LegacyId<S>, &'a Legacy)> {
        self.0.iter().copied()
    }

    /// Where the item stood, earliest first.
    pub(crate) fn standings(&self) -> Vec<LegacyStanding> {
        let standings = self.0.iter().filter_map(|(_, legacy)| legacy.standing);
        let mut standings: Vec<_> = standings.map(|Max(standing)| standing).collect();
        standings.sort_unstable();
        standings
    }

    /// True iff some snapshot was made of the add and of something that removed it. One that was not
    /// understood says nothing of the kind by listing nothing.
    pub(crate) fn hides<T: Element>(&self, pick: Pick<T>, add: &EventHash, member: &T) -> bool {
        self.0.iter().any(|(id, legacy)| {
            let without = |texts: &LegacyTexts| !pick(texts).contains_key(member);
            legacy.is_understood()
                && id.sources.contains(add)
                && legacy.texts.present().is_some_and(without)
        })
    }

    /// The members of the snapshots, with the tags that no remove beyond their sources is later
    /// than. `set_of` is the set of real events that a member belongs to.
    pub(crate) fn members<T: Element>(
        &self,
        pick: Pick<T>,
        set_of: impl Fn(&T) -> Option<&'a ObservedSet<T, S>>,
    ) -> Vec<(&'a T, Tag)> {
        let mut live = Vec::new();
        for (id, legacy) in self.snapshots() {
            for (member, tags) in legacy.texts.present().into_iter().flat_map(pick) {
                let removed = set_of(member).and_then(|set| removed_at(set, member, &id.sources));
                let tags = tags
                    .iter()
                    .filter(|tag| removed.is_none_or(|at| at <= tag.wall_ts));
                live.extend(tags.map(|tag| (member, *tag)));
            }
        }
        live
    }
}

impl<'a, S: Stamp> Open<'a, S> {
    /// The members of a set, with the key or tag of each of their adds: those of real events that no
    /// snapshot hides, and those of the snapshots.
    pub(crate) fn all_members<T: Element>(
        &self,
        set: &'a ObservedSet<T, S>,
        pick: Pick<T>,
    ) -> impl Iterator<Item = (&'a T, AddedBy<'a, S>)> {
        let legacy = self.members(pick, |_| Some(set));
        self.real_members(set, pick).chain(
            legacy
                .into_iter()
                .map(|(member, tag)| (member, AddedBy::Tag(tag))),
        )
    }

    fn real_members<T: Element>(
        &self,
        set: &'a ObservedSet<T, S>,
        pick: Pick<T>,
    ) -> impl Iterator<Item = (&'a T, AddedBy<'a, S>)> {
        let adds = set.adds().values().flatten();
        adds.filter_map(move |add| {
            let member = add.value()?;
            let shown = !self.hides(pick, &add.key.event_hash, member);
            shown.then_some((member, AddedBy::Key(&add.key)))
        })
    }
}

/// What the add of a member is known by.
pub(crate) enum AddedBy<'a, S: Stamp> {
    Key(&'a Key<S>),
    Tag(Tag),
}

/// The links of an item, as [`Open::all_members`].
pub(crate) fn links_of<'a, S: Stamp>(
    content: &'a Content<S>,
    open: &Open<'a, S>,
) -> impl Iterator<Item = (&'a Link, AddedBy<'a, S>)> {
    let pick: Pick<Link> = |texts| &texts.links;
    let set_of = |link: &Link| content.links.get(&Link::target_id(&link.target));
    let legacy = open.members(pick, set_of).into_iter();
    let real = content
        .links
        .values()
        .flat_map(move |set| open.real_members(set, pick));
    real.chain(legacy.map(|(link, tag)| (link, AddedBy::Tag(tag))))
}

/// Wall clock of the latest remove of a member by an event that is none of `sources`.
// SUBTLE: a snapshot knows no stamps of its adds, so the wall clock decides in either order. What
// removes among its sources took away it does not list; what it lists they did not observe.
fn removed_at<T: Element, S: Stamp>(
    set: &ObservedSet<T, S>,
    member: &T,
    sources: &Set<EventHash>,
) -> Option<u64> {
    let removes = set.removes().get(&member.id());
    let removes = removes.into_iter().flatten().chain(set.clears());
    let beyond = removes.filter(|remove| !sources.contains(&remove.event_hash));
    beyond.map(|remove| remove.wall_ts).max()
}

impl LegacyStanding {
    /// As far as the item had come.
    pub(crate) fn lifecycle(self) -> Lifecycle {
        Lifecycle {
            phase: self.phase,
            epoch: self.epoch,
        }
    }
}
