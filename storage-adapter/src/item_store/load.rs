//! Reading frames back.

use std::collections::BTreeMap;
use std::sync::Arc;

use bones_compact::ItemSources;
use bones_snapshot::{EventHash, Order, SnapshotPayload, Stamped, parse_line};
use lattice_core::{JoinSemilattice, Set};

use super::held::HeldEvent;
use crate::error::StoreError;
use crate::log::Entry;
use crate::record::{EVENT, REDACTIONS, STATE, decode_hashes};

/// Reads one frame back.
pub(super) fn load<S: Order>(
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
        _ => {
            return Err(fail(
                "a kind this build does not know: use a newer build".into(),
            ));
        }
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
