//! Verifying a store against itself and against the logs it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use bones_compact::{LatticeEvent, Verdict, state_at, verify_compaction};
use bones_snapshot::{Order, SnapshotPayload, parse_line};

use super::held::{HeldEvent, Item};
use super::{ItemStore, View, load};
use crate::error::StoreError;
use crate::log::LogError;
use crate::log_store::{LogReader, LogStore};

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

impl<S: Order, L: LogStore> ItemStore<S, L> {
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
        if check.damage.is_empty() {
            check.damage.extend(Self::check_index(&self.log.reader())?);
        }
        let base = self.view.base.each().map(|held| (None, held));
        let scopes = self.view.scopes.values().flat_map(|scope| {
            let items = scope.items.each();
            items.map(|held| (Some(scope.id.name()), held))
        });
        for (scope, (id, held)) in base.chain(scopes) {
            let name =
                scope.map_or_else(|| id.to_owned(), |scope| format!("{id} in scope {scope}"));
            let item = match held {
                Ok(item) => item,
                Err(error) => {
                    let why = error.to_string();
                    check.items.insert(name, ItemCheck::Failed { why });
                    continue;
                }
            };
            check.hashes = check.hashes.saturating_add(item.events().count());
            let rehashed = item.events().all(
                |event| matches!(parse_line(event.line()), Ok(Some(e)) if e.hash == event.hash()),
            );
            let more = more.get(id).into_iter().flatten().copied();
            let verdict = if rehashed {
                self.check_item(id, item, more)
            } else {
                ItemCheck::Failed {
                    why: "a line does not have the hash it is held under".into(),
                }
            };
            check.items.insert(name, verdict);
        }
        Ok(check)
    }

    /// What the indexes of a log do not tell as its frames do, if anything. [`verify`](Self::verify) asks this too.
    ///
    /// Reads everything, twice.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] when the system cannot read.
    pub fn check_index(log: &L::Reader) -> Result<Option<String>, StoreError> {
        let told = load::view_of_frames::<S>(log.frames());
        let differs = told.and_then(|told| load::view::<S>(log)?.differs(&told));
        match differs {
            Ok(what) => Ok(what.map(|what| format!("the index tells another story of {what}"))),
            Err(StoreError::Log(error @ LogError::Io { .. })) => Err(error.into()),
            Err(damage) => Ok(Some(damage.to_string())),
        }
    }

    fn check_item<'a>(
        &'a self,
        id: &str,
        item: &'a Item<S>,
        more: impl Iterator<Item = &'a HeldEvent<S>>,
    ) -> ItemCheck {
        let joined = state_at(item.sources(), u64::MAX, &self.view.redactions);
        if joined != *item.state(&self.view.redactions) {
            return ItemCheck::Failed {
                why: "the state shown is not the join of what is stored".into(),
            };
        }
        let payload = SnapshotPayload::new(id, joined, &self.view.redactions).encode();
        let events = item.events().chain(more);
        match verify_compaction(id, &payload, events, &self.view.redactions) {
            Ok(Verdict::Unverifiable { missing }) => ItemCheck::Unverifiable {
                missing: missing.len(),
            },
            Ok(_) => ItemCheck::Verified,
            Err(error) => ItemCheck::Failed {
                why: error.to_string(),
            },
        }
    }
}

impl<S: Order> View<S> {
    /// What two views of one log do not agree on.
    fn differs(&self, other: &Self) -> Result<Option<String>, StoreError> {
        let past = |view: &Self| {
            (
                view.past.floor,
                view.past.clock,
                Arc::clone(&view.past.runs),
            )
        };
        let scopes = |view: &Self| view.scopes().cloned().collect::<Vec<_>>();
        let is_same = self.past.times == other.past.times
            && past(self) == past(other)
            && self.past.touched == other.past.touched
            && self.schemas == other.schemas
            && self.pins == other.pins
            && self.redactions == other.redactions
            && scopes(self) == scopes(other);
        if !is_same {
            return Ok(Some("the past".to_owned()));
        }
        let base = std::iter::once((&self.base, &other.base));
        let scopes = self.scopes.values().zip(other.scopes.values());
        for (ours, theirs) in base.chain(scopes.map(|(a, b)| (&a.items, &b.items))) {
            if !ours.ids().eq(theirs.ids()) {
                return Ok(Some("which items there are".to_owned()));
            }
            for (ours, theirs) in ours.iter().zip(theirs.iter()) {
                let ((id, ours), (_, theirs)) = (ours?, theirs?);
                let sources = |item: &Item<S>| {
                    let sources = item.sources().iter();
                    sources.map(|h| (h.commit, h.bytes)).collect::<Vec<_>>()
                };
                if sources(ours) != sources(theirs)
                    || ours.state(&self.redactions) != theirs.state(&self.redactions)
                {
                    return Ok(Some(format!("item `{id}`")));
                }
            }
        }
        Ok(None)
    }
}
