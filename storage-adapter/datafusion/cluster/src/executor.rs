//! An executor: a process that runs tasks and keeps their output until others have read it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::BallistaError;
use ballista_core::utils::{GrpcServerConfig, create_grpc_server, create_grpc_server_incoming};
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::flight_service::BallistaFlightService;
use tokio::time::{Instant, sleep, timeout};

use crate::address::{LOOPBACK, exposed};
use crate::status::Scheduler;
use crate::stop::{Reason, Stop};
use crate::{ClusterError, functions, settings, stores};

/// How long tasks that run may take to end after the executor was told to stop.
///
/// SUBTLE: an executor that pulls goes on asking for work while it waits for its tasks to end, so on a busy cluster
/// they never do. What it leaves undone is given to others.
const LAST_TASKS: Duration = Duration::from_secs(5);

/// How an executor is set up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExecutorOptions {
    /// Whom to ask for work.
    pub scheduler: Scheduler,
    /// How long to wait for the scheduler to come up.
    pub patience: Duration,
    /// The address to listen on for those who fetch results.
    pub bind: IpAddr,
    /// The port; 0 for any free one.
    pub port: u16,
    /// The name or number under which others reach this machine; by default the address it listens on.
    pub advertise: Option<String>,
    /// How many partitions it works on at once; by default one per core of the machine.
    pub cores: Option<usize>,
    /// The memory for groups, in bytes, divided among the cores; by default 70 % of the machine's.
    pub memory_bytes: Option<u64>,
    /// Where output and spills go; by default a new temporary folder that is removed at the end.
    pub work_dir: Option<PathBuf>,
    /// Its id on the scheduler's page; drawn when absent.
    pub id: Option<String>,
}

impl ExecutorOptions {
    /// An executor for a scheduler, on loopback and any free port.
    pub fn new(scheduler: Scheduler) -> Self {
        Self {
            scheduler,
            patience: Duration::from_secs(30),
            bind: LOOPBACK,
            port: 0,
            advertise: None,
            cores: None,
            memory_bytes: None,
            work_dir: None,
            id: None,
        }
    }
}

/// Runs an executor until it is told to stop. `ready` is called with its id and address once it listens.
///
/// It survives the scheduler: when another one comes up at the same address, it works for that.
///
/// # Errors
///
/// [`ClusterError::Unreachable`] when no scheduler answers in time, [`ClusterError::Listen`] when the address is
/// taken, [`ClusterError::Io`] when the folder cannot be made, [`ClusterError::Engine`] when Ballista refuses.
pub async fn run_executor(
    options: &ExecutorOptions,
    stop: Stop,
    ready: impl FnOnce(&str, SocketAddr),
) -> Result<(), ClusterError> {
    await_scheduler(&options.scheduler, options.patience).await?;

    let wanted = SocketAddr::new(options.bind, options.port);
    let (provider, address) = bound_flight(wanted, settings::MAX_MESSAGE_BYTES as usize)?;
    let advertised = match &options.advertise {
        Some(name) => name.clone(),
        None if address.ip().is_unspecified() => return Err(ClusterError::Advertise { address }),
        None => address.ip().to_string(),
    };
    if let Some(warning) = exposed(address) {
        eprintln!("{warning}");
    }

    // Dropped at the end of this function, with what is in it.
    let temporary;
    let work_dir = if let Some(dir) = &options.work_dir {
        std::fs::create_dir_all(dir).map_err(ClusterError::io(format!(
            "making the folder {}",
            dir.display()
        )))?;
        dir.clone()
    } else {
        // SUBTLE: Ballista's own default is the path of a temporary folder that it has removed by then.
        temporary = tempfile::Builder::new()
            .prefix("lattice-executor-")
            .tempdir()
            .map_err(ClusterError::io("making a temporary folder"))?;
        temporary.path().to_owned()
    };

    let refused = |error: datafusion::error::DataFusionError| ClusterError::Engine {
        role: "executor",
        why: error.to_string(),
    };
    let spill_dir = work_dir.clone();
    let mut config = ExecutorProcessConfig {
        bind_host: address.ip().to_string(),
        external_host: Some(advertised),
        port: address.port(),
        scheduler_host: host_in_url(options.scheduler.host()),
        scheduler_port: options.scheduler.port(),
        work_dir: Some(work_dir.to_string_lossy().into_owned()),
        task_scheduling_policy: settings::SCHEDULING,
        executor_heartbeat_interval_seconds: settings::HEARTBEAT.as_secs(),
        memory_pool_size: options.memory_bytes,
        grpc_max_decoding_message_size: settings::MAX_MESSAGE_BYTES,
        grpc_max_encoding_message_size: settings::MAX_MESSAGE_BYTES,
        override_function_registry: Some(functions::registry().map_err(refused)?),
        override_config_producer: Some(Arc::new(|| settings::session_config(1))),
        override_runtime_producer: Some(Arc::new(move |_| stores::runtime(&spill_dir))),
        override_arrow_flight_service: Some(provider),
        ..ExecutorProcessConfig::default()
    };
    if let Some(cores) = options.cores {
        config.vcores = cores.max(1);
    }
    if let Some(id) = &options.id {
        config.executor_id.clone_from(id);
    }

    ready(&config.executor_id, address);
    let process = start_executor_process(Arc::new(config));
    tokio::pin!(process);
    let ended = tokio::select! {
        ended = &mut process => ended,
        reason = stop.wait() => match reason {
            // Ballista listens for the signals too, and says goodbye to the scheduler.
            Reason::Asked => timeout(LAST_TASKS, process).await.unwrap_or(Ok(())),
            Reason::Orphaned => Ok(()),
        },
    };
    ended.map_err(ClusterError::engine("executor"))
}

/// SUBTLE: Ballista's own wait for the scheduler never ends: it compares the age of a clock it has just started. So it is
/// awaited here, and Ballista is started when somebody answers.
async fn await_scheduler(scheduler: &Scheduler, patience: Duration) -> Result<(), ClusterError> {
    let until = Instant::now() + patience;
    loop {
        match scheduler.cluster().await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() >= until => return Err(error),
            Err(_) => sleep(Duration::from_millis(200)).await,
        }
    }
}

/// Binds now, serves when Ballista asks: with port 0 the port has to be known before the executor registers.
fn bound_flight(
    wanted: SocketAddr,
    max_message_bytes: usize,
) -> Result<(Arc<ArrowFlightServerProvider>, SocketAddr), ClusterError> {
    let listen = |source| ClusterError::Listen {
        address: wanted,
        source,
    };
    let incoming = create_grpc_server_incoming(wanted, &GrpcServerConfig::default())
        .map_err(|e| listen(std::io::Error::other(e.to_string())))?;
    let address = incoming.local_addr().map_err(listen)?;
    let incoming = Mutex::new(Some(incoming));
    let provider: Arc<ArrowFlightServerProvider> =
        Arc::new(move |work_dir, _, mut shutdown, config| {
            let incoming = incoming
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            tokio::spawn(async move {
                let incoming = incoming.ok_or_else(|| {
                    BallistaError::Internal("the flight service was started twice".into())
                })?;
                create_grpc_server(&config)
                    .add_service(
                        FlightServiceServer::new(BallistaFlightService::new(work_dir))
                            .max_decoding_message_size(max_message_bytes)
                            .max_encoding_message_size(max_message_bytes),
                    )
                    .serve_with_incoming_shutdown(incoming, shutdown.recv())
                    .await
                    .map_err(BallistaError::TonicError)
            })
        });
    Ok((provider, address))
}

/// An IPv6 number needs brackets in a URL.
fn host_in_url(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}
