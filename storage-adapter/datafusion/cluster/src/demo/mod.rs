//! A cluster on this machine that loses an executor half way, beside the same compaction in one process.

mod compare;
mod measure;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use datafusion::prelude::{SessionConfig, SessionContext};
use lattice_datafusion::generate::{self, Generate};
use lattice_datafusion::publish::Draft;
use lattice_datafusion::{CompactOptions, Place};

use crate::ClusterError;
use crate::compaction::{COMPACTION_JOB, Compaction, Outcome, compact, register_events, snapshots};
use crate::job::{JobOptions, Report, Tries};
use crate::local::LocalCluster;
use crate::status::{Job, Scheduler};
use measure::Clock;
pub use measure::Took;

/// How often the scheduler is asked whether half is done.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The executor that is killed, and the one that is not.
const VICTIM: &str = "b";
const SURVIVOR: &str = "a";

/// What to show.
#[derive(Debug, Clone)]
pub struct Demo {
    /// This crate's binary, of which the processes are made.
    pub binary: PathBuf,
    /// Where the log and the results go; two to three times the log is needed.
    pub folder: PathBuf,
    /// How many events.
    pub events: u64,
    /// How many items they belong to.
    pub items: u64,
    /// Into how many parts items and files are divided.
    pub partitions: NonZeroUsize,
    /// How many cores the process has, and how many each of the two executors has half of.
    pub cores: NonZeroUsize,
}

/// What was seen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Shown {
    /// The size of the log in Parquet, in bytes.
    pub log_bytes: u64,
    /// Items, each with one snapshot.
    pub items: u64,
    /// One process.
    pub alone: Took,
    /// The cluster, undisturbed.
    pub cluster: Took,
    /// The cluster, one of two executors killed.
    pub disturbed: Took,
    /// What the first stage wrote for the second, in bytes.
    pub shuffled: u64,
    /// The most memory that an executor used, where the system tells.
    pub peak_memory: Option<u64>,
    /// The BLAKE3 over all items and snapshots in order, the same for all three.
    pub digest: String,
}

impl Demo {
    /// Makes up the log, compacts it three times, and compares the results.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Differ`] when the results differ, or when the job was over before an executor could be killed;
    /// those of [`compact`] and of starting processes.
    pub async fn run(
        &self,
        say: &(dyn Fn(&str) + Sync),
        report: Report<'_>,
    ) -> Result<Shown, ClusterError> {
        say(&format!(
            "making up {} events of {} items",
            self.events, self.items
        ));
        let log = self.folder.join("log");
        let mut what = Generate::new(self.events, self.items);
        what.files = self.partitions;
        what.threads = self.cores;
        let log_bytes = generate::parquet(&log, &what)?.file_bytes;
        let compaction = |into: &str| -> Result<Compaction, ClusterError> {
            Ok(Compaction {
                events: vec![log.to_string_lossy().into_owned() + "/"],
                into: Place::open(&self.folder.join(into).to_string_lossy())?,
                options: CompactOptions::default(),
            })
        };

        say("one process");
        let in_process = compaction("one-process")?;
        let clock = Clock::start(&[]);
        self.in_process(&in_process).await?;
        let alone = clock.took();

        let each = (self.cores.get() / 2).max(1);
        say(&format!(
            "a scheduler and two executors of {each} core(s) each, as processes"
        ));
        let mut cluster = LocalCluster::start(&self.binary, &[SURVIVOR, VICTIM], each).await?;
        let options = JobOptions {
            scheduler: cluster.scheduler().clone(),
            partitions: self.partitions.get(),
            // Whatever survives is to survive in the engine.
            tries: Tries {
                count: 1,
                ..Tries::default()
            },
        };

        let undisturbed = compaction("undisturbed")?;
        let clock = Clock::start(&cluster.process_ids());
        let (outcome, shuffled) = tokio::join!(
            compact(&options, &undisturbed, report),
            shuffled(&cluster, &options.scheduler)
        );
        outcome?;
        let cluster_took = clock.took();

        let disturbed = compaction("disturbed")?;
        let clock = Clock::start(&cluster.process_ids());
        let (outcome, killed) = tokio::join!(
            compact(&options, &disturbed, report),
            kill_half_way(&mut cluster, &options.scheduler, say)
        );
        let disturbed_took = clock.took();
        let outcome = outcome?;
        killed?;
        let peak_memory = cluster.process_id(SURVIVOR).and_then(measure::peak_memory);
        drop(cluster);

        say("comparing");
        let digest =
            compare::all_same(&[&in_process.into, &undisturbed.into, &disturbed.into]).await?;
        Ok(Shown {
            log_bytes,
            items: outcome.rows.rows,
            alone,
            cluster: cluster_took,
            disturbed: disturbed_took,
            shuffled,
            peak_memory,
            digest,
        })
    }

    /// The same compaction in this process, published in the same way.
    async fn in_process(&self, compaction: &Compaction) -> Result<Outcome, ClusterError> {
        let ctx = SessionContext::new_with_config(
            SessionConfig::new().with_target_partitions(self.cores.get()),
        );
        lattice_datafusion::register_all(&ctx);
        register_events(&ctx, &compaction.events).await?;
        let draft = Draft::begin(&compaction.into, "one").await?;
        let (redactions, snapshots) = snapshots(&ctx, &compaction.options).await?;
        draft.write_redactions(&redactions).await?;
        let rows = draft.write_snapshots(snapshots).await?;
        let manifest = draft.publish().await?;
        Ok(Outcome { manifest, rows })
    }
}

/// Waits for a point of the compaction; `None` when it ended before.
async fn at(scheduler: &Scheduler, point: impl Fn(&Job) -> bool) -> Option<Job> {
    let mut seen = false;
    loop {
        // A scheduler that does not answer is reported by the job.
        let jobs = scheduler.jobs().await.ok()?;
        match jobs.into_iter().find(|job| job.name == COMPACTION_JOB) {
            Some(job) if point(&job) => return Some(job),
            Some(_) => seen = true,
            None if seen => return None,
            None => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What the executors hold between the stages; 0 when that moment was missed.
async fn shuffled(cluster: &LocalCluster, scheduler: &Scheduler) -> u64 {
    match at(scheduler, Job::after_map).await {
        Some(_) => measure::folder_bytes(Path::new(cluster.folder())),
        None => 0,
    }
}

/// Kills an executor when half of the first stage is done and it holds some of that.
async fn kill_half_way(
    cluster: &mut LocalCluster,
    scheduler: &Scheduler,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), ClusterError> {
    let half = |job: &Job| {
        let holds = |id: &String| id == VICTIM;
        job.in_map()
            && job
                .stages
                .first()
                .is_some_and(|map| map.done * 2 >= map.partitions && map.held_by.iter().any(holds))
    };
    let missed = || {
        ClusterError::Differ(
            "the job was over before an executor could be killed: use more events".into(),
        )
    };
    let job = at(scheduler, half).await.ok_or_else(missed)?;
    cluster.kill_executor(VICTIM).await?;
    say(&format!(
        "killed executor {VICTIM} (kill -9) and removed its files at {job}"
    ));
    let after = at(scheduler, |_| true).await.ok_or_else(missed)?;
    if after.after_map() {
        return Err(missed());
    }
    Ok(())
}

impl Shown {
    /// The table of rates for a number of events.
    pub fn table(&self, events: u64) -> impl fmt::Display + '_ {
        struct Table<'a>(&'a Shown, u64);
        impl fmt::Display for Table<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self(shown, events) = self;
                let rows = [
                    ("one process", shown.alone),
                    ("cluster", shown.cluster),
                    ("cluster, executor killed", shown.disturbed),
                ];
                for (name, took) in rows {
                    let rate = u128::from(*events) * 1000 / took.wall.as_millis().max(1);
                    write!(
                        f,
                        "{name:<26}{:>8.1} s {rate:>10} events/s",
                        took.wall.as_secs_f64()
                    )?;
                    if let Some(processors) = took.processors {
                        write!(f, " {:>8.1} s of processors", processors.as_secs_f64())?;
                    }
                    writeln!(f)?;
                }
                let per_event = |bytes: u64| bytes.checked_div(*events).unwrap_or(0);
                writeln!(
                    f,
                    "log                 {:>14} bytes, {} an event",
                    shown.log_bytes,
                    per_event(shown.log_bytes)
                )?;
                write!(
                    f,
                    "shuffled            {:>14} bytes, {} an event",
                    shown.shuffled,
                    per_event(shown.shuffled)
                )?;
                if let Some(peak) = shown.peak_memory {
                    write!(f, "\nexecutor's memory   {peak:>14} bytes at its peak")?;
                }
                Ok(())
            }
        }
        Table(self, events)
    }
}
