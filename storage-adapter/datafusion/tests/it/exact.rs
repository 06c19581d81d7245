//! The snapshots are those of the compaction on one machine, to the byte.

use bones_snapshot::Order;
use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::collect;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
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
        for (n, partitions) in PARTITIONS.into_iter().enumerate() {
            for (m, rows) in BATCH_ROWS.into_iter().enumerate() {
                // With a policy all of them, without one each of both.
                if options.policy.is_none() && n != m {
                    continue;
                }
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

/// All but the last minutes of the generated log are a day old then.
const NOW: u64 = 1_767_225_600_000_000 + 86_400_000_000 + 2_900_000_000;

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

/// The boundary to the byte, and that redacted text is taken away at any size.
#[tokio::test]
async fn items_are_left_alone_where_they_would_grow() {
    let done = |n: u64| {
        let (item, data) = (format!("bn-{n}"), r#"{"reason":"well","state":"done"}"#);
        bones_snapshot::write_line(7, "alice", "-", &[], "item.move", &item, data)
    };
    let log = Log::<Unstamped>::new((0..3).map(done));
    let (_, redacted) = &log.events[2];
    let mut options = policy(NOW);
    options.redactions = lattice_core::Set::singleton(redacted.event().hash);
    let all = log.compacted(&options);
    let size = |item: &str| all[item].as_ref().unwrap().0.len() as u64;
    let bytes: ArrayRef = Arc::new(UInt64Array::from(vec![size("bn-0"), size("bn-1") - 1, 1]));
    let batch = log.batches(3).remove(0);
    let mut columns = batch.columns().to_vec();
    columns[6] = bytes;
    let batch = RecordBatch::try_new(batch.schema(), columns).unwrap();
    let ctx = session(2, 1);
    register(&ctx, &[batch], 1);
    let found = compacted(&ctx, &options).await;
    assert_eq!(found["bn-0"], all["bn-0"]);
    assert_eq!(found["bn-1"], Err("would-grow".to_owned()));
    assert_eq!(found["bn-2"], all["bn-2"]);
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
async fn files_that_are_there_twice_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let what = Generate::new(4_000, 100);
    let made = lattice_datafusion::generate::parquet(dir.path(), &what).unwrap();
    for file in &made.files {
        std::fs::copy(file, file.with_extension("copy.parquet")).unwrap();
    }
    let log = Log::<Unstamped>::new(lines(&what));
    let ctx = session(2, 1000);
    let folder = format!("{}/", dir.path().display());
    let options = ParquetReadOptions::default();
    ctx.register_parquet("events", folder, options)
        .await
        .unwrap();
    assert_eq!(
        ctx.table("events").await.unwrap().count().await.unwrap(),
        8_000
    );
    let options = policy(NOW);
    let found = compacted(&ctx, &options).await;
    assert_same(
        &found,
        &log.compacted(&options),
        "files that are there twice",
    );
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
    let log = Log::<Unstamped>::new(lines(&Generate::new(20_000, 5_000)));
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(3 << 20)))
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
    let shown = DisplayableExecutionPlan::with_metrics(plan.as_ref());
    assert!(spills > 0, "nothing was spilled:\n{}", shown.indent(true));
}

fn sum_of_metric(plan: &Arc<dyn datafusion::physical_plan::ExecutionPlan>, name: &str) -> usize {
    let own = plan.metrics().map_or(0, |metrics| match name {
        "spill_count" => metrics.spill_count().unwrap_or(0),
        name => metrics
            .sum_by_name(name)
            .map_or(0, |value| value.as_usize()),
    });
    let children = plan.children().into_iter();
    own + children
        .map(|child| sum_of_metric(child, name))
        .sum::<usize>()
}
