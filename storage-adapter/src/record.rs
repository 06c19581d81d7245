//! What an item store keeps in the frames and the header of its log.

use std::path::Path;

use bones_snapshot::EventHash;
use lattice_core::Set;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::log::{Frame, LogDir};

/// One raw event line, without its line end.
pub(crate) const EVENT: u8 = 1;
/// The payload of one item: a snapshot, or the masked delta of a redacted event.
pub(crate) const STATE: u8 = 2;
/// Hashes of redacted events, 32 bytes each, sorted.
pub(crate) const REDACTIONS: u8 = 3;

/// Version of headers and frames.
const FORMAT: u32 = 1;
const APP: &str = "lattice items";

/// The header kept in the manifest for ever: what the store holds, and its order.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    app: String,
    format: u32,
    pub(crate) order: String,
}

impl Header {
    pub(crate) fn encode(order: &str) -> Vec<u8> {
        let header = Self {
            app: APP.into(),
            format: FORMAT,
            order: order.into(),
        };
        rmp_serde::to_vec_named(&header).unwrap_or_default()
    }

    pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Self, StoreError> {
        let header: Option<Self> = rmp_serde::from_slice(bytes).ok();
        match header.filter(|h| h.app == APP) {
            None => Err(StoreError::NotItems { path: path.into() }),
            Some(header) if header.format > FORMAT => Err(StoreError::NewerItems {
                path: path.into(),
                found: header.format,
                supported: FORMAT,
            }),
            Some(header) => Ok(header),
        }
    }
}

/// The word for the order a store was created with.
///
/// # Errors
///
/// [`StoreError`] when there is no store of items, or it is damaged or in use.
pub fn order_word(path: &Path) -> Result<String, StoreError> {
    let (log, _) = LogDir::open(path)?;
    Header::decode(log.header(), path).map(|header| header.order)
}

/// A frame of redactions.
pub(crate) fn redactions_frame(redactions: &Set<EventHash>) -> Frame {
    Frame::new(REDACTIONS, encode_hashes(redactions))
}

/// Hashes one after the other.
pub(crate) fn encode_hashes(hashes: &Set<EventHash>) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads hashes back; `None` unless they are whole and strictly increasing.
pub(crate) fn decode_hashes(bytes: &[u8]) -> Option<Set<EventHash>> {
    let (hashes, odd) = bytes.as_chunks::<32>();
    let hashes = hashes.iter().map(|hash| EventHash(*hash)).collect();
    if odd.is_empty() {
        Set::from_sorted(hashes)
    } else {
        None
    }
}
