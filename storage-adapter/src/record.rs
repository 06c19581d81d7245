//! What an item store keeps in the frames and the header of its log.

mod history;
mod index;
mod leb128;
mod names;
mod packed;

use std::path::Path;

use bones_snapshot::EventHash;
use lattice_core::Set;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::log::{Frame, LogDir, MAX_BODY};

pub(crate) use history::HistoryRecord;
pub(crate) use index::{
    ContentsRecord, FOOTER_LEN, IndexRecord, IndexRows, SourceRecord, decode_footer, encode_footer,
    half_hash,
};
pub(crate) use names::{SchemaName, SchemaRecord, ScopeRecord};
pub(crate) use packed::{Sink, Spot, unpack};

/// One raw event line, without its line end.
pub(crate) const EVENT: u8 = 1;
/// The payload of one item: a snapshot, or the masked delta of a redacted event.
pub(crate) const STATE: u8 = 2;
/// Hashes of redacted events, 32 bytes each, sorted.
pub(crate) const REDACTIONS: u8 = 3;
/// Frames behind it belong to this scope, up to the next of its kind or the end of the commit.
pub(crate) const SCOPE: u8 = 4;
/// A scope was made; its id has the number of this commit.
pub(crate) const SCOPE_CREATED: u8 = 5;
/// A scope was deleted.
pub(crate) const SCOPE_DELETED: u8 = 6;
/// A schema migration began, completed or was given up.
pub(crate) const SCHEMA: u8 = 7;
/// A commit whose state stays readable; 8 bytes, little-endian.
pub(crate) const PIN: u8 = 8;
/// A pin was taken away.
pub(crate) const UNPIN: u8 = 9;
/// An event line of an earlier commit: the commit in LEB128, then the line.
pub(crate) const PAST_EVENT: u8 = 10;
/// A payload of an earlier commit: the commit in LEB128, then the payload.
pub(crate) const PAST_STATE: u8 = 11;
/// What a compaction left of the past, first of all its frames.
pub(crate) const HISTORY: u8 = 12;
/// Frames of a compaction, packed together.
pub(crate) const PACKED: u8 = 13;
/// Where items of a compaction lie.
pub(crate) const INDEX: u8 = 14;
/// Where everything else lies that opening reads of a compaction.
pub(crate) const CONTENTS: u8 = 15;
/// Where the contents lie; the last frame of a compaction.
pub(crate) const FOOTER: u8 = 16;

/// Whether frames of this kind belong to the index of a compaction, which tells nothing that the frames before it do not,
/// and is true of one place only: who copies frames to another log may leave them out.
pub fn is_index(kind: u8) -> bool {
    (INDEX..=FOOTER).contains(&kind)
}

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
            // Only what a writer produces.
            Some(header) if Self::encode(&header.order) != bytes => {
                Err(StoreError::NotItems { path: path.into() })
            }
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
    let (log, _) = LogDir::open_read_only(path)?;
    Header::decode(log.header(), path).map(|header| header.order)
}

/// The longest payload that a store holds. With what goes around it where it is written anew, and compressed at worst, it
/// still fits into a frame.
pub(crate) const MAX_PAYLOAD: usize = MAX_BODY - (1 << 20);

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

/// A frame of an earlier commit.
pub(crate) fn past_frame(kind: u8, commit: u64, body: &[u8]) -> Frame {
    let mut out = Vec::with_capacity(body.len().saturating_add(3));
    leb128::put(&mut out, commit);
    out.extend_from_slice(body);
    Frame::new(kind, out)
}

/// The commit and the body of a frame of an earlier commit; `None` if it is not as one is written.
pub(crate) fn split_past(mut body: &[u8]) -> Option<(u64, &[u8])> {
    let commit = leb128::take(&mut body)?;
    Some((commit, body))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{APP, FORMAT, Header, past_frame, split_past};
    use crate::StoreError;

    #[test]
    fn a_header_is_read_as_it_is_written_and_no_other_way() {
        let path = Path::new("store");
        let header = Header::encode("itc");
        assert_eq!(Header::decode(&header, path).unwrap().order, "itc");

        let other = |format| Header {
            app: APP.into(),
            format,
            order: "itc".into(),
        };
        let named = |format| rmp_serde::to_vec_named(&other(format)).unwrap();
        assert_eq!(named(FORMAT), header);
        for bytes in [
            [&header[..], &[0]].concat(),
            rmp_serde::to_vec(&other(FORMAT)).unwrap(),
            named(0),
            Vec::new(),
        ] {
            let refused = Header::decode(&bytes, path).err();
            assert!(matches!(refused, Some(StoreError::NotItems { .. })));
        }
        let newer = Header::decode(&named(FORMAT + 1), path).err();
        assert!(matches!(newer, Some(StoreError::NewerItems { .. })));
    }

    #[test]
    fn past_frames_read_back() {
        for commit in [0, 127, 128, u64::MAX] {
            let frame = past_frame(10, commit, b"body");
            assert_eq!(split_past(&frame.body), Some((commit, &b"body"[..])));
        }
        assert_eq!(split_past(&[0x80]), None);
    }
}
