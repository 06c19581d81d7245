//! Whether results are the same.

use std::collections::BTreeMap;

use blake3::Hash;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use lattice_datafusion::Place;
use lattice_datafusion::publish::Published;

use crate::ClusterError;

/// The BLAKE3 of each item's row: the bytes of its snapshot and what was said of it.
type Rows = BTreeMap<String, Hash>;

/// Compares published results: the same items, and for each the same snapshot, byte for byte. The BLAKE3 of all.
///
/// Snapshots of millions of items do not fit in memory, so what is compared is the BLAKE3 of their bytes.
pub(super) async fn all_same(places: &[&Place]) -> Result<String, ClusterError> {
    let mut first: Option<Rows> = None;
    for place in places {
        let rows = read(place).await?;
        match &first {
            None => first = Some(rows),
            Some(first) => {
                same(first, &rows)
                    .map_err(|why| ClusterError::Differ(format!("{place}: {why}")))?;
            }
        }
    }
    let mut all = blake3::Hasher::new();
    for (item, row) in first.unwrap_or_default() {
        all.update(item.as_bytes())
            .update(&[0])
            .update(row.as_bytes());
    }
    Ok(all.finalize().to_hex().to_string())
}

fn same(expected: &Rows, found: &Rows) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!(
            "{} items instead of {}",
            found.len(),
            expected.len()
        ));
    }
    match expected.iter().zip(found).find(|(a, b)| a != b) {
        None => Ok(()),
        Some(((item, _), (other, _))) if item == other => {
            Err(format!("another snapshot of {item}"))
        }
        Some(((item, _), (other, _))) => Err(format!("{other} instead of {item}")),
    }
}

async fn read(place: &Place) -> Result<Rows, ClusterError> {
    let ctx = SessionContext::new();
    let published = Published::open(place).await?;
    published.check().await?;
    let mut batches = published.snapshots(&ctx).await?.execute_stream().await?;
    let mut rows = Rows::new();
    while let Some(batch) = batches.try_next().await? {
        let column = |name: &str, kind| -> Result<_, DataFusionError> {
            Ok(cast(
                batch.column_by_name(name).ok_or_else(|| missing(name))?,
                kind,
            )?)
        };
        let items = column("item_id", &DataType::Utf8)?;
        let outcomes = column("outcome", &DataType::Utf8)?;
        let payloads = column("snapshot", &DataType::Binary)?;
        let (items, outcomes) = (items.as_string::<i32>(), outcomes.as_string::<i32>());
        let payloads = payloads.as_binary::<i32>();
        for row in 0..batch.num_rows() {
            let mut hasher = blake3::Hasher::new();
            hasher.update(outcomes.value(row).as_bytes()).update(&[0]);
            if payloads.is_valid(row) {
                hasher.update(payloads.value(row));
            }
            if rows
                .insert(items.value(row).to_owned(), hasher.finalize())
                .is_some()
            {
                return Err(ClusterError::Differ(format!(
                    "{place}: {} is there twice",
                    items.value(row)
                )));
            }
        }
    }
    Ok(rows)
}

fn missing(name: &str) -> DataFusionError {
    DataFusionError::Plan(format!("the result lacks the column `{name}`"))
}
