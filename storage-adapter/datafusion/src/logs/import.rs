//! Out of tables into stores.

use bones_snapshot::Order;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::TryStreamExt;
use lattice_core::Set;
use storage_adapter::{Batch, ImportReport, ItemStore, LogStore};

use super::error::TransferError;
use super::rows::{event_states, snapshot_payloads};
use crate::publish::Published;

/// Rows of a batch: snapshots may be long.
const ROWS: usize = 1024;

/// Joins a published result into a store: the redactions first, so that none of their texts is written, then snapshot
/// after snapshot. What the store knows already changes nothing; the report counts what was new.
///
/// Every file is checked against the manifest before anything is written. A batch is in memory at a time beside the
/// store, and is a commit; all are durable when this returns.
///
/// # Errors
///
/// [`TransferError`]. What was joined before the error stays: joining the whole again is harmless.
pub async fn import_published<S: Order, L: LogStore>(
    published: &Published,
    store: &mut ItemStore<S, L>,
    now_micros: u64,
) -> Result<ImportReport, TransferError> {
    published.check().await?;
    let ctx = SessionContext::new_with_config(SessionConfig::new().with_batch_size(ROWS));
    let redactions = Batch {
        redactions: published.redactions(&ctx).await?,
        ..Batch::default()
    };
    let mut total = store.write(redactions, now_micros)?;
    let mut rows = published.snapshots(&ctx).await?.execute_stream().await?;
    while let Some(batch) = rows.try_next().await? {
        let payloads = snapshot_payloads(&batch)?;
        let report = store.write(
            Batch {
                payloads,
                ..Batch::default()
            },
            now_micros,
        )?;
        add(&mut total, &report);
    }
    store.sync()?;
    Ok(total)
}

/// Joins a table of events into a store: with their lines where the table has them, else as the states that they come
/// to. `redactions` are known beside those of the events; name those of
/// [`redactions`](crate::redactions), so that no redacted text is written in between.
///
/// A batch is in memory at a time beside the store, and is a commit; all are durable when this returns.
///
/// # Errors
///
/// [`TransferError`]. What was joined before the error stays: joining the whole again is harmless.
pub async fn import_events<S: Order, L: LogStore>(
    events: DataFrame,
    redactions: Set<bones_snapshot::EventHash>,
    store: &mut ItemStore<S, L>,
    now_micros: u64,
) -> Result<ImportReport, TransferError> {
    let redactions = Batch {
        redactions,
        ..Batch::default()
    };
    let mut total = store.write(redactions, now_micros)?;
    let mut rows = events.execute_stream().await?;
    while let Some(batch) = rows.try_next().await? {
        let report = store.write(event_states(&batch)?, now_micros)?;
        add(&mut total, &report);
    }
    store.sync()?;
    Ok(total)
}

/// Counts are added up; what a report says of the store as a whole is the last word.
fn add(total: &mut ImportReport, report: &ImportReport) {
    let mut sum = *report;
    sum.events_read = sum.events_read.saturating_add(total.events_read);
    sum.events_added = sum.events_added.saturating_add(total.events_added);
    sum.snapshots_read = sum.snapshots_read.saturating_add(total.snapshots_read);
    sum.snapshots_added = sum.snapshots_added.saturating_add(total.snapshots_added);
    sum.redactions_added = sum.redactions_added.saturating_add(total.redactions_added);
    sum.dropped = sum.dropped.saturating_add(total.dropped);
    *total = sum;
}
