//! Verifying a store against itself and against the logs it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use bones_compact::{LatticeEvent, Verdict, state_at, verify_compaction};
use bones_snapshot::{Order, SnapshotPayload, parse_line};

use super::held::{HeldEvent, Item};
use super::scope::ScopeId;
use super::{ItemStore, View, load};
use crate::error::StoreError;
use crate::log::{LogError, VerifyReport};
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
    /// Verifies everything: each frame of the log, each hash of each line, that the index and what is in memory tell
    /// what the frames do, and each item against the events still at hand. `sources` are further events to verify
    /// against, such as those of the log that was imported.
    ///
    /// Reads everything, four times, and holds it in memory meanwhile. What nobody had asked for does not stay there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] when the system cannot read; damage is in the result.
    pub fn verify(&self, sources: &[HeldEvent<S>]) -> Result<StoreCheck, StoreError> {
        let found = self.log.verify()?;
        self.view.check(&self.log.reader(), &found, sources)
    }

    /// What the indexes of a log do not tell as its frames do, if anything. [`verify`](Self::verify) asks this too.
    ///
    /// Reads everything, twice.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] when the system cannot read.
    pub fn check_index(log: &L::Reader) -> Result<Option<String>, StoreError> {
        match load::view_of_frames::<S>(log.frames()) {
            Ok(told) => told.check_index(log),
            Err(error) => damage(error).map(Some),
        }
    }
}

/// The error as damage, unless the system cannot read.
fn damage(error: StoreError) -> Result<String, StoreError> {
    match error {
        StoreError::Log(LogError::Io { .. }) => Err(error),
        damage => Ok(damage.to_string()),
    }
}

impl<S: Order> View<S> {
    /// Verifies the log that this is the view of, in which this was found, and what is in memory of it.
    pub(crate) fn check(
        &self,
        log: &impl LogReader,
        found: &VerifyReport,
        sources: &[HeldEvent<S>],
    ) -> Result<StoreCheck, StoreError> {
        let mut check = StoreCheck {
            damage: found.damage.iter().map(ToString::to_string).collect(),
            frames: found.frames,
            hashes: 0,
            items: BTreeMap::new(),
        };
        if check.damage.is_empty() {
            // SUBTLE: by a view of its own, so that what nobody asked for does not stay in memory.
            match load::view_of_frames::<S>(log.frames()) {
                Ok(told) => {
                    check.damage.extend(told.check_index(log)?);
                    told.check_items(sources, &mut check);
                    self.check_shown(&told, &mut check)?;
                    return Ok(check);
                }
                Err(error) => check.damage.push(damage(error)?),
            }
        }
        self.check_items(sources, &mut check);
        Ok(check)
    }

    /// What the indexes of the log do not tell as this does, which was made of its frames.
    fn check_index(&self, log: &impl LogReader) -> Result<Option<String>, StoreError> {
        let differs = load::view(log).and_then(|indexed| indexed.differs(self));
        match differs {
            Ok(what) => Ok(what.map(|what| format!("the index tells another story of {what}"))),
            Err(error) => damage(error).map(Some),
        }
    }

    /// Every item against the events at hand.
    fn check_items(&self, sources: &[HeldEvent<S>], check: &mut StoreCheck) {
        let mut more: BTreeMap<&str, Vec<&HeldEvent<S>>> = BTreeMap::new();
        for event in sources {
            more.entry(event.item_id()).or_default().push(event);
        }
        for (scope, items) in self.all_items() {
            for (id, held) in items.each() {
                let verdict = match held {
                    Ok(item) => {
                        check.hashes = check.hashes.saturating_add(item.events().count());
                        let more = more.get(id).into_iter().flatten().copied();
                        self.check_item(id, item, more)
                    }
                    Err(error) => ItemCheck::Failed {
                        why: error.to_string(),
                    },
                };
                check.items.insert(name(id, scope), verdict);
            }
        }
    }

    /// What is in memory against what is stored. Reads nothing.
    fn check_shown(&self, stored: &Self, check: &mut StoreCheck) -> Result<(), StoreError> {
        if !self.is_past_of(stored) {
            let what = "what is in memory tells another story of the past than what is stored";
            check.damage.push(what.to_owned());
            return Ok(());
        }
        let all = self.all_items().zip(stored.all_items());
        for ((scope, shown), (_, stored)) in all {
            if !shown.ids().eq(stored.ids()) {
                let what = "what is in memory are other items than those that are stored";
                check.damage.push(what.to_owned());
                return Ok(());
            }
            for (id, item) in shown.in_memory() {
                let is_stored = stored.get(id)?.is_some_and(|stored| {
                    let state = item.joined(&self.redactions);
                    item.outlines().eq(stored.outlines())
                        && state.is_none_or(|state| state == stored.state(&self.redactions))
                });
                if !is_stored {
                    let why = "what is in memory of it is not what is stored".to_owned();
                    let failed = ItemCheck::Failed { why };
                    check.items.insert(name(id, scope), failed);
                }
            }
        }
        Ok(())
    }

    fn check_item<'a>(
        &'a self,
        id: &str,
        item: &'a Item<S>,
        more: impl Iterator<Item = &'a HeldEvent<S>>,
    ) -> ItemCheck {
        let has_its_hash = |event: &HeldEvent<S>| {
            let read = parse_line(event.line());
            matches!(read, Ok(Some(read)) if read.hash == event.hash())
        };
        if !item.events().all(has_its_hash) {
            return ItemCheck::Failed {
                why: "a line does not have the hash it is held under".into(),
            };
        }
        let joined = state_at(item.sources(), u64::MAX, &self.redactions);
        if joined != *item.state(&self.redactions) {
            return ItemCheck::Failed {
                why: "the state shown is not the join of what is stored".into(),
            };
        }
        let payload = SnapshotPayload::new(id, joined, &self.redactions).encode();
        let events = item.events().chain(more);
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

    /// Whether all but the items is the same.
    fn is_past_of(&self, other: &Self) -> bool {
        let past = |view: &Self| {
            (
                view.past.floor,
                view.past.clock,
                Arc::clone(&view.past.runs),
            )
        };
        self.past.times == other.past.times
            && past(self) == past(other)
            && self.past.touched == other.past.touched
            && self.schemas == other.schemas
            && self.pins == other.pins
            && self.redactions == other.redactions
            && self.scopes().eq(other.scopes())
    }

    /// What two views of one log do not agree on.
    fn differs(&self, other: &Self) -> Result<Option<String>, StoreError> {
        if !self.is_past_of(other) {
            return Ok(Some("the past".to_owned()));
        }
        for ((_, ours), (_, theirs)) in self.all_items().zip(other.all_items()) {
            if !ours.ids().eq(theirs.ids()) {
                return Ok(Some("which items there are".to_owned()));
            }
            for (ours, theirs) in ours.pass().zip(theirs.pass()) {
                let ((id, ours), (_, theirs)) = (ours?, theirs?);
                if !ours.outlines().eq(theirs.outlines())
                    || ours.state_in_passing(&self.redactions)
                        != theirs.state_in_passing(&self.redactions)
                {
                    return Ok(Some(format!("item `{id}`")));
                }
            }
        }
        Ok(None)
    }
}

/// The name of an item in a report.
fn name(id: &str, scope: Option<&ScopeId>) -> String {
    scope.map_or_else(
        || id.to_owned(),
        |scope| format!("{id} in scope {}", scope.name()),
    )
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop right there"
)]
mod tests {
    use std::sync::Arc;

    use bones_snapshot::write_line;
    use lattice_lww::Unstamped;

    use super::*;
    use crate::{Batch, MemoryLog};

    type Store = ItemStore<Unstamped, MemoryLog>;

    fn store() -> Store {
        let mut store = Store::over(MemoryLog::new(&Store::header())).unwrap();
        for (n, item) in [(1, "bn-1"), (2, "bn-1"), (3, "bn-2")] {
            let body = format!(r#"{{"body":"{n}"}}"#);
            let line = write_line(n, "alice", "-", &[], "item.comment", item, &body);
            let batch = Batch {
                events: vec![HeldEvent::parse(line.as_bytes()).unwrap()],
                ..Batch::default()
            };
            store.apply(batch, n.unsigned_abs()).unwrap();
        }
        store
    }

    /// What is in memory may be wrong where what is stored is right.
    #[test]
    fn memory_is_held_against_the_log() {
        let store = store();
        let check = |view: &View<Unstamped>| {
            let log = store.log.reader();
            let found = log.verify().unwrap();
            view.check(&log, &found, &[]).unwrap()
        };
        let view = store.view();
        assert!(check(&view).is_sound());
        let first = Arc::clone(view.base.get("bn-1").unwrap().unwrap());
        let sources = first.sources().to_vec();

        // Its state is that of another item, or of a part of it.
        let other = view.base.get("bn-2").unwrap().unwrap();
        other.state(&view.redactions);
        let part = Item::new(sources.iter().take(1).cloned().collect());
        let wrong = [other.held_as(sources.clone(), &view.redactions), part];
        for item in wrong {
            let mut view = view.clone();
            view.base.insert("bn-1".into(), Arc::new(item));
            let found = check(&view);
            assert!(found.damage.is_empty());
            assert!(matches!(found.items["bn-1"], ItemCheck::Failed { .. }));
            assert_eq!(found.items["bn-2"], ItemCheck::Verified);
        }
        let mut more = view.clone();
        more.base.insert("bn-3".into(), first);
        assert_eq!(check(&more).damage.len(), 1);
        let mut less = view.clone();
        less.past.floor = 2;
        assert_eq!(check(&less).damage.len(), 1);
        assert!(check(&view).is_sound());
    }
}
