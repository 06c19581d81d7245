//! What a frame says by itself, whatever stands around it.

use std::sync::Arc;

use bones_compact::Source;
use bones_snapshot::{EventHash, Order, SnapshotPayload, Stamped, parse_line};
use lattice_core::Set;

use crate::item_store::held::HeldEvent;
use crate::item_store::id::ItemId;
use crate::record::{
    CONTENTS, EVENT, FOOTER, HISTORY, HistoryRecord, INDEX, PACKED, PAST_EVENT, PAST_STATE, PIN,
    REDACTIONS, SCHEMA, SCOPE, SCOPE_CREATED, SCOPE_DELETED, STATE, SchemaRecord, ScopeRecord,
    UNPIN, decode_hashes, split_past, unpack,
};

/// A frame, decoded.
pub(super) enum Decoded<S: Order> {
    One(Record<S>),
    /// Of each frame in it its kind, and what it says or why it does not read.
    Packed(Vec<(u8, Result<Record<S>, String>)>),
}

/// What a frame says.
pub(in crate::item_store) enum Record<S: Order> {
    /// Something of an item.
    Told(Told<S>),
    /// As before, of an earlier commit.
    Past(u64, Told<S>),
    Redactions(Set<EventHash>),
    History(HistoryRecord),
    Scope(ScopeRecord),
    ScopeCreated(String),
    ScopeDeleted(ScopeRecord),
    Schema(SchemaRecord),
    Pin(u64),
    Unpin(u64),
    /// A part of an index, which tells nothing that the frames it is about do not.
    Index,
}

/// An event of an item, or a state of it.
pub(in crate::item_store) struct Told<S: Order> {
    pub(in crate::item_store) item: ItemId,
    pub(in crate::item_store) source: Source<HeldEvent<S>>,
    pub(in crate::item_store) bytes: u64,
}

impl<S: Order> Decoded<S> {
    /// Decodes a frame, or says what is wrong with it.
    pub(super) fn new(kind: u8, body: &[u8]) -> Result<Self, String> {
        if kind != PACKED {
            return Record::decode(kind, body).map(Self::One);
        }
        let frames = unpack(body)?.into_iter();
        let frames = frames.map(|frame| (frame.kind, Record::decode(frame.kind, &frame.body)));
        Ok(Self::Packed(frames.collect()))
    }
}

impl<S: Order> Record<S> {
    /// Decodes a frame, or says what is wrong with it.
    pub(in crate::item_store) fn decode(kind: u8, body: &[u8]) -> Result<Self, String> {
        let scope = || ScopeRecord::decode(body).ok_or("it is no scope");
        let commit = || body.try_into().map(u64::from_le_bytes);
        let no_commit = |_| "it is no commit number";
        Ok(match kind {
            EVENT => Self::Told(Told::event(body)?),
            STATE => Self::Told(Told::state(body)?),
            PAST_EVENT | PAST_STATE => {
                let (commit, body) = split_past(body).ok_or("it does not begin with a commit")?;
                let told = if kind == PAST_EVENT {
                    Told::event(body)?
                } else {
                    Told::state(body)?
                };
                Self::Past(commit, told)
            }
            REDACTIONS => {
                Self::Redactions(decode_hashes(body).ok_or("the hashes are not whole and sorted")?)
            }
            HISTORY => {
                Self::History(HistoryRecord::decode(body).ok_or("it is no record of a history")?)
            }
            SCOPE => Self::Scope(scope()?),
            SCOPE_CREATED => {
                let name = std::str::from_utf8(body).map_err(|_| "the name is not UTF-8")?;
                Self::ScopeCreated(name.to_owned())
            }
            SCOPE_DELETED => Self::ScopeDeleted(scope()?),
            SCHEMA => Self::Schema(SchemaRecord::decode(body).ok_or("it is no schema record")?),
            PIN => Self::Pin(commit().map_err(no_commit)?),
            UNPIN => Self::Unpin(commit().map_err(no_commit)?),
            INDEX | CONTENTS | FOOTER => Self::Index,
            _ => return Err("a kind this build does not know: use a newer build".into()),
        })
    }
}

impl<S: Order> Told<S> {
    fn event(line: &[u8]) -> Result<Self, String> {
        let event = parse_line(line).map_err(|e| e.to_string())?;
        let event = event.ok_or("the line holds no event")?;
        let event = Stamped::new(event).map_err(|e| e.to_string())?;
        Ok(Self {
            item: ItemId::from(&*event.event().item_id),
            source: Source::Event(HeldEvent::new(line, event)),
            bytes: line.len() as u64,
        })
    }

    fn state(payload: &[u8]) -> Result<Self, String> {
        let decoded = SnapshotPayload::decode(payload).map_err(|e| e.to_string())?;
        let (item, state) = decoded.into_parts();
        Ok(Self {
            item: ItemId::from(Arc::from(item)),
            source: Source::State(Arc::new(state)),
            bytes: payload.len() as u64,
        })
    }
}
