//! Running a job on a cluster, try by try.

use std::time::Duration;

use datafusion::prelude::SessionContext;
use tokio::time::{interval, sleep, timeout};

use super::{Tries, verdict};
use crate::status::{Job, Scheduler};
use crate::{ClusterError, functions};

/// How often the scheduler is asked how far a job is.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// How often in a row it may fail to answer before the try is given up: the connection of the job itself may not
/// notice for minutes that the other machine is gone.
const MISSED_ANSWERS: u32 = 8;

/// What every job needs.
#[derive(Debug, Clone)]
pub struct JobOptions {
    /// Whom to submit to.
    pub scheduler: Scheduler,
    /// Into how many parts the items are divided; a few for each core of the cluster.
    pub partitions: usize,
    /// The bounds.
    pub tries: Tries,
}

/// What happens to a job, as it happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum News<'a> {
    /// A try starts.
    Submitted {
        /// Its number, from 1.
        number: u32,
        /// How many executors there are; with none it waits for one.
        executors: usize,
    },
    /// It is further than before.
    Progress(&'a Job),
    /// It failed, and there will be another.
    Again {
        /// Its number.
        number: u32,
        /// How it failed.
        error: &'a ClusterError,
        /// How long until the next.
        pause: Duration,
    },
}

/// Who is told the news.
pub type Report<'a> = &'a (dyn Fn(News<'_>) + Sync);

/// Runs work against the cluster until a try succeeds.
///
/// Each try gets a session of its own and its number, from 1. Work has to be such that half of it, repeated, does no harm:
/// it writes into a folder of its own and publishes as its last step.
///
/// # Errors
///
/// The error of a try that another cannot help; [`ClusterError::GaveUp`] when the tries are used up.
pub async fn run<T>(
    options: &JobOptions,
    report: Report<'_>,
    mut work: impl AsyncFnMut(SessionContext, u32) -> Result<T, ClusterError>,
) -> Result<T, ClusterError> {
    let mut number = 1;
    loop {
        let error = match attempt(options, report, number, &mut work).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if !error.is_transient() {
            return Err(error);
        }
        let Some(pause) = options.tries.pause_after(number) else {
            return Err(ClusterError::GaveUp {
                tries: number,
                last: Box::new(error),
            });
        };
        report(News::Again {
            number,
            error: &error,
            pause,
        });
        sleep(pause).await;
        number += 1;
    }
}

async fn attempt<T>(
    options: &JobOptions,
    report: Report<'_>,
    number: u32,
    work: &mut impl AsyncFnMut(SessionContext, u32) -> Result<T, ClusterError>,
) -> Result<T, ClusterError> {
    let scheduler = &options.scheduler;
    let before = scheduler.cluster().await?;
    report(News::Submitted {
        number,
        executors: before.executors.len(),
    });
    let ctx = functions::remote_session(scheduler, options.partitions).await?;
    let session = ctx.session_id();
    let deadline = options.tries.deadline;
    let worked = timeout(deadline, async {
        tokio::select! {
            worked = work(ctx, number) => worked,
            lost = watch(scheduler, &session, report) => Err(lost),
        }
    })
    .await;
    match worked {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let error = verdict::on(error, scheduler, &before.scheduler).await;
            // What was given up must not go on and take the cores from the next try. When nobody answers, nothing runs.
            let _ = scheduler.cancel(&session).await;
            Err(error)
        }
        Err(_) => {
            let _ = scheduler.cancel(&session).await;
            Err(ClusterError::Deadline { after: deadline })
        }
    }
}

/// Tells news until the scheduler is silent for too long, and then why.
async fn watch(scheduler: &Scheduler, session: &str, report: Report<'_>) -> ClusterError {
    let mut tick = interval(ASK_EVERY);
    let mut missed = 0;
    let mut known = Vec::new();
    loop {
        tick.tick().await;
        match scheduler.jobs_of(session).await {
            Ok(jobs) => {
                missed = 0;
                for job in jobs.iter().filter(|job| !known.contains(*job)) {
                    report(News::Progress(job));
                }
                known = jobs;
            }
            Err(error) => {
                missed += 1;
                if missed >= MISSED_ANSWERS {
                    return error;
                }
            }
        }
    }
}
