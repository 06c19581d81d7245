//! Reading the state of a scheduler that runs in this process.

use std::collections::BTreeSet;

use ballista_core::serde::protobuf::task_status::Status;
use ballista_scheduler::scheduler_server::SchedulerServer;
use ballista_scheduler::state::execution_graph::ExecutionGraphBox;
use ballista_scheduler::state::execution_stage::{ExecutionStage, TaskInfo};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};

use super::{Cluster, Executor, Job, Stage, StageState};
use crate::settings::EXECUTOR_TIMEOUT;

/// The scheduler of this crate: plans travel in `DataFusion`'s own encoding.
pub(crate) type Server = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;

/// The scheduler and its executors.
pub(super) async fn cluster(server: &Server) -> Cluster {
    let now =
        std::time::Duration::from_secs(ballista_scheduler::scheduler_server::timestamp_secs());
    // An error here is a lock that was poisoned: the page then shows nobody, and the server goes on.
    let known = server
        .state
        .executor_manager
        .get_executors_state()
        .await
        .unwrap_or_default();
    let mut executors: Vec<Executor> = known
        .into_iter()
        // SUBTLE: Ballista keeps the name of an executor after its death; only the heartbeat tells.
        .filter(|(_, heard, _)| heard.is_some_and(|heard| heard + EXECUTOR_TIMEOUT >= now))
        .map(|(executor, _, _)| Executor {
            address: format!("{}:{}", executor.host, executor.port),
            cores: executor.specification.vcores,
            id: executor.id,
        })
        .collect();
    executors.sort_by(|a, b| a.id.cmp(&b.id));
    Cluster {
        scheduler: server.scheduler_id.clone(),
        executors,
    }
}

/// The jobs that run, of one session or of all.
pub(super) async fn jobs(server: &Server, session: Option<&str>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for info in server.state.task_manager.get_running_job_cache().values() {
        let job = job(&*info.execution_graph.read().await);
        if session.is_none_or(|session| session == job.session) {
            jobs.push(job);
        }
    }
    jobs.sort_by(|a, b| a.id.cmp(&b.id));
    jobs
}

fn job(graph: &ExecutionGraphBox) -> Job {
    let mut stages: Vec<Stage> = graph.stages().iter().map(|(id, s)| stage(*id, s)).collect();
    stages.sort_by_key(|s| s.id);
    let (session, name) = crate::functions::read_job_name(graph.job_name());
    Job {
        id: graph.job_id().to_string(),
        session: session.to_owned(),
        name: name.to_owned(),
        stages,
    }
}

fn stage(id: usize, of: &ExecutionStage) -> Stage {
    let (state, partitions, tasks): (_, _, &[TaskInfo]) = match of {
        ExecutionStage::UnResolved(_) => (StageState::Waiting, 0, &[]),
        ExecutionStage::Resolved(s) => (StageState::Waiting, s.partitions, &[]),
        ExecutionStage::Running(s) => (StageState::Running, s.partitions, &s.task_infos),
        ExecutionStage::Successful(s) => (StageState::Done, s.partitions, &s.task_infos),
        ExecutionStage::Failed(s) => (StageState::Failed, s.partitions, &s.task_infos),
    };
    let (mut done, mut held_by, mut worked_by) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        match &task.task_status {
            Status::Successful(s) => {
                // A partition may have been done twice, when its first output was lost.
                done.extend(task.global_input_partition_ids.iter().copied());
                held_by.insert(s.executor_id.clone());
            }
            Status::Running(r) => {
                worked_by.insert(r.executor_id.clone());
            }
            Status::Failed(_) => {}
        }
    }
    Stage {
        id,
        state,
        partitions,
        done: done.len(),
        held_by: held_by.into_iter().collect(),
        worked_by: worked_by.into_iter().collect(),
    }
}
