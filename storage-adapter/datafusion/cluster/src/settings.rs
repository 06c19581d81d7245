//! The settings that survive a killed executor, in one place.
//!
//! Ballista's defaults are push-staged scheduling with the adaptive planner, an executor timeout of three minutes
//! and a check every fifteen seconds. Under them a job whose executor died after it had written shuffle output
//! never ended; the README tells what was measured. What is set here is set on the client, the scheduler and the
//! executors alike.

use std::time::Duration;

use ballista::prelude::SessionConfigExt;
use ballista_core::config::{
    BALLISTA_ADAPTIVE_PLANNER_ENABLED, BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE,
    BALLISTA_SCHEDULER_SHARE_FILE_STATISTICS_CACHE, TaskSchedulingPolicy,
};
use datafusion::prelude::SessionConfig;

/// Executors ask for work; the scheduler pushes none.
pub const SCHEDULING: TaskSchedulingPolicy = TaskSchedulingPolicy::PullStaged;

/// How often an executor says that it lives.
///
/// SUBTLE: this holds where heartbeats are messages of their own, that is under push. An executor that pulls lives by
/// asking for work: every 50 ms when it is idle, every 5 s at the latest when all its cores are busy. That is
/// why [`EXECUTOR_TIMEOUT`] must not be shorter than two times 5 s.
pub const HEARTBEAT: Duration = Duration::from_secs(2);

/// After how much silence an executor counts as dead and its tasks are given to others.
pub const EXECUTOR_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the scheduler looks for dead executors.
pub const EXPIRY_CHECK: Duration = Duration::from_secs(2);

/// How long a job without any executor waits for a new one before it fails.
pub const NO_EXECUTORS_GRACE: Duration = Duration::from_mins(1);

/// How long results of a finished job stay on the executors for the client to fetch.
pub const RESULTS_KEPT: Duration = Duration::from_hours(1);

/// The largest message, in bytes, on every side. Ballista's 16 MiB are too few for a plan that carries the redactions of
/// a large log, 32 bytes each.
pub const MAX_MESSAGE_BYTES: u32 = 256 << 20;

/// The stack of a runtime's threads. Plans are trees that Ballista walks by recursion; its own scheduler asks for
/// this much too.
pub const STACK_BYTES: usize = 32 << 20;

/// The configuration of a session, on whichever side it is made.
///
/// `partitions` is into how many parts the items are divided by hash: tasks of the second stage.
pub fn session_config(partitions: usize) -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_target_partitions(partitions.max(1))
        .set_bool(BALLISTA_ADAPTIVE_PLANNER_ENABLED, false)
        .set_usize(
            BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE,
            MAX_MESSAGE_BYTES as usize,
        )
        // SUBTLE: shared for the life of the scheduler, statistics of a file that was replaced by another of equal size
        // within a tick of the clock are taken for those of the new one, and counts are answered from them.
        .set_bool(BALLISTA_SCHEDULER_SHARE_FILE_STATISTICS_CACHE, false)
}
