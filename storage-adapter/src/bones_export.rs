//! Handing a store back to bones: an events file that bones-core 0.26 parses.

use bones_snapshot::{BonesLimit, FIELD_COMMENT, Order, SHARD_HEADER, bones_snapshot_lines};
use thiserror::Error;

use crate::error::StoreError;
use crate::item_store::View;

/// An events file for bones, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BonesExport {
    /// The file: two header lines, then item by item.
    pub text: String,
    /// Event lines, word for word as they came.
    pub lines: usize,
    /// Items written as one `item.snapshot` line.
    pub snapshots: usize,
}

/// Why a store cannot be handed back to bones.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BonesExportError {
    /// Items that bones cannot read back.
    #[error("{}; nothing was written", .refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused {
        /// Every item that does not fit.
        refused: Vec<BonesLimit>,
    },
    /// What is held of an item cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Order> View<S> {
    /// Everything the store knows, as far as bones can hold it.
    ///
    /// Items held as lines are given word for word; of every other item one `item.snapshot` line by
    /// `agent`, and one `item.redact` line for each redaction it knows of. See
    /// [`bones_snapshot_json`](bones_snapshot::bones_snapshot_json) for what bones cannot hold.
    ///
    /// # Errors
    ///
    /// [`BonesExportError`] naming every item whose snapshot is larger than bones reads, or the one that the store cannot
    /// read.
    pub fn export_bones(&self, agent: &str) -> Result<BonesExport, BonesExportError> {
        let mut export = BonesExport {
            text: format!("{SHARD_HEADER}\n{FIELD_COMMENT}\n"),
            lines: 0,
            snapshots: 0,
        };
        let mut refused = Vec::new();
        for held in self.states() {
            let (id, state) = held?;
            if self.is_raw(id)? {
                for event in self.lines(id)? {
                    // Lines are UTF-8: they were parsed.
                    export.text.push_str(&String::from_utf8_lossy(event.line()));
                    export.text.push('\n');
                    export.lines = export.lines.saturating_add(1);
                }
                continue;
            }
            match bones_snapshot_lines(id, state, agent) {
                Ok(lines) => {
                    for line in lines {
                        export.text.push_str(&line);
                        export.text.push('\n');
                    }
                    export.snapshots = export.snapshots.saturating_add(1);
                }
                Err(limit) => refused.push(limit),
            }
        }
        if refused.is_empty() {
            Ok(export)
        } else {
            Err(BonesExportError::Refused { refused })
        }
    }
}
