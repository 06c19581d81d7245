//! The compaction of a log as a job of the cluster.

use bones_snapshot::EventHash;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use lattice_core::{JoinSemilattice, Set};
use lattice_datafusion::publish::{Draft, Manifest, PublishError, Published, Rows};
use lattice_datafusion::{CompactOptions, Place};

use crate::ClusterError;
use crate::functions::name_job;
use crate::job::{JobOptions, Report, run};

/// The name of the table of events in a session.
const EVENTS: &str = "events";

/// The name of the job that collects redactions.
pub const REDACTIONS_JOB: &str = "redactions";

/// The name of the job that makes snapshots.
pub const COMPACTION_JOB: &str = "compaction";

/// What to compact, and where to.
#[derive(Debug, Clone)]
pub struct Compaction {
    /// Parquet files or folders of events, as paths or URLs. Every process of the cluster reads them by these names.
    pub events: Vec<String>,
    /// The folder that the result is published in. Only the client writes there.
    pub into: Place,
    /// What the compaction may do.
    pub options: CompactOptions,
}

/// What was published.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The manifest of the result.
    pub manifest: Manifest,
    /// Rows of the result, one for each item.
    pub rows: Rows,
}

/// Compacts a log on the cluster and publishes the result.
///
/// Each try writes into a draft of its own; the manifest of the first one that is whole is the result. Two that run
/// at the same time, from here or elsewhere, do each other no harm: one of them is told that the other was first.
///
/// # Errors
///
/// Those of [`run`]; [`ClusterError::Publish`] when a result is there already or cannot be written.
pub async fn compact(
    options: &JobOptions,
    compaction: &Compaction,
    report: Report<'_>,
) -> Result<Outcome, ClusterError> {
    let mut own = Vec::new();
    run(options, report, async |ctx, _| {
        let name = ctx.session_id();
        let draft = match Draft::begin(&compaction.into, &name).await {
            Ok(draft) => draft,
            Err(error) => return published_before(&compaction.into, &own, error).await,
        };
        own.push(name);
        match write(&ctx, &draft, compaction).await {
            Ok(rows) => {
                let manifest = draft.publish().await?;
                Ok(Outcome { manifest, rows })
            }
            Err(error) => {
                // What cannot be removed is rubbish that nobody reads; the error of the job is what counts.
                let _ = draft.discard().await;
                Err(error)
            }
        }
    })
    .await
}

/// A try before this one may have published and failed to hear of it.
async fn published_before(
    into: &Place,
    own: &[String],
    error: PublishError,
) -> Result<Outcome, ClusterError> {
    if let PublishError::Published { .. } = error
        && let Some(published) = Published::find(into).await?
        && own.contains(&published.manifest().draft)
    {
        return Ok(Outcome {
            manifest: published.manifest().clone(),
            rows: Rows::default(),
        });
    }
    Err(error.into())
}

async fn write(
    ctx: &SessionContext,
    draft: &Draft,
    compaction: &Compaction,
) -> Result<Rows, ClusterError> {
    register_events(ctx, &compaction.events).await?;
    let (redactions, snapshots) = snapshots(ctx, &compaction.options).await?;
    draft.write_redactions(&redactions).await?;
    Ok(draft.write_snapshots(snapshots).await?)
}

/// Registers files of events as one table, whichever way they are divided.
///
/// # Errors
///
/// A location that is no URL or path, or holds no Parquet.
pub async fn register_events(ctx: &SessionContext, events: &[String]) -> Result<(), ClusterError> {
    let events = ctx
        .read_parquet(events.to_vec(), ParquetReadOptions::default())
        .await?;
    ctx.register_table(EVENTS, events.into_view())?;
    Ok(())
}

/// The redactions of the registered events, and their snapshots under these, as they come from the engine: columns of
/// [`snapshots`](lattice_datafusion::schema::snapshots), in no order.
///
/// Two queries. In a session of a cluster each is a job, named [`REDACTIONS_JOB`] and [`COMPACTION_JOB`]; in any
/// other session they run in process.
///
/// # Errors
///
/// Those of the first query, and of planning; the stream ends with those of the second.
pub async fn snapshots(
    ctx: &SessionContext,
    options: &CompactOptions,
) -> Result<(Set<EventHash>, SendableRecordBatchStream), ClusterError> {
    name_job(ctx, REDACTIONS_JOB)?;
    let mut redactions = lattice_datafusion::redactions(ctx, EVENTS).await?;
    redactions.join_ref(&options.redactions);
    name_job(ctx, COMPACTION_JOB)?;
    let plan = lattice_datafusion::plan(ctx, EVENTS, options, &redactions).await?;
    Ok((redactions, plan.execute_stream().await?))
}
