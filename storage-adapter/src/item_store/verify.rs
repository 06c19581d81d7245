//! Verifying a store against itself and against the logs it came from.

use std::collections::BTreeMap;

use bones_compact::{LatticeEvent, Verdict, verify_compaction};
use bones_snapshot::{ItemState, Order, SnapshotPayload, parse_line};
use lattice_core::{JoinSemilattice, join_all};

use super::ItemStore;
use super::held::{HeldEvent, Item};
use crate::error::StoreError;

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

impl<S: Order> ItemStore<S> {
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
        for (id, item) in &self.items {
            check.hashes = check.hashes.saturating_add(item.sources.events.len());
            let rehashed = item.sources.events.iter().all(
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
        let mut joined: ItemState<S> = sources.joined(HeldEvent::fold(&item.sources.events));
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
}
