//! The snapshots are those of the compaction on one machine, to the byte.

use bones_snapshot::Order;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::collect;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use lattice_datafusion::generate::{Generate, lines};
use lattice_datafusion::{CompactOptions, compact, register_all};
use lattice_lww::{Itc, Unstamped};
use std::sync::Arc;

use crate::support::{
    Log, assert_same, compacted, lines_of, outcomes, policy, real_logs, register, session,
};

const PARTITIONS: [usize; 3] = [1, 2, 7];
const BATCH_ROWS: [usize; 3] = [1, 7, 8192];

async fn check<S: Order>(log: &Log<S>, now_micros: u64, what: &str) {
    let batches = log.batches(97);
    for options in [CompactOptions::default(), policy(now_micros)] {
        let expected = log.compacted(&options);
        for partitions in PARTITIONS {
            for rows in BATCH_ROWS {
                let ctx = session(partitions, rows);
                register(&ctx, &batches, partitions);
                let found = compacted(&ctx, &options).await;
                let policy = if options.policy.is_some() {
                    "policy"
                } else {
                    "all"
                };
                let what = format!("{what}, {policy}, {partitions} partitions of {rows} rows");
                assert_same(&found, &expected, &what);
            }
        }
    }
}

fn generated() -> Log<Unstamped> {
    Log::new(lines(&Generate::new(6_000, 150)))
}

/// Half of the generated log is a day old then.
const NOW: u64 = 1_767_225_600_000_000 + 86_400_000_000 + 1_500_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_logs_on_any_partitions_and_batches() {
    check(&generated(), NOW, "generated").await;
}

#[tokio::test]
async fn the_policy_of_the_tests_has_every_outcome() {
    let outcomes = generated().compacted(&policy(NOW));
    let words: std::collections::BTreeSet<&str> = outcomes
        .values()
        .map(|outcome| {
            outcome
                .as_ref()
                .map_or_else(String::as_str, |_| "compacted")
        })
        .collect();
    assert_eq!(
        words.into_iter().collect::<Vec<_>>(),
        ["compacted", "deleted", "phase", "too-young"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_logs_on_any_partitions_and_batches() {
    for path in real_logs() {
        let name = path.display().to_string();
        let lines = lines_of(&path);
        let wall = Log::<Unstamped>::new(lines.clone());
        assert!(!wall.events.is_empty());
        let times = wall.events.iter().map(|(_, e)| e.event().order_ts());
        let end = times.max().unwrap();
        check(&wall, end, &format!("{name}, wall")).await;
        let itc = Log::<Itc>::new(lines);
        if !itc.events.is_empty() {
            check(&itc, end, &format!("{name}, itc")).await;
        }
    }
}

#[tokio::test]
async fn small_items_are_left_alone_where_they_would_grow() {
    let line = |n: u64| {
        let item = format!("bn-{n}");
        let data = r#"{"state":"done"}"#;
        bones_snapshot::write_line(7, "alice", "-", &[], "item.move", &item, data)
    };
    let log = Log::<Unstamped>::new((0..5).map(line));
    let options = policy(NOW);
    let expected = log.compacted(&options);
    assert!(
        expected
            .values()
            .all(|outcome| outcome == &Err("would-grow".to_owned()))
    );
    let ctx = session(2, 2);
    register(&ctx, &log.batches(2), 2);
    assert_same(&compacted(&ctx, &options).await, &expected, "would grow");
}

#[tokio::test]
async fn repeated_events_change_nothing() {
    let log = generated();
    let mut batches = log.batches(97);
    batches.extend(log.batches(500));
    batches.extend(log.batches(61));
    for options in [CompactOptions::default(), policy(NOW)] {
        let ctx = session(3, 100);
        register(&ctx, &batches, 3);
        let found = compacted(&ctx, &options).await;
        assert_same(&found, &log.compacted(&options), "every event three times");
    }
}

#[tokio::test]
async fn files_named_twice_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let what = Generate::new(4_000, 100);
    let made = lattice_datafusion::generate::parquet(dir.path(), &what).unwrap();
    let log = Log::<Unstamped>::new(lines(&what));
    let mut files: Vec<String> = made.files.iter().map(|f| f.display().to_string()).collect();
    files.extend(files.clone());
    let ctx = session(2, 1000);
    let events = ctx
        .read_parquet(files, ParquetReadOptions::default())
        .await
        .unwrap();
    assert_eq!(events.clone().count().await.unwrap(), 8_000);
    ctx.register_table("events", events.into_view()).unwrap();
    let options = policy(NOW);
    let found = compacted(&ctx, &options).await;
    assert_same(&found, &log.compacted(&options), "files named twice");
}

/// Partial states that are passed on unread are merged as the payloads they are.
#[tokio::test]
async fn states_passed_on_unread_change_nothing() {
    let log = generated();
    let config = SessionConfig::new()
        .with_target_partitions(2)
        .with_batch_size(50)
        .set_usize(
            "datafusion.execution.skip_partial_aggregation_probe_rows_threshold",
            1,
        )
        .set_str(
            "datafusion.execution.skip_partial_aggregation_probe_ratio_threshold",
            "0.0",
        );
    let ctx = SessionContext::new_with_config(config);
    register_all(&ctx);
    register(&ctx, &log.batches(50), 2);
    let options = policy(NOW);
    let plan = compact(&ctx, "events", &options).await.unwrap();
    let plan = plan.create_physical_plan().await.unwrap();
    let batches = collect(Arc::clone(&plan), ctx.task_ctx()).await.unwrap();
    assert_same(&outcomes(&batches), &log.compacted(&options), "passed on");
    let skipped = sum_of_metric(&plan, "skipped_aggregation_rows");
    assert!(
        skipped > 0,
        "nothing was passed on unread: the test shows nothing"
    );
}

/// With less memory than the groups take, the aggregate spills to disk and the result is the same.
#[tokio::test]
async fn spilled_groups_change_nothing() {
    let log = Log::<Unstamped>::new(lines(&Generate::new(12_000, 3_000)));
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(4 << 20)))
        .build_arc()
        .unwrap();
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .with_batch_size(256)
        .set_usize(
            "datafusion.execution.sort_spill_reservation_bytes",
            64 << 10,
        );
    let ctx = SessionContext::new_with_config_rt(config, runtime);
    register_all(&ctx);
    register(&ctx, &log.batches(256), 1);
    let options = CompactOptions::default();
    let plan = compact(&ctx, "events", &options).await.unwrap();
    let plan = plan.create_physical_plan().await.unwrap();
    let batches = collect(Arc::clone(&plan), ctx.task_ctx()).await.unwrap();
    assert_same(&outcomes(&batches), &log.compacted(&options), "spilled");
    let spills = sum_of_metric(&plan, "spill_count");
    assert!(spills > 0, "nothing was spilled: the test shows nothing");
}

fn sum_of_metric(plan: &Arc<dyn datafusion::physical_plan::ExecutionPlan>, name: &str) -> usize {
    let own = plan.metrics().and_then(|metrics| metrics.sum_by_name(name));
    let own = own.map_or(0, |value| value.as_usize());
    let children = plan.children().into_iter();
    own + children
        .map(|child| sum_of_metric(child, name))
        .sum::<usize>()
}
