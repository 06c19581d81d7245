//! What a reader sees of an item: a function of its state, the same whether or not, where or when
//! the item was compacted.

use std::collections::BTreeSet;
use std::sync::Arc;

use lattice_core::{Max, Min};
use lattice_lww::Stamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::data::MAX_JSON_DEPTH;
use crate::event::Text;
use crate::hash::format_hash;
use crate::json::{check_depth, check_numbers, check_surrogates};
use crate::legacy::{Legacy, LegacyId, LegacySnapshots, Open, Pick, links_of};
use crate::observed::{Key, ObservedSet};
use crate::state::{ItemState, Register, Texts};
use crate::value::{Kind, Phase, Size, Urgency};

/// One item as shown. Serialises to the JSON object that `lattice show --json` prints.
///
/// ```
/// use bones_snapshot::{ItemView, Stamped, parse_line, write_line};
/// use lattice_lww::Unstamped;
/// let line = write_line(7, "alice", "-", &[], "item.create", "bn-1", r#"{"kind":"bug","title":"T"}"#);
/// let event = parse_line(line.as_bytes())?.expect("an event");
/// let view = ItemView::new("bn-1", &Stamped::<Unstamped>::new(event)?.delta());
/// assert_eq!(view.title.as_deref(), Some("T"));
/// assert_eq!(view.created_at, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ItemView {
    /// The item.
    pub item_id: Box<str>,
    /// Empty when never written; `None` when redacted.
    pub title: Option<Text>,
    /// `None` when absent, empty or redacted.
    pub description: Option<Text>,
    /// `task` when never written; `None` when redacted.
    #[serde(serialize_with = "word")]
    pub kind: Option<Kind>,
    /// `None` when absent or redacted.
    #[serde(serialize_with = "word")]
    pub size: Option<Size>,
    /// `default` when never written; `None` when redacted.
    #[serde(serialize_with = "word")]
    pub urgency: Option<Urgency>,
    /// `None` when absent or redacted.
    pub parent: Option<Text>,
    /// Whether the item is deleted.
    pub deleted: bool,
    /// Phase of the current epoch.
    #[serde(serialize_with = "word")]
    pub phase: Phase,
    /// How often the item went back to an earlier phase.
    pub epoch: u64,
    /// Labels, sorted.
    pub labels: Vec<Text>,
    /// Assigned agents, sorted.
    pub assignees: Vec<Text>,
    /// Items that block this one, sorted: the links of type `blocks` and `blocked_by`.
    pub blocked_by: Vec<Text>,
    /// Related items, sorted: the links of type `related_to`, `related` and `relates`.
    pub related_to: Vec<Text>,
    /// All links, sorted by target and type.
    pub links: Vec<LinkView>,
    /// Comments by time, author and hash.
    pub comments: Vec<CommentView>,
    /// Moves by time, author and hash.
    pub moves: Vec<MoveView>,
    /// Least wall clock above 0 in microseconds, 0 when unknown.
    pub created_at: u64,
    /// Greatest wall clock in microseconds.
    pub updated_at: u64,
    /// Summary that a compact event left.
    pub compact_summary: Option<Text>,
    /// What no rule understands, by time, author and hash of the event.
    pub other: Vec<OtherView>,
    /// Snapshots by bones itself that stand in for events which are not at hand. The fields above
    /// show what they say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legacy: Vec<LegacyView>,
    /// Redacted events this item knows of, sorted.
    pub redacted: Vec<String>,
    /// How many events are folded in.
    pub compacted_from: usize,
    /// Least wall clock of those events, negatives as 0.
    pub earliest_ts: u64,
    /// Greatest wall clock of those events.
    pub latest_ts: u64,
}

/// One link as shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LinkView {
    /// The item linked to.
    pub target: Text,
    /// The type as written.
    pub link_type: Text,
}

/// Which event something came from.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// Hash of the event.
    pub hash: String,
    /// Who wrote it.
    pub author: Text,
    /// When, in microseconds, negatives as 0.
    pub wall_ts: u64,
}

/// One comment as shown.
#[derive(Debug, Clone, Serialize)]
pub struct CommentView {
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The text; `None` when redacted.
    pub body: Option<Text>,
}

/// One move as shown.
#[derive(Debug, Clone, Serialize)]
pub struct MoveView {
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The phase moved to.
    #[serde(serialize_with = "word")]
    pub state: Phase,
    /// Why; `None` when not said or redacted.
    pub reason: Option<Text>,
}

/// Parts of an event that no rule understands.
#[derive(Debug, Clone, Serialize)]
pub struct OtherView {
    /// Where they came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// Type of the event; `None` when redacted.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// The members, word for word; `None` when redacted.
    pub data: Option<Box<RawValue>>,
}

/// A snapshot that bones wrote, where it stands in for events that are not at hand.
#[derive(Debug, Clone, Serialize)]
pub struct LegacyView {
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// How many of the events it was made of are not at hand.
    pub missing: usize,
    /// The comments among them: their hashes, sorted. What they say is not in the snapshot.
    pub comments: Vec<String>,
    /// Whether its texts were redacted, by its own hash or that of any event it was made of.
    pub redacted: bool,
}

impl LegacyView {
    fn of<S: Stamp>(id: &LegacyId<S>, legacy: &Legacy, state: &ItemState<S>) -> Self {
        let comments = legacy.comments.difference(state.coverage());
        Self {
            origin: Origin::of(&id.key.0),
            missing: id.sources.difference(state.coverage()).len(),
            comments: sorted(comments.iter().map(format_hash)),
            redacted: legacy.texts.is_redacted(),
        }
    }
}

impl ItemView {
    /// The names of the fields, which are the members of the JSON; all but `legacy` are always there.
    pub const FIELDS: [&'static str; 26] = [
        "item_id",
        "title",
        "description",
        "kind",
        "size",
        "urgency",
        "parent",
        "deleted",
        "phase",
        "epoch",
        "labels",
        "assignees",
        "blocked_by",
        "related_to",
        "links",
        "comments",
        "moves",
        "created_at",
        "updated_at",
        "compact_summary",
        "other",
        "legacy",
        "redacted",
        "compacted_from",
        "earliest_ts",
        "latest_ts",
    ];

    /// The view of a state.
    pub fn new<S: Stamp>(item_id: &str, state: &ItemState<S>) -> Self {
        let content = state.content();
        let life = state.lifecycle();
        let open = state.open();
        let links: Vec<LinkView> = links_of(content, &open)
            .map(|(link, _)| LinkView {
                target: Arc::clone(&link.target),
                link_type: Arc::clone(&link.link_type),
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let linked = |types: &[&str]| {
            let targets = links.iter().filter(|l| types.contains(&&*l.link_type));
            sorted(targets.map(|l| l.target.clone()))
        };
        Self {
            item_id: item_id.into(),
            title: value_or(&content.title, Text::from("")),
            description: content.description.get().cloned().flatten(),
            kind: value_or(&content.kind, Kind::Task),
            size: content.size.get().copied().flatten(),
            urgency: value_or(&content.urgency, Urgency::Default),
            parent: content.parent.get().cloned().flatten(),
            deleted: state.is_deleted(),
            phase: life.phase,
            epoch: life.epoch,
            labels: texts_of(&content.labels, &open, |texts| &texts.labels),
            assignees: texts_of(&content.assignees, &open, |texts| &texts.assignees),
            blocked_by: linked(&["blocks", "blocked_by"]),
            related_to: linked(&["related_to", "related", "relates"]),
            comments: by_time(content.comments.iter(), |key| &key.0)
                .map(|(key, body)| CommentView {
                    origin: Origin::of(&key.0),
                    body: body.present().cloned(),
                })
                .collect(),
            moves: by_time(content.moves.iter(), |m| &m.key.0)
                .map(|(m, reason)| MoveView {
                    origin: Origin::of(&m.key.0),
                    state: m.target,
                    reason: reason.present().cloned().flatten(),
                })
                .collect(),
            links,
            created_at: content.created.map_or(0, |Min(t)| t),
            updated_at: state.updated_at(),
            compact_summary: content.compact_summary.get().cloned(),
            other: others(&content.other, &content.legacy),
            legacy: by_time(open.snapshots(), |id| &id.key.0)
                .map(|(id, legacy)| LegacyView::of(id, legacy, state))
                .collect(),
            redacted: state
                .redacted()
                .iter()
                .map(format_hash)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            compacted_from: state.coverage().len(),
            earliest_ts: content.earliest.map_or(0, |Min(t)| t),
            latest_ts: content.latest.map_or(0, |Max(t)| t),
        }
    }
}

impl Origin {
    fn of<S: Stamp>(key: &Key<S>) -> Self {
        Self {
            hash: format_hash(&key.event_hash),
            author: key.agent_id.clone(),
            wall_ts: key.wall_ts,
        }
    }
}

/// What a register reads as when a register that nobody wrote reads as `unwritten`.
fn value_or<V: Ord + Clone, S: Stamp>(register: &Register<V, S>, unwritten: V) -> Option<V> {
    match register.winner() {
        None => Some(unwritten),
        Some(write) => write.cell.present().cloned(),
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The members of a set of texts, sorted.
fn texts_of<S: Stamp>(
    set: &ObservedSet<Text, S>,
    open: &Open<'_, S>,
    pick: Pick<Text>,
) -> Vec<Text> {
    let members = open.all_members(set, pick);
    sorted(members.map(|(text, _)| Arc::clone(text)))
}

/// Map entries in the order people read them in: time, author, hash.
fn by_time<'a, K: 'a, V: 'a, S: Stamp + 'a>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
    key: impl Fn(&'a K) -> &'a Key<S>,
) -> impl Iterator<Item = (&'a K, &'a V)> {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by(|a, b| key(a.0).read_cmp(key(b.0)));
    entries.into_iter()
}

/// The form of [`Event::rest`](crate::Event::rest).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    data: Box<RawValue>,
    #[serde(rename = "type")]
    event_type: String,
}

/// True iff the text has the form of [`Event::rest`](crate::Event::rest).
pub(crate) fn is_rest(text: &str) -> bool {
    // SUBTLE: the text holds the data of the event one level down.
    check_depth(text, MAX_JSON_DEPTH + 1).is_ok()
        && serde_json::from_str::<Rest>(text).is_ok_and(|rest| rest.data.get().starts_with('{'))
        && check_surrogates(text).is_ok()
        && check_numbers(text).is_ok()
}

fn others<S: Stamp>(other: &Texts<S>, legacy: &LegacySnapshots<S>) -> Vec<OtherView> {
    let of_events = other.iter().map(|(key, cell)| (key, cell.present()));
    let of_snapshots = legacy.iter().filter_map(|(id, legacy)| {
        // Of a redacted snapshot nobody can tell whether something was left over.
        let rest = legacy.texts.present().map(|texts| texts.rest.as_ref());
        (rest != Some(None)).then_some((&id.key, rest.flatten()))
    });
    let mut others: Vec<_> = of_events.chain(of_snapshots).collect();
    others.sort_by(|a, b| a.0.0.read_cmp(&b.0.0));
    others
        .into_iter()
        .map(|(key, text)| {
            let rest: Option<Rest> = text.and_then(|text| serde_json::from_str(text).ok());
            let (event_type, data) =
                rest.map_or((None, None), |r| (Some(r.event_type), Some(r.data)));
            OtherView {
                origin: Origin::of(&key.0),
                event_type,
                data,
            }
        })
        .collect()
}

/// Words of the closed vocabularies as JSON strings.
fn word<T: Word, Z: Serializer>(value: &T, serializer: Z) -> Result<Z::Ok, Z::Error> {
    match value.word() {
        Some(word) => serializer.serialize_str(word),
        None => serializer.serialize_none(),
    }
}

trait Word {
    fn word(&self) -> Option<&'static str>;
}

impl Word for Phase {
    fn word(&self) -> Option<&'static str> {
        Some(self.as_str())
    }
}

impl Word for Option<Kind> {
    fn word(&self) -> Option<&'static str> {
        self.map(Kind::as_str)
    }
}

impl Word for Option<Size> {
    fn word(&self) -> Option<&'static str> {
        self.map(Size::as_str)
    }
}

impl Word for Option<Urgency> {
    fn word(&self) -> Option<&'static str> {
        self.map(Urgency::as_str)
    }
}
