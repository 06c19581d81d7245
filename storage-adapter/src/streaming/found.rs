//! What reading found.

use std::collections::BTreeMap;

use bones_snapshot::EventHash;
use lattice_core::Set;

use super::error::{FoldError, Heavy};
use super::meter::Held;
use crate::source::BadLine;

/// How many of the lines left out are kept for the report: the first ones.
pub(super) const KEPT_BAD_LINES: usize = 1000;

/// What reading found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) events: u64,
    pub(super) payloads: u64,
    pub(super) lines_skipped: u64,
    // By file and line.
    skipped: BTreeMap<(usize, u64), BadLine>,
    redactions: Vec<EventHash>,
    /// How many of the redactions are known to be different ones.
    distinct: usize,
}

impl Found {
    pub(super) fn skipped(&mut self) -> Vec<BadLine> {
        std::mem::take(&mut self.skipped).into_values().collect()
    }

    pub(super) fn redactions(&mut self) -> Set<EventHash> {
        std::mem::take(&mut self.redactions).into_iter().collect()
    }

    pub(super) fn skip(&mut self, file: usize, bad: BadLine) {
        self.lines_skipped = self.lines_skipped.saturating_add(1);
        self.skipped.insert((file, bad.line), bad);
        if self.skipped.len() > KEPT_BAD_LINES {
            self.skipped.pop_last();
        }
    }

    /// Notes redactions; what they take in memory is in `held`.
    pub(super) fn redact(
        &mut self,
        hashes: &[EventHash],
        held: &mut Held<'_>,
    ) -> Result<(), FoldError> {
        for hash in hashes {
            self.redactions.push(*hash);
            if self.redactions.len() > self.distinct.saturating_mul(2).saturating_add(64) {
                self.redactions.sort_unstable();
                self.redactions.dedup();
                self.distinct = self.redactions.len();
            }
        }
        // The list, and the set made of it.
        let bytes = self.redactions.capacity().saturating_mul(64) as u64;
        held.set(bytes, Heavy::Redactions)
    }
}
