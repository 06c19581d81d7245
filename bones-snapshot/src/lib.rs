#![doc = include_str!("../README.md")]

mod bones_json;
mod data;
mod delta;
mod event;
mod extension;
mod fold;
mod hash;
mod json;
mod legacy;
mod line;
mod observed;
mod payload;
mod scan;
mod state;
mod value;
mod view;
mod wire;

pub use bones_json::{BonesLimit, MAX_BONES_DATA, bones_snapshot_json, bones_snapshot_lines};
pub use data::{CreateData, DataError, EventData, MAX_JSON_DEPTH, UpdateData};
pub use delta::{Order, StampTextError, Stamped};
pub use event::{AgentId, Event, Text};
pub use hash::{EventHash, HashTextError, format_hash, parse_hash};
pub use legacy::{
    Legacy, LegacyId, LegacyMembers, LegacySnapshots, LegacyStanding, LegacyTexts, LegacyWrite,
    SnapshotData, Tag,
};
pub use line::{
    FIELD_COMMENT, LineError, LineErrorKind, MAX_LINE_BYTES, SHARD_HEADER, parse_line, write_line,
};
pub use observed::{Adds, ByHash, Element, ElementId, Key, Link, ObservedSet, Removes};
pub use payload::{DecodeError, DecodeErrorKind, FORMAT, SnapshotId, SnapshotPayload};
pub use state::{Content, ItemState, Lifecycle, Links, Move, Moves, Register, Texts};
pub use value::{Kind, Phase, Size, Urgency};
pub use view::{CommentView, ItemView, LegacyView, LinkView, MoveView, Origin, OtherView};
