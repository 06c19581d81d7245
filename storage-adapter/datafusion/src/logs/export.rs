//! Out of logs and stores into tables.

use std::path::Path;
use std::sync::Arc;

use bones_snapshot::{EventData, EventHash, Order, SnapshotId, Stamped};
use datafusion::arrow::array::{
    ArrayRef, FixedSizeBinaryBuilder, RecordBatch, StringBuilder, UInt64Builder,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::parquet::arrow::AsyncArrowWriter;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;
use lattice_core::Set;
use object_store::buffered::BufWriter;
use storage_adapter::{View, events_files};

use super::error::TransferError;
use super::lines::{Entry, LogFile};
use crate::column::BytesBuilder;
use crate::events::EventsBuilder;
use crate::parquet_file::writer_properties;
use crate::place::Place;
use crate::publish::{Draft, Manifest};
use crate::scalar::COMPACTED;
use crate::schema;

/// Rows of a batch.
const ROWS: usize = 8192;
/// Bytes of a batch, where rows are long.
const BYTES: usize = 16 << 20;
/// Snapshots of a batch.
const SNAPSHOTS: usize = 512;

/// How a log is exported.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExportLog {
    /// Whether the lines go along, so that the log can be had back. Default no.
    pub keep_lines: bool,
    /// Whether lines that are no events are left out and counted. Default no: they are refused.
    pub skip_bad_lines: bool,
    /// Redactions known beside those in the log.
    pub redactions: Set<EventHash>,
}

/// What an export of a log wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogExported {
    /// Rows, one for each event line.
    pub events: u64,
    /// Files, one for each events file that holds an event.
    pub files: u64,
    /// Lines left out.
    pub skipped: u64,
    /// Redactions known: those events are masked in what was written.
    pub redactions: usize,
}

/// Writes a log - a `.bones` folder, an events folder or one `.events` file - to a folder as Parquet files of
/// [`schema::events`], of the same names. Files that are there are replaced.
///
/// Two passes, since an event may redact one that stands before it in another file: no text of a redacted event is
/// written. A row group is in memory at a time.
///
/// # Errors
///
/// [`TransferError`]; files written so far stay.
pub async fn export_log<S: Order>(
    log: &Path,
    place: &Place,
    options: &ExportLog,
) -> Result<LogExported, TransferError> {
    let files = events_files(log)?;
    let mut redactions: Vec<EventHash> = options.redactions.iter().copied().collect();
    for file in &files {
        let mut log = LogFile::open(file, options.skip_bad_lines)?;
        while let Some(entry) = log.next()? {
            if let EventData::Redact(target) = entry.event.data {
                redactions.push(target);
            }
        }
    }
    let redactions: Set<EventHash> = redactions.into_iter().collect();
    let mut exported = LogExported {
        redactions: redactions.len(),
        ..LogExported::default()
    };
    for file in &files {
        let (events, skipped) = export_file::<S>(file, place, options, &redactions).await?;
        exported.events = exported.events.saturating_add(events);
        exported.skipped = exported.skipped.saturating_add(skipped);
        exported.files = exported.files.saturating_add(u64::from(events > 0));
    }
    Ok(exported)
}

/// Writes the events of a file, and says how many there are and how many lines were left out.
async fn export_file<S: Order>(
    file: &Path,
    place: &Place,
    options: &ExportLog,
    redactions: &Set<EventHash>,
) -> Result<(u64, u64), TransferError> {
    let mut log = LogFile::open(file, options.skip_bad_lines)?;
    let mut events = EventsBuilder::new(options.keep_lines);
    let mut writer = None;
    let mut rows = 0_u64;
    loop {
        let entry = log.next()?;
        let is_end = entry.is_none();
        if let Some(Entry {
            line,
            number,
            event,
        }) = entry
        {
            let event = Stamped::<S>::new(event).map_err(|source| TransferError::Stamp {
                path: file.into(),
                line: number,
                source,
            })?;
            events
                .push(line, &event, redactions)
                .map_err(TransferError::engine)?;
        }
        let is_full = events.rows() == ROWS || events.held_bytes() > BYTES;
        if is_full || (is_end && events.rows() > 0) {
            rows = rows.saturating_add(events.rows() as u64);
            let batch = events.finish().map_err(TransferError::engine)?;
            let writer = match &mut writer {
                Some(writer) => writer,
                none => none.insert(event_writer(file, place)?),
            };
            writer.write(&batch).await.map_err(TransferError::engine)?;
        }
        if is_end {
            break;
        }
    }
    if let Some(writer) = writer {
        writer.close().await.map_err(TransferError::engine)?;
    }
    Ok((rows, log.skipped))
}

/// The Parquet file for an events file.
fn event_writer(file: &Path, place: &Place) -> Result<AsyncArrowWriter<BufWriter>, TransferError> {
    let name = file
        .file_stem()
        .unwrap_or(file.as_os_str())
        .to_string_lossy();
    let path = place.file(&format!("{name}.parquet"));
    let out = BufWriter::new(Arc::clone(place.store()), path);
    let properties = writer_properties().map_err(TransferError::engine)?;
    AsyncArrowWriter::try_new(out, schema::events(), Some(properties))
        .map_err(TransferError::engine)
}

/// Publishes what a store knows as a result: the snapshot of every item, compacted or not, and every redaction. The
/// snapshots are those of [`View::export`], to the byte.
///
/// A batch is in memory at a time beside the view.
///
/// # Errors
///
/// [`TransferError::Publish`], also when the place holds a result already.
pub async fn export_store<S: Order>(
    view: &View<S>,
    place: &Place,
    draft: &str,
) -> Result<Manifest, TransferError> {
    let draft = Draft::begin(place, draft).await?;
    let redactions = view.redactions();
    let view = view.clone();
    let ids: Vec<Arc<str>> = view.item_ids().map(Arc::from).collect();
    let batches = ids
        .chunks(SNAPSHOTS)
        .map(<[Arc<str>]>::to_vec)
        .collect::<Vec<_>>();
    let batches = batches
        .into_iter()
        .map(move |ids| snapshot_batch(&view, &ids));
    let rows = RecordBatchStreamAdapter::new(schema::snapshots(), stream::iter(batches));
    draft.write_redactions(redactions).await?;
    draft.write_snapshots(Box::pin(rows)).await?;
    Ok(draft.publish().await?)
}

/// The snapshots of some items.
fn snapshot_batch<S: Order>(
    view: &View<S>,
    ids: &[Arc<str>],
) -> Result<RecordBatch, DataFusionError> {
    let mut item_id = StringBuilder::new();
    let mut outcome = StringBuilder::new();
    let mut snapshot_id = FixedSizeBinaryBuilder::new(32);
    let mut snapshot = BytesBuilder::new(&DataType::Binary, ids.len());
    let mut compacted_from = UInt64Builder::new();
    for id in ids {
        let read = view.state(id);
        let Some(state) = read.map_err(|e| DataFusionError::External(Box::new(e)))? else {
            continue;
        };
        let payload = state.encode(id);
        item_id.append_value(id);
        outcome.append_value(COMPACTED);
        snapshot_id.append_value(SnapshotId::of(&payload).0)?;
        snapshot.push("export", Some(&payload))?;
        compacted_from.append_value(state.coverage().len() as u64);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(item_id.finish()),
        Arc::new(outcome.finish()),
        Arc::new(snapshot_id.finish()),
        snapshot.finish(),
        Arc::new(compacted_from.finish()),
    ];
    Ok(RecordBatch::try_new(schema::snapshots(), columns)?)
}
