//! Files of events: made up, taken from a log, given back to a store.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use lattice_cluster::ClusterError;
use lattice_datafusion::generate::{self, Generate};

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArguments {
    /// The folder to write to.
    into: PathBuf,
    /// How many events.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How many items they belong to.
    #[arg(long, default_value_t = 2_000)]
    items: u64,
    /// Into how many files: at least as many as the cluster has cores.
    #[arg(long, default_value = "16")]
    files: NonZeroUsize,
    /// What the log is made from; equal seeds give equal files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads write.
    #[arg(long, default_value = "1")]
    threads: NonZeroUsize,
}

/// Makes up a log.
pub(crate) fn generate(arguments: &GenerateArguments) -> Result<(), ClusterError> {
    let mut what = Generate::new(arguments.events, arguments.items);
    what.files = arguments.files;
    what.seed = arguments.seed;
    what.threads = arguments.threads;
    let made = generate::parquet(&arguments.into, &what)?;
    println!(
        "{} events in {} files: {} bytes, as lines {} bytes",
        made.events,
        made.files.len(),
        made.file_bytes,
        made.line_bytes
    );
    Ok(())
}
