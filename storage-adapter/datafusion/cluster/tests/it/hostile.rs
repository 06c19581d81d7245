//! Events whose bytes are no payload.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{AsArray, BinaryArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::Field;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use lattice_cluster::LocalCluster;

use crate::harness::{BINARY, Log, alone};

const LIMIT: Duration = Duration::from_mins(2);

/// Replaces a file of events by one in which the delta of one row is cut short.
async fn spoil(file: &Path) {
    let ctx = SessionContext::new();
    let path = file.to_str().unwrap();
    let events = ctx
        .read_parquet(path, ParquetReadOptions::default())
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    let schema = lattice_datafusion::schema::events();
    let column = |field: &Arc<Field>| {
        let column = cast(
            events[0].column_by_name(field.name()).unwrap(),
            field.data_type(),
        )
        .unwrap();
        if field.name() != "delta" {
            return column;
        }
        let deltas = column
            .as_binary::<i32>()
            .iter()
            .enumerate()
            .map(|(row, delta)| match (row, delta) {
                (3, Some(delta)) => Some(&delta[..delta.len() / 2]),
                (_, delta) => delta,
            });
        Arc::new(deltas.collect::<BinaryArray>())
    };
    let columns = schema.fields().iter().map(column).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(file).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn hostile_bytes_fail_the_job_once_and_say_where() {
    alone(LIMIT, async || {
        let log = Log::new(2_000);
        spoil(&log.path().join("part-00005.parquet")).await;
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a", "b"], 1)
            .await
            .unwrap();
        let into = cluster.folder().join("out");
        let submit = Command::new(BINARY)
            .args([
                "submit",
                "compact",
                &log.urls()[0],
                "--into",
                into.to_str().unwrap(),
                "--partitions",
                "4",
            ])
            .args(["--scheduler", &cluster.scheduler().to_string()])
            .output()
            .unwrap();
        let said = String::from_utf8(submit.stderr).unwrap();
        assert_eq!(submit.status.code(), Some(3), "{said}");
        let error = said
            .lines()
            .find(|line| line.starts_with("error: "))
            .unwrap();
        for part in [
            "bytes that are no payload: lattice_join: row ",
            "payload does not decode: ",
            "offset ",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!said.contains("try 2"), "{said}");
        assert!(!into.join("manifest.json").exists());
        assert_eq!(files_in(&into), 0, "the draft was left behind");
        // The cluster works on.
        let good = Log::new(2_000);
        let submit = Command::new(BINARY)
            .args([
                "submit",
                "compact",
                &good.urls()[0],
                "--into",
                into.to_str().unwrap(),
                "--partitions",
                "4",
            ])
            .args(["--scheduler", &cluster.scheduler().to_string()])
            .output()
            .unwrap();
        assert!(
            submit.status.success(),
            "{}",
            String::from_utf8_lossy(&submit.stderr)
        );
    });
}

fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let count = |entry: std::fs::DirEntry| {
        if entry.file_type().unwrap().is_dir() {
            files_in(&entry.path())
        } else {
            1
        }
    };
    entries.map(|entry| count(entry.unwrap())).sum()
}
