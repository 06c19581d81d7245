//! The columns of event logs, snapshots and redactions as Arrow tables.
//!
//! Tables of your own need only the columns that a query names: `item_id` and `delta` for
//! [`lattice_join`](crate::lattice_join), `event_hash` and `bytes` where a policy is to leave alone what would grow.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::scalar::compact_outcome;

/// The type of an event that redacts another.
pub const REDACT: &str = "item.redact";

/// A table of events, one row for each; rows may come in any order and more than once.
///
/// | column | type | |
/// |---|---|---|
/// | `item_id` | `Utf8` | the item, in lower case |
/// | `event_hash` | `FixedSizeBinary(32)` | BLAKE3 of columns 1 to 7 of the line: names the event everywhere |
/// | `wall_ts` | `Timestamp(us, UTC)` | the writer's clock, as written |
/// | `agent` | `Utf8` | the writer |
/// | `event_type` | `Utf8`, nullable | `item.create` and so on; null when the event is redacted and no rule knows its type |
/// | `stamp` | `Utf8` | the stamp column, undecoded |
/// | `bytes` | `UInt64` | length of the line without its end |
/// | `delta` | `Binary` | what the event does: the canonical payload of this one event, masked when it is redacted |
/// | `line` | `Utf8`, nullable | the line itself; null when it is not kept or the event is redacted |
pub fn events() -> SchemaRef {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("item_id", DataType::Utf8, false),
        Field::new("event_hash", DataType::FixedSizeBinary(32), false),
        Field::new("wall_ts", utc, false),
        Field::new("agent", DataType::Utf8, false),
        Field::new("event_type", DataType::Utf8, true),
        Field::new("stamp", DataType::Utf8, false),
        Field::new("bytes", DataType::UInt64, false),
        Field::new("delta", DataType::Binary, false),
        Field::new("line", DataType::Utf8, true),
    ]))
}

/// A table of what compaction made of items, one row for each.
///
/// | column | type | |
/// |---|---|---|
/// | `item_id` | `Utf8` | the item |
/// | `outcome` | `Utf8` | `compacted`, or why the item was left alone: `deleted`, `phase`, `too-young`, `would-grow`, `too-large` |
/// | `snapshot_id` | `FixedSizeBinary(32)`, nullable | name of the snapshot: the id of its payload, BLAKE3 in key derivation mode |
/// | `snapshot` | `Binary`, nullable | the canonical payload; null when the item was left alone |
/// | `compacted_from` | `UInt64`, nullable | how many events it stands for |
pub fn snapshots() -> SchemaRef {
    let mut fields = vec![Arc::new(Field::new("item_id", DataType::Utf8, false))];
    fields.extend(compact_outcome(DataType::Binary).iter().cloned());
    Arc::new(Schema::new(Fields::from(fields)))
}

/// A table of redacted events: the column `event_hash`, `FixedSizeBinary(32)`.
pub fn redactions() -> SchemaRef {
    let hash = Field::new("event_hash", DataType::FixedSizeBinary(32), false);
    Arc::new(Schema::new(vec![hash]))
}
