//! Compaction of a table of events as one plan.

use bones_compact::CompactionPolicy;
use bones_snapshot::EventHash;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{LogicalPlanBuilder, col, lit};
use datafusion::prelude::{Expr, SessionContext};
use lattice_core::{JoinSemilattice, Set};

use crate::column::Bytes;
use crate::hashes::{decode_hashes, encode_hashes};
use crate::scalar::Rule;
use crate::schema::REDACT;
use crate::{lattice_bytes, lattice_compact, lattice_join, lattice_redactions, schema};

/// The column of redactions beside the items.
const KNOWN: &str = "redactions";

/// What a compaction may do.
///
/// By default it makes a snapshot of every item, as `lattice export --format snapshots` does.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CompactOptions {
    /// Which items may be compacted, asked at this time in microseconds since the Unix epoch. `None`: all of them, at any
    /// size. The policy's `dry_run` is not asked: what is planned writes nothing by itself.
    pub policy: Option<(CompactionPolicy, u64)>,
    /// Redactions known beside those in the events.
    pub redactions: Set<EventHash>,
}

impl CompactOptions {
    /// Under a policy, asked at `now_micros`.
    #[must_use]
    pub fn with_policy(policy: CompactionPolicy, now_micros: u64) -> Self {
        Self {
            policy: Some((policy, now_micros)),
            redactions: Set::new(),
        }
    }
}

/// All redactions that the events of a table know of. One pass over the events that redact; over all of them when the
/// table has no column `event_type`.
///
/// # Errors
///
/// That of the query, [`PayloadError`](crate::PayloadError) for a payload that does not decode among them.
pub async fn redactions(ctx: &SessionContext, table: &str) -> Result<Set<EventHash>> {
    let events = ctx.table(table).await?;
    let typed = events
        .schema()
        .has_column_with_unqualified_name("event_type");
    let events = if typed {
        events.filter(col("event_type").eq(lit(REDACT)))?
    } else {
        events
    };
    let union = lattice_redactions().call(vec![col("delta")]);
    let batches = events
        .aggregate(vec![], vec![union.alias("redactions")])?
        .collect()
        .await?;
    let mut all = Set::new();
    for batch in batches {
        for column in batch.columns() {
            let lists = Bytes::of(column)?;
            for row in 0..batch.num_rows() {
                let list = lists.get(row).unwrap_or_default();
                let list = decode_hashes(list).map_err(|fault| fault.at("lattice_redactions", row));
                all.join(list?);
            }
        }
    }
    Ok(all)
}

/// Plans the compaction of a table of events: columns as [`schema::snapshots`] says, one row for each item, in no
/// order.
///
/// Redactions are collected first, by a query of its own, since an event may redact one of any other item; then items
/// are grouped, joined, masked and judged in one pass. The snapshots are, byte for byte, those of
/// [`bones_compact::compact_items`] over the same events and redactions, and the outcomes are its report: whatever
/// the number of partitions, the size of batches, and however often an event occurs.
///
/// The table needs the columns `item_id` and `delta` of [`schema::events`]; under a policy also `event_hash` and `bytes`, to
/// leave alone what would grow. Rows may be snapshots as well as events: any payloads join.
///
/// # Errors
///
/// That of the first query, and of planning. When the plan runs, it fails on payloads that do not decode, on two items
/// in one group, and when an item knows of a redaction that was not collected: an `event_type` that lies is noticed.
pub async fn compact(
    ctx: &SessionContext,
    table: &str,
    options: &CompactOptions,
) -> Result<DataFrame> {
    let mut all = redactions(ctx, table).await?;
    all.join_ref(&options.redactions);
    plan(ctx, table, options, &all).await
}

/// The second half of [`compact`], for redactions that are known already.
///
/// # Errors
///
/// Those of [`compact`] but for the first query.
pub async fn plan(
    ctx: &SessionContext,
    table: &str,
    options: &CompactOptions,
    redactions: &Set<EventHash>,
) -> Result<DataFrame> {
    let events = ctx.table(table).await?;
    let mut joins = vec![lattice_join().call(vec![col("delta")]).alias("joined")];
    let (bytes, rule) = match &options.policy {
        None => (lit(ScalarValue::UInt64(None)), ScalarValue::Utf8(None)),
        Some((policy, now_micros)) => {
            let held = lattice_bytes().call(vec![col("event_hash"), col("bytes")]);
            joins.push(held.alias("held"));
            (col("held"), Rule::new(policy, *now_micros).literal())
        }
    };
    let outcome = lattice_compact().call(vec![col("joined"), col(KNOWN), bytes, lit(rule)]);
    let (state, items) = events.aggregate(vec![col("item_id")], joins)?.into_parts();
    let items = known(redactions)?.cross_join(items)?.build()?;
    DataFrame::new(state, items)
        .select(vec![col("item_id"), outcome.alias("outcome")])?
        .select(columns())
}

/// A table of one row and one column, [`KNOWN`]: the list of redactions.
///
/// SUBTLE: a constant in an expression is spelled out, byte by byte, each time a planner names that expression or one
/// above it; as a value of a table it is named by its column. Unlike a table in memory, values travel to a cluster.
/// A dictionary, since a join repeats the row for every item: the key is repeated, the list is not.
fn known(redactions: &Set<EventHash>) -> Result<LogicalPlanBuilder> {
    let list = ScalarValue::Binary(Some(encode_hashes(redactions)));
    let list = ScalarValue::Dictionary(Box::new(DataType::Int32), Box::new(list));
    LogicalPlanBuilder::values(vec![vec![lit(list)]])?.project(vec![col("column1").alias(KNOWN)])
}

/// The columns of [`schema::snapshots`] out of the outcome of each item.
fn columns() -> Vec<Expr> {
    let schema = schema::snapshots();
    let column = |name: &String| match name.as_str() {
        "item_id" => col("item_id"),
        field => get_field(col("outcome"), field).alias(field),
    };
    schema
        .fields()
        .iter()
        .map(|field| column(field.name()))
        .collect()
}
