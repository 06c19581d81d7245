//! Verifying a store against itself and against the logs it came from.

use std::collections::BTreeMap;

use bones_compact::{LatticeEvent, Verdict, state_at, verify_compaction};
use bones_snapshot::{Order, SnapshotPayload, parse_line};

use super::ItemStore;
use super::held::{HeldEvent, Item};
use crate::error::StoreError;
use crate::log_store::LogStore;

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
        let base = self
            .view
            .base
            .iter()
            .map(|(id, item)| (id.to_string(), id, item));
        let scopes = self.view.scopes.values().flat_map(|scope| {
            let named = |(id, item)| (format!("{id} in scope {}", scope.id.name()), id, item);
            scope.items.iter().map(named)
        });
        for (name, id, item) in base.chain(scopes) {
            check.hashes = check.hashes.saturating_add(item.events().count());
            let rehashed = item.events().all(
                |event| matches!(parse_line(event.line()), Ok(Some(e)) if e.hash == event.hash()),
            );
            let more = more.get(&**id).into_iter().flatten().copied();
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
