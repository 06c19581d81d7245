//! What rows of a batch say, checked.

use bones_snapshot::{Order, SnapshotId, SnapshotPayload, parse_line};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use storage_adapter::{Batch, HeldEvent};

use super::error::TransferError;
use crate::column::{Bytes, is_bytes};

/// The lines of a batch of events, in order of the rows; `None` where the line is not kept.
///
/// Every line is read and its hash verified, and is of the item and the event that its row says.
///
/// # Errors
///
/// [`TransferError`] when columns are missing or of other types, or a line is not what its row says.
pub fn event_lines(batch: &RecordBatch) -> Result<Vec<Option<String>>, TransferError> {
    let rows = EventRows::of(batch)?;
    let mut lines = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        lines.push(rows.line(row)?.map(|(line, _)| line.to_owned()));
    }
    Ok(lines)
}

/// The events of a batch, to be brought into a store: with their lines where those are kept, else as the state that the
/// event comes to.
///
/// # Errors
///
/// [`TransferError`] when columns are missing or of other types, or a row contradicts itself.
pub fn event_states<S: Order>(batch: &RecordBatch) -> Result<Batch<S>, TransferError> {
    let rows = EventRows::of(batch)?;
    let (mut events, mut payloads) = (Vec::new(), Vec::new());
    for row in 0..batch.num_rows() {
        if let Some((line, _)) = rows.line(row)? {
            let event = HeldEvent::parse(line.as_bytes());
            events.push(event.map_err(|error| TransferError::RowLine {
                row,
                why: error.to_string(),
            })?);
        } else {
            let delta = rows.delta.get(row).ok_or(TransferError::Null {
                row,
                column: "delta",
            })?;
            let state = payload(delta, row, "delta")?;
            rows.check_item(row, SnapshotPayload::item_id(&state), "delta")?;
            payloads.push(state);
        }
    }
    Ok(Batch {
        events,
        payloads,
        ..Batch::default()
    })
}

/// The snapshots in a batch of [`schema::snapshots`](crate::schema::snapshots); rows of items left alone have none.
/// Of the columns, `item_id` and `snapshot` have to be there.
///
/// # Errors
///
/// [`TransferError`] when columns are missing or of other types, a payload is not canonical, or is not the item or has not the
/// id that its row says.
pub fn snapshot_payloads<S: Order>(
    batch: &RecordBatch,
) -> Result<Vec<SnapshotPayload<S>>, TransferError> {
    const SCHEMA: &str = "schema::snapshots";
    let item_ids = text(batch, "item_id", SCHEMA)?;
    let snapshots = bytes(batch, "snapshot", SCHEMA)?;
    let snapshots = Bytes::of(snapshots)?;
    let ids = batch
        .column_by_name("snapshot_id")
        .map(Bytes::of)
        .transpose()?;
    let mut payloads = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let Some(snapshot) = snapshots.get(row) else {
            continue;
        };
        let payload: SnapshotPayload<S> = payload(snapshot, row, "snapshot")?;
        if item_ids.is_null(row) || item_ids.value(row) != payload.item_id() {
            return Err(contradiction(row, "item_id", "snapshot"));
        }
        let named = ids.as_ref().and_then(|ids| ids.get(row));
        if named.is_some_and(|id| *id != SnapshotId::of(snapshot).0) {
            return Err(contradiction(row, "snapshot_id", "snapshot"));
        }
        payloads.push(payload);
    }
    Ok(payloads)
}

/// The columns of a batch of events that carry what the event is.
struct EventRows<'a> {
    item_id: StringArray,
    event_hash: Bytes<'a>,
    delta: Bytes<'a>,
    line: StringArray,
}

impl<'a> EventRows<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, TransferError> {
        const SCHEMA: &str = "schema::events";
        Ok(Self {
            item_id: text(batch, "item_id", SCHEMA)?,
            event_hash: Bytes::of(bytes(batch, "event_hash", SCHEMA)?)?,
            delta: Bytes::of(bytes(batch, "delta", SCHEMA)?)?,
            line: text(batch, "line", SCHEMA)?,
        })
    }

    /// The line of a row, if it is kept, and its event.
    fn line(&self, row: usize) -> Result<Option<(&str, bones_snapshot::Event)>, TransferError> {
        if self.line.is_null(row) {
            return Ok(None);
        }
        let line = self.line.value(row);
        let why = match parse_line(line.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(None) => "it is no event".to_owned(),
            Ok(Some(event)) => {
                self.check_item(row, &event.item_id, "line")?;
                if self.event_hash.get(row) != Some(&event.hash.0) {
                    return Err(contradiction(row, "event_hash", "line"));
                }
                return Ok(Some((line, event)));
            }
        };
        Err(TransferError::RowLine { row, why })
    }

    fn check_item(&self, row: usize, item_id: &str, of: &'static str) -> Result<(), TransferError> {
        if self.item_id.is_null(row) || self.item_id.value(row) != item_id {
            return Err(contradiction(row, "item_id", of));
        }
        Ok(())
    }
}

fn contradiction(row: usize, column: &'static str, of: &'static str) -> TransferError {
    TransferError::Contradiction { row, column, of }
}

fn payload<S: Order>(
    bytes: &[u8],
    row: usize,
    column: &'static str,
) -> Result<SnapshotPayload<S>, TransferError> {
    SnapshotPayload::decode(bytes).map_err(|source| TransferError::Payload {
        row,
        column,
        source,
    })
}

fn column<'a>(
    batch: &'a RecordBatch,
    column: &'static str,
    wanted: &'static str,
) -> Result<&'a ArrayRef, TransferError> {
    batch.column_by_name(column).ok_or_else(|| {
        let schema = batch.schema();
        TransferError::Column {
            column,
            found: schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
            wanted,
        }
    })
}

fn bytes<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
    wanted: &'static str,
) -> Result<&'a ArrayRef, TransferError> {
    let column = column(batch, name, wanted)?;
    if is_bytes(column.data_type()) {
        return Ok(column);
    }
    Err(TransferError::Type {
        column: name,
        expected: "bytes",
        found: column.data_type().to_string(),
    })
}

/// A column of text, in whichever layout it comes.
fn text(
    batch: &RecordBatch,
    name: &'static str,
    wanted: &'static str,
) -> Result<StringArray, TransferError> {
    let column = column(batch, name, wanted)?;
    let is_text = matches!(
        column.data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    if !is_text {
        return Err(TransferError::Type {
            column: name,
            expected: "text",
            found: column.data_type().to_string(),
        });
    }
    let column = cast(column, &DataType::Utf8).map_err(TransferError::engine)?;
    Ok(column.as_string::<i32>().clone())
}
