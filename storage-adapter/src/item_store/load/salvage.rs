//! What of a damaged log another store can still join.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bones_compact::Source;
use bones_snapshot::{Order, SnapshotPayload};
use lattice_core::{Bottom, JoinSemilattice, Set};

use super::record::{Decoded, Record, Told};
use crate::item_store::{Batch, ScopeId};
use crate::log::Fragment;

/// What the frames of a damaged log still say of items, before and behind the damage.
///
/// Frames prove themselves one by one, and what they say is joined: those behind damage are worth as much as those
/// before it. What is lost with the damage is only what it covers, and behind it which commit brought what.
///
/// A frame counts only where it is certain which scope it belongs to, if any: that is said by frames before it, which
/// may be among the damaged ones. Where nothing that can be seen rules a scope out, they are left, unless the caller
/// [knows](Self::without_scopes) that there never was one.
///
/// Redactions may be among what is lost; bring in those that are known, before anybody reads.
///
/// ```
/// use lattice_lww::Unstamped;
/// use storage_adapter::log::{Disk, scan};
/// use storage_adapter::{Batch, HeldEvent, ItemStore, Salvage};
/// # use bones_snapshot::write_line;
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("store");
/// # let mut store = ItemStore::<Unstamped>::create(&path)?;
/// # let title = |item: &str, text: &str| -> Result<_, Box<dyn std::error::Error>> {
/// #     let data = format!(r#"{{"title":"{text}"}}"#);
/// #     let line = write_line(7, "alice", "-", &[], "item.create", item, &data);
/// #     Ok(HeldEvent::parse(line.as_bytes())?)
/// # };
/// # let events = vec![title("bn-1", "damaged")?, title("bn-2", "whole")?];
/// # store.apply(Batch { events, ..Batch::default() }, 1_000)?;
/// # drop(store);
/// # let file = path.join("seg-0000000000000001");
/// # let mut bytes = std::fs::read(&file)?;
/// # let at = bytes.windows(7).position(|w| w == b"damaged").expect("it is there");
/// # bytes[at] ^= 1;
/// # std::fs::write(&file, bytes)?;
/// assert!(ItemStore::<Unstamped>::open(&path).is_err());
///
/// let mut salvage = Salvage::<Unstamped>::new();
/// scan(&Disk::at(&path), |fragment| salvage.take(&fragment))?;
/// let mut mended = ItemStore::<Unstamped>::create(&dir.path().join("mended"))?;
/// let time = salvage.time_micros();
/// for batch in salvage.into_batches() {
///     mended.apply(batch, time)?;
/// }
/// assert_eq!(mended.item_ids().collect::<Vec<_>>(), ["bn-2"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Salvage<S: Order> {
    base: Batch<S>,
    scopes: BTreeMap<ScopeId, Batch<S>>,
    frames: u64,
    left: u64,
    time_micros: u64,
    sight: Sight,
    /// The file that the frame before lies in.
    file: Option<Arc<str>>,
}

/// What is certain of the frame that comes next.
struct Sight {
    /// The commits that the frame before can have come with.
    commits: RangeInclusive<u64>,
    place: Place,
    /// The rest of the commit belongs to this place, whatever damage hides.
    is_settled: bool,
    sort: Sort,
    scopes: Scopes,
}

/// Whether damaged frames can have named a scope.
#[derive(Clone, Copy, PartialEq)]
enum Scopes {
    /// There never was one: the caller knows.
    Never,
    /// None was made so far.
    NotYet,
    Maybe,
}

/// What sort of commit it is: one that brings something of items, a compaction, or one of a single frame that may
/// make a scope.
#[derive(PartialEq)]
enum Sort {
    Untold,
    /// The frames that would tell it may be among those that cannot be read.
    Hidden,
    /// It makes no scope.
    Told,
}

/// What a frame belongs to.
enum Place {
    Base,
    Scope(ScopeId),
    Unknown,
}

impl Sight {
    /// Before the first commit.
    fn new() -> Self {
        Self {
            commits: 0..=0,
            place: Place::Base,
            is_settled: false,
            sort: Sort::Untold,
            scopes: Scopes::NotYet,
        }
    }

    /// Goes on to a frame of one of these commits.
    fn enter(&mut self, commits: &RangeInclusive<u64>) {
        if *commits == self.commits {
            return;
        }
        // A commit that cannot be seen, or not what sort it is of, may have made a scope.
        let follows = *commits.end() <= self.commits.end().saturating_add(1);
        if !follows || self.sort == Sort::Hidden {
            self.suspect();
        }
        *self = Self {
            commits: commits.clone(),
            scopes: self.scopes,
            ..Self::new()
        };
    }

    /// Cannot see whether a scope was made.
    fn suspect(&mut self) {
        if self.scopes == Scopes::NotYet {
            self.scopes = Scopes::Maybe;
        }
    }

    /// Hears which scopes there are: that there are any counts against whoever says that there never were.
    fn hear(&mut self, has_scopes: bool) {
        if has_scopes {
            self.scopes = Scopes::Maybe;
        } else if self.scopes == Scopes::Maybe {
            self.scopes = Scopes::NotYet;
        }
    }

    /// Sees that the commit makes no scope, where there is but one that it can be.
    fn tell(&mut self) {
        if self.is_one() {
            self.sort = Sort::Told;
        }
    }

    /// Sees that all that is still to come of the commit belongs to this place.
    fn settle(&mut self) {
        self.is_settled |= self.is_one() && !matches!(self.place, Place::Unknown);
        self.tell();
    }

    fn is_one(&self) -> bool {
        self.commits.start() == self.commits.end()
    }

    /// Comes behind frames that cannot be read.
    fn lose(&mut self) {
        if self.sort == Sort::Untold {
            self.sort = Sort::Hidden;
        }
        if self.scopes == Scopes::Maybe && !self.is_settled {
            self.place = Place::Unknown;
        }
    }
}

impl<S: Order> Default for Salvage<S> {
    fn default() -> Self {
        Self {
            base: Batch::default(),
            scopes: BTreeMap::new(),
            frames: 0,
            left: 0,
            time_micros: 0,
            sight: Sight::new(),
            file: None,
        }
    }
}

impl<S: Order> Salvage<S> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a log of which the caller knows that it never had a scope: then no frame is in doubt.
    pub fn without_scopes() -> Self {
        let mut salvage = Self::default();
        salvage.sight.scopes = Scopes::Never;
        salvage
    }

    /// Takes the next frame of the log, in the order of [`scan`](crate::log::scan), from the first on.
    pub fn take(&mut self, fragment: &Fragment) {
        self.look(fragment, true);
    }

    /// As [`take`](Self::take), of a frame that is brought over by other means.
    pub fn pass(&mut self, fragment: &Fragment) {
        self.look(fragment, false);
    }

    /// How many frames were taken that told something of items.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// How many were given to [`take`](Self::take) and told nothing that is certain: nothing of items, or no one can
    /// say of which scope, or nothing that reads.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The latest time of any commit of which the number and the mark that opens it are certain, in microseconds.
    pub fn time_micros(&self) -> u64 {
        self.time_micros
    }

    /// What to [apply](crate::ItemStore::apply), one after the other: the base with all redactions, then scopes. Those
    /// of a scope that the other store does not have are dropped there.
    pub fn into_batches(self) -> impl Iterator<Item = Batch<S>> {
        let batches = std::iter::once(self.base).chain(self.scopes.into_values());
        batches.filter(|batch| {
            !(batch.events.is_empty() && batch.payloads.is_empty() && batch.redactions.is_empty())
        })
    }

    fn look(&mut self, fragment: &Fragment, takes: bool) {
        self.time_micros = self.time_micros.max(fragment.time_micros.unwrap_or(0));
        self.sight.enter(&fragment.commits);
        if self.file.as_ref() != Some(&fragment.file) {
            // Of one number can be a commit and, in the next file, the compaction that replaced it.
            self.sight.is_settled = false;
            self.file = Some(Arc::clone(&fragment.file));
        }
        if fragment.is_behind_damage {
            self.sight.lose();
        }
        let records = match Decoded::new(fragment.kind, &fragment.body) {
            // It tells nothing, and nothing is missing without it.
            Ok(Decoded::One(Record::Index)) => return,
            Ok(Decoded::One(record)) => vec![Ok(record)],
            Ok(Decoded::Packed(frames)) => frames.into_iter().map(|(_, record)| record).collect(),
            Err(why) => vec![Err(why)],
        };
        let mut is_taken = false;
        for record in records {
            match record {
                Ok(record) => is_taken |= self.read(record, takes),
                Err(_) => self.sight.lose(),
            }
        }
        if takes {
            let count = if is_taken {
                &mut self.frames
            } else {
                &mut self.left
            };
            *count = count.saturating_add(1);
        }
    }

    /// Reads what a frame says. True iff it is taken.
    fn read(&mut self, record: Record<S>, takes: bool) -> bool {
        let sight = &mut self.sight;
        match record {
            Record::Told(told) => {
                // What is imported names its scope first of all.
                sight.settle();
                takes && self.hold(told)
            }
            // What a compaction wrote goes from scope to scope.
            Record::Past(_, told) => takes && self.hold(told),
            Record::Redactions(hashes) => {
                // Again no compaction; but a scope may still be named.
                if sight.sort == Sort::Untold {
                    sight.tell();
                }
                if takes {
                    self.base.redactions.join(hashes);
                }
                takes
            }
            Record::History(history) => {
                // It names all scopes there are.
                sight.hear(!history.scopes.is_empty());
                sight.is_settled = history.scopes.is_empty();
                sight.tell();
                sight.place = Place::Base;
                false
            }
            Record::Scope(record) => {
                sight.place = Place::Scope(record.into());
                sight.hear(true);
                // No compaction, which would have begun with the history: so this is the only one.
                if sight.sort == Sort::Untold {
                    sight.settle();
                }
                false
            }
            Record::ScopeCreated(_) => {
                sight.hear(true);
                false
            }
            Record::ScopeDeleted(_)
            | Record::Schema(_)
            | Record::Pin(_)
            | Record::Unpin(_)
            | Record::Index => false,
        }
    }

    fn hold(&mut self, told: Told<S>) -> bool {
        // What is redacted is so everywhere, whatever becomes of the frame that says it.
        match &told.source {
            Source::Event(event) => {
                let target = event.event().redacts().copied();
                self.base.redactions.join(target.into_iter().collect());
            }
            Source::State(state) => _ = self.base.redactions.join_ref(state.redacted()),
        }
        let batch = match &self.sight.place {
            Place::Base => &mut self.base,
            Place::Scope(id) => self.scopes.entry(id.clone()).or_insert_with(|| Batch {
                scope: Some(id.clone()),
                ..Batch::default()
            }),
            Place::Unknown => return false,
        };
        match told.source {
            Source::Event(event) => batch.events.push(event),
            Source::State(state) => batch.payloads.push(SnapshotPayload::new(
                &told.item,
                Arc::unwrap_or_clone(state),
                &Set::bottom(),
            )),
        }
        true
    }
}
