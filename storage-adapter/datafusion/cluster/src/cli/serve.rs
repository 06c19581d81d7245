//! The servers.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lattice_cluster::address::LOOPBACK;
use lattice_cluster::{
    ClusterError, ExecutorOptions, Scheduler, SchedulerOptions, Stop, run_executor, run_scheduler,
};

/// Arguments of every server.
#[derive(Debug, Args)]
struct Serve {
    /// The address to listen on. Others can connect when it is not loopback; there is no TLS and no authentication.
    #[arg(long, default_value_t = LOOPBACK)]
    bind: IpAddr,
    /// Stop when standard input ends, as it does when the program that started this one is gone.
    #[arg(long)]
    stop_with_stdin: bool,
}

/// Arguments of `scheduler`.
#[derive(Debug, Args)]
pub(crate) struct SchedulerArguments {
    /// The port; 0 for any free one. The address is printed once it listens.
    #[arg(long, default_value_t = 50050)]
    port: u16,
    #[command(flatten)]
    serve: Serve,
}

/// Arguments of `executor`.
#[derive(Debug, Args)]
pub(crate) struct ExecutorArguments {
    /// The scheduler, as host:port.
    #[arg(long, default_value = "127.0.0.1:50050", env = "LATTICE_SCHEDULER")]
    scheduler: Scheduler,
    /// The port on which results are fetched; 0 for any free one.
    #[arg(long, default_value_t = 50051)]
    port: u16,
    /// The name or number under which the other machines reach this one; by default the address it listens on.
    #[arg(long)]
    advertise: Option<String>,
    /// How many partitions to work on at once; by default one per core.
    #[arg(long)]
    cores: Option<usize>,
    /// Memory for groups in MiB, divided among the cores; by default 70 % of the machine's.
    #[arg(long)]
    memory_mib: Option<u64>,
    /// Where output and spills go; by default a temporary folder that is removed at the end.
    #[arg(long)]
    work_dir: Option<PathBuf>,
    /// Its name on the scheduler's page; by default one is drawn.
    #[arg(long)]
    id: Option<String>,
    /// How many seconds to wait for the scheduler to come up.
    #[arg(long, default_value_t = 30)]
    patience: u64,
    #[command(flatten)]
    serve: Serve,
}

/// Runs a scheduler.
pub(crate) async fn scheduler(arguments: SchedulerArguments) -> Result<(), ClusterError> {
    let mut options = SchedulerOptions::default();
    options.bind = arguments.serve.bind;
    options.port = arguments.port;
    let stop = Stop::on_signals(arguments.serve.stop_with_stdin);
    run_scheduler(&options, stop, |address| {
        println!("scheduler listens on {address}");
    })
    .await
}

/// Runs an executor.
pub(crate) async fn executor(arguments: ExecutorArguments) -> Result<(), ClusterError> {
    let mut options = ExecutorOptions::new(arguments.scheduler);
    options.bind = arguments.serve.bind;
    options.port = arguments.port;
    options.advertise = arguments.advertise;
    options.cores = arguments.cores;
    options.memory_bytes = arguments.memory_mib.map(|mib| mib << 20);
    options.work_dir = arguments.work_dir;
    options.id = arguments.id;
    options.patience = Duration::from_secs(arguments.patience);
    let stop = Stop::on_signals(arguments.serve.stop_with_stdin);
    run_executor(&options, stop, |id, address| {
        println!("executor {id} listens on {address}");
    })
    .await
}
