//! Jobs.

use std::time::Duration;

use bones_compact::CompactionPolicy;
use clap::{Args, Subcommand};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::ParquetReadOptions;
use lattice_cluster::compaction::{Compaction, compact};
use lattice_cluster::{ClusterError, JobOptions, News, Scheduler, Tries, run};
use lattice_datafusion::publish::{MANIFEST, Published};
use lattice_datafusion::{CompactOptions, Place};

/// Arguments of `submit`.
#[derive(Debug, Args)]
pub(crate) struct SubmitArguments {
    #[command(subcommand)]
    job: Job,
}

/// What to run.
#[derive(Debug, Subcommand)]
enum Job {
    /// Make snapshots of a log and publish them in a folder, at once or not at all.
    Compact(CompactArguments),
    /// Any SQL; the result is printed as a table.
    Sql(SqlArguments),
}

/// What every job needs.
#[derive(Debug, Args)]
pub(crate) struct Bounds {
    /// The scheduler, as host:port.
    #[arg(long, default_value = "127.0.0.1:50050", env = "LATTICE_SCHEDULER")]
    scheduler: Scheduler,
    /// Into how many parts the items are divided: two to four for each core of the cluster.
    #[arg(long, default_value_t = 16)]
    partitions: usize,
    /// How many seconds a try may take.
    #[arg(long, default_value_t = 3600)]
    deadline: u64,
    /// How many tries there may be.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    tries: u32,
    /// Say nothing on the way.
    #[arg(long)]
    quiet: bool,
}

impl Bounds {
    fn options(&self) -> JobOptions {
        JobOptions {
            scheduler: self.scheduler.clone(),
            partitions: self.partitions,
            tries: Tries {
                count: self.tries,
                deadline: Duration::from_secs(self.deadline),
                ..Tries::default()
            },
        }
    }

    /// Tells the news on standard error.
    fn tell(&self, news: &News<'_>) {
        if !self.quiet {
            tell(news);
        }
    }
}

/// Tells news on standard error, one line each.
pub(crate) fn tell(news: &News<'_>) {
    match news {
        News::Submitted {
            number,
            executors: 0,
        } => {
            eprintln!("try {number}: submitted; there is no executor yet, it waits for one");
        }
        News::Submitted { number, executors } => {
            eprintln!("try {number}: submitted, {executors} executors");
        }
        News::Progress(job) => eprintln!("{}: {job}", job.name),
        News::Again {
            number,
            error,
            pause,
        } => {
            eprintln!(
                "try {number} failed: {error}; again in {} ms",
                pause.as_millis()
            );
        }
        _ => {}
    }
}

/// Arguments of `submit compact`.
#[derive(Debug, Args)]
struct CompactArguments {
    /// Parquet files or folders of events, as paths or URLs that all machines of the cluster can read.
    #[arg(required = true)]
    events: Vec<String>,
    /// The folder to publish in, as a path or URL.
    #[arg(long)]
    into: String,
    #[command(flatten)]
    policy: Policy,
    #[command(flatten)]
    bounds: Bounds,
}

/// Which items may be compacted. Without --now: all of them.
#[derive(Debug, Args)]
struct Policy {
    /// The time at which the policy is asked, in microseconds since the Unix epoch.
    #[arg(long)]
    now: Option<u64>,
    /// How many days an item must have been left alone.
    #[arg(long, requires = "now")]
    min_age_days: Option<u32>,
    /// A phase in which items may be compacted; again for more.
    #[arg(long = "phase", requires = "now")]
    phases: Vec<String>,
    /// Deleted items too.
    #[arg(long, requires = "now")]
    include_deleted: bool,
}

impl Policy {
    fn options(&self) -> CompactOptions {
        let Some(now) = self.now else {
            return CompactOptions::default();
        };
        let mut policy = CompactionPolicy {
            include_deleted: self.include_deleted,
            ..CompactionPolicy::default()
        };
        if let Some(days) = self.min_age_days {
            policy.min_age_days = days;
        }
        if !self.phases.is_empty() {
            policy.target_phases.clone_from(&self.phases);
        }
        CompactOptions::with_policy(policy, now)
    }
}

/// Arguments of `submit sql`.
#[derive(Debug, Args)]
struct SqlArguments {
    /// The query, such as `SELECT item_id, lattice_json(lattice_join(delta)) FROM events GROUP BY item_id`.
    query: String,
    /// A table: a name and the Parquet file or folder it stands for.
    #[arg(long = "table", value_name = "NAME=URL", value_parser = named)]
    tables: Vec<(String, String)>,
    /// The snapshots of a published result as a table: a name and the folder of the manifest.
    #[arg(long = "result", value_name = "NAME=URL", value_parser = named)]
    results: Vec<(String, String)>,
    #[command(flatten)]
    bounds: Bounds,
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, url)) if !name.is_empty() && !url.is_empty() => {
            Ok((name.to_owned(), url.to_owned()))
        }
        _ => Err(format!("`{text}` is no NAME=URL")),
    }
}

/// Runs a job.
pub(crate) async fn submit(arguments: SubmitArguments) -> Result<(), ClusterError> {
    match arguments.job {
        Job::Compact(arguments) => compact_log(&arguments).await,
        Job::Sql(arguments) => sql(&arguments).await,
    }
}

async fn compact_log(arguments: &CompactArguments) -> Result<(), ClusterError> {
    let compaction = Compaction {
        events: arguments.events.clone(),
        into: Place::open(&arguments.into)?,
        options: arguments.policy.options(),
    };
    let report = |news: News<'_>| arguments.bounds.tell(&news);
    let outcome = compact(&arguments.bounds.options(), &compaction, &report).await?;
    println!(
        "published {} items in {} files: {}{}",
        outcome.rows.rows, outcome.rows.files, compaction.into, MANIFEST
    );
    Ok(())
}

async fn sql(arguments: &SqlArguments) -> Result<(), ClusterError> {
    let report = |news: News<'_>| arguments.bounds.tell(&news);
    let batches = run(&arguments.bounds.options(), &report, async |ctx, _| {
        for (name, url) in &arguments.tables {
            ctx.register_parquet(name, url, ParquetReadOptions::default())
                .await?;
        }
        for (name, url) in &arguments.results {
            let published = Published::open(&Place::open(url)?).await?;
            ctx.register_table(name, published.snapshots(&ctx).await?.into_view())?;
        }
        Ok(ctx.sql(&arguments.query).await?.collect().await?)
    })
    .await?;
    let table =
        pretty_format_batches(&batches).map_err(datafusion::error::DataFusionError::from)?;
    println!("{table}");
    Ok(())
}
