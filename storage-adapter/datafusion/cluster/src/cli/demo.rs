//! The demonstration.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use lattice_cluster::demo::Demo;
use lattice_cluster::{ClusterError, News};

use super::submit::tell;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// How many events.
    #[arg(long, default_value_t = 5_000_000)]
    events: u64,
    /// How many items they belong to.
    #[arg(long, default_value_t = 100_000)]
    items: u64,
    /// Into how many parts files and items are divided.
    #[arg(long, default_value = "16")]
    partitions: NonZeroUsize,
    /// Cores to use: all of them for the one process, half for each executor.
    #[arg(long, default_value = "2")]
    cores: NonZeroUsize,
    /// Where the log and the results go and stay; by default a temporary folder that is removed at the end.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Tell the progress of jobs too.
    #[arg(long)]
    progress: bool,
}

/// Shows it.
pub(crate) async fn demo(arguments: DemoArguments) -> Result<(), ClusterError> {
    let temporary;
    let folder = if let Some(folder) = arguments.folder {
        folder
    } else {
        temporary = tempfile::Builder::new()
            .prefix("lattice-demo-")
            .tempdir()
            .map_err(ClusterError::io("making a temporary folder"))?;
        temporary.path().to_owned()
    };
    let demo = Demo {
        binary: std::env::current_exe().map_err(ClusterError::io("finding this binary"))?,
        folder,
        events: arguments.events,
        items: arguments.items,
        partitions: arguments.partitions,
        cores: arguments.cores,
    };
    let say = |text: &str| println!("{text}");
    let report = |news: News<'_>| {
        if arguments.progress {
            tell(&news);
        }
    };
    let shown = demo.run(&say, &report).await?;
    println!("{}", shown.table(arguments.events));
    println!(
        "equal: the snapshots of {} items are the same in all three, byte for byte (BLAKE3 of all: {})",
        shown.items, shown.digest
    );
    Ok(())
}
