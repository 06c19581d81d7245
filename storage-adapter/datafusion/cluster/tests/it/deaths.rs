//! Processes that are killed while a job runs. Nothing here waits for a time: what is killed, and when, is decided by
//! what the scheduler says of the stages.

use std::sync::Mutex;
use std::time::Duration;

use lattice_cluster::compaction::COMPACTION_JOB;
use lattice_cluster::{ClusterError, Job, LocalCluster, News, Scheduler, StageState};

use crate::harness::{BINARY, Log, Snapshots, alone, assert_same, compacted, one_try};

/// Longer than any of these takes on two slow cores.
const LIMIT: Duration = Duration::from_mins(4);

/// Events of the first log; a job that was done before it could be hit is repeated with twice as many.
const EVENTS: u64 = 60_000;

/// What became of a job that was to be hit.
enum Hit {
    /// It was hit as intended, and ended so.
    Yes(Result<Snapshots, ClusterError>),
    /// It was done before.
    Missed,
}

/// Waits until the compaction is at a point; `None` when it ended before.
async fn at(scheduler: &Scheduler, point: impl Fn(&Job) -> bool) -> Option<Job> {
    let mut seen = false;
    loop {
        let jobs = scheduler.jobs().await.unwrap();
        match jobs.into_iter().find(|job| job.name == COMPACTION_JOB) {
            Some(job) if point(&job) => return Some(job),
            Some(_) => seen = true,
            None if seen => return None,
            None => {}
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Repeats a scenario with larger logs until it hits, and compares what comes out.
async fn survives(executors: &[&str], scenario: impl AsyncFn(&mut LocalCluster, &Log) -> Hit) {
    let mut events = EVENTS;
    for _ in 0..4 {
        let log = Log::new(events);
        let mut cluster = LocalCluster::start(BINARY.as_ref(), executors, 1)
            .await
            .unwrap();
        match scenario(&mut cluster, &log).await {
            Hit::Yes(ended) => {
                let snapshots = ended.unwrap_or_else(|error| {
                    panic!("{error}\nscheduler: {}", cluster.log("scheduler"));
                });
                assert_same(&snapshots, &log.snapshots);
                return;
            }
            Hit::Missed => events *= 2,
        }
    }
    panic!("the job was done before it could be hit, with {events} events");
}

fn silent(_: News<'_>) {}

#[test]
fn a_cluster_gives_the_bytes_of_one_machine() {
    alone(LIMIT, async || {
        let log = Log::new(EVENTS);
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a", "b"], 1)
            .await
            .unwrap();
        let snapshots = compacted(&one_try(&cluster), &log, &silent).await.unwrap();
        assert_same(&snapshots, &log.snapshots);
    });
}

#[test]
fn an_executor_killed_during_map_is_replaced() {
    alone(LIMIT, async || {
        survives(&["a", "b"], async |cluster, log| {
            let options = one_try(cluster);
            let job = compacted(&options, log, &silent);
            let hit = async {
                // It has done some of the map and works on more of it.
                let victim = |job: &Job| job.in_map() && works(job, "a") && holds(job, "a");
                at(&options.scheduler, victim).await?;
                cluster.kill_executor("a").await.unwrap();
                let after = at(&options.scheduler, |_| true).await?;
                (!after.after_map()).then_some(())
            };
            let (ended, hit) = tokio::join!(job, hit);
            hit.map_or(Hit::Missed, |()| Hit::Yes(ended))
        })
        .await;
    });
}

#[test]
fn an_executor_killed_after_map_has_its_output_made_again() {
    alone(LIMIT, async || {
        survives(&["a", "b"], async |cluster, log| {
            let options = one_try(cluster);
            let job = compacted(&options, log, &silent);
            let hit = async {
                at(&options.scheduler, |job| job.after_map() && holds(job, "a")).await?;
                cluster.kill_executor("a").await.unwrap();
                // That its output was missed: the map runs again.
                at(&options.scheduler, |job| !job.after_map()).await
            };
            let (ended, hit) = tokio::join!(job, hit);
            match hit {
                Some(job) => {
                    let map = &job.stages[0];
                    assert_ne!(map.state, StageState::Failed, "{job}");
                    Hit::Yes(ended)
                }
                None => Hit::Missed,
            }
        })
        .await;
    });
}

#[test]
fn a_job_whose_executors_all_die_waits_for_a_new_one() {
    alone(LIMIT, async || {
        survives(&["a", "b"], async |cluster, log| {
            let options = one_try(cluster);
            let job = compacted(&options, log, &silent);
            let hit = async {
                at(&options.scheduler, |job| {
                    job.in_map() && holds(job, "a") && holds(job, "b")
                })
                .await?;
                cluster.kill_executor("a").await.unwrap();
                cluster.kill_executor("b").await.unwrap();
                let left = at(&options.scheduler, |_| true).await?;
                assert!(!left.after_map(), "{left}");
                cluster.start_executor("c", 1).await.unwrap();
                Some(())
            };
            let (ended, hit) = tokio::join!(job, hit);
            hit.map_or(Hit::Missed, |()| Hit::Yes(ended))
        })
        .await;
    });
}

#[test]
fn a_job_whose_scheduler_dies_is_reported_and_submitted_again() {
    alone(LIMIT, async || {
        survives(&["a", "b"], async |cluster, log| {
            let mut options = one_try(cluster);
            options.tries.count = 8;
            let told = Mutex::new(Vec::new());
            let report = |news: News<'_>| {
                let told = &mut *told.lock().unwrap();
                match news {
                    News::Submitted { number, .. } => told.push(format!("submitted {number}")),
                    News::Again { number, error, .. } => {
                        assert!(
                            matches!(
                                error,
                                ClusterError::Unreachable { .. } | ClusterError::Lost { .. }
                            ),
                            "{error}"
                        );
                        told.push(format!("failed {number}"));
                    }
                    _ => {}
                }
            };
            let job = compacted(&options, log, &report);
            let hit = async {
                at(&options.scheduler, Job::in_map).await?;
                cluster.kill_scheduler().await.unwrap();
                // The client has noticed before there is another.
                while told.lock().unwrap().len() < 2 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                cluster.start_scheduler().await.unwrap();
                Some(())
            };
            let (ended, hit) = tokio::join!(job, hit);
            if hit.is_none() {
                return Hit::Missed;
            }
            let told = told.into_inner().unwrap();
            assert_eq!(told[..2], ["submitted 1", "failed 1"]);
            assert_eq!(
                told.iter()
                    .filter(|news| news.starts_with("submitted"))
                    .count(),
                2,
                "{told:?}"
            );
            let cluster = cluster.scheduler().cluster().await.unwrap();
            let ids: Vec<_> = cluster
                .executors
                .iter()
                .map(|executor| executor.id.as_str())
                .collect();
            assert_eq!(ids, ["a", "b"], "executors work for the new scheduler");
            Hit::Yes(ended)
        })
        .await;
    });
}

/// Whether an executor works on a stage before the last.
fn works(job: &Job, id: &str) -> bool {
    maps(job).any(|stage| stage.worked_by.iter().any(|executor| executor == id))
}

/// Whether an executor holds output of a stage before the last.
fn holds(job: &Job, id: &str) -> bool {
    maps(job).any(|stage| stage.held_by.iter().any(|executor| executor == id))
}

fn maps(job: &Job) -> impl Iterator<Item = &lattice_cluster::Stage> {
    job.stages
        .split_last()
        .map(|(_, maps)| maps)
        .unwrap_or_default()
        .iter()
}
