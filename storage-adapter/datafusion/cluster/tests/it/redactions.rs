//! Redactions travel in the plan.

use std::time::Duration;

use bones_snapshot::EventHash;
use lattice_cluster::LocalCluster;
use lattice_datafusion::CompactOptions;

use crate::harness::{BINARY, Log, alone, assert_same, compacted_as, one_try};

/// More than the 16 MiB that Ballista takes by itself: 600,000 redactions of 32 bytes.
#[test]
fn redactions_of_a_large_log_fit_into_a_message() {
    alone(Duration::from_mins(2), async || {
        let log = Log::new(2_000);
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a"], 1)
            .await
            .unwrap();
        let mut options = one_try(&cluster);
        options.partitions = 2;
        let mut what = CompactOptions::default();
        // Of events that nobody here has heard of: they change nothing.
        what.redactions = (0..600_000_u64).map(unheard_of).collect();
        let snapshots = compacted_as(&options, &log, &what, &|_| {}).await.unwrap();
        assert_same(&snapshots, &log.snapshots);
    });
}

fn unheard_of(number: u64) -> EventHash {
    let mut hash = [0xff; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    EventHash(hash)
}
