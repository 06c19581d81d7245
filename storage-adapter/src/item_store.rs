//! A store of work items: raw events and snapshots over a durable log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bones_compact::{
    CompactState, CompactionPolicy, CompactionReport, ItemSources, LatticeEvent, Verdict,
    compact_items, masked_deltas, verify_compaction,
};
use bones_snapshot::{
    EventHash, FORMAT, ItemState, Order, SnapshotPayload, Stamped, parse_line,
};
use lattice_core::{Bottom, JoinSemilattice, Set, join_all};

use crate::error::StoreError;
use crate::export::Export;
use crate::log::{Entry, Frame, LogDir, OpenReport};
use crate::record::{
    EVENT, Header, REDACTIONS, STATE, decode_hashes, redactions_frame,
};

/// Domain of [`ItemStore::digest`].
const DIGEST_DOMAIN: &str = "lattice 1 digest of joined state";

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
}

/// What is held of one item, and its state.
#[derive(Clone)]
struct Item<S: Order> {
    sources: ItemSources<HeldEvent<S>>,
    // INVARIANT: the join of the sources under the redactions of the store.
    state: ItemState<S>,
}

impl<S: Order> Item<S> {
    fn empty() -> Self {
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

/// Things to bring into a store.
pub struct Batch<S: Order> {
    /// Events with their lines.
    pub events: Vec<HeldEvent<S>>,
    /// States of items, from exports.
    pub payloads: Vec<SnapshotPayload<S>>,
    /// Redacted events.
    pub redactions: Set<EventHash>,
}

impl<S: Order> Default for Batch<S> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            payloads: Vec::new(),
            redactions: Set::bottom(),
        }
    }
}

impl<S: Order> From<Export<S>> for Batch<S> {
    fn from(export: Export<S>) -> Self {
        Self {
            events: Vec::new(),
            payloads: export.payloads,
            redactions: export.redactions,
        }
    }
}

/// What an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Events given.
    pub events_read: usize,
    /// Events that were new, and are durable now.
    pub events_added: usize,
    /// Snapshots given.
    pub snapshots_read: usize,
    /// Snapshots that told something new, and are durable now.
    pub snapshots_added: usize,
    /// Redactions that were new.
    pub redactions_added: usize,
    /// Items the store holds now.
    pub items: usize,
}

/// What a compaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompactionOutcome {
    /// What became of each item.
    pub report: CompactionReport,
    /// Items left uncompacted whose redacted text was taken out of the store.
    pub items_masked: usize,
    /// Whether anything was written.
    pub changed: bool,
    /// Size of the store directory before, in bytes.
    pub disk_before: u64,
    /// Size of the store directory after, in bytes.
    pub disk_after: u64,
}

/// What a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Items.
    pub items: usize,
    /// Items held as one snapshot and nothing else.
    pub items_compact: usize,
    /// Events folded into the state of some item.
    pub events_covered: usize,
    /// Events still held as lines.
    pub events_raw: usize,
    /// Snapshots and masked deltas held.
    pub states: usize,
    /// Redacted events known.
    pub redactions: usize,
    /// Size of the lines held, in bytes.
    pub bytes_raw: u64,
    /// Size of the payloads held, in bytes.
    pub bytes_states: u64,
    /// Size of the store directory, in bytes.
    pub disk_bytes: u64,
    /// Number of the last commit.
    pub commit: u64,
    /// Segments the log consists of.
    pub segments: usize,
}

/// What verifying one item came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemCheck {
    /// Every covered event was at hand and the state is exactly their join.
    Verified,
    /// Everything that can be checked without the sources holds; this many covered events are gone.
    Unverifiable {
        /// How many.
        missing: usize,
    },
    /// The item is not what its sources say.
    Failed {
        /// Why.
        why: String,
    },
}

/// What verifying a store came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCheck {
    /// Damage by file and offset; empty when every frame reads back as it was written.
    pub damage: Vec<String>,
    /// Frames read.
    pub frames: u64,
    /// Event lines whose hash was computed again.
    pub hashes: usize,
    /// Every item.
    pub items: BTreeMap<String, ItemCheck>,
}

impl StoreCheck {
    /// True iff nothing is damaged and no item failed.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty()
            && !self
                .items
                .values()
                .any(|check| matches!(check, ItemCheck::Failed { .. }))
    }
}

/// A durable store of work items under one order.
///
/// Whatever an `Ok` acknowledged is on the medium. Opening reads everything that is held; reads
/// after that are from memory, on an index that is cloned in O(1).
pub struct ItemStore<S: Order> {
    log: LogDir,
    items: im::OrdMap<Arc<str>, Arc<Item<S>>>,
    redactions: Set<EventHash>,
}

impl<S: Order> ItemStore<S> {
    /// Creates a store in a directory that is empty or not there yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            log: LogDir::create(path, &Header::encode(S::WORD))?,
            items: im::OrdMap::new(),
            redactions: Set::bottom(),
        })
    }

    /// Opens a store, reading and verifying all of it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is none, it is in use, damaged, newer, or of another order.
    pub fn open(path: &Path) -> Result<(Self, OpenReport), StoreError> {
        let (log, report) = LogDir::open(path)?;
        let header = Header::decode(log.header(), path)?;
        if header.order != S::WORD {
            return Err(StoreError::Order {
                path: path.into(),
                expected: S::WORD.into(),
                found: header.order,
            });
        }
        let mut held: BTreeMap<Arc<str>, ItemSources<HeldEvent<S>>> = BTreeMap::new();
        let mut redactions = Set::bottom();
        for entry in log.frames() {
            load(&entry?, &mut held, &mut redactions)?;
        }
        let mut items: BTreeMap<Arc<str>, Item<S>> = held
            .into_iter()
            .map(|(id, sources)| {
                let state = sources.state(&Set::bottom());
                (id, Item { sources, state })
            })
            .collect();
        for item in items.values() {
            redactions.join_ref(item.state.redacted());
        }
        for item in items.values_mut() {
            item.state.redact(&redactions);
        }
        let items = items
            .into_iter()
            .map(|(id, item)| (id, Arc::new(item)))
            .collect();
        let store = Self {
            log,
            items,
            redactions,
        };
        Ok((store, report))
    }

    /// The items, in order.
    pub fn item_ids(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(|id| &**id)
    }

    /// The state of an item under the redactions known.
    pub fn state(&self, item_id: &str) -> Option<&ItemState<S>> {
        self.items.get(item_id).map(|item| &item.state)
    }

    /// Every item with its state, in order.
    pub fn states(&self) -> impl Iterator<Item = (&str, &ItemState<S>)> {
        self.items.iter().map(|(id, item)| (&**id, &item.state))
    }

    /// The event lines held of an item, in the order they came.
    pub fn lines(&self, item_id: &str) -> impl Iterator<Item = &HeldEvent<S>> {
        let item = self.items.get(item_id);
        item.into_iter().flat_map(|item| &item.sources.events)
    }

    /// Whether every event of the item is still held as its line.
    pub fn is_raw(&self, item_id: &str) -> bool {
        let item = self.items.get(item_id);
        item.is_some_and(|item| item.sources.states.is_empty())
    }

    /// Every redacted event the store knows of.
    pub fn redactions(&self) -> &Set<EventHash> {
        &self.redactions
    }

    /// The item that an event belongs to, when it is known.
    pub fn item_of(&self, event: &EventHash) -> Option<&str> {
        let mut items = self.states();
        items
            .find(|(_, state)| state.coverage().contains(event))
            .map(|(id, _)| id)
    }

    /// Brings events, states and redactions in, in one commit. What is known already is left out;
    /// when all of it is, nothing is written.
    ///
    /// A state is joined, never believed: events it claims to cover are still taken in when they
    /// arrive and it does not hold what they wrote.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`]; nothing is acknowledged then.
    pub fn apply(&mut self, batch: Batch<S>, now_micros: u64) -> Result<ImportReport, StoreError> {
        let mut report = ImportReport {
            events_read: batch.events.len(),
            snapshots_read: batch.payloads.len(),
            ..ImportReport::default()
        };
        let plan = self.plan(batch);
        let mut frames = Vec::new();
        let recorded = plan.recorded.difference(&self.redactions);
        if !recorded.is_empty() {
            frames.push(redactions_frame(&recorded));
        }
        let mut items = self.items.clone();
        for (id, news) in plan.news {
            let slot = items
                .entry(id)
                .or_insert_with(|| Arc::new(Item::empty()));
            let item = Arc::make_mut(slot);
            report.events_added = report.events_added.saturating_add(news.events.len());
            report.snapshots_added = report.snapshots_added.saturating_add(news.payloads.len());
            take_in(item, news, &plan.redactions, &mut frames);
        }
        let grew = plan.redactions.difference(&self.redactions);
        if !frames.is_empty() {
            self.log.append(frames, now_micros)?;
        }
        if !grew.is_empty() {
            items = items
                .into_iter()
                .map(|(id, mut item)| {
                    if item.state.clone().redact(&grew) {
                        Arc::make_mut(&mut item).state.redact(&grew);
                    }
                    (id, item)
                })
                .collect();
        }
        report.redactions_added = grew.len();
        report.items = items.len();
        self.items = items;
        self.redactions = plan.redactions;
        Ok(report)
    }

    /// Sorts out what of a batch is new.
    fn plan(&self, batch: Batch<S>) -> Plan<S> {
        let mut news: BTreeMap<Arc<str>, News<S>> = BTreeMap::new();
        for event in batch.events {
            let id = Arc::from(event.item_id());
            news.entry(id).or_default().events.push(event);
        }
        let mut redactions = self.redactions.clone();
        redactions.join_ref(&batch.redactions);
        for payload in batch.payloads {
            redactions.join_ref(payload.state().redacted());
            let id = Arc::from(payload.item_id());
            news.entry(id).or_default().payloads.push(payload);
        }
        for (id, news) in &mut news {
            let known = self.state(id);
            let mut seen = BTreeSet::new();
            news.events.retain(|event| {
                seen.insert(event.hash()) && !known.is_some_and(|state| holds(state, event))
            });
            for event in &news.events {
                redactions.join_ref(event.delta().redacted());
            }
        }
        // SUBTLE: a second pass, because any event above may redact any payload.
        for (id, news) in &mut news {
            let known = self.state(id);
            news.payloads.retain_mut(|payload| {
                let (id, mut state) = payload.clone().into_parts();
                state.redact(&redactions);
                let is_new = !known.is_some_and(|known| state.leq(known));
                *payload = SnapshotPayload::new(&id, state, &redactions);
                is_new
            });
        }
        news.retain(|_, news| !news.events.is_empty() || !news.payloads.is_empty());
        Plan {
            recorded: batch.redactions,
            redactions,
            news,
        }
    }

    /// Compacts what the policy allows, takes redacted text out of everything else, and publishes
    /// the result in one step. When there is nothing to do, nothing is written.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the store is as before then, or read-only until opened again when the
    /// outcome is unknown.
    pub fn compact(
        &mut self,
        policy: &CompactionPolicy,
        now_micros: u64,
        commit_time_micros: u64,
    ) -> Result<CompactionOutcome, StoreError> {
        let disk_before = self.log.disk_bytes()?;
        let list: Vec<(&str, &ItemSources<HeldEvent<S>>)> = self
            .items
            .iter()
            .map(|(id, item)| (&**id, &item.sources))
            .collect();
        let (snapshots, report) = compact_items(&list, policy, now_micros, &self.redactions);
        let mut next = self.items.clone();
        for snapshot in snapshots {
            let id: Arc<str> = Arc::from(&*snapshot.item_id);
            let payload = SnapshotPayload::<S>::decode(&snapshot.payload).map_err(|source| {
                StoreError::WrittenPayload {
                    item: snapshot.item_id.to_string(),
                    source,
                }
            })?;
            let (_, state) = payload.into_parts();
            // Sources go only when the snapshot holds them: every write, not just a claim to cover.
            let faithful = self.state(&id).is_some_and(|held| *held == state);
            if !faithful {
                return Err(StoreError::Unfaithful {
                    item: snapshot.item_id.into(),
                });
            }
            let sources = ItemSources {
                events: Vec::new(),
                states: vec![state.clone()],
                bytes: snapshot.payload.len() as u64,
            };
            next.insert(id, Arc::new(Item { sources, state }));
        }
        let compacted = report.items_compacted > 0 && !policy.dry_run;
        let mut items_masked = 0_usize;
        if !self.redactions.is_empty() && !policy.dry_run {
            for (id, item) in self.items.iter() {
                let skipped = report.skipped.contains_key(&**id);
                if let Some(masked) = skipped.then(|| self.masked(id, item)).flatten() {
                    next.insert(Arc::clone(id), Arc::new(masked));
                    items_masked = items_masked.saturating_add(1);
                }
            }
        }
        let tails = !self.redactions.is_empty() && !self.log.kept_tails()?.is_empty();
        let changed = compacted || items_masked > 0 || (tails && !policy.dry_run);
        if changed {
            self.log
                .replace(frames(&next, &self.redactions), commit_time_micros)?;
            self.items = next;
            if tails {
                // What was cut from a torn tail may hold text that has been redacted since.
                self.log.discard_tails()?;
            }
        }
        Ok(CompactionOutcome {
            report,
            items_masked,
            changed,
            disk_before,
            disk_after: self.log.disk_bytes()?,
        })
    }

    /// The item without the text that redactions take away, or `None` when it holds none.
    fn masked(&self, id: &str, item: &Item<S>) -> Option<Item<S>> {
        let deltas = masked_deltas(&item.sources, &self.redactions);
        let mut sources = item.sources.clone();
        let mut changed = !deltas.is_empty();
        for state in &mut sources.states {
            changed |= state.redact(&self.redactions);
        }
        if !changed {
            return None;
        }
        sources
            .events
            .retain(|event| !self.redactions.contains(&event.hash()));
        sources
            .states
            .extend(deltas.into_iter().map(|(_, delta)| delta));
        sources.bytes = stored_bytes(id, &sources);
        Some(Item {
            sources,
            state: item.state.clone(),
        })
    }

    /// Verifies everything: each frame of the log, each hash of each line, and each item against the
    /// events still at hand. `sources` are further events to verify against, such as those of the
    /// log that was imported.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] when the system cannot read; damage is in the result.
    pub fn verify(&self, sources: &[HeldEvent<S>]) -> Result<StoreCheck, StoreError> {
        let log = self.log.verify()?;
        let mut more: BTreeMap<&str, Vec<&HeldEvent<S>>> = BTreeMap::new();
        for event in sources {
            more.entry(event.item_id()).or_default().push(event);
        }
        let mut check = StoreCheck {
            damage: log.damage.iter().map(ToString::to_string).collect(),
            frames: log.frames,
            hashes: 0,
            items: BTreeMap::new(),
        };
        for (id, item) in self.items.iter() {
            check.hashes = check.hashes.saturating_add(item.sources.events.len());
            let rehashed = item
                .sources
                .events
                .iter()
                .all(|event| matches!(parse_line(&event.line), Ok(Some(e)) if e.hash == event.hash()));
            let more = more.get(&**id).into_iter().flatten().copied();
            let verdict = if rehashed {
                self.check_item(id, item, more)
            } else {
                ItemCheck::Failed {
                    why: "a line does not have the hash it is held under".into(),
                }
            };
            check.items.insert(id.to_string(), verdict);
        }
        Ok(check)
    }

    fn check_item<'a>(
        &'a self,
        id: &str,
        item: &'a Item<S>,
        more: impl Iterator<Item = &'a HeldEvent<S>>,
    ) -> ItemCheck {
        let sources = join_all(item.sources.states.iter().cloned());
        let deltas = join_all(item.sources.events.iter().map(LatticeEvent::delta));
        let mut joined: ItemState<S> = sources.joined(deltas);
        joined.redact(&self.redactions);
        if joined != item.state {
            return ItemCheck::Failed {
                why: "the state shown is not the join of what is stored".into(),
            };
        }
        let payload = SnapshotPayload::new(id, joined, &self.redactions).encode();
        let events = item.sources.events.iter().chain(more);
        match verify_compaction(id, &payload, events, &self.redactions) {
            Ok(Verdict::Unverifiable { missing }) => ItemCheck::Unverifiable {
                missing: missing.len(),
            },
            Ok(_) => ItemCheck::Verified,
            Err(error) => ItemCheck::Failed {
                why: error.to_string(),
            },
        }
    }

    /// One hash over everything the store knows: the order, the redactions, and the joined state of
    /// every item. Equal knowledge gives equal digests, whether or not, where or when it was
    /// compacted.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(DIGEST_DOMAIN);
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(S::WORD.as_bytes());
        part(&FORMAT.to_le_bytes());
        part(&crate::record::encode_hashes(&self.redactions));
        for (id, state) in self.states() {
            part(&state.encode(id));
        }
        *hasher.finalize().as_bytes()
    }

    /// Everything the store knows, for any other store of the same order to join.
    pub fn export(&self) -> Export<S> {
        Export {
            redactions: self.redactions.clone(),
            payloads: self
                .states()
                .map(|(id, state)| SnapshotPayload::new(id, state.clone(), &self.redactions))
                .collect(),
        }
    }

    /// What the store holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] when the directory cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let mut stats = Stats {
            items: self.items.len(),
            items_compact: 0,
            events_covered: 0,
            events_raw: 0,
            states: 0,
            redactions: self.redactions.len(),
            bytes_raw: 0,
            bytes_states: 0,
            disk_bytes: self.log.disk_bytes()?,
            commit: self.log.commit(),
            segments: self.log.segments().len(),
        };
        for item in self.items.values() {
            let sources = &item.sources;
            let lines: u64 = sources.events.iter().map(|e| e.line.len() as u64).sum();
            let compact = sources.events.is_empty() && sources.states.len() == 1;
            stats.items_compact = stats.items_compact.saturating_add(usize::from(compact));
            stats.events_covered = stats.events_covered.saturating_add(item.state.coverage().len());
            stats.events_raw = stats.events_raw.saturating_add(sources.events.len());
            stats.states = stats.states.saturating_add(sources.states.len());
            stats.bytes_raw = stats.bytes_raw.saturating_add(lines);
            let states = sources.bytes.saturating_sub(lines);
            stats.bytes_states = stats.bytes_states.saturating_add(states);
        }
        Ok(stats)
    }
}

/// What of a batch is new.
struct Plan<S: Order> {
    /// Redactions that came by themselves, not as events of items.
    recorded: Set<EventHash>,
    /// All redactions once the batch is in.
    redactions: Set<EventHash>,
    news: BTreeMap<Arc<str>, News<S>>,
}

struct News<S: Order> {
    events: Vec<HeldEvent<S>>,
    payloads: Vec<SnapshotPayload<S>>,
}

impl<S: Order> Default for News<S> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            payloads: Vec::new(),
        }
    }
}

/// Whether a state holds an event: not just claims to cover it, but holds what it wrote.
fn holds<S: Order>(state: &ItemState<S>, event: &HeldEvent<S>) -> bool {
    state.coverage().contains(&event.hash()) && event.delta().leq(state)
}

/// Joins what is new into an item, and writes it down: payloads, the lines of events, and of
/// redacted events the masked delta instead.
fn take_in<S: Order>(
    item: &mut Item<S>,
    news: News<S>,
    redactions: &Set<EventHash>,
    frames: &mut Vec<Frame>,
) {
    let mut joined = Vec::new();
    for payload in news.payloads {
        let frame = Frame::new(STATE, payload.encode());
        item.sources.bytes = item.sources.bytes.saturating_add(frame.body.len() as u64);
        frames.push(frame);
        let (_, state) = payload.into_parts();
        item.sources.states.push(state.clone());
        joined.push(state);
    }
    for event in news.events {
        let mut delta = event.delta();
        delta.redact(redactions);
        let frame = if redactions.contains(&event.hash()) {
            item.sources.states.push(delta.clone());
            Frame::new(STATE, delta.encode(event.item_id()))
        } else {
            Frame::new(EVENT, event.line.to_vec())
        };
        item.sources.bytes = item.sources.bytes.saturating_add(frame.body.len() as u64);
        frames.push(frame);
        if !redactions.contains(&event.hash()) {
            item.sources.events.push(event);
        }
        joined.push(delta);
    }
    item.state.join(join_all(joined));
    item.state.redact(redactions);
}

/// Every frame of a store: redactions first and whole, then item by item.
fn frames<S: Order>(
    items: &im::OrdMap<Arc<str>, Arc<Item<S>>>,
    redactions: &Set<EventHash>,
) -> impl Iterator<Item = Frame> {
    let first = (!redactions.is_empty()).then(|| redactions_frame(redactions));
    let of_items = items.iter().flat_map(|(id, item)| {
        let states = item.sources.states.iter();
        let lines = item.sources.events.iter();
        states
            .map(|state| Frame::new(STATE, state.encode(id)))
            .chain(lines.map(|event| Frame::new(EVENT, event.line.to_vec())))
    });
    first.into_iter().chain(of_items)
}

fn stored_bytes<S: Order>(id: &str, sources: &ItemSources<HeldEvent<S>>) -> u64 {
    let lines = sources.events.iter().map(|event| event.line.len());
    let states = sources.states.iter().map(|state| state.encode(id).len());
    lines.chain(states).map(|len| len as u64).sum()
}

/// Reads one frame back.
fn load<S: Order>(
    entry: &Entry,
    held: &mut BTreeMap<Arc<str>, ItemSources<HeldEvent<S>>>,
    redactions: &mut Set<EventHash>,
) -> Result<(), StoreError> {
    let fail = |why: String| StoreError::Frame {
        file: entry.file.to_string(),
        offset: entry.offset,
        kind: entry.kind,
        why,
    };
    match entry.kind {
        EVENT => {
            let event = parse_line(&entry.body).map_err(|e| fail(e.to_string()))?;
            let event = event.ok_or_else(|| fail("the line holds no event".into()))?;
            let event = Stamped::new(event).map_err(|e| fail(e.to_string()))?;
            let sources = slot(held, &event.event().item_id, entry.body.len());
            sources.events.push(HeldEvent::new(&entry.body, event));
        }
        STATE => {
            let payload = SnapshotPayload::decode(&entry.body).map_err(|e| fail(e.to_string()))?;
            let (id, state) = payload.into_parts();
            slot(held, &id, entry.body.len()).states.push(state);
        }
        REDACTIONS => {
            let hashes = decode_hashes(&entry.body)
                .ok_or_else(|| fail("the hashes are not whole and sorted".into()))?;
            redactions.join(hashes);
        }
        _ => return Err(fail("a kind this build does not know: use a newer build".into())),
    }
    Ok(())
}

/// The place of an item among what is held, `bytes` larger.
fn slot<'a, S: Order>(
    held: &'a mut BTreeMap<Arc<str>, ItemSources<HeldEvent<S>>>,
    id: &str,
    bytes: usize,
) -> &'a mut ItemSources<HeldEvent<S>> {
    let sources = held.entry(Arc::from(id)).or_insert_with(|| ItemSources {
        events: Vec::new(),
        states: Vec::new(),
        bytes: 0,
    });
    sources.bytes = sources.bytes.saturating_add(bytes as u64);
    sources
}
