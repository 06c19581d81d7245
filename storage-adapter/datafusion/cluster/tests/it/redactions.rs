//! Redactions travel in the plan.

use std::time::Duration;

use bones_snapshot::EventHash;
use futures::TryStreamExt;
use lattice_cluster::{LocalCluster, compaction, run};
use lattice_datafusion::CompactOptions;

use crate::harness::{BINARY, Log, alone, assert_same, by_item, one_try};

/// Spelled out for each expression of the plan, they would take longer than this test may.
#[test]
fn many_redactions_are_planned_and_sent() {
    alone(Duration::from_mins(2), async || {
        let log = Log::new(2_000);
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a"], 1)
            .await
            .unwrap();
        let mut options = one_try(&cluster);
        options.partitions = 2;
        let mut what = CompactOptions::default();
        // Of events that nobody here has heard of: they change nothing.
        what.redactions = (0..60_000).map(unheard_of).collect();
        let snapshots = run(&options, &|_| {}, async |ctx, _| {
            compaction::register_events(&ctx, &log.urls()).await?;
            let (redactions, batches) = compaction::snapshots(&ctx, &what).await?;
            assert!(redactions.len() > 60_000, "those of the log are missing");
            Ok(by_item(&batches.try_collect::<Vec<_>>().await?))
        });
        let snapshots = snapshots.await.unwrap();
        assert_same(&snapshots, &log.snapshots);
    });
}

fn unheard_of(number: u64) -> EventHash {
    let mut hash = [0xff; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    EventHash(hash)
}
