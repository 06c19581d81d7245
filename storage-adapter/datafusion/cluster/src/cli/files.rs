//! Files of events: made up, taken from a log, given back to a store.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bones_snapshot::Order as OrderOf;
use clap::{Args, ValueEnum};
use lattice_cluster::ClusterError;
use lattice_datafusion::Place;
use lattice_datafusion::generate::{self, Generate};
use lattice_datafusion::logs::{
    ExportLog, TransferError, export_log, export_store, import_published,
};
use lattice_datafusion::publish::{MANIFEST, Published};
use lattice_lww::{Itc, Unstamped};
use storage_adapter::log::LogError;
use storage_adapter::{AnyStore, ItemStore, StoreError};

/// How events are ordered.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// By wall clock, agent and hash.
    Wall,
    /// By interval tree clock first.
    Itc,
}

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

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// A .bones folder, an events folder or an .events file; or a store of `lattice`.
    from: PathBuf,
    /// The folder to write to, as a path or URL.
    #[arg(long)]
    into: String,
    /// How the events of a log are ordered; a store knows its own order.
    #[arg(long, value_enum, default_value_t = Order::Wall)]
    order: Order,
    /// Write the lines too, so that the log can be had back.
    #[arg(long)]
    keep_lines: bool,
    /// Leave out lines that are no events, and count them.
    #[arg(long)]
    skip_bad_lines: bool,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The folder of a published result, as a path or URL.
    from: String,
    /// The store of `lattice`; made when there is none.
    #[arg(long)]
    store: PathBuf,
    /// The order of a store that is made.
    #[arg(long, value_enum, default_value_t = Order::Wall)]
    order: Order,
}

/// Writes a log as files of events, or publishes what a store knows.
pub(crate) async fn export(arguments: &ExportArguments) -> Result<(), ClusterError> {
    let into = Place::open(&arguments.into)?;
    match open(&arguments.from)? {
        Some(AnyStore::Wall(store)) => export_store(&store.view(), &into, "store").await?,
        Some(AnyStore::Itc(store)) => export_store(&store.view(), &into, "store").await?,
        None => return export_events(arguments, &into).await,
    };
    println!("published what the store knows: {into}{MANIFEST}");
    Ok(())
}

async fn export_events(arguments: &ExportArguments, into: &Place) -> Result<(), ClusterError> {
    let mut options = ExportLog::default();
    options.keep_lines = arguments.keep_lines;
    options.skip_bad_lines = arguments.skip_bad_lines;
    let log = &arguments.from;
    let done = match arguments.order {
        Order::Wall => export_log::<Unstamped>(log, into, &options).await?,
        Order::Itc => export_log::<Itc>(log, into, &options).await?,
    };
    println!(
        "{} events in {} files, {} redactions; {} lines left out",
        done.events, done.files, done.redactions, done.skipped
    );
    Ok(())
}

/// Joins a published result into a store.
pub(crate) async fn import(arguments: &ImportArguments) -> Result<(), ClusterError> {
    let published = Published::open(&Place::open(&arguments.from)?).await?;
    match (open(&arguments.store)?, arguments.order) {
        (Some(AnyStore::Wall(store)), _) => import_into(&published, store).await,
        (Some(AnyStore::Itc(store)), _) => import_into(&published, store).await,
        (None, Order::Wall) => {
            import_into(&published, create::<Unstamped>(&arguments.store)?).await
        }
        (None, Order::Itc) => import_into(&published, create::<Itc>(&arguments.store)?).await,
    }
}

async fn import_into<S: OrderOf>(
    published: &Published,
    mut store: ItemStore<S>,
) -> Result<(), ClusterError> {
    let report = import_published(published, &mut store, now()).await?;
    println!(
        "{} snapshots read, {} new; {} redactions new",
        report.snapshots_read, report.snapshots_added, report.redactions_added
    );
    Ok(())
}

/// The store in a folder; `None` when there is none.
fn open(path: &Path) -> Result<Option<AnyStore>, ClusterError> {
    match AnyStore::open(path) {
        Ok((store, _)) => Ok(Some(store)),
        Err(StoreError::Log(LogError::NotAStore { .. })) => Ok(None),
        Err(error) => Err(TransferError::from(error).into()),
    }
}

fn create<S: OrderOf>(path: &Path) -> Result<ItemStore<S>, ClusterError> {
    Ok(ItemStore::create(path).map_err(TransferError::from)?)
}

/// Microseconds since the Unix epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where a clock is read"
)]
fn now() -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}
