//! The command line: one file per group of commands.

mod demo;
mod files;
mod serve;
mod submit;

use clap::{Parser, Subcommand};
use lattice_cluster::ClusterError;
use log::LevelFilter;

/// Compaction by lattice join on a cluster.
#[derive(Debug, Parser)]
#[command(name = "lattice-cluster", version)]
pub(crate) struct Arguments {
    /// What Ballista tells on standard error: off, error, warn, info, debug or trace.
    #[arg(
        long,
        global = true,
        default_value = "error",
        env = "LATTICE_CLUSTER_LOG"
    )]
    pub(crate) log: LevelFilter,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan jobs and hand out their tasks.
    Scheduler(serve::SchedulerArguments),
    /// Run tasks for a scheduler.
    Executor(serve::ExecutorArguments),
    /// Run a job on the cluster and see it through.
    Submit(submit::SubmitArguments),
    /// Start a cluster on this machine, compact a made-up log on it, kill an executor half way, and compare the
    /// snapshots with those of one process. Exit code 1 if they differ.
    Demo(demo::DemoArguments),
    /// Write a log as Parquet files of events, or publish what a store of `lattice` knows.
    Export(files::ExportArguments),
    /// Join a published result into a store of `lattice`.
    Import(files::ImportArguments),
    /// Make up a log of any size, as Parquet files.
    Generate(files::GenerateArguments),
}

/// Does it.
pub(crate) async fn run(command: Command) -> Result<(), ClusterError> {
    match command {
        Command::Scheduler(arguments) => serve::scheduler(arguments).await,
        Command::Executor(arguments) => serve::executor(arguments).await,
        Command::Submit(arguments) => submit::submit(arguments).await,
        Command::Demo(arguments) => demo::demo(arguments).await,
        Command::Export(arguments) => files::export(&arguments).await,
        Command::Import(arguments) => files::import(&arguments).await,
        Command::Generate(arguments) => files::generate(&arguments),
    }
}
